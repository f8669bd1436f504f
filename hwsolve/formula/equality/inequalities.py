"""Can linear inequalities hold together?  Fourier's elimination: every lower bound of an unknown is below every upper.

Source: Schrijver, "Theory of Linear and Integer Programming", section 12.2.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from hwsolve.formula.tree import ONE, Formula

MOST = 400  # inequalities; more are taken to hold


class Linear(NamedTuple):
    """Σ c·u > 0, or ≥ 0 where it is not strict; the unit `ONE` is 1."""

    coefficients: dict[Formula, Fraction]
    strict: bool


def feasible(inequalities: Iterable[Linear]) -> bool:
    """Whether some real numbers meet all inequalities."""
    left = list(inequalities)
    while unknowns := [u for one in left for u in one.coefficients if u != ONE]:
        unknown = min(set(unknowns), key=lambda u: (unknowns.count(u), repr(u)))
        above = [one for one in left if one.coefficients.get(unknown, 0) > 0]
        below = [one for one in left if one.coefficients.get(unknown, 0) < 0]
        left = [one for one in left if not one.coefficients.get(unknown, 0)]
        left += [combined(a, b, unknown) for a in above for b in below]
        if len(left) > MOST:
            return True
    return all(map(holds, left))


def holds(one: Linear) -> bool:
    """Whether an inequality without unknowns holds."""
    value = one.coefficients.get(ONE, Fraction(0))
    return value > 0 or (value == 0 and not one.strict)


def combined(a: Linear, b: Linear, unknown: Formula) -> Linear:
    """The sum of two inequalities in which an unknown vanishes."""
    p, q = -b.coefficients[unknown], a.coefficients[unknown]
    total: dict[Formula, Fraction] = {}
    for one, factor in ((a, p), (b, q)):
        for unit, c in one.coefficients.items():
            total[unit] = total.get(unit, Fraction(0)) + factor * c
    return Linear({unit: c for unit, c in total.items() if c}, a.strict or b.strict)
