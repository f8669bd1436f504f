"""Vision transformers."""

from __future__ import annotations

from typing import Any

from hwsolve.errors import CallError
from hwsolve.importing.huggingface.config import Config
from hwsolve.importing.huggingface.heads import FIRST, Heads, headed, labelled, pooled
from hwsolve.importing.huggingface.parts import ACTIVATIONS, added, attention, mlp, named, spec
from hwsolve.language import say


def vit(c: Config, tokens: Any) -> dict[str, Any]:
    """ViT: patches as tokens behind one that stands for the class; the sequence is as long as the image says."""
    width, side, patch = c.size("hidden_size", 768), c.size("image_size", 224), c.size("patch_size", 16)
    if tokens != "n":
        raise CallError(say("{source}: the sequence is as long as the image has patches.", source=c.source))
    heads = c.size("num_attention_heads", 12)
    c.divided("hidden_size", "num_attention_heads", width, heads)
    activation = c.meaning("hidden_act", "gelu", ACTIVATIONS)
    bias = None if c.flag("qkv_bias", True) else {"q": False, "k": False, "v": False, "out": True}
    block = [
        added("layer_norm", attention(width, heads, bias=bias)),
        added("layer_norm", *mlp(c.size("intermediate_size", 3072), width, activation)),
    ]
    layers = [
        {"conv2d": {"name": "patches", "out_channels": width, "kernel_size": patch, "stride": patch}},
        {"flatten": {"start_dim": 2}},
        {"permute": [2, 1]},
        {"parameter": {"name": "cls_token", "shape": [1, width], "output": "cls"}},
        {"concat": ["cls", []]},
        {"positional_encoding": {"name": "position_embeddings", "kind": "learned"}},
        {"repeat": {"name": "encoder", "times": c.size("num_hidden_layers", 12), "body": ["block"]}},
        {"layer_norm": {"name": "layernorm"}},
    ]
    known: Heads = {
        "Model": lambda: pooled(
            width, c.meaning("pooler_act", "tanh", ACTIVATIONS), c.optional("pooler_output_size", width)
        ),
        "ForImageClassification": lambda: [FIRST, *labelled(c, "classifier")],
    }
    layers, outputs = headed(layers, known[c.ending("ViT", known, "Model")]())
    inputs = {"input": [c.size("num_channels", 3), side, side]}
    return spec(named(c, "ViT"), {"block": block}, inputs, layers, outputs)
