"""Encoders with a decoder behind them: T5."""

from __future__ import annotations

from typing import Any

from hwsolve.importing.huggingface.config import Config
from hwsolve.importing.huggingface.heads import LAST, Heads, extended, headed, labelled, words
from hwsolve.importing.huggingface.parts import (
    ACTIVATIONS,
    GATED,
    Block,
    Layers,
    added,
    attention,
    linear,
    mlp,
    named,
    spec,
    table,
)

ENCODERS = ("EncoderModel", "ForTokenClassification")  # what has no decoder


def t5(c: Config, tokens: Any) -> dict[str, Any]:
    """T5: RMS norms, no biases, and in the first layer of each stack a table of distances that the others share."""
    width, vocabulary = c.size("d_model", 512), c.size("vocab_size", 32128)
    tied = c.flag("tie_word_embeddings", True)
    heads: Heads = {
        "Model": list,
        "ForConditionalGeneration": lambda: [words(vocabulary, "shared" if tied else "")],
        "EncoderModel": list,
        "ForSequenceClassification": lambda: [LAST, linear(width, name="dense"), "tanh", *labelled(c, "out_proj")],
        "ForTokenClassification": lambda: labelled(c, "classifier"),
        "ForQuestionAnswering": lambda: labelled(c, "qa_outputs"),
    }
    model = c.ending("T5", heads, "ForConditionalGeneration")
    alone, depth = model in ENCODERS, c.size("num_layers", 6)
    attends, crosses = attentions(c, width)
    blocks: dict[str, Block] = {"feed": [added("rms_norm", *feed_forward(c, width))]}
    layers = [table("shared", vocabulary, width), *stack("encoder", depth, attends, blocks, "feed")]
    layers.append({"rms_norm": {"name": "encoder_norm"}})
    inputs: dict[str, Any] = {"input": {"tokens": tokens}}
    if not alone:
        inputs = {"inputs": {"source": {"tokens": tokens}, "target": {"tokens": "m" if tokens == "n" else tokens}}}
        layers[0], layers[-1] = extended(layers[0], inputs="source"), extended(layers[-1], output="memory")
        blocks["reads"] = [crosses]
        layers += [
            {"use": {"layer": "shared", "inputs": "target", "output": "words"}},
            *stack("decoder", c.optional("num_decoder_layers", depth), attends, blocks, "reads", "feed", mask="causal"),
            {"rms_norm": {"name": "decoder_norm"}},
        ]
    layers, outputs = headed(layers, heads[model]())
    return spec(named(c, "T5"), blocks, inputs, layers, outputs)


def attentions(c: Config, width: int) -> tuple[dict[str, Any], Any]:
    """Attention within a stack, as the settings it has everywhere, and that to what the encoder gives."""
    sizes = {"head_dim": c.size("d_kv", 64), "bias": False, "scale": False}
    seen = attention(width, c.size("num_heads", 8), **sizes)
    within = extended(seen, position_bias=c.size("relative_attention_num_buckets", 32))
    return within, added({"rms_norm": {"output": "query"}}, extended(seen, inputs=["query", "memory", "memory"]))


def stack(name: str, depth: int, attends: Any, blocks: dict[str, Block], *behind: str, **mask: Any) -> Layers:
    """The first layer, which has the table of distances, and the others, which have it once more."""
    first = ["rms_norm", extended(attends, name="attention", **mask)]
    layers: Layers = [{"residual": {"name": f"{name}1", "body": first}}, *behind]
    if depth == 1:
        return layers
    other = extended(attends, **mask, position_table={"tie": "$table"})
    blocks[f"{name}_attends"] = {"arguments": ["table"], "body": [added("rms_norm", other)]}
    body = [{f"{name}_attends": f"{name}1.attention"}, *behind]
    return [*layers, {"repeat": {"name": name, "times": depth - 1, "body": body}}]


def feed_forward(c: Config, width: int) -> Layers:
    """The MLP: `relu`, or `gated-gelu` with three matrices."""
    known = ACTIVATIONS | {f"gated-{name}": {gated: None} for name, gated in GATED.items()}
    kind, hidden = c.meaning("feed_forward_proj", "relu", known), c.size("d_ff", 2048)
    gated = next(iter(kind)) if isinstance(kind, dict) and None in kind.values() else ""
    return [{gated: {"hidden": hidden, "bias": False}}] if gated else mlp(hidden, width, kind, bias=False)
