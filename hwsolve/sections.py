"""Steps made of lines that carry their reasons: those that follow each other under one reason are a group."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from hwsolve.figures import Figure
from hwsolve.solution import Detail, Form, Group, Identity, Item, Line, Sentence, Step, Text, Value


def grouped(lines: tuple[Line, ...], detail: Detail = "page") -> tuple[Item, ...]:
    """Lines as groups: a reason holds for those that follow and state none."""
    items: list[Item] = []
    run: list[Line] = []
    reason: Text = ""

    def close() -> None:
        nonlocal reason
        if run:
            items.append(Group(tuple(run), reason, detail=detail))
        run.clear()
        reason = ""

    for line in lines:
        if type(line) is Form:
            close()
            run.append(line)  # a general formula stands before those that it speaks for
            continue
        stated = line.rule if isinstance(line, Value | Identity) else ""
        general = len(run) == 1 and type(run[0]) is Form
        if not general and stated and stated != reason:
            close()
        reason = stated or reason
        run.append(line)
    close()
    return tuple(items)


def section(title: Text, level: int = 1, lines: tuple[Line, ...] = (), figures: tuple[Figure, ...] = ()) -> Step:
    """A step whose lines come before its figures."""
    return Step(title, (*grouped(lines), *figures), level)


def one_group(lines: Iterable[Line]) -> list[Group]:
    """Lines as one group, if there are any."""
    every = tuple(lines)
    return [Group(every)] if every else []


def set_aside(step: Step, detail: Detail = "full") -> Step:
    """A step for the full page."""
    items = [
        msgspec.structs.replace(item, detail=detail)
        if isinstance(item, Sentence | Group) and item.detail == "page"
        else item
        for item in step.items
    ]
    return msgspec.structs.replace(step, items=tuple(items))
