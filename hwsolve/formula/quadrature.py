"""The value of an integral at a point, to about twelve digits: double-exponential rules, for checking and no more.

(H. Takahasi, M. Mori 1974.)  The integrand is smooth between the bounds, and at 0 where both are infinite.
"""

from __future__ import annotations

from math import cosh, exp, pi, sinh, tanh
from typing import Any

from hwsolve.formula.evaluate import Lookup, Scope, evaluate
from hwsolve.formula.tree import Call, Formula, Ref

STEP = 1 / 16
FINITE, INFINITE = 3.3, 4.5  # how far the rules go
BLUR = 1e-11  # what a rule may be off by
INFINITY = Ref("inf")


def integral(f: Call, lookup: Lookup) -> Any:
    """A ball about the value of integral(body, x, low, high)."""
    from flint import arb

    body, x, low, high = f.args
    assert isinstance(x, Ref)
    inner = Scope(lookup, x.name)
    total = arb(0)
    for start, length, weights in parts(low, high, lookup):
        for place, weight in weights:
            inner.value = start + length * arb(place)
            total += abs(length) * arb(weight) * arb(evaluate(body, inner))
    return total + arb(0, BLUR * max(1.0, float(abs(total).mid())))


def parts(low: Formula, high: Formula, lookup: Lookup) -> list[tuple[Any, Any, list[tuple[float, float]]]]:
    """Where each part begins, its scale, and the places and weights of its rule."""
    from flint import arb

    below, above = low == Call("neg", (INFINITY,)), high == INFINITY
    start = arb(0) if below and above else arb(evaluate(high if below else low, lookup))
    halves = [(start, arb(sign), half_line()) for sign, there in ((-1, below), (1, above)) if there]
    if halves:
        return halves
    return [(start, arb(evaluate(high, lookup)) - start, unit_interval())]


def half_line() -> list[tuple[float, float]]:
    """Places from 0 on, for what falls off as an exponential does."""
    found = []
    for k in range(-int(INFINITE / STEP), int(INFINITE / STEP) + 1):
        t = k * STEP
        place = exp(t - exp(-t))
        found.append((place, STEP * place * (1 + exp(-t))))
    return found


def unit_interval() -> list[tuple[float, float]]:
    """Places between 0 and 1."""
    found = []
    for k in range(-int(FINITE / STEP), int(FINITE / STEP) + 1):
        t = k * STEP
        bend = pi / 2 * sinh(t)
        found.append(((1 + tanh(bend)) / 2, STEP * pi / 4 * cosh(t) / cosh(bend) ** 2))
    return found


def is_integral(f: Formula) -> bool:
    """Whether a node is an integral."""
    return type(f) is Call and f.name == "integral"
