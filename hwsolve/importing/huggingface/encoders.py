"""Encoders: BERT and RoBERTa."""

from __future__ import annotations

from typing import Any

from hwsolve.importing.huggingface.config import Config
from hwsolve.importing.huggingface.heads import FIRST, Heads, extended, guessed, headed, labelled, pooled, words
from hwsolve.importing.huggingface.parts import ACTIVATIONS, Layers, added, attention, linear, mlp, named, spec, table

TABLE = "word_embeddings"
PRETRAINED = ("ForMaskedLM", "ForPreTraining")  # heads that training leaves behind: an encoder is named without them


def bert(c: Config, tokens: Any) -> dict[str, Any]:
    """BERT: norms behind each sum, tables of words, places and sentences, and mostly a pooler at the first token."""
    width, words_known = c.size("hidden_size", 768), c.size("vocab_size", 30522)
    activation = c.meaning("hidden_act", "gelu", ACTIVATIONS)

    def masked() -> Layers:
        return guessed(width, activation, decoder(c, words_known))

    def next_sentence() -> Layers:
        return [*pooled(width), linear(2, name="seq_relationship")]

    heads: Heads = {
        "Model": lambda: pooled(width),
        "ForMaskedLM": masked,
        "LMHeadModel": masked,
        "ForPreTraining": lambda: {"words": masked(), "next": next_sentence()},
        "ForNextSentencePrediction": next_sentence,
        "ForSequenceClassification": lambda: [*pooled(width), *labelled(c, "classifier")],
    }
    return like_bert(c, tokens, "BERT", "Bert", width, words_known, activation, heads)


def roberta(c: Config, tokens: Any) -> dict[str, Any]:
    """RoBERTa: BERT, whose table of places has two more rows than there are places."""
    width, words_known = c.size("hidden_size", 768), c.size("vocab_size", 50265)
    activation = c.meaning("hidden_act", "gelu", ACTIVATIONS)

    def masked() -> Layers:
        return guessed(width, "gelu", decoder(c, words_known))

    heads: Heads = {
        "Model": lambda: pooled(width),
        "ForMaskedLM": masked,
        "ForCausalLM": masked,
        "ForSequenceClassification": lambda: [
            FIRST, linear(width, name="dense"), "tanh", linear(c.labels(), name="out_proj")
        ],
    }  # fmt: skip
    return like_bert(c, tokens, "RoBERTa", "Roberta", width, words_known, activation, heads)


def decoder(c: Config, count: int) -> Any:
    """A number for each word, by the table of words and a bias."""
    return words(count, TABLE if c.flag("tie_word_embeddings", True) else "", bias=True, name="decoder")


def like_bert(
    c: Config, tokens: Any, family: str, prefix: str, width: int, count: int, activation: Any, heads: Heads
) -> dict[str, Any]:
    """The encoder with the head that the configuration names; without one its pooler."""
    places, heads_in_layer = c.size("max_position_embeddings", 512), c.size("num_attention_heads", 12)
    c.divided("hidden_size", "num_attention_heads", width, heads_in_layer)
    c.without("add_cross_attention")
    c.meaning("position_embedding_type", "absolute", {"absolute": True})
    mask = "causal" if c.flag("is_decoder", False) else None
    block = [
        added(attention(width, heads_in_layer, mask=mask)),
        "layer_norm",
        added(*mlp(c.size("intermediate_size", 3072), width, activation)),
        "layer_norm",
    ]
    layers = [
        extended(table(TABLE, count, width), inputs="tokens", output="word"),
        extended(table("token_type_embeddings", c.size("type_vocab_size", 2), width), inputs="types", output="type"),
        {"add": ["word", "type"]},
        {"positional_encoding": {"name": "position_embeddings", "kind": "learned", "num_positions": places}},
        "layer_norm",
        {"repeat": {"name": "encoder", "times": c.size("num_hidden_layers", 12), "body": ["block"]}},
    ]
    heads |= {
        "ForMultipleChoice": lambda: [*pooled(width), linear(1, name="classifier")],
        "ForTokenClassification": lambda: labelled(c, "classifier"),
        "ForQuestionAnswering": lambda: labelled(c, "qa_outputs"),
    }
    layers, outputs = headed(layers, heads[c.ending(prefix, heads, "Model", PRETRAINED)]())
    inputs = {"inputs": {"tokens": {"tokens": tokens}, "types": {"tokens": tokens}}}
    title = named(c, family) + (f" ({prefix}Model)" if c.notes else "")
    return spec(title, {"block": block}, inputs, layers, outputs)
