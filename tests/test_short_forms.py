"""Short forms of a spec say the same as the long ones, and what is meant by none of them is an error."""

from __future__ import annotations

from typing import Any

import pytest

import hwsolve
from hwsolve.pipeline import read
from hwsolve.spec.report import SpecFailure

BLOCK = {"conv": {"arguments": ["c", "s"],
                  "body": [{"conv2d": {"out_channels": "$c", "kernel_size": 3, "stride": "$s", "padding": 1}}]}}  # fmt: skip


def answers(layers: list[Any], size: Any = (3, 8, 8), **more: Any) -> dict[str, Any]:
    """Every answer of the counts of a network."""
    network = {"input": list(size), "layers": layers}
    found = hwsolve.solve({"kind": "count-params", "network": network, "ask": "*", **more}).answers
    return {key: str(answer.value) for key, answer in found.items()}


def pair(*, of: list[Any], **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The answers of two lists of layers."""
    return answers(of[0], **more), answers(of[1], **more)


@pytest.mark.parametrize(("c", "s"), [(4, 1), (5, 2), ("n", 2)])
def test_arguments_of_a_block_in_their_order(c: Any, s: Any) -> None:
    one, two = pair(of=[[{"conv": [c, s]}], [{"conv": {"s": s, "c": c}}]], blocks=BLOCK)
    assert one == two


def test_one_argument_may_be_a_list_itself() -> None:
    block = {"both": {"arguments": ["window"], "body": [{"conv2d": {"out_channels": 2, "kernel_size": "$window"}}]}}
    one, two = pair(of=[[{"both": [3, 1]}], [{"conv2d": {"out_channels": 2, "kernel_size": [3, 1]}}]], blocks=block)
    assert one["params"] == two["params"]


def test_a_residual_of_its_body_alone() -> None:
    body = ["batch_norm2d", {"conv2d": {"out_channels": 3, "kernel_size": 3, "padding": 1}}]
    one, two = pair(of=[[{"residual": body}], [{"residual": {"body": body}}]])
    assert one == two


def test_what_is_counted_by_true_is_the_first_convention() -> None:
    layers = [{"conv2d": {"out_channels": 2, "kernel_size": 3}}, "relu"]
    usual = answers(layers, count={"macs": "matmul", "activations": "cs231n"})
    assert answers(layers, count={"macs": True, "activations": True}) == usual
    assert answers(layers, count={"macs": False}) == answers(layers)


@pytest.mark.parametrize("more", [{}, {"norm_first": True}, {"activation": "swiglu", "bias": False}, {"kv_heads": 1}])
@pytest.mark.parametrize("kind", ["transformer_encoder_layer", "transformer_encoder"])
def test_the_width_of_a_transformer_is_that_of_its_input(kind: str, more: dict[str, Any]) -> None:
    own = {"nhead": 2, "dim_feedforward": 12} | more | ({"num_layers": 3} if kind == "transformer_encoder" else {})
    one, two = pair(of=[[{kind: own}], [{kind: own | {"d_model": 6}}]], size=[5, 6])
    assert one == two


def test_a_decoder_is_as_wide_as_its_target() -> None:
    start = [{"linear": {"out_features": 4, "output": "s"}}]
    own = {"inputs": ["s", "s"], "nhead": 2, "dim_feedforward": 8}
    lists = [[*start, {"transformer_decoder_layer": own | more}] for more in ({}, {"d_model": 4})]
    one, two = pair(of=lists, size=[5, 3])
    assert one == two


def test_the_width_in_a_pass_by_hand() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of this test: pip install torch")
    torch.manual_seed(1)
    layer = torch.nn.TransformerEncoderLayer(4, 2, 3, dropout=0, batch_first=True, dtype=torch.float64)
    x = torch.tensor([[[1.0, 0.5, -1, 2], [0, 1, 1, -0.5]]], dtype=torch.float64)
    own, mlp = layer.self_attn, (layer.linear1, layer.linear2)
    parts = {f"linear{k}": {"weight": m.weight.tolist(), "bias": m.bias.tolist()} for k, m in enumerate(mlp, 1)}
    parts["self_attention"] = {
        "in_proj_weight": own.in_proj_weight.tolist(), "in_proj_bias": own.in_proj_bias.tolist(),
        "weight": {"out": own.out_proj.weight.tolist()}, "bias": {"out": own.out_proj.bias.tolist()},
    }  # fmt: skip
    spec = {"kind": "backprop", "network": {"input": [2, 4], "layers": [
        {"transformer_encoder_layer": {"nhead": 2, "dim_feedforward": 3, "weights": parts, "output": "y"}}]},
        "input": x[0].tolist(), "upstream": [[1.0] * 4] * 2, "ask": "y"}  # fmt: skip
    found = hwsolve.solve(spec).answers["y"].value
    for row, peer in zip(found, layer(x)[0].tolist(), strict=True):
        assert [float(v.value) for v in row] == pytest.approx(peer, abs=1e-9)


WRONG_BLOCKS = """kind: count-params
blocks:
  a: {arguments: [c, s], body: [linear: c]}
network: {input: 3, layers: [relu]}
"""
WRONG_USES = """kind: count-params
blocks:
  d: {arguments: [c, s], body: [linear: $c, linear: $s]}
network: {input: 3, layers: [d: [1, 2, 3], d: [1], residual, residual: 3]}
count: {macs: maybe}
"""
MISTAKES = [
    (WRONG_BLOCKS, "3:19", "The body never reads the argument `c`."),
    (WRONG_BLOCKS, "3:22", "The body never reads the argument `s`."),
    (WRONG_USES, "4:33", "The block `d` has only the arguments `c`, `s`."),
    (WRONG_USES, "4:47", "`s` is missing"),
    (WRONG_USES, "4:52", "Expected a mapping with `body`"),
    (WRONG_USES, "4:72", "Expected a list of layers"),
    (WRONG_USES, "5:15", "Expected one of `matmul`, `all`"),
]


@pytest.mark.parametrize(("text", "place", "message"), MISTAKES)
def test_each_mistake_has_its_place(text: str, place: str, message: str) -> None:
    with pytest.raises(SpecFailure) as failure:
        read(text, "w.yaml", None, None)
    said = str(failure.value)
    assert any(line.startswith(f"w.yaml:{place}:") and message in line for line in said.splitlines()), said


@pytest.mark.parametrize("given", [{}, {"d_model": 8}])
def test_a_transformer_is_as_wide_as_what_comes_in(given: dict[str, int]) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of this test: pip install torch")
    sizes = {"nhead": 2, "num_encoder_layers": 2, "num_decoder_layers": 1, "dim_feedforward": 12}
    layer = {"transformer": {"inputs": ["s", "t"]} | sizes | given}
    network = {"inputs": {"s": [5, 8], "t": [3, 8]}, "layers": [layer]}
    found = hwsolve.solve({"kind": "count-params", "network": network})
    theirs = sum(p.numel() for p in torch.nn.Transformer(8, **sizes).parameters())
    assert int(found.answers["params"].value.exact) == theirs


@pytest.mark.parametrize("more", [{}, {"d_model": 6}])
def test_source_and_target_of_a_transformer_are_as_wide(more: dict[str, int]) -> None:
    """Another width is refused, as by torch.nn.Transformer."""
    layer = {"transformer": {"inputs": ["s", "t"], "nhead": 2} | more}
    network = {"inputs": {"s": [5, 8], "t": [3, 6]}, "layers": [layer]}
    with pytest.raises(SpecFailure, match="Expected"):
        hwsolve.solve({"kind": "count-params", "network": network})
