"""A layer in one file: GELU is written here as a record with one formula, and works in every kind of problem."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, ClassVar

import mpmath
import pytest

import hwsolve
from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.activation import Activation


class OwnGELU(Activation, frozen=True):
    """Gaussian error linear unit, written out: y = x·Φ(x)."""

    function: ClassVar[str] = "x*normal_cdf(x)"


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    LAYERS["own_gelu"] = f"{__name__}:OwnGELU"
    layer_class.cache_clear()
    yield
    del LAYERS["own_gelu"]
    layer_class.cache_clear()


def gelu(x: float) -> float:
    return x * (1 + math.erf(x / math.sqrt(2))) / 2


def slope(x: float) -> float:
    return (gelu(x + 1e-6) - gelu(x - 1e-6)) / 2e-6


def test_it_is_counted() -> None:
    network = {"input": 3, "layers": [{"linear": 4}, "own_gelu"]}
    problem = {"kind": "count-params", "network": network, "count": {"activations": "outputs"}}
    answers = hwsolve.solve(problem).answers
    assert int(answers["params"].value.value) == 16
    assert int(answers["activations"].value.value) == 8


@pytest.mark.parametrize("numbers", ["exact", "float64"])
def test_it_is_trained(numbers: str) -> None:
    problem: dict[str, Any] = {
        "kind": "backprop",
        "network": {
            "input": 1,
            "layers": [{"linear": {"out_features": 1, "weight": [[2]], "bias": ["0.5"]}}, "own_gelu"],
        },
        "input": ["0.3"],
        "target": [1],
        "loss": "half_squared_error",
        "optimizer": {"sgd": {"lr": "0.1"}},
        "numbers": numbers,
    }
    answers = hwsolve.solve(problem).answers
    z = 2 * 0.3 + 0.5
    gradient = (gelu(z) - 1) * slope(z)
    assert math.isclose(float(answers["a1"].value[0].value), gelu(z), rel_tol=1e-12)
    assert math.isclose(float(answers["dL_dz1"].value[0].value), gradient, rel_tol=1e-8)
    assert math.isclose(float(answers["w1@1"].value[0][0].value), 2 - 0.1 * gradient * 0.3, rel_tol=1e-8)


def test_its_operations_are_counted() -> None:
    problem = {"kind": "complexity", "network": {"input": 3, "layers": [{"linear": 4}, "own_gelu"]}}
    assert hwsolve.solve(problem).answers["forward.mul"].value is not None


def test_weights_are_initialized_for_it() -> None:
    problem = {"kind": "initialization", "layer": {"linear": 10}, "input": 20, "activation": "own_gelu"}
    moment = hwsolve.solve(problem).answers["moment"].value
    with mpmath.workdps(30):
        wanted = mpmath.quad(lambda z: (z * mpmath.ncdf(z)) ** 2 * mpmath.npdf(z), [-mpmath.inf, 0, mpmath.inf])
    assert math.isclose(float(moment.value), float(wanted), rel_tol=1e-12)
