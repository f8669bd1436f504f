"""Folded lines: what stands above them, which are open, and those that are one fold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from hwsolve.formula.tree import Formula
from hwsolve.language import Message, say
from hwsolve.render.quantity_rows import Row
from hwsolve.solution import Line, Text, Value

FEW = 3  # folds that a title names one by one


class Fold(msgspec.Struct, frozen=True):
    """What a page that can be folded shows on request; others leave it out.

    `asked`: it belongs to what is asked.  `is_open`: it says what stands nowhere else, and is open if it is short.
    """

    title: Text
    blocks: tuple[Any, ...]
    asked: bool = True
    is_open: bool = True


def without_lone_folds(body: list[Any]) -> list[Any]:
    """What stands below a heading; nothing where none of it was asked for."""
    return [] if all(isinstance(block, Fold) and not block.asked for block in body) else body


def together(body: list[Any]) -> list[Any]:
    """What stands below a heading, with folds of what was not asked that follow each other as one."""
    made: list[Any] = []
    run: list[Fold] = []
    for block in [*body, None]:
        if isinstance(block, Fold) and not block.asked:
            run.append(block)
            continue
        if len(run) > 1:
            made.append(Fold(joint_title(run), tuple([b for fold in run for b in fold.blocks]), False))
        else:
            made += run
        run = []
        made += [] if block is None else [block]
    return made


def joint_title(folds: Sequence[Fold]) -> Text:
    """What several folds are about: their left sides, of many the first and the last."""
    titles = [fold.title for fold in folds if isinstance(fold.title, Message)]
    every = list(dict.fromkeys(f for title in titles if isinstance(f := title.values.get("what"), Formula)))
    if len(every) > FEW:
        return say("{first}, …, {last}: details", first=every[0], last=every[-1])
    return say("{what}: details", what=tuple(every)) if every else ""


def are_new(shown: Sequence[Line], hidden: Sequence[Line]) -> bool:
    """Whether hidden lines are others than the elements of an array that stands above them as a whole."""
    whole = {line.key.name for line in shown if isinstance(line, Value) and not line.key.indices}
    return not all(isinstance(line, Value) and line.key.indices and line.key.name in whole for line in hidden)


def more(shown: Sequence[Line], hidden: Sequence[Line], n: int) -> Text:
    """What is folded below lines: other elements than theirs, the elements of a whole array, or other lines."""

    def elements(lines: Sequence[Line]) -> list[bool]:
        return [isinstance(line, Value) and bool(line.key.indices) for line in lines]

    if not all(elements(hidden)):
        return say("{n} more lines", n=n) if n > 1 else say("1 more line")
    if not any(elements(shown)):
        return say("Element by element")
    return say("{n} more elements", n=n) if n > 1 else say("1 more element")


def about(rows: Sequence[Row]) -> Text:
    """What folded rows are about: the left side of the first."""
    first = next((row.links[0][1] for row in rows if len(row.links) > 1), None)
    return say("{what}: details", what=first) if first is not None else ""
