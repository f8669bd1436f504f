"""What nothing asked depends on is set back to the full page."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import msgspec

from hwsolve.formula.notation import plain
from hwsolve.formula.parse import FormulaError, parse
from hwsolve.formula.tree import Number, Ref, references
from hwsolve.solution import Carried, Group, Identity, Solution, Value
from hwsolve.trace import defined, dependencies


def pruned(solution: Solution) -> Solution:
    """The lines that no asked answer depends on set back to the full page."""
    lines = defined(solution)
    arrays = {key.partition("[")[0] for key in solution.asked}
    names = {ref.name for key in solution.asked for ref in refs_of(key)}
    wanted = {key for key in lines if key in solution.asked or key.partition("[")[0] in arrays | names}
    if not wanted:
        return solution
    needed = dependencies(lines, wanted, True)
    steps = [msgspec.structs.replace(s, items=tuple(set_back(s.items, needed))) for s in solution.sections]
    return msgspec.structs.replace(solution, sections=tuple(steps))


def refs_of(key: str) -> Iterator[Ref]:
    """The quantities that an asked expression reads."""
    try:
        yield from references(parse(key, True))
    except FormulaError:
        return


def keys_of(group: Group) -> list[str]:
    """The keys of a group's lines; of what holds for any element that of the array."""
    keys = [line.key for line in group.lines if isinstance(line, Value | Identity | Carried)]
    return [plain(key) if stated(key) else key.name for key in keys if key is not None]


def stated(key: Ref) -> bool:
    """Whether a key names one element, or what has no elements."""
    return all(isinstance(i, Number) for i in key.indices)


def set_back(items: tuple[Any, ...], needed: set[str]) -> Iterator[Any]:
    """Groups of which no line is needed are for the full page; what has no keys goes with what goes on with it.

    A line of a whole array, or of any of its elements, is needed as soon as one element is.
    """
    needed = needed | {key.partition("[")[0] for key in needed}
    for item, following in zip_longest(items, items[1:]):
        if isinstance(item, Group):
            keys = keys_of(item)
            if not keys and isinstance(following, Group) and following.close:
                keys = keys_of(following)
            if keys and item.detail == "page" and not needed & set(keys):
                item = msgspec.structs.replace(item, detail="full")
        yield item
