"""The primitive functions by their names, on rationals and balls: rational where the result is, else a ball around it.

Each takes `fmpq` or `arb` and returns one of them.  All other functions are computed from the formula that states them
(`formula.function_code`); `log1p`, `expm1` and `erfc` serve that alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from flint import arb, fmpq

from hwsolve.numbers.decisions import ONE, ZERO, equal, larger, nonnegative, positive, sign, smaller
from hwsolve.numbers.decisions import ceil as ceiling
from hwsolve.numbers.decisions import floor as floor_of
from hwsolve.numbers.formed import remembers
from hwsolve.numbers.powers import acos, asin, d_gamma, gamma, log, log_to, sqrt, tan
from hwsolve.numbers.systems import Scalar

PI = remembers("pi", arb.pi)


def at_zero(value: fmpq, ball: Callable[[arb], arb]) -> Callable[[Scalar], Scalar]:
    """A function that is irrational at every rational but 0."""

    def function(x: Scalar) -> Scalar:
        if type(x) is arb:
            return ball(x)
        return ball(arb(x)) if x else value

    return function


def d_mish(x: Scalar) -> Scalar:
    """g + xσ(x)(1 − g²) with g = tanh(ln(1 + e^x)) = n/(n + 2), n = e^x(e^x + 2)."""
    power = PLAIN["exp"](x)
    n = power * (power + 2)
    return n / (n + 2) + x * power / (power + 1) * 4 * (n + 1) / (n + 2) ** 2


def relu(x: Scalar) -> Scalar:
    """The larger of x and 0."""
    if x > 0:
        return x
    return ZERO if x <= 0 else x.nonnegative_part()


PLAIN: dict[str, Callable[..., Scalar]] = {
    "exp": at_zero(ONE, arb.exp), "expm1": at_zero(ZERO, arb.expm1),
    "log": log, "log1p": at_zero(ZERO, arb.log1p), "log2": log_to(2), "log10": log_to(10), "sqrt": sqrt,
    "sin": at_zero(ZERO, arb.sin), "cos": at_zero(ONE, arb.cos), "tan": tan,
    "asin": asin, "acos": acos, "atan": at_zero(ZERO, arb.atan),
    "sinh": at_zero(ZERO, arb.sinh), "cosh": at_zero(ONE, arb.cosh), "tanh": at_zero(ZERO, arb.tanh),
    "erf": at_zero(ZERO, arb.erf), "erfc": at_zero(ONE, arb.erfc), "gamma": gamma, "d_gamma": d_gamma,
    "relu": relu,  # of a ball around 0, arb's max goes a little below 0
    "d_mish": d_mish,  # tanh(ln 2) = 3/5 is rational
    "max": lambda *x: reduce(lambda a, b: a if a >= b else b if b >= a else arb(a).max(arb(b)), x),
    "min": lambda *x: reduce(lambda a, b: a if a <= b else b if b <= a else arb(a).min(arb(b)), x),
    "abs": abs, "sign": sign, "step": positive, "step0": nonnegative,
    "floor": floor_of, "ceil": ceiling, "delta": lambda i, j: ONE if equal(i, j) else ZERO,
}  # fmt: skip
BRANCHES: dict[str, Callable[..., Scalar]] = {  # what numbers that know their form decide by it
    **{name: PLAIN[name] for name in ("abs", "sign", "step", "step0", "floor", "ceil", "delta")},
    "max": lambda *x: reduce(larger, x),
    "min": lambda *x: reduce(smaller, x),
}
EXACT = {name: BRANCHES.get(name) or remembers(name, f) for name, f in PLAIN.items()}


def in_exact(x: Scalar) -> Scalar:
    """An int as a rational: 1/2 of two ints would be a float."""
    return fmpq(x) if isinstance(x, int) else x


def constant(name: str, real: bool = False) -> Scalar:
    """π or e, as a ball or a float."""
    ball = PI() if name == "pi" else EXACT["exp"](ONE)
    return float(ball) if real else ball
