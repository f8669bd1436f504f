"""What is wrong with a function whatever its names stand for: a division by 0, an empty maximum, an index of 0."""

from __future__ import annotations

from collections.abc import Iterator

from hwsolve.formula.evaluate import evaluate, no_names
from hwsolve.formula.notation import unicode
from hwsolve.formula.operators import NoValue
from hwsolve.formula.simplify.terms import rational
from hwsolve.formula.tree import BigOperator, Call, Formula, Ref, walk
from hwsolve.formula.vectors import Shapes
from hwsolve.language import Message, say
from hwsolve.numbers import LADDER, NotFinite, Undecided, precision


def wrong_parts(f: Formula, shapes: Shapes) -> Iterator[Message]:
    """One mistake of each kind at most for a part."""
    for node in walk(f):
        if isinstance(node, BigOperator):
            what = wrong_bounds(node)
        elif isinstance(node, Ref):
            what = wrong_index(node, shapes)
        else:
            what = wrong_number(node)
        if what is not None:
            yield what


def wrong_number(f: Formula) -> Message | None:
    """Why a part that is made of numbers alone has no value, or that it is divided by 0."""
    divisor = f.args[1] if isinstance(f, Call) and f.name == "/" else f
    if any(isinstance(part, Ref | BigOperator) for part in walk(divisor)):
        return None
    try:
        with precision(LADDER[0]):
            value = evaluate(divisor, no_names)
            what: Message | None = say("division by zero") if divisor is not f and value == 0 else None
    except NotFinite as why:
        what = why.what
    except (Undecided, NoValue, ArithmeticError, ValueError):
        return None
    return None if what is None else say("There is no value of {part}: {what}.", part=unicode(f), what=what)


def wrong_bounds(f: BigOperator) -> Message | None:
    """What is wrong with the bounds of a big operator, if they are numbers."""
    bounds = [rational(b) for b in (f.low, f.high)]
    for b in bounds:
        if b is not None and b.denominator != 1:
            return say("The bounds of a sum are whole numbers, not {value}.", value=str(b))
    low, high = bounds
    if f.op in ("Max", "Min") and low is not None and high is not None and low > high:
        return say("“{name}” has no terms.", name=f.op)
    return None


def wrong_index(f: Formula, shapes: Shapes) -> Message | None:
    """What is wrong with a name: it is no number, or its element does not exist."""
    if not isinstance(f, Ref):
        return None
    if f == Ref("inf"):
        return say("“inf” is no number.")
    sizes = (*shapes.get(f.name, ()), *[None] * len(f.indices))
    for index, size in zip(f.indices, sizes, strict=False):
        at, most = rational(index), None if size is None else rational(size)
        if at is not None and (at < 1 or at.denominator != 1 or (most is not None and at > most)):
            return say("There is no {element}: indices are whole numbers from 1 to the size.", element=unicode(f))
    return None
