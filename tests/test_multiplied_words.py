"""The convention of multiply-adds names what is multiplied in the network: each layer says it of itself."""

from __future__ import annotations

import pytest

from hwsolve.layers import LAYERS
from hwsolve.layers.base import Layer
from hwsolve.pipeline import read, work_out
from hwsolve.registry import load
from hwsolve.render import render
from hwsolve.render.options import Options


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_with_multiply_adds_says_what_they_are(name: str) -> None:
    """Of places that are rotated, rotations are said."""
    cls = load(LAYERS[name])
    counts = isinstance(cls.MACS, str) or cls.macs is not Layer.macs
    assert (cls.MULTIPLIES is not None) == (counts and name != "positional_encoding")


def convention(layers: str, shape: str, count: str) -> str:
    """What the page of a network says of its multiply-adds."""
    text = f"kind: count-params\nnetwork: {{input: {shape}, layers: [{layers}]}}\ncount: {{{count}}}\n"
    page = " ".join(str(render([work_out(read(text, "net.yaml")[0])], "plain", Options())).split())
    return page[page.index("Multiply-adds: of") :].split("sample")[0]


@pytest.mark.parametrize(
    ("layers", "shape", "count", "said"),
    [
        ("linear: 3, relu, linear: 2", "4", "macs: matmul", "dense layers, one "),
        ("conv2d: {out_channels: 2, kernel_size: 1}, batch_norm2d, avg_pool2d: 2", "[3, 4, 4]", "macs: matmul", "convolutions, one "),
        ("conv2d: {out_channels: 2, kernel_size: 1}, batch_norm2d, avg_pool2d: 2", "[3, 4, 4]", "macs: all",
         "convolutions, normalizations (one for each value) and average pooling (one for each cell of a window), one "),
        ("lstm: 4, gru: 2", "[T, 3]", "macs: matmul", "recurrent layers (each weight at each step), one "),
        ("lstm: {hidden_size: 4, output: h}, bilinear: {inputs: [h, h], out_features: 2}", "[T, 3]", "macs: matmul, bias: true",
         "recurrent layers (each weight at each step) and bilinear layers (A x₂ of each output, and its product with x₁); "
         "one for each bias that is added; one "),
        ("multihead_attention: {embed_dim: 8, num_heads: 2, rotary: true}", "[3, 8]", "macs: matmul", "attention, one "),
        ("multihead_attention: {embed_dim: 8, num_heads: 2, rotary: true}", "[3, 8]", "macs: all",
         "attention and rotations (two for each rotated number), one "),
        ("positional_encoding: rotary", "[3, 8]", "macs: all", "rotations (two for each rotated number), one "),
        ("{formula: 'input @ T(input)'}", "[3, 8]", "macs: matmul", "formulas (one for each term of a sum of products), one "),
        ("relu", "4", "macs: matmul", "products with weights, and attention, one "),
    ],
)  # fmt: skip
def test_the_convention_names_the_layers_of_the_network(layers: str, shape: str, count: str, said: str) -> None:
    assert convention(layers, shape, count) == f"Multiply-adds: of {said}"
