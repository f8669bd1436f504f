"""Random specs of every kind, each by all the makers of its kind: `MAKERS[kind](dice)`; a spec is data or text."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tests import (
    initialization_specs,
    plausible,
    random_functions,
    random_layers,
    random_maps,
    random_pages,
    random_windows,
    random_wiring,
    recurrent_peer,
    test_attention_torch,
    test_backprop_page,
    test_complexity,
    test_loss_terms,
    test_optimize_torch,
    test_perceptron,
    test_random_kinds,
    test_wires,
    test_worksheet,
)

Maker = Callable[[random.Random], Any]
OPTIMIZERS = sorted(test_optimize_torch.OPTIMIZERS)
FUNCTIONS = (
    "abs({0}) + {1}**2", "max({0}, {1})", "relu({0} - {1})*{0}", "abs({0})*abs({1})", "min({0}, 2*{1}) + {0}*{1}",
    "leaky_relu({0}*{1}, 0.1)", "max({0}, {1}, 0)", "hard_tanh({0} + {1})", "exp({0})*{1}", "sqrt(1 + {0}**2)/{1}",
    "elu({0})*{1}", "sigmoid({0}*{1})", "log(1 + {0}**2)*abs({1} - 1)", "softplus({0}) + relu({1})",
)  # fmt: skip


def any_of(*makers: Maker) -> Maker:
    """A spec by one of the makers."""
    return lambda dice: dice.choice(makers)(dice)


def seeded(make: Callable[[int], Any]) -> Maker:
    """A maker that takes a number in place of dice."""
    return lambda dice: make(dice.randrange(10**6))


def layer(kind: str) -> Maker:
    """Layers of windows of a kind, with numbers or with names."""

    def numbers(dice: random.Random) -> Any:
        make, case = random_layers.convolution if kind == "convolution" else random_layers.pooling, None
        while case is None:
            case = make(dice)
        return case.spec

    def names(dice: random.Random) -> Any:
        spec = None
        while spec is None or spec["kind"] != kind:
            spec = random_windows.problem(dice)
        return spec

    return any_of(numbers, names)


def counted(kind: str) -> Maker:
    """Networks that are counted, of the kind."""

    def make(dice: random.Random) -> Any:
        spec = None
        while spec is None or spec["kind"] != kind:
            spec = random_pages.counted(dice)
        return spec

    return make


def graph(dice: random.Random) -> Any:
    """Operations of a network of any shape."""
    layers = test_complexity.Graph(dice.randrange(10**6)).layers
    return {"kind": "complexity", "network": {"input": {"size": 3, "symbols": "x"}, "layers": layers}}


def several(dice: random.Random) -> Any:
    """Derivatives of several variables or of several functions, with kinks, with points and without."""
    form = dice.choice(FUNCTIONS).format("x", "y")
    function: Any = form if dice.random() < 0.6 else [form, dice.choice(FUNCTIONS).format("y", "x")]
    spec = {"kind": "derivative", "function": function, "wrt": ["x", "y"]}
    if isinstance(function, str) and dice.random() < 0.4:
        spec["order"] = 2
    if dice.random() < 0.5:
        spec["at"] = [{"x": dice.choice((0, 1, "1/2", -2)), "y": dice.choice((1, 2, "-1/3"))}]
    return spec


def batches(dice: random.Random) -> Any:
    """Epochs of batches: one update for each batch, by any optimizer."""
    settings, ours, _ = test_optimize_torch.drawn(dice, name := dice.choice(OPTIMIZERS))
    n, size = dice.randint(2, 5), dice.randint(1, 3)
    order = dice.sample(range(1, n + 1), n)
    numbers = test_optimize_torch.eighths
    layer = {"linear": {"out_features": 1, "weight": numbers(dice, 1, 2), "bias": numbers(dice, 1)}}
    spec = {"kind": "backprop", "network": {"input": 2, "layers": [layer, *dice.choice(([], ["tanh"], ["relu"]))]}}
    spec |= {"input": numbers(dice, n, 2), "target": numbers(dice, n, 1), "loss": dice.choice(("mse_loss", "l1_loss"))}
    spec |= {"optimizer": {name: settings | ours}, "epochs": dice.randint(1, 2)}
    return spec | dice.choice(
        ({"batch_size": size, "order": order}, {"batches": [order[k : k + size] for k in range(0, n, size)]})
    )


def minimised(dice: random.Random) -> Any:
    """A function of two variables, minimised by any optimizer."""
    settings, ours, _ = test_optimize_torch.drawn(dice, name := dice.choice(OPTIMIZERS))
    settings |= test_optimize_torch.SMALL.get(name, {"lr": 0.02})
    start = {p: dice.choice((-1.5, -0.75, 0.5, 1.25)) for p in ("x", "y")}
    spec = {"kind": "optimize", "minimize": dice.choice(list(test_optimize_torch.OBJECTIVES)), "start": start}
    return spec | {"steps": dice.randint(1, 4), "optimizer": {name: settings | ours}}


def given_gradients(dice: random.Random) -> Any:
    """Steps by gradients that are given."""
    settings, ours, _ = test_optimize_torch.drawn(dice, name := dice.choice(OPTIMIZERS))
    shapes = {"w": (dice.randint(1, 2), 2)} | dice.choice(({}, {"b": (3,)}))
    numbers, steps = test_optimize_torch.eighths, dice.randint(1, 4)
    start = {p: numbers(dice, *shape) for p, shape in shapes.items()}
    gradient = {p: numbers(dice, steps, *shape) for p, shape in shapes.items()}
    return {"kind": "optimize", "parameters": start, "gradient": gradient, "optimizer": {name: settings | ours}}


def attention(dice: random.Random) -> Any:
    """Attention alone, with several heads, or with heads that share keys and values."""
    makes = (test_attention_torch.attention, test_attention_torch.multihead, test_attention_torch.grouped)
    return dice.choice(makes)(dice)[0]


MAKERS: dict[str, Maker] = {
    "count-params": any_of(test_random_kinds.counting, plausible.counting, counted("count-params")),
    "complexity": any_of(test_random_kinds.complexity, counted("complexity"), graph),
    "backprop": any_of(random_pages.training, seeded(test_backprop_page.problem), random_maps.network),
    "backprop-batches": batches,
    "backprop-recurrent": seeded(recurrent_peer.random_problem),
    "backprop-attention": attention,
    "backprop-heads": any_of(
        test_loss_terms.drawn, seeded(test_wires.random_problem), seeded(random_wiring.random_net)
    ),
    "derivative": any_of(seeded(random_functions.spec), test_random_kinds.derivative, several),
    "convolution": layer("convolution"),
    "pooling": layer("pooling"),
    "initialization": any_of(test_random_kinds.initialization, seeded(initialization_specs.random_spec)),
    "worksheet": lambda dice: test_worksheet.drawn(dice)[0],
    "optimize": any_of(minimised, given_gradients),
    "perceptron": lambda dice: test_perceptron.drawn(dice)[0],
}
