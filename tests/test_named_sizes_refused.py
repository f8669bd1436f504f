"""A size with a name where numbers are computed, and arguments in a place of their own, end in a message."""

from __future__ import annotations

import pytest

import hwsolve
from hwsolve.spec.report import SpecFailure

NAMED = [
    {"max_pool2d": "k"}, {"avg_pool2d": {"kernel_size": 1, "stride": "s"}}, {"adaptive_avg_pool2d": "k"},
    {"group_norm": {"num_groups": "g"}}, {"pixel_shuffle": "r"}, {"channel_shuffle": "g"}, {"crop": "n"},
    {"max_pool2d": "e"}, {"conv2d": {"out_channels": "n", "kernel_size": 1}},
]  # fmt: skip


@pytest.mark.parametrize("layer", NAMED, ids=str)
def test_a_layer_whose_sizes_have_names_is_not_computed(layer: dict[str, object]) -> None:
    network = {"input": [4, 4, 4], "layers": [layer]}
    with pytest.raises(SpecFailure, match="has sizes that are names"):
        hwsolve.solve({"kind": "backprop", "network": network, "input": {"zeros": [4, 4, 4]}})


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
