"""Where a formula of one variable is 0: fractions that are roots, and fractions close to the others.

Whole intervals are ruled out by interval arithmetic, and what is left is halved until it is narrow.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any

from hwsolve.formula.evaluate import Lookup, evaluate
from hwsolve.formula.operators import NoValue
from hwsolve.formula.tree import Formula, Ref
from hwsolve.numbers import NotFinite, Scalar, Undecided, exact, is_exact, parts

FRACTIONS = [exact(p, q) for q in (1, 2, 3) for p in range(-8 * q, 8 * q + 1) if q == 1 or p % q]
EDGES = [0, *(n for k in range(17) for n in (2**k, 3 * 2 ** (k - 1)) if k or n == 1)]  # 0, 1, 2, 3, 4, 6, 8, 12, …
NARROW = 60  # halvings of the narrowest interval
SIMPLE = 10_000  # denominators of roots that are tried as fractions
MOST = 4000  # intervals that are looked at
NO_VALUE = (NotFinite, Undecided, NoValue, ArithmeticError, ValueError, LookupError)


def roots(f: Formula, target: Ref, known: Lookup) -> Iterator[tuple[Scalar, bool]]:
    """Values of the target, and whether the formula is surely 0 there; those that are come first."""
    found = []
    for x in sorted(FRACTIONS, key=abs):
        if surely_zero(value(f, target, x, known)):
            found.append(x)
            yield x, True
    for x in close_to_roots(f, target, known):
        if all(abs(x - y) * 2**20 > 1 for y in found):
            found.append(x)
            p, q = Fraction(*parts(x)).limit_denominator(SIMPLE).as_integer_ratio()
            simple = surely_zero(value(f, target, exact(p, q), known))
            yield (exact(p, q), True) if simple else (x, False)


def value(f: Formula, target: Ref, x: Any, known: Lookup) -> Any:
    """The value of a formula at a value of the target; None where there is none."""
    try:
        return evaluate(f, at(target, x, known))
    except NO_VALUE:
        return None


def at(target: Ref, x: Any, known: Lookup) -> Lookup:
    """The lookup that knows the target too."""
    return lambda name, indices: x if (name, indices) == (target.name, ()) else known(name, indices)


def surely_zero(v: Any) -> bool:
    """Whether a value is 0 and no ball."""
    return v is not None and is_exact(v) and bool(v == 0)


def close_to_roots(f: Formula, target: Ref, known: Lookup) -> Iterator[Scalar]:
    """Middles of narrow intervals in which a root cannot be ruled out; those near 0 first."""
    from flint import arb

    pieces = [(exact(s * a), exact(s * b)) for a, b in pairwise(EDGES) for s in (1, -1)]
    left = [(min(p), max(p), 0) for p in reversed(pieces)]
    looked = 0
    while left and looked < MOST:
        low, high, depth = left.pop()
        looked += 1
        middle = (low + high) / 2
        ball = value(f, target, arb(arb(middle).mid(), (high - low) / 2), known)
        if ball is not None and not arb(ball).contains(0):
            continue
        if depth < NARROW:
            left += [(middle, high, depth + 1), (low, middle, depth + 1)]
            continue
        there = value(f, target, middle, known)
        if there is not None and abs(arb(there)) < arb(2) ** -20:
            yield middle
            left = [p for p in left if p[0] > high + 1 or p[1] < low - 1 or p[2] < 40]
