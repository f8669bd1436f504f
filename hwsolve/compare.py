"""Is what came out what was stated?  Numbers to the digits typed, formulas for all values."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from hwsolve.answers import CONSTANTS, PLAIN, About, written
from hwsolve.formula.tree import Formula, Number, references
from hwsolve.language import Message, say
from hwsolve.numbers import NotFinite, Undecided, is_exact
from hwsolve.solution import Missing, Quantity, Text
from hwsolve.typed import Typed, begins, cut_off, loose, next_digit, rounds_to, scaled, typed

if TYPE_CHECKING:
    from fractions import Fraction

MOST_BITS = 400_000  # before or behind the point of a number that is written out
NOISE = 10**-12  # of a float that stands for 0
LARGEST_WHOLE = 10**15  # of a difference that is written with all its digits
Free = Callable[[], dict[str, str]]  # what the names of formulas range over, looked up where formulas are compared


class Verdict(NamedTuple):
    """Whether it holds (None: cannot be told), what came out, how far it is off, and how that was found.

    `rounded` is what rounding gives where the digits that were typed are right, but the last was not rounded; `why`
    says what differs where the difference alone does not, `lower`: terms alone that others outgrow.
    """

    ok: bool | None
    got: str
    difference: str = ""
    rounded: str = ""
    how: Text = ""
    why: Text = ""
    lower: bool = False


def interval(value: Any) -> tuple[Fraction, Fraction]:
    """The ends between which a scalar (int, fmpq, arb or float) surely lies."""
    from fractions import Fraction

    if isinstance(value, int | float | Fraction):
        return Fraction(value), Fraction(value)
    if hasattr(value, "numerator"):  # fmpq, fmpz
        exact = Fraction(int(value.numerator), int(value.denominator))
        return exact, exact
    if not value.is_finite():
        raise NotFinite(say("a value without bounds"))
    middle, radius = _dyadic(value.mid()), _dyadic(value.rad())
    if middle is None or radius is None:
        raise NotFinite(say("a number beyond 2^{bits}", bits=f"{MOST_BITS:,}"))
    return middle - radius, middle + radius


def _dyadic(ball: Any) -> Fraction | None:
    """The number that a ball of radius 0 is; one that is too small to be written out, as the least that is not.

    None where it is too large.
    """
    from fractions import Fraction

    mantissa, exponent = (int(part) for part in ball.man_exp())
    if mantissa and exponent > MOST_BITS:
        return None
    if exponent < -MOST_BITS:
        mantissa, exponent = (mantissa > 0) - (mantissa < 0), -MOST_BITS
    return Fraction(mantissa) * Fraction(2) ** exponent


def compare(
    text: str,
    stated: Formula,
    found: Any,
    free: Free,
    tolerance: Fraction | None,
    as_source: bool = False,
    of: About = PLAIN,
    final: bool = True,
) -> Verdict:
    """What was typed, as text and as a formula, against a Quantity or a Formula; `of`: what else is known of that.

    A source may write 6.4*10**9.  Unless it is final, a ball that is too wide to tell raises Undecided.
    """
    if isinstance(found, Missing):
        return Verdict(False, str(found), str(found.why))
    if of.growth and isinstance(found, Formula):
        return _order(stated, found, free())
    if isinstance(found, Quantity):
        if _same_integer(stated, found.value):
            return Verdict(True, found.text)
        decimal = typed(text) or (scaled(text) if as_source else None)
        if decimal is not None:
            verdict = _number(text, decimal, found, tolerance)
            if verdict.ok is None and not final:
                raise Undecided(say("whether two values are equal"))
            zeros = loose(text) if as_source and tolerance is None and verdict.ok is False else None
            return verdict if zeros is None or verdict.rounded else _rounded(zeros, found, verdict)
        if not any(ref.name not in CONSTANTS or ref.indices for ref in references(stated)):
            return _constant(stated, found, tolerance, final)
    formula = formula_of(found)
    if formula is None:
        return Verdict(None, written(found))
    return _formulas(stated, formula, written(found), free(), of.functions)


def _formulas(stated: Formula, found: Formula, got: str, domains: dict[str, str], of: tuple[Formula, ...]) -> Verdict:
    """Whether two formulas are equal for all values."""
    from hwsolve.formula.equality.equality import equal_for_all

    same = equal_for_all(found, stated, domains, of)
    why = _stranger(stated, found, domains) or same.witness if same.equal is False else None
    how: Text = "" if same.proven or not same.equal else say("agrees at {n} random points", n=same.points)
    apart = _lower_terms(stated, found, domains) if same.equal is False else ""
    return Verdict(same.equal, got, "" if why is None else str(why), how=how, why=apart or why or "", lower=bool(apart))


def _order(stated: Formula, found: Formula, free: dict[str, str]) -> Verdict:
    """Whether `2*L*M**2` or `O(L*M**2 + L*M)` grows as L*M**2 does; what differs is named by a term."""
    from hwsolve.formula.equality.equality import equal_for_all
    from hwsolve.formula.same_growth import NotKnown, bare, unbounded

    stated, got = bare(stated), written(found)
    if (why := _stranger(stated, found, free)) is not None:
        return Verdict(False, got, str(why), why=why)
    same = equal_for_all(found, stated, free)
    if same.equal and same.proven:
        return Verdict(True, got)
    constants = tuple(name for name in CONSTANTS if name not in free)
    try:
        more, less = unbounded(stated, found, constants), unbounded(found, stated, constants)
    except NotKnown:
        return Verdict(None, got)
    if more is None and less is None:
        how = say("the same growth: constant factors and terms that others outgrow do not matter")
        return Verdict(True, got, how=how)
    why = say("not the same growth: it is outgrown by {term}", term=less)
    if more is not None:
        why = say("not the same growth: {term} outgrows {order}", term=more, order=found)
    return Verdict(False, got, str(why), why=why)


def _lower_terms(stated: Formula, found: Formula, domains: dict[str, str]) -> Text:
    """What is said of two counts that differ only in terms which others outgrow."""
    if any(domains.get(ref.name) != "size" or ref.indices for f in (stated, found) for ref in references(f)):
        return ""
    from hwsolve.formula.growth import in_lower_terms

    return in_lower_terms(stated, found)


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


def _number(text: str, wanted: Typed, found: Quantity, tolerance: Fraction | None) -> Verdict:
    """A decimal: the value rounds to its digits, of which one at least says something, or lies within the tolerance."""
    low, high = interval(found.value)
    allowed = wanted.half if tolerance is None else tolerance
    near = max(abs(low - wanted.value), abs(high - wanted.value)) <= allowed
    said_nothing = tolerance is None and near and not (begins(wanted, low, high) or _is_noise(found.value, wanted))
    if near and not said_nothing and (tolerance is not None or rounds_to(wanted, low, high)):
        return Verdict(True, found.text)
    got, difference = _digits(found, wanted.digits + 2), _difference((low + high) / 2 - wanted.value)
    if said_nothing:
        return Verdict(False, got, difference)
    has_digits = wanted.value or wanted.places
    cut = cut_off(wanted, low, high) if tolerance is None and has_digits else False
    if cut:
        return Verdict(False, got, difference, next_digit(text, high <= 0))
    outside = near or high < wanted.value - allowed or low > wanted.value + allowed
    return Verdict(False if outside and cut is False else None, got, difference)


def _is_noise(value: Any, wanted: Typed) -> bool:
    """Whether a float is what rounding leaves of 0: it proves no digit."""
    return isinstance(value, float) and not wanted.value and abs(value) <= NOISE


def _rounded(wanted: Typed, found: Quantity, strict: Verdict) -> Verdict:
    """A whole number whose zeros may hold places: the value rounds to it at its last other digit, or goes on there."""
    low, high = interval(found.value)
    if max(abs(low - wanted.value), abs(high - wanted.value)) <= wanted.half:
        return Verdict(True, strict.got, how=say("agrees to {digits} significant digits", digits=wanted.digits))
    if cut_off(wanted, low, high):
        further = abs(wanted.value) + 2 * wanted.half
        return strict._replace(rounded=str(-further if wanted.value < 0 else further))
    return strict


def _constant(stated: Formula, found: Quantity, tolerance: Fraction | None, final: bool) -> Verdict:
    """A fraction or a formula without names: the value itself, as far as the value is known."""
    from fractions import Fraction

    from hwsolve.formula.decided import reason
    from hwsolve.formula.operators import NoValue

    try:
        wanted, (low, high) = value_of(stated)
    except NoValue as bad:
        return Verdict(False, found.text, reason(bad))
    if tolerance is None and not isinstance(found.value, float):
        if is_exact(found.value) and is_exact(wanted):
            tolerance = Fraction(0)
        else:
            return _overlap(found, stated, final)
    if tolerance is None:
        tolerance = (1 + abs(low)) / 10**12  # float64 proves no digit: 12 of them are asked
    middle = (low + high) / 2
    least, most = interval(found.value)
    if max(abs(least - middle), abs(most - middle)) <= tolerance:
        return Verdict(True, found.text)
    return Verdict(False, found.text, _difference((least + most) / 2 - middle))


def _overlap(found: Quantity, stated: Formula, final: bool) -> Verdict:
    """An irrational value against a constant: surely apart, the same root, or alike in as many digits as are known."""
    from flint import arb

    from hwsolve.formula.evaluate import evaluate, no_names
    from hwsolve.numbers import LADDER, precision

    with precision(LADDER[-1]):
        off = arb(found.value) - arb(evaluate(stated, no_names))
        if not off.contains(0):
            least, most = interval(off)
            return Verdict(False, found.text, _difference((least + most) / 2))
        if found.root is not None and proven_equal(found.root, stated):
            return Verdict(True, found.text)
        if not final:
            raise Undecided(say("whether two values are equal"))
        digits = int(min(arb(found.value).rel_accuracy_bits(), LADDER[-1]) * 0.30102) - 1
    if digits < 1:
        return Verdict(None, found.text)
    return Verdict(True, found.text, how=say("agrees to {digits} significant digits", digits=digits))


def proven_equal(root: Formula, stated: Formula) -> bool:
    """Whether two constants are surely one."""
    from hwsolve.formula.equality.equality import equal_for_all

    same = equal_for_all(root, stated, {}, ())
    return bool(same.equal and same.proven)


def value_of(f: Formula) -> tuple[Any, tuple[Fraction, Fraction]]:
    """The value of a formula without names, and the ends between which it lies; raises NoValue."""
    from hwsolve.formula.decided import decided
    from hwsolve.formula.evaluate import no_names

    found: tuple[Any, tuple[Fraction, Fraction]] = decided(f, no_names, lambda value: (value, interval(value)))
    return found


def formula_of(found: Any) -> Formula | None:
    """A formula, or the number that an exact value is; None of anything else."""
    if isinstance(found, Formula):
        return found
    if isinstance(found, Quantity) and found.exact is not None:
        low, _ = interval(found.value)
        return Number(low.numerator, low.denominator)
    return None


def _digits(found: Quantity, digits: int) -> str:
    """Enough digits of a value for a reader to see that it is another one."""
    if found.relation == "=":
        return found.text
    from hwsolve.numbers import LADDER, Undecided, precision, show

    try:
        with precision(LADDER[-1]):
            shown = show(found.value, max(digits, 6)).text
    except Undecided:
        return found.text
    return shown if len(shown) > len(found.text) else found.text


def _difference(off: Fraction) -> str:
    """How far a value is off, to three digits; an integer whole."""
    if off.denominator == 1 and abs(off) < LARGEST_WHOLE:
        return f"{off.numerator:,}"
    from flint import arb

    from hwsolve.numbers import exact, precision, show

    with precision(128):
        return show(arb(exact(*off.as_integer_ratio())), 3).text
