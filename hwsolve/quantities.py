"""Values as they stand in the document, and as numbers of a formula."""

from __future__ import annotations

from math import isfinite

from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Formula, Number
from hwsolve.numbers import Scalar, exact, show
from hwsolve.solution import Quantity


def quantity(value: Scalar, digits: int = 6) -> Quantity:
    """A value with its printed digits; raises Undecided where they are not proven."""
    shown = show(value, digits)
    return Quantity(value, shown.text, shown.relation, shown.exact, shown.system)


def stated(value: float) -> Quantity | None:
    """A float that stands for a typed decimal of few digits, as that decimal; None for any other."""
    if not isfinite(value):
        return None
    q = quantity(exact(*rational(repr(float(value)))))
    return Quantity(value, q.text, "=", q.exact, "float64") if q.relation == "=" else None


def as_typed(f: Formula) -> Formula | None:
    """A number of the spec that is no decimal, as 1/3 or √5; None for one that is."""
    return None if isinstance(f, Number) and "/" not in plain(f) else f


def put_in(value: Scalar | Quantity, digits: int = 6) -> Number:
    """The number that a reader sees where a value is put into a formula; `rounded` where it is not the value itself."""
    q = value if isinstance(value, Quantity) else quantity(value, digits)
    numerator, denominator = rational(q.text if q.relation == "≈" else q.exact or q.text)
    return Number(numerator, denominator, q.text, q.relation == "≈")


def rational(text: str) -> tuple[int, int]:
    """Numerator and denominator, in lowest terms, of `-12.5`, `3.51e-8` or `1/3`."""
    from fractions import Fraction

    return Fraction(text).as_integer_ratio()
