"""Random initialization problems: any layer, activation, mode and gain."""

from __future__ import annotations

import random
from typing import Any

LAYERS: list[tuple[Any, Any]] = [
    ({"linear": 10}, 7),
    ({"linear": "m"}, "n"),
    ({"linear": 10}, "n"),
    ({"linear": "n"}, "n"),
    ({"linear": "n_in"}, "n_out"),
    ({"linear": 300}, 784),
    ({"conv1d": {"out_channels": 6, "kernel_size": 3}}, [4, 21]),
    ({"conv2d": {"out_channels": 8, "kernel_size": [3, 5], "groups": 2}}, [4, 21, 21]),
    ({"conv2d": {"out_channels": 8, "kernel_size": 3, "stride": 2, "padding": 1, "dilation": 2}}, [8, 21, 21]),
    ({"conv3d": {"out_channels": 2, "kernel_size": 3}}, [3, 9, 9, 9]),
    ({"conv_transpose1d": {"out_channels": 6, "kernel_size": 4}}, [4, 21]),
    ({"conv_transpose2d": {"out_channels": 8, "kernel_size": 3, "groups": 2, "stride": 2}}, [4, 21, 21]),
    ({"conv2d": {"out_channels": "C", "kernel_size": "K"}}, [3, "H", "W"]),
    ({"conv2d": {"out_channels": "C", "kernel_size": 3, "groups": "g", "stride": "S"}}, ["K", "H", "W"]),
    ({"conv_transpose2d": {"out_channels": 6, "kernel_size": ["K", 3], "groups": 3}}, ["D", 9, 9]),
]
ACTIVATIONS: list[Any] = [
    "identity", "relu", {"leaky_relu": 0.2}, {"leaky_relu": "sqrt(5)"}, {"prelu": {"init": "a"}}, {"prelu": {"init": "s"}}, "relu6",
    {"elu": 1.5}, {"elu": "s"}, "selu", "gelu", "silu", "mish", "sigmoid", "log_sigmoid", "tanh", {"softplus": {"beta": 2}}, "softsign",
    "hard_tanh", "hard_sigmoid", "hard_swish", {"gelu": {"approximate": "tanh"}}, "sin(x)", "max(x - 1, 0, -2*x - 1)", "abs(x)",
    "x*sigmoid(1.702*x)", "if(x > 1, 1, min(x, 0))", "2*x", "step(x)", "x + 1", "x**2",
]  # fmt: skip
GAINS: list[Any] = ["derived", "derived", "derived", "linear", "torch", 1.5, "sqrt(2)"]


def random_spec(seed: int) -> dict[str, Any]:
    """The problem of a number; some are refused."""
    dice = random.Random(seed)
    layer, shape = dice.choice(LAYERS)
    return {
        "kind": "initialization",
        "layer": layer,
        "input": shape,
        "activation": ACTIVATIONS[seed % len(ACTIVATIONS)],
        "mode": dice.choice(["fan_in", "fan_out", "average"]),
        "gain": dice.choice(GAINS),
    }
