"""The mark of a maximum: which cells of a window pass the error on, by the convention for several largest ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from hwsolve.formula.tree import Call, Formula, walk
from hwsolve.language import Message, say
from hwsolve.solution import Line, Value

L = TypeVar("L", bound=Line)


def mark_of(ties: str, m: Formula, x: Formula, y: Formula, axes: int) -> Message:
    """What the mark of a maximum is, for a cell x of the window of y, by the convention for several largest cells."""
    values: dict[str, Any] = {"m": m, "x": x, "y": y, "one": 1, "zero": 0}
    if ties == "first" and axes == 1:
        return say(
            "{m} is {one} if {x} is the largest cell of the window of {y} (of several equal ones the first, as in "
            "PyTorch), else {zero}.",
            **values,
        )
    if ties == "first":
        return say(
            "{m} is {one} if {x} is the largest cell of the window of {y} (of several equal ones the first, row by "
            "row, as in PyTorch), else {zero}.",
            **values,
        )
    if ties == "all":
        return say("{m} is {one} if {x} has the largest value of the window of {y}, else {zero}.", **values)
    return say(
        "If {x} has the largest value of the window of {y}, {m} is {one} divided by the number of its cells that have "
        "it, else {zero}.",
        **values,
    )


def convention(ties: str, m: Formula, y: Formula, axes: int) -> Message:
    """What the mark is where several cells of a window have the largest value."""
    values: dict[str, Any] = {"m": m, "y": y, "one": 1}
    if ties == "first" and axes == 1:
        return say(
            "Where several cells are largest, {y} has no derivative, and {m} is a convention: it is {one} for the "
            "first of them.",
            **values,
        )
    if ties == "first":
        return say(
            "Where several cells are largest, {y} has no derivative, and {m} is a convention: it is {one} for the "
            "first of them, row by row.",
            **values,
        )
    if ties == "all":
        return say(
            "Where several cells are largest, {y} has no derivative, and {m} is a convention: it is {one} for each of "
            "them.",
            **values,
        )
    return say(
        "Where several cells are largest, {y} has no derivative, and {m} is a convention: they share {one} equally.",
        **values,
    )


def share_of_largest(ties: str) -> Message:
    """Who gets the error of a window whose maximum is taken."""
    if ties == "first":
        return say("The error of an output goes undivided to the largest cell of its window, the others get none.")
    if ties == "all":
        return say(
            "The error of an output goes undivided to each of the largest cells of its window, the others get none."
        )
    return say("The largest cells of a window share the error of its output equally, the others get none.")


def in_words(passed_on: Message, several: bool) -> Iterator[Message]:
    """What an output passes on, and what becomes of that where `several` windows may cover a cell."""
    yield passed_on
    if several:
        yield say("What the windows that cover a cell send to it is added.")


def decided(line: L) -> L:
    """A line whose comparisons are decided: the mark of a cell is a number."""
    if not isinstance(line, Value) or not any(is_choice(n) for s in line.stages for n in walk(s.formula)):
        return line
    last = line.stages[-1]
    return msgspec.structs.replace(line, stages=(msgspec.structs.replace(last, relation="="),))


def is_choice(f: Formula) -> bool:
    """Whether a formula is a choice."""
    return isinstance(f, Call) and f.name == "if"
