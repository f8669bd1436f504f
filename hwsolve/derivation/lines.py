"""Makes every line that is checked, and is where a formula is evaluated again.

A value line is of a number of any system: rational, ball or float64.  An identity holds for all values of its free
names.  A value that its formula does not give is never in a line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from hwsolve.formula.evaluate import Lookup, agrees, agrees_float, evaluate
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import ONE, Call, Formula, Number, Ref, walk
from hwsolve.numbers import Scalar
from hwsolve.solution import Identity, Origin, Quantity, Stage, Text, Value

if TYPE_CHECKING:
    from hwsolve.numbers.formed import Known


class Disagreement(AssertionError):
    """A value, and what its formula or another way gives for it, differ: a bug of the program."""


def value_of(f: Formula, read: Lookup, forms: Known | None = None) -> Any:
    """The value of a formula over what `read` looks up; where balls do not tell, their forms are asked."""
    from hwsolve.numbers.identity import settled

    return settled(lambda: evaluate(f, read), forms)


def check(key: Ref, value: Scalar, f: Formula, read: Lookup, forms: Known | None = None, digits: int = 6) -> Any:
    """What the formula of a key gives, evaluated by itself; a Disagreement where that is not the value.

    Rationals must be equal, balls overlap, and float64 lie inside the rounding of every operation of the formula.
    """
    if isinstance(value, float):
        found = value
        holds = agrees_float(value, f, read)
    else:
        found = value_of(f, read, forms)
        holds = agrees(value, found, digits)
    if not holds:
        raise disagreement(key, f, value)
    return found


def disagreement(key: Ref, f: Formula, value: Scalar) -> Disagreement:
    """That a formula does not give a value."""
    return Disagreement(f"{plain(key)}: its formula {plain(f)} does not give {value}")


def chain(*forms: Formula, exact: bool = False) -> tuple[Stage, ...]:
    """Forms of one value, each behind `=`, or behind `≈` where a number in it is rounded; a repeated one is left out.

    A lone number behind the first form is the value itself, which stands at the end of a line.  `exact`: no number is
    rounded.
    """
    made: list[Stage] = []
    for f in forms:
        if not made or (f != made[-1].formula and not is_value(f)):
            near = bool(made) and not exact and any([isinstance(n, Number) and n.rounded for n in walk(f)])
            made.append(Stage("≈" if near else "=", f))
    return tuple(made)


def is_value(f: Formula) -> bool:
    """Whether a form is a lone number, with its sign."""
    return type(f) is Number or (isinstance(f, Call) and f.name == "neg" and type(f.args[0]) is Number)


def speaking(f: Formula) -> Formula:
    """A formula that says how a value comes about: 1·n for a lone number n."""
    return Call("*", (ONE, f)) if type(f) is Number else f


def binary(f: Formula) -> Formula:
    """The formula with two arguments to each sign, the left ones first: what a reader of its text sees."""
    if not isinstance(f, Call):
        return f
    args = [binary(a) for a in f.args]
    if f.name not in ("+", "*") or len(args) < 3:
        return Call(f.name, tuple(args))
    folded = args[0]
    for a in args[1:]:
        folded = Call(f.name, (folded, a))
    return folded


class More(TypedDict, total=False):
    """What else a line may say: the rule, where its value comes from, and whether it stands aside."""

    rule: Text
    origin: Origin | None
    aside: bool


def value_line(
    key: Ref, f: Formula, value: Quantity, stages: tuple[Stage, ...] = (), found: Quantity | None = None,
    rule: Text = "", origin: Origin | None = None, aside: bool = False,
) -> Value:  # fmt: skip
    """`key = stages… = value`, where `f` can be evaluated from the keys above."""
    return Value(key, speaking(f), stages, value, rule, aside, found, origin)


def identity_line(
    lhs: Formula, rhs: Formula, free: dict[str, str], rule: Text = "", key: Ref | None = None,
    aside: bool = False, shown: tuple[Formula, ...] = (), relation: str = "=",
) -> Identity:  # fmt: skip
    """`lhs = rhs` for all values of the free names, each of its domain; a reader sees `shown` where that is given."""
    return Identity(lhs, rhs, free, rule, key, aside, shown, relation=relation)
