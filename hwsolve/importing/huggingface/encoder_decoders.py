"""Encoders with a decoder behind them: T5."""

from __future__ import annotations

from typing import Any

from hwsolve.importing.huggingface.config import Config
from hwsolve.importing.huggingface.parts import (
    ACTIVATIONS,
    GATED,
    Layers,
    Spec,
    added,
    attention,
    headed,
    mlp,
    named,
    spec,
)


def t5(c: Config, tokens: Any) -> Spec:
    """T5: RMS norms, no biases, and in the first layer of each stack a table of distances that the others share."""
    width, heads = c.size("d_model", 512), c.size("num_heads", 8)
    sizes = {"head_dim": c.size("d_kv", 64), "bias": False}
    distances = c.size("relative_attention_num_buckets", 32)
    feed = [added("rms_norm", *feed_forward(c, width))]
    read = [attention(width, heads, **sizes)]
    written = [attention(width, heads, **sizes, mask="causal")]
    seen = attention(width, heads, **sizes, inputs=["query", "memory", "memory"])
    cross = added({"rms_norm": {"output": "query"}}, seen)
    vocabulary = c.size("vocab_size", 32128)
    depth = c.size("num_layers", 6)
    deep = c.optional("num_decoder_layers", depth)
    tied = c.flag("tie_word_embeddings", True)
    table = {"position_bias": distances}
    blocks = {
        "encoder_first": [added("rms_norm", attention(width, heads, **sizes, **table)), *feed],
        "encoder_layer": [added("rms_norm", *read), *feed],
        "decoder_first": [added("rms_norm", attention(width, heads, **sizes, **table, mask="causal")), cross, *feed],
        "decoder_layer": [added("rms_norm", *written), cross, *feed],
    }
    for name, layers_in_all in (("encoder_layer", depth), ("decoder_layer", deep)):
        if layers_in_all == 1:
            del blocks[name]
    layers: Layers = [
        {"embedding": {"name": "shared", "inputs": "source", "num_embeddings": vocabulary, "embedding_dim": width}},
        *stack("encoder", depth),
        {"rms_norm": {"name": "encoder_norm", "output": "memory"}},
        {"use": {"layer": "shared", "inputs": "target", "output": "words"}},
        *stack("decoder", deep),
        {"rms_norm": {"name": "decoder_norm"}},
    ]
    layers, comments = headed(c, layers, "shared" if tied else "", vocabulary)
    inputs = {"inputs": {"source": {"tokens": tokens}, "target": {"tokens": "m" if tokens == "n" else tokens}}}
    return spec(named(c, "T5"), blocks, inputs, layers), comments


def stack(name: str, depth: int) -> Layers:
    """The first layer, which has the table of distances, and the others."""
    others = {"repeat": {"name": name, "times": depth - 1, "body": [f"{name}_layer"]}}
    return [f"{name}_first", *([others] if depth > 1 else [])]


def feed_forward(c: Config, width: int) -> Layers:
    """The MLP: `relu`, or `gated-gelu` with three matrices."""
    known = ACTIVATIONS | {f"gated-{name}": {gated: None} for name, gated in GATED.items()}
    kind, hidden = c.meaning("feed_forward_proj", "relu", known), c.size("d_ff", 2048)
    gated = next(iter(kind)) if isinstance(kind, dict) and None in kind.values() else ""
    return [{gated: {"hidden": hidden, "bias": False}}] if gated else mlp(hidden, width, kind, bias=False)
