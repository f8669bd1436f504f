"""Random numbers by the rules of torch.nn.init, from NumPy's generator and a seed, rounded to four decimals.

The bounds are those of Glorot and Bengio 2010 (xavier) and He et al. 2015 (kaiming).
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod, sqrt
from typing import Any

UNIT = 10_000  # a drawn number is a whole number of these parts of 1
GAINS = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": sqrt(2), "selu": 3 / 4}

Given = dict[str, Any]  # the arguments of a rule
Rule = Callable[[Given, tuple[int, ...]], tuple[str, float, float]]  # form, and its two parameters


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """fan_in and fan_out of a weight (out, in, kernel…), as torch.nn.init counts them."""
    if len(shape) < 2:
        return (shape[0], shape[0]) if shape else (1, 1)
    field = prod(shape[2:])
    return shape[1] * field, shape[0] * field


def deviation(given: Given, shape: tuple[int, ...], kaiming: bool) -> float:
    """The standard deviation that Xavier's or He's rule asks for."""
    fan_in, fan_out = fans(shape)
    if not kaiming:
        return float(given.get("gain", 1.0)) * sqrt(2 / (fan_in + fan_out))
    slope = float(given.get("a", 0.0))
    nonlinearity = given.get("nonlinearity", "leaky_relu")
    gain = sqrt(2 / (1 + slope**2)) if nonlinearity == "leaky_relu" else GAINS.get(nonlinearity, 1.0)
    return gain / sqrt(fan_out if given.get("mode") == "fan_out" else fan_in)


def symmetric(kaiming: bool) -> Rule:
    """A uniform distribution around 0 with the standard deviation of a rule."""

    def bounds(given: Given, shape: tuple[int, ...]) -> tuple[str, float, float]:
        r = sqrt(3) * deviation(given, shape, kaiming)
        return "uniform", -r, r

    return bounds


CONSTANT: dict[str, float | None] = {"constant": None, "ones": 1.0, "zeros": 0.0}
RULES: dict[str, Rule] = {
    "uniform": lambda given, shape: ("uniform", given.get("a", 0.0), given.get("b", 1.0)),
    "normal": lambda given, shape: ("normal", given.get("mean", 0.0), given.get("std", 1.0)),
    "xavier_uniform": symmetric(False),
    "kaiming_uniform": symmetric(True),
    "xavier_normal": lambda given, shape: ("normal", 0.0, deviation(given, shape, False)),
    "kaiming_normal": lambda given, shape: ("normal", 0.0, deviation(given, shape, True)),
}


def drawn(name: str, given: Given, shape: tuple[int, ...], seed: int) -> list[int] | None:
    """The numbers of an array of this shape in units of 1/UNIT; None for a rule that is not known."""
    import numpy as np

    if name in CONSTANT:
        value = CONSTANT[name]
        return [round((given.get("val", 0.0) if value is None else value) * UNIT)] * prod(shape)
    if name not in RULES:
        return None
    random = np.random.default_rng(seed)
    form, low, high = RULES[name](given, shape)
    values = random.uniform(low, high, shape) if form == "uniform" else random.normal(low, high, shape)
    return [round(float(v) * UNIT) for v in values.reshape(-1)]
