"""Encoders: BERT and RoBERTa."""

from __future__ import annotations

from typing import Any

from hwsolve.importing.huggingface.config import Config
from hwsolve.importing.huggingface.parts import ACTIVATIONS, Spec, added, attention, linear, mlp, named, spec


def bert(c: Config, tokens: Any) -> Spec:
    """BERT: norms behind each sum, tables of words, places and sentences, and a pooler at the first token."""
    return like_bert(c, tokens, "BERT", vocabulary=30522, kinds=2)


def roberta(c: Config, tokens: Any) -> Spec:
    """RoBERTa: BERT, whose table of places has two more rows than there are places."""
    return like_bert(c, tokens, "RoBERTa", vocabulary=50265, kinds=2)


def like_bert(c: Config, tokens: Any, family: str, vocabulary: int, kinds: int) -> Spec:
    """The encoder with its pooler, whatever head the configuration names."""
    width, places = c.size("hidden_size", 768), c.size("max_position_embeddings", 512)
    heads = c.size("num_attention_heads", 12)
    c.divided("hidden_size", "num_attention_heads", width, heads)
    activation = c.meaning("hidden_act", "gelu", ACTIVATIONS)
    block = [
        added(attention(width, heads)),
        "layer_norm",
        added(*mlp(c.size("intermediate_size", 3072), width, activation)),
        "layer_norm",
    ]
    table = {"num_embeddings": c.size("vocab_size", vocabulary), "embedding_dim": width}
    kind = {"num_embeddings": c.size("type_vocab_size", kinds), "embedding_dim": width}
    layers = [
        {"embedding": {"name": "word_embeddings", "inputs": "tokens", "output": "word"} | table},
        {"embedding": {"name": "token_type_embeddings", "inputs": "types", "output": "type"} | kind},
        {"add": ["word", "type"]},
        {"positional_encoding": {"name": "position_embeddings", "kind": "learned", "num_positions": places}},
        "layer_norm",
        {"repeat": {"name": "encoder", "times": c.size("num_hidden_layers", 12), "body": ["block"]}},
        {"select": {"dim": 1, "index": 1}},
        linear(width, name="pooler"),
        "tanh",
    ]
    c.without("add_cross_attention")
    c.meaning("position_embedding_type", "absolute", {"absolute": True})
    inputs = {"inputs": {"tokens": {"tokens": tokens}, "types": {"tokens": tokens}}}
    return spec(named(c, family), {"block": block}, inputs, layers), left_out(c, "Model")


def left_out(c: Config, kept: str) -> tuple[str, ...]:
    """Says which head of the configuration the spec does not have."""
    heads = [name for name in c.architectures() if not name.endswith(kept)]
    return tuple(
        f"The encoder with its pooler; the head of {head} is left out." for head in heads[:1] if "\n" not in head
    )
