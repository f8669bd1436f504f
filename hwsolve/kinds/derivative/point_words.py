"""Points in words: where they are, and whether values at them are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from hwsolve.formula.tree import Call, Formula, Ref, listed
from hwsolve.kinds.derivative.asked import Point, numbers_of
from hwsolve.language import Message, say

if TYPE_CHECKING:
    from hwsolve.kinds.derivative.problem import Problem

LONGEST = 4  # numbers of a point that a title or a symbol says


def asked_at(problem: Problem, orders: Iterable[int], short: bool) -> Message:
    """Why values at points are there: to check the derivatives, if the problem states some; else they are asked for.

    `short`: the sentence says where they are.
    """
    stated = {key.partition("[")[0] for key in (*problem.expect, *problem.published)}
    checked, several = any(f"d{n}_at" in stated for n in orders), len(problem.at) > 1
    if short:
        points = joined(list(map(placed, problem.at)))
        if checked:
            return say("Evaluated at {points}.", points=points)
        return say("Also asked: the values at {points}.", points=points)
    if checked:
        return say("Evaluated at the given points.") if several else say("Evaluated at the given point.")
    return (
        say("Also asked: the values at the given points.")
        if several
        else say("Also asked: the values at the given point.")
    )


def typed(array: Any) -> Formula:
    """A number of a point, as it is typed."""
    if array.shape:
        return listed(*numbers_of(array).values())
    value: Formula = array.values[0]
    return value


def conditions(point: Point) -> tuple[Formula, ...]:
    """x = 0, i = 2."""
    return tuple([Call("==", (Ref(name), typed(array))) for name, array in point.items()])


def placed(point: Point) -> Message:
    """A point in a sentence, where it says no more than the place."""
    return say("{point}", point=tuple([Call("form", (f,)) for f in conditions(point)]))


def is_short(point: Point) -> bool:
    """Whether a title can say where a point is."""
    arrays = point.values()
    return sum(len(array.values) for array in arrays) <= LONGEST and all(len(array.shape) < 2 for array in arrays)


def joined(parts: list[Message]) -> Message:
    """Points with `and` between them, or semicolons where a point is of several names."""
    first, *rest = parts
    if not rest:
        return first
    if any(len(part.values["point"]) > 1 for part in parts):
        return say("{first}; {rest}", first=first, rest=joined(rest))
    if len(rest) == 1:
        return say("{first} and {last}", first=first, last=rest[0])
    return say("{first}, {rest}", first=first, rest=joined(rest))


def title(point: Point, p: int) -> Message:
    """The heading of a point: where it is, if that is short."""
    if is_short(point):
        return say("At {point}", point=conditions(point))
    return say("At the point") if p == 1 else say("At point {p}", p=p)
