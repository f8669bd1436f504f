"""The operators and functions on values: exact numbers and balls, floats, and formulas (sizes that have only a name).

Ints stay ints where they can, so that counting needs neither flint nor NumPy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from hwsolve import numbers
from hwsolve.formula.function_code import has_code, on_scalars
from hwsolve.formula.functions import function
from hwsolve.formula.tree import Call, Formula, Number
from hwsolve.formula.tree import call as build
from hwsolve.language import Explained, say
from hwsolve.numbers import NotFinite, Scalar

Value = Any  # Scalar | bool | Formula
MAX_POWER_BITS = 200_000  # of a whole number, about 60,000 digits
COMPARISONS = ("==", "<", ">", "<=", ">=")


class NoValue(Explained, ValueError):
    """A formula that cannot be evaluated, whatever its names stand for."""


def calculate(name: str, values: Sequence[Value]) -> Value:
    """An operator or function of values; among floats all are floats, among formulas all are formulas."""
    floats = False
    for v in values:
        if type(v) is int:
            continue
        if isinstance(v, Formula):
            return symbolic(name, values)
        if isinstance(v, float):
            floats = True
    operator = EXACT.get(name)
    if operator is None:
        return called(name, values)
    if floats:
        return in_floats(operator, [float(v) for v in values])
    return operator(*values)


def added(*values: Scalar) -> Scalar:
    """a + b + …"""
    return sum(values[1:], values[0])


def multiplied(*values: Scalar) -> Scalar:
    """a·b·…"""
    return math.prod(values[1:], start=values[0])


def divided(a: Scalar, b: Scalar) -> Scalar:
    """a/b; of ints an int where they divide."""
    if type(a) is int and type(b) is int:
        if b and a % b == 0:
            return a // b
        return numbers.exact(a, b)
    return a / b if isinstance(b, float) and b else numbers.divide(a, b)


def raised(a: Scalar, b: Scalar) -> Scalar:
    """a to the power b."""
    if isinstance(a, float):
        return float_power(a, b)
    if type(a) is int and type(b) is int:
        if abs(b) * a.bit_length() > MAX_POWER_BITS:
            raise NotFinite(say("a power of more than {bits} bits", bits=MAX_POWER_BITS))
        return a**b if b >= 0 else numbers.exact(1, a**-b)
    from hwsolve.numbers.formed import power  # that of scalars: the one of arrays would load NumPy

    base, exponent = (numbers.exact(v) if type(v) is int else v for v in (a, b))
    return power(base, exponent)


def float_power(a: float, b: float) -> float:
    """a to the power b, where it is a real number."""
    try:
        return math.pow(a, b)
    except (OverflowError, ValueError) as why:
        raise NotFinite(say("a power that overflows or is not real")) from why


def equal(a: Scalar, b: Scalar) -> bool:
    """a == b; raises Undecided where balls overlap."""
    return a == b if plain(a) and plain(b) else numbers.equal(a, b)


def less(a: Scalar, b: Scalar) -> bool:
    """a < b; raises Undecided where balls overlap."""
    return bool(a < b) if plain(a) and plain(b) else numbers.less(a, b)


def plain(a: Scalar) -> bool:
    """Whether Python's own comparisons are right for a value."""
    return isinstance(a, (int, float))


EXACT: dict[str, Callable[..., Value]] = {
    "+": added,
    "*": multiplied,
    "-": lambda a, b: a - b,
    "neg": lambda a: -a,
    "/": divided,
    "**": raised,
    "==": equal,
    "<": less,
    ">": lambda a, b: less(b, a),
    "<=": lambda a, b: not less(b, a),
    ">=": lambda a, b: not less(a, b),
}
ON_INTS: dict[str, Callable[..., int]] = {
    "max": lambda *values: max(values),
    "min": lambda *values: min(values),
    "abs": abs,
    "floor": lambda a: a,
    "ceil": lambda a: a,
    "delta": lambda i, j: int(i == j),
}


def in_floats(operator: Callable[..., Value], values: list[float]) -> Value:
    """An operator on floats, whose result exists."""
    value = operator(*values)
    if not math.isfinite(value):
        raise NotFinite(say("a value that overflows or does not exist"))
    return value


def called(name: str, values: Sequence[Scalar]) -> Scalar:
    """A function of values."""
    check_call(name, len(values))
    on_ints = ON_INTS.get(name)
    if on_ints and all(type(v) is int for v in values):
        return on_ints(*values)
    if not has_code(name):
        raise NoValue(say("“{name}” has no value that can be computed.", name=name))
    value = on_scalars(name)(*values)
    return int(value.p) if name in ("floor", "ceil") and not isinstance(value, float) else value


def check_call(name: str, arguments: int) -> None:
    """Refuse an unknown function, or one with too few or too many arguments."""
    known = function(name)
    if known is None:
        raise NoValue(say("There is no function “{name}”.", name=name))
    most = len(known.parameters)
    least = 1 if known.many else most - len(known.defaults)
    if arguments < least or (arguments > most and not known.many):
        raise NoValue(say("“{name}” takes {n} arguments, not {given}.", name=name, n=most, given=arguments))


def symbolic(name: str, values: Sequence[Value]) -> Formula:
    """A call of formulas, tidied as sums and products are."""
    from hwsolve.formula.simplify import terms

    args = [as_formula(v) for v in values]
    makers: dict[str, Callable[..., Formula]] = {
        "+": terms.total,
        "*": terms.product,
        "-": terms.difference,
        "/": terms.quotient,
        "**": terms.power,
        "neg": terms.negative,
    }
    if name in makers:
        return makers[name](*args)
    if name not in COMPARISONS:
        check_call(name, len(args))
    return build(name, *args)


def as_formula(value: Value) -> Formula:
    """An exact value as a Number; a formula as it is."""
    if isinstance(value, Formula):
        return value
    if isinstance(value, float) or not numbers.is_exact(value):
        raise NoValue(say("A formula cannot hold the rounded number {value}.", value=numbers.show(value).text))
    return Number(*numbers.parts(value))


def choose(condition: Value, then: Callable[[], Value], other: Callable[[], Value]) -> Value:
    """if(condition, then, other); only the branch that is taken is evaluated."""
    if isinstance(condition, Formula):
        return Call("if", (condition, as_formula(then()), as_formula(other())))
    return then() if condition else other()
