"""Every function by its name, on rationals and balls: rational where the result is, else a ball that surely holds it.

Each takes `fmpq` or `arb` (parameters too) and returns one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from flint import arb, fmpq

from hwsolve.numbers import activations as act
from hwsolve.numbers.activations import normal_cdf, normal_pdf, sigmoid
from hwsolve.numbers.decisions import ONE, ZERO, equal, inside, larger, nonnegative, positive, sign, smaller
from hwsolve.numbers.decisions import ceil as ceiling
from hwsolve.numbers.decisions import floor as floor_of
from hwsolve.numbers.formed import remembers
from hwsolve.numbers.powers import acos, asin, d_gamma, divide, gamma, log, log_to, sqrt, tan
from hwsolve.numbers.systems import Scalar

HALF = fmpq(1, 2)
PI = remembers("pi", arb.pi)


def at_zero(value: fmpq, ball: Callable[[arb], arb]) -> Callable[[Scalar], Scalar]:
    """A function that is irrational at every rational but 0."""

    def function(x: Scalar) -> Scalar:
        if type(x) is arb:
            return ball(x)
        return ball(arb(x)) if x else value

    return function


def always(ball: Callable[[arb], arb]) -> Callable[[Scalar], Scalar]:
    """A function that is irrational at every rational."""
    return lambda x: ball(x if type(x) is arb else arb(x))


EXACT: dict[str, Callable[..., Scalar]] = {
    "exp": at_zero(ONE, arb.exp), "d_exp": at_zero(ONE, arb.exp),
    "log": log, "d_log": lambda x: divide(ONE, x),
    "log2": log_to(2), "d_log2": lambda x: divide(ONE, x) / arb(2).log(),
    "log10": log_to(10), "d_log10": lambda x: divide(ONE, x) / arb(10).log(),
    "sqrt": sqrt, "d_sqrt": lambda x: divide(HALF, sqrt(x)),
    "sin": at_zero(ZERO, arb.sin), "d_sin": at_zero(ONE, arb.cos),
    "cos": at_zero(ONE, arb.cos), "d_cos": at_zero(ZERO, lambda x: -x.sin()),
    "tan": tan, "d_tan": lambda x: 1 + tan(x) ** 2,
    "asin": asin, "d_asin": lambda x: divide(ONE, sqrt(1 - x * x)),
    "acos": acos, "d_acos": lambda x: divide(-ONE, sqrt(1 - x * x)),
    "atan": at_zero(ZERO, arb.atan), "d_atan": lambda x: 1 / (1 + x * x),
    "sinh": at_zero(ZERO, arb.sinh), "d_sinh": at_zero(ONE, arb.cosh),
    "cosh": at_zero(ONE, arb.cosh), "d_cosh": at_zero(ZERO, arb.sinh),
    "tanh": at_zero(ZERO, arb.tanh), "d_tanh": at_zero(ONE, lambda x: x.sech() ** 2),
    "erf": at_zero(ZERO, arb.erf), "d_erf": always(lambda x: 2 * (-x * x).exp() / arb.pi().sqrt()),
    "gamma": gamma, "d_gamma": d_gamma,
    "normal_pdf": always(normal_pdf), "d_normal_pdf": at_zero(ZERO, lambda x: -x * normal_pdf(x)),
    "normal_cdf": at_zero(HALF, normal_cdf), "d_normal_cdf": always(normal_pdf),
    "sigmoid": at_zero(HALF, sigmoid), "d_sigmoid": at_zero(fmpq(1, 4), act.d_sigmoid),
    "softplus": always(lambda x: x.exp().log1p()), "d_softplus": at_zero(HALF, sigmoid),
    "log_sigmoid": always(lambda x: -(-x).exp().log1p()), "d_log_sigmoid": at_zero(HALF, lambda x: sigmoid(-x)),
    "silu": at_zero(ZERO, lambda x: x * sigmoid(x)), "d_silu": at_zero(HALF, act.d_silu),
    "mish": at_zero(ZERO, lambda x: x * act.mish_gate(x)), "d_mish": at_zero(fmpq(3, 5), act.d_mish),
    "gelu": at_zero(ZERO, lambda x: x * normal_cdf(x)),
    "d_gelu": at_zero(HALF, lambda x: normal_cdf(x) + x * normal_pdf(x)),
    "gelu_tanh": at_zero(ZERO, lambda x: x * sigmoid(act.gelu_tanh_inner(x))),
    "d_gelu_tanh": at_zero(HALF, act.d_gelu_tanh),
    "softsign": lambda x: x / (1 + abs(x)), "d_softsign": lambda x: 1 / (1 + abs(x)) ** 2,
    "elu": act.elu, "d_elu": act.d_elu,
    "selu": lambda x: act.SELU_SCALE * act.elu(x, act.SELU_ALPHA),
    "d_selu": lambda x: act.SELU_SCALE * act.d_elu(x, act.SELU_ALPHA),
    "relu": act.relu, "d_relu": positive,
    "leaky_relu": act.leaky_relu, "d_leaky_relu": act.d_leaky_relu,
    "prelu": act.leaky_relu, "d_prelu": act.d_leaky_relu,
    "relu6": lambda x: act.clamp(x, 0, 6), "d_relu6": lambda x: ONE if inside(x, 0, 6) else ZERO,
    "hard_tanh": lambda x: act.clamp(x, -1, 1), "d_hard_tanh": lambda x: ONE if inside(x, -1, 1) else ZERO,
    "hard_sigmoid": lambda x: act.clamp(x + 3, 0, 6) / 6,
    "d_hard_sigmoid": lambda x: ONE / 6 if inside(x, -3, 3) else ZERO,
    "hard_swish": lambda x: x * act.clamp(x + 3, 0, 6) / 6, "d_hard_swish": act.d_hard_swish,
    "abs": abs, "d_abs": sign, "sign": sign, "step": positive, "step0": nonnegative,
    "floor": floor_of, "ceil": ceiling, "delta": lambda i, j: ONE if equal(i, j) else ZERO,
    "max": lambda *x: reduce(larger, x), "min": lambda *x: reduce(smaller, x),
}  # fmt: skip
DECIDED = ("abs", "d_abs", "sign", "step", "step0", "floor", "ceil", "delta", "max", "min")  # on balls of any kind
EXACT |= {name: remembers(name, f) for name, f in EXACT.items() if name not in DECIDED}


def in_exact(x: Scalar) -> Scalar:
    """An int as a rational: 1/2 of two ints would be a float."""
    return fmpq(x) if isinstance(x, int) else x


def constant(name: str, real: bool = False) -> Scalar:
    """π or e, as a ball or a float."""
    ball = PI() if name == "pi" else EXACT["exp"](ONE)
    return float(ball) if real else ball


def scalar_function(name: str) -> Callable[..., Scalar]:
    """The named function of a scalar of any system."""
    exactly = EXACT[name]

    def function(*values: Scalar) -> Scalar:
        if any(isinstance(v, float) for v in values):
            return in_float64(name, values)
        return exactly(*(fmpq(v) if isinstance(v, int) else v for v in values))

    return function


def in_float64(name: str, values: tuple[Scalar, ...]) -> float:
    """The named function of floats."""
    import numpy as np

    from hwsolve.numbers.float64 import FLOAT64

    with np.errstate(all="ignore"):
        return float(FLOAT64[name](*(float(v) for v in values)))


FUNCTIONS: dict[str, Callable[..., Scalar]] = {name: scalar_function(name) for name in EXACT}
