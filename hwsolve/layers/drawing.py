"""Weights that are drawn: the functions of torch.nn.init, with NumPy's generator and a seed.

A drawn number is rounded to four decimals and is exact from there on, so that it can be written down and checked.
The bounds are those of Glorot and Bengio 2010 (xavier) and He et al. 2015 (kaiming).
"""

from __future__ import annotations

from math import gcd, prod, sqrt
from typing import Any

from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.tree import Formula, Number
from hwsolve.language import say
from hwsolve.layers.base import NotComputed
from hwsolve.layers.parameter import Initializer

DECIMALS = 4
GAINS = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": sqrt(2), "selu": 3 / 4}


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """fan_in and fan_out of a weight (out, in, kernel…), as torch.nn.init counts them."""
    if len(shape) < 2:
        return (shape[0], shape[0]) if shape else (1, 1)
    field = prod(shape[2:])
    return shape[1] * field, shape[0] * field


def draw(init: Initializer, shape: tuple[int, ...], seed: int) -> tuple[Formula, ...]:
    """The numbers of a parameter of this shape, in the order of its elements."""
    import numpy as np

    random = np.random.default_rng(seed)
    given = {k: v if isinstance(v, str) else number(v) for k, v in init.arguments.items()}
    if init.name in FIXED:
        return (number_of(FIXED[init.name] if FIXED[init.name] is not None else given.get("val", 0.0)),) * prod(shape)
    bounds = SCALES.get(init.name)
    if bounds is None:
        raise NotComputed(say("Weights drawn by `{name}` are not supported yet.", name=init.name))
    form, low, high = bounds(given, shape)
    values = random.uniform(low, high, shape) if form == "uniform" else random.normal(low, high, shape)
    return tuple(number_of(float(v)) for v in values.reshape(-1))


FIXED: dict[str, float | None] = {"constant": None, "ones": 1.0, "zeros": 0.0}


def spread(given: dict[str, Any], shape: tuple[int, ...], kaiming: bool) -> float:
    """The standard deviation that Xavier's or He's rule asks for."""
    fan_in, fan_out = fans(shape)
    if not kaiming:
        return float(given.get("gain", 1.0)) * sqrt(2 / (fan_in + fan_out))
    slope = float(given.get("a", 0.0))
    nonlinearity = given.get("nonlinearity", "leaky_relu")
    gain = sqrt(2 / (1 + slope**2)) if nonlinearity == "leaky_relu" else GAINS.get(nonlinearity, 1.0)
    return gain / sqrt(fan_out if given.get("mode") == "fan_out" else fan_in)


def symmetric(kaiming: bool) -> Any:
    """A uniform distribution around 0 with the standard deviation of a rule."""

    def bounds(given: dict[str, Any], shape: tuple[int, ...]) -> tuple[str, float, float]:
        r = sqrt(3) * spread(given, shape, kaiming)
        return "uniform", -r, r

    return bounds


SCALES: dict[str, Any] = {
    "uniform": lambda given, shape: ("uniform", given.get("a", 0.0), given.get("b", 1.0)),
    "normal": lambda given, shape: ("normal", given.get("mean", 0.0), given.get("std", 1.0)),
    "xavier_uniform": symmetric(False),
    "kaiming_uniform": symmetric(True),
    "xavier_normal": lambda given, shape: ("normal", 0.0, spread(given, shape, False)),
    "kaiming_normal": lambda given, shape: ("normal", 0.0, spread(given, shape, True)),
}


def number(value: Formula) -> float:
    """A typed number as a float."""
    return float(evaluate(value, nothing))


def nothing(name: str, indices: tuple[int, ...]) -> Any:
    """The look-up of a formula without names."""
    raise KeyError(name)


def number_of(value: float) -> Number:
    """A float rounded to four decimals, exact from here on."""
    scaled = round(value * 10**DECIMALS)
    common = gcd(scaled, 10**DECIMALS) or 1
    return Number(scaled // common, 10**DECIMALS // common)
