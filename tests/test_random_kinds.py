"""Specs of the kinds beside training, made at random, and specs that once went wrong: every line of theirs holds."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest

import hwsolve
from hwsolve.spec.report import SpecFailure
from tests.line_check import answers_without_line, wrong_lines
from tests.often import often

ACTIVATIONS = ("relu", "sigmoid", "tanh", "elu", "selu", "gelu", "silu", "hard_swish", "hard_tanh", "softsign", "mish")


def sizes(dice: random.Random, names: str) -> Any:
    """A size, or now and then a name for one."""
    return dice.choice((1, 2, 3, *names))


def network(dice: random.Random) -> dict[str, Any]:
    """A network of dense layers or of convolutions, with names among its sizes."""
    body: list[Any] = []
    for _ in range(dice.randint(1, 3)):
        body += [{"linear": sizes(dice, "nm")}, dice.choice(ACTIVATIONS)]
    layers = dice.choice((body, [{"repeat": {"times": sizes(dice, "L"), "body": [{"linear": "n"}, "relu"]}}]))
    if dice.random() < 0.5:
        return {"input": "n", "layers": layers}
    window = {"out_channels": sizes(dice, "C"), "kernel_size": sizes(dice, "K"), "stride": sizes(dice, "S")}
    pool = {dice.choice(("max_pool2d", "avg_pool2d")): 2}
    return {"input": [sizes(dice, "B"), 9, dice.choice((8, "W"))], "layers": [{"conv2d": window}, "relu", pool]}


def counting(dice: random.Random) -> dict[str, Any]:
    """Parameters of a network, with or without the other columns."""
    columns = ["params", "activations", "macs", "flops", "trainable"]
    return {"kind": "count-params", "network": network(dice), "columns": columns[: dice.randint(0, 5)]}


def complexity(dice: random.Random) -> dict[str, Any]:
    """Operations of a network, by some convention."""
    count = {key: dice.random() < 0.5 for key in ("bias", "activations", "input_gradient")}
    return {"kind": "complexity", "network": network(dice), "count": count | {"multiply_add": dice.randint(1, 2)}}


def initialization(dice: random.Random) -> dict[str, Any]:
    """The variance of the weights of a layer."""
    layer, x = dice.choice(
        (
            ({"linear": sizes(dice, "m")}, "n"),
            ({"conv2d": {"out_channels": 8, "kernel_size": sizes(dice, "K")}}, ["C", 9, 9]),
        )
    )
    return {
        "kind": "initialization",
        "layer": layer,
        "input": x,
        "activation": dice.choice(ACTIVATIONS),
        "mode": dice.choice(("fan_in", "fan_out", "average")),
        "gain": dice.choice(("derived", "linear", "torch", 2, "sqrt(2)")),
    }


def expression(dice: random.Random, depth: int) -> str:
    """A function of x and a."""
    if depth == 0:
        return dice.choice(("x", "x", "a", "2", "1/3"))
    inner = expression(dice, depth - 1)
    kind = dice.random()
    if kind < 0.4:
        return f"{dice.choice(('exp', 'tanh', 'sigmoid', 'sin', 'softplus', 'relu', 'abs', 'elu', 'gelu', 'silu'))}({inner})"
    if kind < 0.5:
        return f"({inner})**{dice.randint(2, 3)}"
    return f"({inner}){dice.choice('+-*')}({expression(dice, depth - 1)})"


def derivative(dice: random.Random) -> dict[str, Any]:
    """A derivative of some order, and its value at a point."""
    function = f"({expression(dice, 3)})*x"
    at = {"x": dice.choice((1, "1/3", "sqrt(2)", -2))} | (
        {"a": dice.choice((2, "-1/2"))} if "a" in names(function) else {}
    )
    return {"kind": "derivative", "function": function, "wrt": "x", "order": dice.randint(1, 2), "at": [at]}


def names(function: str) -> set[str]:
    """The names in a function that consist of one letter."""
    words = "".join(c if c.isalnum() else " " for c in function).split()
    return {w for w in words if len(w) == 1}


@pytest.mark.parametrize("make", [counting, complexity, initialization, derivative])
@pytest.mark.parametrize("seed", range(often(8)))
def test_every_line_of_a_random_spec_holds(make: Any, seed: int) -> None:
    spec = make(random.Random(seed))
    try:
        found = hwsolve.solve(spec)
    except SpecFailure as refused:
        assert "?" not in str(refused) and str(refused)
        return
    solution = json.loads(found.to("json"))
    assert wrong_lines(solution) == []
    assert answers_without_line(solution) == []
    assert found.to("plain") and found.to("markdown")


def one_neuron(**more: Any) -> dict[str, Any]:
    """A training problem of one weight, with changes."""
    linear = {"linear": {"out_features": 1, "weight": [[1]], "bias": [0]}}
    spec = {"network": {"input": 1, "layers": [linear]}, "input": [1], "target": [0.3], "loss": "mse_loss"}
    return {"kind": "backprop", **spec, **more}


LONG = {"zeros": 70}
ONCE_WRONG: dict[str, dict[str, Any]] = {
    "an activation at its kink in front of a convolution": {
        "kind": "convolution",
        "layer": {"conv1d": {"out_channels": 1, "kernel_size": 1, "weight": [2], "bias": False}},
        "input": [0, 0, 0, 0],
        "activation": "relu",
        "upstream": [1, 2, 3, 4],
    },
    "kinks in a sum that is not written out": {
        "kind": "backprop",
        "network": {"input": 70, "layers": ["identity"]},
        "input": LONG,
        "target": LONG,
        "loss": "l1_loss",
    },
    "losses beyond floats": one_neuron(optimizer={"sgd": {"lr": 100}}, steps=200),
    "a window with a name over a map with numbers": {
        "kind": "pooling",
        "layer": {"max_pool2d": {"kernel_size": "K", "stride": 1}},
        "input": [[1, 5, 2], [4, 3, 6], [0, 8, 7]],
    },
    "sides that read the same": {
        "kind": "initialization",
        "layer": {"conv3d": {"out_channels": 64, "kernel_size": 3}},
        "input": ["C", 16, 16, 16],
        "activation": "hard_swish",
        "mode": "fan_out",
    },
    "an index beyond a short axis": {
        "kind": "derivative",
        "function": "Sum(A[i,j]*x[j], j, 1, 2)",
        "wrt": "x",
        "variables": {"x": {"size": 2}},
    },
    "a second index beyond a short axis": {
        "kind": "derivative",
        "function": "Prod(x[j], j, 1, 3)",
        "wrt": "x[k]",
        "variables": {"x": {"size": 3}},
        "order": 2,
    },
}


@pytest.mark.parametrize("name", ONCE_WRONG)
def test_what_once_went_wrong(name: str) -> None:
    solution = json.loads(hwsolve.solve(ONCE_WRONG[name]).to("json"))
    assert wrong_lines(solution) == []
    assert answers_without_line(solution) == []
    assert not [line for line in identities(solution) if bare(line["lhs"]) == bare(line["rhs"])]


def identities(solution: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines with two sides."""
    return [line for section in solution["sections"] for line in section["lines"] if line["kind"] == "identity"]


def bare(side: str) -> str:
    """A formula without its brackets."""
    return side.replace("(", "").replace(")", "")


def test_places_of_a_kink_are_gathered() -> None:
    notes = [n.text for n in hwsolve.solve(ONCE_WRONG["kinks in a sum that is not written out"]).notes]
    assert len(notes) == 1
    assert "66 more places" in str(notes[0])


def test_a_branch_is_decided_before_anything_is_rounded() -> None:
    """(2z + 3)/6 is not 0.5 where z is not 0."""
    layers = [{"linear": {"out_features": 1, "weight": [["-sqrt(2)/10000000"]], "bias": False}}, "hard_swish"]
    solution = hwsolve.solve(one_neuron(network={"input": 1, "layers": layers}))
    assert "(2z⁽¹⁾ + 3)/6" in solution.to("plain")  # the piece that holds, and not a number it is near
    assert " 0.5 " not in solution.to("plain")


def test_floats_show_what_was_typed() -> None:
    solution = hwsolve.solve(one_neuron(numbers="float64")).to("plain")
    assert re.search(r"x = 1 .*t = 0\.3$", solution, re.M)


def test_numpy_says_nothing_of_an_overflow(recwarn: pytest.WarningsRecorder) -> None:
    layers = [{"linear": {"out_features": 1, "weight": [[-1000]], "bias": False}}, "sigmoid"]
    hwsolve.solve(one_neuron(numbers="float64", network={"input": 1, "layers": layers}))
    assert not [w for w in recwarn if issubclass(w.category, RuntimeWarning)]
