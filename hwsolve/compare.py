"""Is what came out what was stated?  Numbers to the digits typed, formulas for all values."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from hwsolve.formula.tree import Formula, Number, references
from hwsolve.language import Message, say
from hwsolve.solution import Missing, Quantity

if TYPE_CHECKING:
    from fractions import Fraction

DECIMAL = re.compile(r"([-+−]?)(\d[\d_,]*)?(?:\.([\d_]*))?(?:[eE]([-+]?\d+))?")


Free = Callable[[], dict[str, str]]  # what the names of formulas range over, looked up where formulas are compared


class Verdict(NamedTuple):
    """Whether it holds (None: cannot be told), what came out, and how far it is off."""

    ok: bool | None
    got: str
    difference: str = ""


class Typed(NamedTuple):
    """A decimal as it was typed: its value, half a unit of its last digit, and its count of significant digits."""

    value: Fraction
    half: Fraction
    digits: int


def typed(text: str) -> Typed | None:
    """`6.4e9` is 64·10⁸ ± 5·10⁷, known to two digits; a text that is no decimal is None."""
    from fractions import Fraction

    match = DECIMAL.fullmatch(text.strip())
    if match is None or not (match[2] or match[3]):
        return None
    whole, part = re.sub("[_,]", "", match[2] or ""), (match[3] or "").replace("_", "")
    exponent = int(match[4] or 0) - len(part)
    if abs(exponent) > 10_000:
        return None
    unit = Fraction(10) ** exponent
    value = int(whole + part or "0") * unit
    digits = len((whole + part).lstrip("0")) or 1
    return Typed(-value if match[1] in ("-", "−") and match[1] else value, unit / 2, digits)


def interval(value: Any) -> tuple[Fraction, Fraction]:
    """The ends between which a scalar (int, fmpq, arb or float) surely lies."""
    from fractions import Fraction

    if isinstance(value, int | float | Fraction):
        return Fraction(value), Fraction(value)
    if hasattr(value, "numerator"):  # fmpq, fmpz
        exact = Fraction(int(value.numerator), int(value.denominator))
        return exact, exact
    middle, radius = _dyadic(value.mid()), _dyadic(value.rad())
    return middle - radius, middle + radius


def _dyadic(ball: Any) -> Fraction:
    from fractions import Fraction

    mantissa, exponent = ball.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def compare(text: str, stated: Formula, found: Any, free: Free, tolerance: Fraction | None) -> Verdict:
    """What was typed, as text and as a formula, against a Quantity or a Formula."""
    if isinstance(found, Missing):
        return Verdict(False, str(found), str(found.why))
    if isinstance(found, Quantity) and _same_integer(stated, found.value):
        return Verdict(True, found.text)
    decimal = typed(text)
    if isinstance(found, Quantity):
        if decimal is not None:
            return _number(decimal, found, decimal.half if tolerance is None else tolerance)
        if not any(references(stated)):
            return _constant(stated, found, tolerance)
    formula = _formula_of(found)
    if formula is None:
        return Verdict(None, _text(found))
    from hwsolve.equality import equal_for_all

    domains = free()
    equal, witness = equal_for_all(formula, stated, domains)
    why = _stranger(stated, formula, domains) or witness if equal is False else None
    return Verdict(equal, _text(found), "" if why is None else str(why))


def _stranger(stated: Formula, found: Formula, known: dict[str, str]) -> Message | None:
    """A name in what was stated that this problem has not: another letter may have been meant."""
    from hwsolve.formula.domain import Names

    names = Names((stated,))
    free = [*names.scalars, *names.elements, *names.sizes, *names.indices]
    known_too = {ref.name for ref in references(found)}
    name = next((name for name in free if name not in known and name not in known_too), None)
    return None if name is None else say("`{name}` is no name of this problem", name=name)


def _same_integer(stated: Formula, value: Any) -> bool:
    return type(value) is int and type(stated) is Number and stated.denominator == 1 and stated.numerator == value


def _number(wanted: Typed, found: Quantity, tolerance: Fraction) -> Verdict:
    low, high = interval(found.value)
    if max(abs(low - wanted.value), abs(high - wanted.value)) <= tolerance:
        return Verdict(True, found.text)
    off = (low + high) / 2 - wanted.value
    return Verdict(False, _digits(found, wanted.digits + 2), _difference(off))


def _constant(stated: Formula, found: Quantity, tolerance: Fraction | None) -> Verdict:
    """A fraction or a formula without names: the value itself, as far as the value is known."""
    from fractions import Fraction

    from hwsolve.formula.evaluate import evaluate, no_names
    from hwsolve.numbers import NotFinite, close, precision

    with precision(256):
        try:
            wanted = evaluate(stated, no_names)
        except NotFinite as bad:
            return Verdict(False, found.text, str(bad.what))
        if tolerance is None and not isinstance(found.value, float):
            if close(found.value, wanted):
                return Verdict(True, found.text)
            tolerance = Fraction(0)
    low, high = interval(wanted)
    if tolerance is None:
        tolerance = (1 + abs(low)) / 10**12  # float64 proves no digit: 12 of them are asked
    middle = (low + high) / 2
    least, most = interval(found.value)
    if max(abs(least - middle), abs(most - middle)) <= tolerance:
        return Verdict(True, found.text)
    return Verdict(False, found.text, _difference((least + most) / 2 - middle))


def _formula_of(found: Any) -> Formula | None:
    if isinstance(found, Formula):
        return found
    if isinstance(found, Quantity) and found.exact is not None:
        low, _ = interval(found.value)
        return Number(low.numerator, low.denominator)
    return None


def _text(found: Any) -> str:
    from hwsolve.answers import written

    return written(found)


def _digits(found: Quantity, digits: int) -> str:
    """Enough digits of a value for a reader to see that it is another one."""
    if found.relation == "=":
        return found.text
    from hwsolve.numbers import Undecided, show

    try:
        shown = show(found.value, max(digits, 6)).text
    except Undecided:
        return found.text
    return shown if len(shown) > len(found.text) else found.text


def _difference(off: Fraction) -> str:
    """How far a value is off, to three digits; an integer whole."""
    from hwsolve.numbers import show

    return f"{off.numerator:,}" if off.denominator == 1 else show(float(off), 3).text
