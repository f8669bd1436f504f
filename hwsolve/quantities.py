"""Values as they stand in the document, and as numbers of a formula."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import isfinite
from typing import Any

from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Formula, Number
from hwsolve.numbers import Scalar, exact, show
from hwsolve.numbers.printing import rounded_rational, show_rational, signed
from hwsolve.solution import Missing, Quantity

SPARED = 2  # digits more than those of a page that are no reason to round a decimal which ends
LARGEST = (9_999, 99)  # numerator and denominator of a fraction in an array


def quantity(value: Scalar, digits: int = 6) -> Quantity:
    """A value with its printed digits; raises Undecided where they are not proven."""
    shown = show(value, digits)
    return Quantity(value, shown.text, shown.relation, shown.exact, shown.system)


def alike(array: Any, digits: int = 6) -> Any:
    """Nested quantities in one precision: beside a rounded one, no exact one has more digits."""
    if not any(isinstance(q, Quantity) and q.relation == "≈" for q in each(array)):
        return array

    def cut(part: Any) -> Any:
        if isinstance(part, tuple):
            return tuple(map(cut, part))
        return part if isinstance(part, Missing) or part.exact is None else shortened(part, digits)

    return cut(array)


def brief(array: Any, digits: int) -> Any:
    """Nested values for a box: a long decimal is rounded to so many digits, and beside it no other has more."""
    if isinstance(array, tuple):
        return alike(tuple(brief(part, digits) for part in array), digits)
    if not isinstance(array, Quantity) or array.relation != "=" or array.exact is None:
        return array
    is_long = show_rational(*rational(array.exact), digits, digits + SPARED).relation == "≈"
    return shortened(array, digits) if is_long else array


def small_fractions(elements: Iterable[Quantity]) -> list[Formula] | None:
    """The elements of an array as fractions, if each is one that is easier to read than its decimal."""
    found: list[Formula] = []
    for q in elements:
        numerator, denominator = rational(q.exact) if q.exact is not None else (0, LARGEST[1] + 1)
        if abs(numerator) > LARGEST[0] or denominator > LARGEST[1]:
            return None
        found.append(Number(numerator, denominator))
    return found


def each(array: Any) -> Iterator[Quantity | Missing]:
    """The elements of an array."""
    if isinstance(array, tuple):
        for part in array:
            yield from each(part)
    else:
        yield array


def shortened(q: Quantity, digits: int) -> Quantity:
    """An exact quantity in at most so many significant digits, if it is not whole."""
    shown = show_rational(*rational(q.exact or q.text), digits, digits)
    return Quantity(q.value, shown.text, shown.relation, q.exact, q.system)


def rounded(q: Quantity, digits: int = 6) -> Quantity:
    """An exact quantity as one that is known to so many digits: 1.00000 for 1."""
    if q.relation == "≈" or (q.exact is None and q.value != 0):
        return q
    p, n = rational(q.exact or "0")
    text = signed(p, *rounded_rational(abs(p), n, digits)) if p else "0." + "0" * digits
    return Quantity(q.value, text, "≈", None, "certified")


def proven_by_form(q: Quantity) -> Quantity:
    """A rational that a form proves, as those find it who have digits alone."""
    return Quantity(q.value, q.text, q.relation, None, "certified")


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
