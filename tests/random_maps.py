"""Random networks of windows, maps and branches with small whole numbers, in which kinks and ties are met."""

from __future__ import annotations

import random
from typing import Any

ACTIVATIONS: tuple[Any, ...] = (
    "relu", "leaky_relu", "prelu", "sigmoid", "tanh", "softplus", "gelu", "silu", "elu", "selu", "mish", "softsign",
    "relu6", "hard_tanh", "hard_sigmoid", "hard_swish", "log_sigmoid", "identity", {"gelu": {"approximate": "tanh"}},
    {"elu": {"alpha": 2}}, {"softplus": {"beta": 2}}, {"leaky_relu": "0.25"}, "softmax", "log_softmax",
)  # fmt: skip
LOSSES = ("half_squared_error", "mse_loss", "l1_loss")


def numbers(dice: random.Random, shape: tuple[int, ...]) -> Any:
    """Small numbers in nested lists."""
    if not shape:
        return dice.choice((-2, -1, -1, 0, 0, 1, 1, 2, 0.5, -0.5))
    return [numbers(dice, shape[1:]) for _ in range(shape[0])]


def window(dice: random.Random, channels: int, side: int) -> tuple[Any, int, int]:
    """A layer of windows over a square map: the layer, and the channels and the side that come out."""
    kernel = dice.randint(1, min(3, side))
    stride = dice.randint(1, 2)
    padding = dice.randint(0, kernel // 2)
    name = dice.choice(("conv2d", "conv2d", "conv_transpose2d", "max_pool2d", "max_pool2d", "avg_pool2d", "adaptive"))
    out = (side + 2 * padding - kernel) // stride + 1
    settings: dict[str, Any] = {"kernel_size": kernel, "stride": stride, "padding": padding}
    if name == "adaptive":
        side = dice.randint(1, side)
        return {dice.choice(("adaptive_avg_pool2d", "adaptive_max_pool2d")): side}, channels, side
    if name == "max_pool2d":
        return {name: settings}, channels, out
    if name == "avg_pool2d":
        return {name: settings | {"count_include_pad": dice.random() < 0.5}}, channels, out
    groups = channels if dice.random() < 0.3 else 1
    made = groups * dice.randint(1, 2)
    shape = (made, channels // groups, kernel, kernel)
    if name == "conv_transpose2d":
        shape, out = (channels, made // groups, kernel, kernel), (side - 1) * stride - 2 * padding + kernel
    if out < 1:
        return "relu", channels, side
    bias = {"values": numbers(dice, (made,))} if dice.random() < 0.7 else False
    return (
        {name: settings | {"out_channels": made, "groups": groups, "weight": numbers(dice, shape), "bias": bias}},
        made,
        out,
    )


def network(dice: random.Random) -> dict[str, Any]:
    """A problem of backpropagation over a map and what is made of it."""
    channels, side = dice.randint(1, 2), dice.randint(2, 4)
    samples = (dice.randint(1, 2),) if dice.random() < 0.4 else ()
    problem: dict[str, Any] = {
        "kind": "backprop",
        "input": numbers(dice, (*samples, channels, side, side)),
        "network": {"input": [channels, side, side]},
    }
    layers: list[Any] = []
    for _ in range(dice.randint(1, 2)):
        layer, channels, side = window(dice, channels, side)
        layers += [layer, dice.choice(ACTIVATIONS)]
        if dice.random() < 0.3:
            form = dice.choice(("residual", "concat", "multiply"))
            one, two = dice.choice(ACTIVATIONS), dice.choice(ACTIVATIONS)
            layers.append({form: {"body": [one]} if form == "residual" else [[one], [two]]})
            channels *= 2 if form == "concat" else 1
    n = channels * side * side
    layers.append("flatten")
    out = dice.randint(1, 3)
    layers.append({"linear": {"out_features": out, "weight": numbers(dice, (out, n)), "bias": numbers(dice, (out,))}})
    end = dice.choice((*LOSSES, "cross_entropy", "binary_cross_entropy", "binary_cross_entropy_with_logits", None))
    if end == "binary_cross_entropy":
        layers.append("sigmoid")
    elif end is None or dice.random() < 0.3:
        layers.append(dice.choice(ACTIVATIONS))
    problem["network"]["layers"] = layers
    if end is None:
        return problem | {"upstream": numbers(dice, (*samples, out))}
    target = numbers(dice, (*samples, out))
    if end == "cross_entropy":
        classes = [dice.randint(1, out) for _ in range(samples[0] if samples else 1)]
        target = {"class": classes if samples else classes[0]}
    elif end.startswith("binary"):
        target = nested(target, lambda x: abs(x) / 2)
    return problem | {"loss": {end: {"reduction": dice.choice(("mean", "sum", "none"))}}, "target": target}


def nested(x: Any, change: Any) -> Any:
    """A function of every number."""
    return [nested(v, change) for v in x] if isinstance(x, list) else change(x)
