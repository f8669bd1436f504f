"""Square roots of rational numbers in their shortest form: √8 is 2√2, √(3/4) is √3/2, √(32/17) stays."""

from __future__ import annotations

from math import gcd, isqrt

from hwsolve.formula.tree import Call, Formula, Number

LONGEST = 99_999  # the largest number that is written under a root


def root_of(numerator: int, denominator: int) -> Formula | None:
    """√(numerator/denominator) of a positive fraction; None where its numbers are too long to be read."""
    common = gcd(numerator, denominator)
    above, below = numerator // common, denominator // common
    if not 0 < above <= LONGEST or below > LONGEST:
        return None
    whole = isqrt(below)
    if whole**2 != below:
        return Call("sqrt", (Call("/", (Number(above), Number(below))),))
    factor = next(k for k in range(isqrt(above), 0, -1) if above % k**2 == 0)
    root: Formula = Number(factor) if factor**2 == above else Call("sqrt", (Number(above // factor**2),))
    if factor > 1 and factor**2 != above:
        root = Call("*", (Number(factor), root))
    return root if whole == 1 else Call("/", (root, Number(whole)))
