"""Which orders and points `ask` names: those are worked out on the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from hwsolve.formula.notation import plain
from hwsolve.selection import Selection, selections
from hwsolve.solution import Group, Sentence, Step

if TYPE_CHECKING:
    from hwsolve.kinds.derivative.problem import Problem

KEY = re.compile(r"d(\d+)(_at)?")
ORDERS = {"gradient": 1, "jacobian": 1, "hessian": 2}


def named(problem: Problem) -> Iterator[Selection]:
    """What the keys and expressions of `ask` name."""
    for ask in problem.ask:
        definition = problem.define.get(ask.text)
        yield from selections(ask.text if definition is None else plain(definition.formula))


def points_asked(problem: Problem) -> list[int]:
    """The numbers of the points at which a value is asked, in order."""
    found = [one.ranges[0] for one in named(problem) if one.ranges and KEY.fullmatch(one.name)]
    count = len(problem.at)
    return sorted({p for first, last in found for p in range(max(first, 1), min(last or count, count) + 1)})


def last_order(problem: Problem) -> int | None:
    """The highest order that is asked; None where that is left open."""
    if not problem.ask or any("*" in ask.text for ask in problem.ask):
        return None
    found = [order(one.name) for one in named(problem)]
    return max((n for n in found if n is not None), default=None) if None not in found else None


def order(name: str) -> int | None:
    """The order of a derivative by its key; None of what is none."""
    key = KEY.fullmatch(name)
    return int(key[1]) if key else ORDERS.get(name)


def up_to(last: int | None, steps: Iterable[Step]) -> Iterator[Step]:
    """The steps of the orders 1, 2, …, those above the last that is asked for the full page."""
    for n, step in enumerate(steps, 1):
        yield step if last is None or n <= last else for_the_full_page(step)


def for_the_full_page(step: Step) -> Step:
    """A step of which a short page shows nothing."""
    items = [
        msgspec.structs.replace(item, detail="full")
        if isinstance(item, Sentence | Group) and item.detail == "page"
        else item
        for item in step.items
    ]
    return msgspec.structs.replace(step, items=tuple(items))
