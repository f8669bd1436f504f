"""The primitive functions by their names, on float64 arrays: plain NumPy, digits not proven.

Each takes an array (or a float) and float parameters.  Whoever runs many of them sets `np.errstate` once around them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np
from flint import arb

from hwsolve.numbers.measured import EPS, SALTS, Contrary
from hwsolve.numbers.powers import d_gamma


def elementwise(function: Callable[[float], float]) -> Callable[[Any], Any]:
    """A function of one float on arrays, for what NumPy does not have."""
    of_each = np.frompyfunc(function, 1, 1)
    return lambda x: np.asarray(of_each(x), dtype=np.float64)


PLAIN: dict[str, Callable[..., Any]] = {
    "exp": np.exp, "expm1": np.expm1, "log": np.log, "log1p": np.log1p, "log2": np.log2, "log10": np.log10,
    "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos,
    "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
    "erf": elementwise(math.erf), "erfc": elementwise(math.erfc),
    "gamma": elementwise(math.gamma), "d_gamma": elementwise(lambda x: float(d_gamma(arb(x)))),
    "softplus": lambda x: np.logaddexp(0, x),  # e^x overflows
    "abs": np.abs, "sign": np.sign, "step": lambda x: (x > 0) * 1.0, "step0": lambda x: (x >= 0) * 1.0,
    "floor": np.floor, "ceil": np.ceil, "delta": lambda i, j: (i == j) * 1.0,
    "max": lambda *x: reduce(np.maximum, x), "min": lambda *x: reduce(np.minimum, x),
}  # fmt: skip
STEPWISE = ("abs", "d_abs", "sign", "step", "step0", "floor", "ceil", "delta", "max", "min")


def noise(x: Any, salt: int) -> Any:
    """Numbers of a size between 1/2 and 1, the same for the same floats; for the two salts of opposite signs."""
    sign = 1 - 2.0 * (mixed(x, SALTS[0]) & np.uint64(1))
    size = 0.5 + (mixed(x, salt) >> np.uint64(11)) / 2.0**54
    return sign * size if salt == SALTS[0] else -sign * size


def mixed(x: Any, salt: int) -> Any:
    """The bits of floats, mixed."""
    bits = np.ascontiguousarray(x, dtype=np.float64).view(np.uint64).reshape(np.shape(x))
    for shift in (32, 29, 32):
        bits = (bits ^ (bits >> np.uint64(shift))) * np.uint64(salt)
    return bits ^ (bits >> np.uint64(33))


def shaken(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose result is off by some rounding errors while copies run."""

    def either(x: Any, *parameters: Any) -> Any:
        y = function(x, *parameters)
        return y if Contrary.salt is None else y * (1 + 4 * EPS * noise(x, Contrary.salt))

    return either


FLOAT64 = {name: f if name in STEPWISE else shaken(f) for name, f in PLAIN.items()}
