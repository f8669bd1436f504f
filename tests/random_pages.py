"""Random problems of every kind for tests of pages: numbers of one to eight digits, arrays of one to four axes."""

from __future__ import annotations

import json
import random
from typing import Any

from tests import initialization_specs, random_functions, random_layers, random_maps, random_windows

ACTIVATIONS = ("relu", "leaky_relu", "sigmoid", "tanh", "softmax", "softplus", "prelu", "gelu", "log_softmax")
LOSSES = ("half_squared_error", "mse_loss", "l1_loss", "cross_entropy", None)
OPTIMIZERS: tuple[Any, ...] = (
    {"sgd": {"lr": 0.1}}, {"sgd": {"lr": 0.05, "momentum": 0.9}}, {"adam": {"lr": 0.001}}, {"adagrad": {"lr": 0.1}},
    {"rmsprop": {"lr": 0.01}},
)  # fmt: skip


def numbers(dice: random.Random, shape: tuple[int, ...], digits: int) -> Any:
    """Numbers of up to so many decimals, some of them large, in nested lists."""
    if not shape:
        return round(dice.uniform(-1, 1) * dice.choice((1, 3, 10, 100)), dice.randint(0, digits))
    return [numbers(dice, shape[1:], digits) for _ in range(shape[0])]


def training(dice: random.Random) -> dict[str, Any]:
    """A network of one to three dense layers, with a loss or a stated gradient, and often an optimizer."""
    digits, n = dice.choice((1, 2, 3, 5, 8)), dice.randint(1, 6)
    batch = (dice.randint(1, 4),) if dice.random() < 0.4 else ()
    problem: dict[str, Any] = {"kind": "backprop", "input": numbers(dice, (*batch, n), digits)}
    layers: list[Any] = []
    width = n
    for _ in range(dice.randint(1, 3)):
        made = dice.randint(1, 6)
        weight: Any = numbers(dice, (made, n), digits)
        if dice.random() < 0.3:
            weight = {"rows": "inputs", "values": numbers(dice, (n, made), digits)}
        bias = numbers(dice, (made,), digits) if dice.random() < 0.6 else False
        layers.append({"linear": {"out_features": made, "weight": weight, "bias": bias}})
        layers += [dice.choice(ACTIVATIONS)] if dice.random() < 0.8 else []
        n = made
    problem["network"] = {"input": width, "layers": layers}
    loss = dice.choice(LOSSES)
    if loss is None:
        return problem | {"upstream": numbers(dice, (*batch, n), digits)}
    target: Any = numbers(dice, (*batch, n), digits)
    if loss == "cross_entropy":
        classes = [dice.randint(1, n) for _ in range(batch[0] if batch else 1)]
        target = {"class": classes if batch else classes[0]}
    if dice.random() < 0.5:
        problem |= {"optimizer": dice.choice(OPTIMIZERS), "steps": dice.choice((1, 1, 2))}
    if dice.random() < 0.2:
        problem["notation"] = {"count_from": 0}
    return problem | {"loss": loss, "target": target}


def layer(dice: random.Random) -> dict[str, Any]:
    """A convolution or a pooling layer with numbers."""
    case = None
    while case is None:
        case = (random_layers.convolution if dice.random() < 0.6 else random_layers.pooling)(dice)
    return case.spec


def counted(dice: random.Random) -> dict[str, Any]:
    """A network of which parameters or operations are counted."""
    body = [{"linear": dice.choice((3, 300, "n", 40_000))} for _ in range(dice.randint(1, 3))]
    window = {"conv2d": {"out_channels": dice.choice((8, "C")), "kernel_size": 3, "padding": 1}}
    network = dice.choice(
        (
            {"input": "m", "layers": [*body, "softmax"]},
            {"input": [3, 32, 32], "layers": [{"residual": {"body": [window]}} if dice.random() < 0.1 else window]},
            {"input": [3, 64, 64], "layers": [window, "relu", {"max_pool2d": 2}, "flatten", *body]},
        )
    )
    if dice.random() < 0.5:
        return {"kind": "complexity", "network": network}
    columns = ["params", "activations", "macs", "flops", "trainable"][: dice.randint(1, 5)]
    return {"kind": "count-params", "network": network, "columns": columns}


KINDS = (
    (60, training),
    (12, layer),
    (8, random_maps.network),
    (8, random_windows.problem),
    (4, counted),
    (4, lambda dice: json.loads(random_functions.spec(dice.randrange(10**6)))),
    (4, lambda dice: initialization_specs.random_spec(dice.randrange(10**6))),
)


def problem(seed: int) -> dict[str, Any]:
    """The problem of a number; some are refused."""
    dice = random.Random(seed)
    (make,) = dice.choices([made for _, made in KINDS], [weight for weight, _ in KINDS])
    return make(dice)  # type: ignore[no-any-return, operator]
