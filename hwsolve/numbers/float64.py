"""Every function by its name, on float64 arrays: plain NumPy, digits not proven.

Each takes an array (or a float) and float parameters.  Whoever runs many of them sets `np.errstate` once around them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np
from flint import arb

from hwsolve.numbers.activations import SELU_ALPHA as EXACT_ALPHA
from hwsolve.numbers.activations import SELU_SCALE as EXACT_SCALE
from hwsolve.numbers.measured import EPS, SALTS, Contrary
from hwsolve.numbers.powers import d_gamma

SELU_SCALE, SELU_ALPHA = float(EXACT_SCALE), float(EXACT_ALPHA)
GELU_CUBIC = 0.044715
ROOT_2, ROOT_2_OVER_PI = math.sqrt(2), math.sqrt(2 / math.pi)


def elementwise(function: Callable[[float], float]) -> Callable[[Any], Any]:
    """A function of one float on arrays, for what NumPy does not have."""
    of_each = np.frompyfunc(function, 1, 1)
    return lambda x: np.asarray(of_each(x), dtype=np.float64)


erf = elementwise(math.erf)
erfc = elementwise(math.erfc)


def sigmoid(z: Any) -> Any:
    """1/(1 + e^−z)."""
    return 1 / (1 + np.exp(-z))


def d_sigmoid(z: Any) -> Any:
    """σ(z)σ(−z)."""
    return sigmoid(z) * sigmoid(-z)


def softplus(z: Any) -> Any:
    """ln(1 + e^z)."""
    return np.logaddexp(0, z)


def normal_pdf(z: Any) -> Any:
    """φ(z)."""
    return np.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def normal_cdf(z: Any) -> Any:
    """Φ(z)."""
    return erfc(-z / ROOT_2) / 2


def d_mish(z: Any) -> Any:
    """g + zσ(z)(1 − g²) with g = tanh(softplus(z))."""
    gate = np.tanh(softplus(z))
    return gate + z * sigmoid(z) * (1 - gate * gate)


def gelu_tanh(z: Any) -> Any:
    """zσ(u) with u = 2√(2/π)(z + 0.044715z³)."""
    return z * sigmoid(2 * ROOT_2_OVER_PI * (z + GELU_CUBIC * z**3))


def d_gelu_tanh(z: Any) -> Any:
    """σ(u) + zu′σ(u)σ(−u)."""
    u = 2 * ROOT_2_OVER_PI * (z + GELU_CUBIC * z**3)
    return sigmoid(u) * (1 + z * sigmoid(-u) * 2 * ROOT_2_OVER_PI * (1 + 3 * GELU_CUBIC * z * z))


def elu(z: Any, a: Any = 1.0) -> Any:
    """z above 0, a(e^z − 1) below."""
    return np.where(z > 0, z, a * np.expm1(np.minimum(z, 0)))


def d_elu(z: Any, a: Any = 1.0) -> Any:
    """1 above 0, ae^z below."""
    return np.where(z > 0, 1.0, a * np.exp(np.minimum(z, 0)))


def leaky_relu(z: Any, a: Any) -> Any:
    """z above 0, az below."""
    return np.where(z > 0, z, a * z)


def d_leaky_relu(z: Any, a: Any) -> Any:
    """1 above 0, a below."""
    return np.where(z > 0, 1.0, a)


def positive(z: Any) -> Any:
    """1 where z > 0, else 0."""
    return (z > 0) * 1.0


def between(low: float, high: float, value: float = 1.0) -> Callable[[Any], Any]:
    """A value where low < z < high, else 0."""
    return lambda z: ((z > low) & (z < high)) * value


def d_hard_swish(z: Any) -> Any:
    """(2z + 3)/6 between −3 and 3, 0 below, 1 above."""
    return np.where(z <= -3, 0.0, np.where(z < 3, (2 * z + 3) / 6, 1.0))


FLOAT64: dict[str, Callable[..., Any]] = {
    "exp": np.exp, "d_exp": np.exp,
    "log": np.log, "d_log": lambda x: 1 / x,
    "log2": np.log2, "d_log2": lambda x: 1 / (x * math.log(2)),
    "log10": np.log10, "d_log10": lambda x: 1 / (x * math.log(10)),
    "sqrt": np.sqrt, "d_sqrt": lambda x: 0.5 / np.sqrt(x),
    "sin": np.sin, "d_sin": np.cos,
    "cos": np.cos, "d_cos": lambda x: -np.sin(x),
    "tan": np.tan, "d_tan": lambda x: 1 + np.tan(x) ** 2,
    "asin": np.arcsin, "d_asin": lambda x: 1 / np.sqrt((1 - x) * (1 + x)),
    "acos": np.arccos, "d_acos": lambda x: -1 / np.sqrt((1 - x) * (1 + x)),
    "atan": np.arctan, "d_atan": lambda x: 1 / (1 + x * x),
    "sinh": np.sinh, "d_sinh": np.cosh,
    "cosh": np.cosh, "d_cosh": np.sinh,
    "tanh": np.tanh, "d_tanh": lambda x: 1 / np.cosh(x) ** 2,
    "erf": erf, "d_erf": lambda x: 2 * np.exp(-x * x) / math.sqrt(math.pi),
    "gamma": elementwise(math.gamma), "d_gamma": elementwise(lambda x: float(d_gamma(arb(x)))),
    "normal_pdf": normal_pdf, "d_normal_pdf": lambda x: -x * normal_pdf(x),
    "normal_cdf": normal_cdf, "d_normal_cdf": normal_pdf,
    "sigmoid": sigmoid, "d_sigmoid": d_sigmoid,
    "softplus": softplus, "d_softplus": sigmoid,
    "log_sigmoid": lambda x: -softplus(-x), "d_log_sigmoid": lambda x: sigmoid(-x),
    "silu": lambda x: x * sigmoid(x), "d_silu": lambda x: sigmoid(x) * (1 + x * sigmoid(-x)),
    "mish": lambda x: x * np.tanh(softplus(x)), "d_mish": d_mish,
    "gelu": lambda x: x * normal_cdf(x), "d_gelu": lambda x: normal_cdf(x) + x * normal_pdf(x),
    "gelu_tanh": gelu_tanh, "d_gelu_tanh": d_gelu_tanh,
    "softsign": lambda x: x / (1 + abs(x)), "d_softsign": lambda x: 1 / (1 + abs(x)) ** 2,
    "elu": elu, "d_elu": d_elu,
    "selu": lambda x: SELU_SCALE * elu(x, SELU_ALPHA), "d_selu": lambda x: SELU_SCALE * d_elu(x, SELU_ALPHA),
    "relu": lambda x: np.maximum(x, 0), "d_relu": positive,
    "leaky_relu": leaky_relu, "d_leaky_relu": d_leaky_relu, "prelu": leaky_relu, "d_prelu": d_leaky_relu,
    "relu6": lambda x: np.clip(x, 0, 6), "d_relu6": between(0, 6),
    "hard_tanh": lambda x: np.clip(x, -1, 1), "d_hard_tanh": between(-1, 1),
    "hard_sigmoid": lambda x: np.clip(x + 3, 0, 6) / 6, "d_hard_sigmoid": between(-3, 3, 1 / 6),
    "hard_swish": lambda x: x * np.clip(x + 3, 0, 6) / 6, "d_hard_swish": d_hard_swish,
    "abs": np.abs, "d_abs": np.sign, "sign": np.sign, "step": positive, "step0": lambda x: (x >= 0) * 1.0,
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


FLOAT64 |= {name: shaken(f) for name, f in FLOAT64.items() if name not in STEPWISE}
