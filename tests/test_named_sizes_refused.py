"""A size with a name where numbers are computed, and arguments in a place of their own, end in a message."""

from __future__ import annotations

import pytest

import hwsolve
from hwsolve.spec.report import SpecFailure

NAMED = [
    {"max_pool2d": "k"}, {"avg_pool2d": {"kernel_size": 1, "stride": "s"}}, {"adaptive_avg_pool2d": "k"},
    {"group_norm": {"num_groups": "g"}}, {"pixel_shuffle": "r"}, {"channel_shuffle": "g"}, {"crop": "n"},
    {"zero_pad2d": "p"}, {"reflection_pad2d": ["p", 1, 1, 1]}, {"upsample": {"scale_factor": "s"}},
    {"max_pool2d": "e"}, {"conv2d": {"out_channels": "n", "kernel_size": 1}},
]  # fmt: skip


@pytest.mark.parametrize("layer", NAMED, ids=str)
def test_a_layer_whose_sizes_have_names_is_not_computed(layer: dict[str, object]) -> None:
    network = {"input": [4, 4, 4], "layers": [layer]}
    with pytest.raises(SpecFailure, match="has sizes that are names"):
        hwsolve.solve({"kind": "backprop", "network": network, "input": {"zeros": [4, 4, 4]}})


@pytest.mark.parametrize("p", [1, 2])
@pytest.mark.parametrize("s", [1, 2, 3])
def test_paddings_and_scales_by_name_are_those_of_pytorch(p: int, s: int) -> None:
    """Sides and counts as formulas, numbers put in, against the layers of PyTorch and a loop over windows."""
    nn = pytest.importorskip("torch").nn
    from hwsolve.formula.evaluate import evaluate
    from hwsolve.formula.parse import parse

    layers: list[dict[str, object]] = [
        {"zero_pad2d": "p"}, {"conv2d": {"out_channels": 3, "kernel_size": 2}}, {"upsample": {"scale_factor": "s"}},
        {"circular_pad2d": ["p", 1, "p", 0]}, {"conv2d": {"out_channels": 4, "kernel_size": 3}},
    ]  # fmt: skip
    network = {"input": [2, "H", "W"], "layers": layers}
    solution = hwsolve.solve({"kind": "count-params", "network": network, "columns": ["params", "macs"]})
    net = [
        nn.ZeroPad2d(p), nn.Conv2d(2, 3, 2), nn.Upsample(scale_factor=s), nn.CircularPad2d((p, 1, p, 0)), nn.Conv2d(3, 4, 3),
    ]  # fmt: skip
    import torch

    x, macs = torch.zeros(1, 2, 7, 6), 0
    for layer in net:
        x = layer(x)
        if isinstance(layer, nn.Conv2d):
            macs += x[0].numel() * layer.weight[0].numel()

    def number(size: object) -> object:
        values = {"H": 7, "W": 6, "p": p, "s": s}
        return evaluate(parse(size), lambda n, _: values[n]) if isinstance(size, str) else size

    assert number(solution["macs"]) == macs
    assert [number(n) for n in solution["shape.conv2"]] == list(x.shape[1:])


def test_layers_of_a_recurrent_net_by_name_stand_in_a_repeat() -> None:
    layer = {"lstm": {"hidden_size": 4, "num_layers": "L"}}
    with pytest.raises(SpecFailure, match=r"`repeat: \{times: L - 1, body: \[…\]\}`"):
        hwsolve.solve({"kind": "count-params", "network": {"input": [3, 5], "layers": [layer]}})
    nn = pytest.importorskip("torch").nn
    for n in (2, 3):
        body = [{"lstm": 4}, {"repeat": {"times": f"{n} - 1", "body": [{"lstm": 4}]}}]
        found = hwsolve.solve({"kind": "count-params", "network": {"input": [3, 5], "layers": body}})
        assert found["params"] == sum(p.numel() for p in nn.LSTM(5, 4, n).parameters())


def test_a_constant_with_a_name_is_no_size() -> None:
    network = {"input": [4, 2], "layers": [{"group_norm": {"num_groups": 2, "eps": "1/e"}}]}
    assert hwsolve.solve({"kind": "backprop", "network": network, "input": [[1, 2], [3, 4], [0, 1], [1, 1]]}).answers


@pytest.mark.parametrize("layer", ["transformer_encoder_layer", "transformer"])
def test_a_layer_that_takes_nothing_alone_asks_for_a_mapping(layer: str) -> None:
    with pytest.raises(SpecFailure, match="Expected a mapping"):
        hwsolve.solve({"kind": "count-params", "network": {"input": [4, 8], "layers": [{layer: "relu"}]}})


def test_attention_of_no_rows_says_what_it_needs() -> None:
    layers = [{"transformer_encoder_layer": {"d_model": 16, "nhead": 2}}]
    with pytest.raises(SpecFailure, match="as rows of a matrix each"):
        hwsolve.solve({"kind": "count-params", "network": {"input": [], "layers": layers}})
