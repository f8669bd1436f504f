"""The value of a formula, and whether it agrees with a value that array code computed.

Nothing here turns a decimal of the formula into a float: floats come only from the values that are looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hwsolve import numbers
from hwsolve.formula.function_code import on_scalars
from hwsolve.formula.operators import NoValue, Value, as_formula, calculate, choose
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref, walk
from hwsolve.language import say
from hwsolve.numbers import NotFinite, Scalar, TooRough, Undecided, close, exact, is_exact, precision
from hwsolve.numbers.measured import error_of

if TYPE_CHECKING:
    from flint import arb

Lookup = Callable[[str, tuple[int, ...]], Any]
MAX_TERMS = 1_000_000
EPS = 2.0**-53
FLOAT_BITS = 50  # each operation adds 8 eps: NumPy's functions err by a few


class Absent(LookupError):
    """A quantity, or an element of one, that is not there."""


def no_names(name: str, indices: tuple[int, ...]) -> Any:
    """The look-up of a formula that has only numbers."""
    raise Absent(name)


def evaluate(f: Formula, lookup: Lookup) -> Value:
    """The value of a formula.

    `lookup(name, indices)` gives an int, fmpq, arb, float or Formula, or raises a LookupError such as Absent.  `pi` and
    `e` are the constants where the lookup does not know them.
    """
    if type(f) is Call:
        if f.name == "if":
            condition, then, other = f.args
            return choose(evaluate(condition, lookup), lambda: evaluate(then, lookup), lambda: evaluate(other, lookup))
        if f.name in ("floor", "ceil") and len(f.args) == 1:
            return rounded(f.name, f.args[0], lookup)
        return calculate(f.name, [evaluate(a, lookup) for a in f.args])
    if type(f) is Ref:
        return element(f, lookup) if f.indices else named(f.name, lookup)
    if type(f) is Number:
        return f.numerator if f.denominator == 1 else exact(f.numerator, f.denominator)
    if type(f) is BigOperator:
        return repeated(f, lookup)
    raise TypeError(f"no formula: {f!r}")


def named(name: str, lookup: Lookup) -> Value:
    """A quantity without indices, or a constant."""
    try:
        return lookup(name, ())
    except LookupError:
        if name == "inf":
            raise NoValue(say("“inf” is no number.")) from None
        if name not in ("pi", "e"):
            raise
    return numbers.constant(name)


def element(f: Ref, lookup: Lookup) -> Value:
    """An element of a quantity; with an index that has no number it stays a reference."""
    indices = [evaluate(i, lookup) for i in f.indices]
    if any(isinstance(i, Formula) for i in indices):
        return Ref(f.name, tuple(as_formula(i) for i in indices))
    return lookup(f.name, tuple(as_index(i, f.name) for i in indices))


def as_index(index: Scalar, name: str) -> int:
    """An index as an int; between two elements there is none."""
    if type(index) is int:
        return index
    if not is_exact(index) and not isinstance(index, float):
        index = index.unique_fmpz() if index.is_exact() else index
        if index is None or not is_exact(index):
            raise Absent(f"{name}[{index}]")
    if index != int(index):
        raise Absent(f"{name}[{index}]")
    return int(index)


def rounded(name: str, f: Formula, lookup: Lookup) -> Value:
    """floor or ceil; of a quotient of ints without a rational number between."""
    parts = ratio(f, lookup)
    if isinstance(parts, tuple):
        top, bottom = parts
        return top // bottom if name == "floor" else -(-top // bottom)
    return calculate(name, [parts])


def ratio(f: Formula, lookup: Lookup) -> tuple[int, int] | Value:
    """Numerator and denominator of a formula where they are ints, else its value."""
    if not isinstance(f, Call) or f.name not in ("+", "-", "/"):
        value = evaluate(f, lookup)
        return (value, 1) if type(value) is int else value
    parts = [ratio(a, lookup) for a in f.args]
    if not all(isinstance(p, tuple) for p in parts):
        return calculate(f.name, [calculate("/", p) if isinstance(p, tuple) else p for p in parts])
    top, bottom = parts[0]
    for p, q in parts[1:]:
        if f.name == "/":
            top, bottom = top * q, bottom * p
        else:
            top, bottom = top * q + (p if f.name == "+" else -p) * bottom, bottom * q
    if bottom == 0:
        raise NotFinite(say("division by zero"))
    return top, bottom


class Scope:
    """A lookup in which the index of a big operator has a value."""

    def __init__(self, outer: Lookup, index: str) -> None:
        self.outer, self.index = outer, index
        self.value: Value = Ref(index)

    def __call__(self, name: str, indices: tuple[int, ...]) -> Value:
        return self.value if name == self.index and not indices else self.outer(name, indices)


def repeated(f: BigOperator, lookup: Lookup) -> Value:
    """The value of a big operator, term by term."""
    low, high = evaluate(f.low, lookup), evaluate(f.high, lookup)
    inner = Scope(lookup, f.index)
    if isinstance(low, Formula) or isinstance(high, Formula):
        return BigOperator(f.op, as_formula(evaluate(f.body, inner)), f.index, as_formula(low), as_formula(high))
    first, last = bound(low), bound(high)
    if last - first >= MAX_TERMS:
        raise NoValue(say("A sum of more than {limit} terms is not evaluated.", limit=MAX_TERMS))
    term = at_index(f.body, inner)
    values = [term(k) for k in range(first, last + 1)]
    if f.op in ("Sum", "Prod"):
        return calculate("+" if f.op == "Sum" else "*", values) if values else int(f.op == "Prod")
    if not values:
        raise NoValue(say("“{name}” has no terms.", name=f.op))
    return calculate(f.op.lower(), values)


def at_index(f: Formula, inner: Scope) -> Callable[[int], Value]:
    """A formula as a function of the index that runs: what does not depend on it is worked out once."""
    if type(f) is Ref and f.indices:
        running = [type(i) is Ref and i.name == inner.index and not i.indices for i in f.indices]
        others = [i for i, runs in zip(f.indices, running, strict=True) if not runs]
        if all(type(i) is Number and i.denominator == 1 for i in others):
            fixed = [None if runs else i.numerator for i, runs in zip(f.indices, running, strict=True)]  # type: ignore[attr-defined]
            outer, name = inner.outer, f.name
            return lambda k: outer(name, tuple([k if i is None else i for i in fixed]))
    if type(f) is Call and f.name == "*":
        factors, sign = [at_index(a, inner) for a in f.args], f.name
        return lambda k: calculate(sign, [factor(k) for factor in factors])

    def term(k: int) -> Value:
        inner.value = k
        return evaluate(f, inner)

    return term


def bound(value: Scalar) -> int:
    """A bound of a big operator as an int; a ball that may be a whole number is Undecided."""
    if type(value) is int:
        return value
    if not isinstance(value, float) and numbers.equal(value, found := on_scalars("floor")(value)):
        return int(found)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise NoValue(say("The bounds of a sum are whole numbers, not {value}.", value=numbers.show(value).text))


def agrees(value: Scalar, found: Scalar, digits: int = 6) -> bool:
    """Whether an exact or certified value agrees with what its formula gives.

    Rationals must be equal, balls must overlap; overlapping balls wider than the last of `digits` raise Undecided.
    """
    if close(value, found, digits):
        return True
    if is_exact(value) and is_exact(found):
        return False
    from flint import arb

    if arb(value).overlaps(arb(found)):
        raise Undecided(say("whether a value agrees with its formula"))
    return False


def ball_of_float(x: float, terms: int) -> arb:
    """The numbers that a float may stand for after a sum of so many terms."""
    from flint import arb

    return arb(x, (8 + terms) * EPS * abs(x))


def measured_ball(x: float, terms: int) -> arb:
    """The numbers that a float may stand for, as far as its error was measured."""
    from flint import arb

    return ball_of_float(x, terms) + arb(0, error_of(x))


def agrees_float(value: float, formula: Formula, lookup: Lookup) -> bool:
    """Whether a float64 value agrees with its formula: within n·eps·Σ|term|, or what the errors of its numbers allow.

    The formula is evaluated on balls around the floats that it reads, with so few bits that the rounding of every
    operation and function is in the result too.  Where such a ball straddles a branch or a pole, it is evaluated on
    the floats themselves, and half of the digits must agree.  Where they do not, as of ln(1 − a) with an a near 1 that
    the array code does without, or where there is no value, as of exp(1e300), nothing is decided.
    """
    from flint import arb

    terms = longest_sum(formula)
    with precision(FLOAT_BITS):
        try:
            return gives(value, formula, lookup, lambda x: ball_of_float(x, terms)) or gives(
                value, formula, lookup, lambda x: measured_ball(x, terms)
            )
        except Undecided:
            pass
    with precision(128):
        try:
            found = evaluated(formula, lookup, arb)
        except NotFinite:
            found = None
        if found is None or not abs(found - arb(value)) <= 1e-8 * max(1.0, abs(value)):
            raise TooRough(say("whether a value agrees with its formula"))
        return True


def gives(value: float, formula: Formula, lookup: Lookup, ball: Callable[[float], arb]) -> bool:
    """Whether a formula of balls around floats gives a value."""
    from flint import arb

    found = evaluated(formula, lookup, ball)
    return bool((found + arb(0, 16 * EPS * float(found.abs_upper()) + 1e-300)).contains(arb(value)))


def evaluated(formula: Formula, lookup: Lookup, ball: Callable[[float], arb]) -> arb:
    """A formula of floats with a ball in the place of each."""
    from flint import arb

    def read(name: str, indices: tuple[int, ...]) -> Any:
        value = lookup(name, indices)
        return ball(value) if isinstance(value, float) else value

    return arb(evaluate(formula, read))


def longest_sum(f: Formula) -> int:
    """The number of terms of the longest sum in a formula."""
    longest = 1
    for node in walk(f):
        if isinstance(node, Call) and node.name == "+":
            longest = max(longest, len(node.args))
        elif isinstance(node, BigOperator):
            low, high = node.low, node.high
            if isinstance(low, Number) and isinstance(high, Number):
                longest = max(longest, high.numerator - low.numerator + 1)
    return longest
