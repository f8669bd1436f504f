"""Numbers whose axes of length 1 are left out, as a course writes them: kernels of one channel, targets in one row."""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hwsolve
from hwsolve.layers.given_numbers import fits
from hwsolve.spec.report import SpecFailure

KERNELS = [[[1, 2], [0, -1]], [["0.5", -1], [1, 0]]]
MAP = [[1, 0, 2], [1, -1, 0], [0, 2, 1]]


@given(st.lists(st.integers(1, 3), max_size=5), st.lists(st.integers(1, 3), max_size=5))
def test_a_shape_fits_if_leaving_out_ones_gives_it(wanted: list[int], shape: list[int]) -> None:
    ones = [k for k, n in enumerate(wanted) if n == 1]
    left = {
        tuple(n for k, n in enumerate(wanted) if k not in out)
        for count in range(len(ones) + 1)
        for out in combinations(ones, count)
    }
    assert fits(tuple(shape), tuple(wanted)) == (tuple(shape) in left)
    assert all(fits(one, tuple(wanted)) for one in left)


def spec(weight: Any, pointwise: Any, data: Any, target: Any, layer: str = "conv2d") -> dict[str, Any]:
    first = {"kernel_size": 2, "weight": weight, "bias": False}
    first |= {"out_channels": 2} if layer == "conv2d" else {}
    layers = [
        {layer: first},
        {"conv2d": {"out_channels": 1, "kernel_size": 1, "weight": pointwise, "bias": False}},
        {"adaptive_avg_pool2d": 1},
        "flatten",
    ]
    network = {"input": [1 if layer == "conv2d" else 2, 3, 3], "layers": layers}
    return {"kind": "backprop", "network": network, "input": data, "target": target, "loss": "mse_loss"}


def page(problem: dict[str, Any]) -> Any:
    return json.loads(hwsolve.solve(problem).to("json"))["answers"]


def whole(weight: Any, shape: tuple[int, ...]) -> Any:
    return np.reshape(np.array(weight, dtype=object), shape).tolist()


def test_kernels_maps_and_targets_may_leave_them_out() -> None:
    full = spec(whole(KERNELS, (2, 1, 2, 2)), whole([3, -1], (1, 2, 1, 1)), [[MAP], [MAP]], [[1], [2]])
    assert page(spec(KERNELS, [3, -1], [MAP, MAP], [1, 2])) == page(full)


def test_one_map_is_no_batch() -> None:
    full = spec(whole(KERNELS, (2, 1, 2, 2)), whole([3, -1], (1, 2, 1, 1)), [MAP], [1])
    assert page(spec(KERNELS, [3, -1], MAP, 1)) == page(full)


def test_a_depthwise_convolution_takes_its_kernels_itself() -> None:
    part = spec(None, [3, -1], [MAP, MAP], [1], "depthwise_conv2d")
    layer = part["network"]["layers"][0]["depthwise_conv2d"]
    del layer["weight"]
    layer["weights"] = {"depthwise": {"weight": whole(KERNELS, (2, 1, 2, 2))}}
    assert page(spec(KERNELS, [3, -1], [MAP, MAP], [1], "depthwise_conv2d")) == page(part)


def test_a_layer_by_itself_too() -> None:
    layer = {"out_channels": 2, "kernel_size": 2, "bias": False}
    short, long = ({"conv2d": layer | {"weight": w}} for w in (KERNELS, whole(KERNELS, (2, 1, 2, 2))))
    found = [hwsolve.solve({"kind": "convolution", "layer": one, "input": MAP})["y"] for one in (short, long)]
    assert found[0] == found[1]


@pytest.mark.parametrize("weight", [[KERNELS], KERNELS[0], [KERNELS[0]] * 3])
def test_other_shapes_stay_wrong(weight: Any) -> None:
    with pytest.raises(SpecFailure, match="shape"):
        hwsolve.solve(spec(weight, [3, -1], MAP, 1))
