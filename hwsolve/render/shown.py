"""What of a solution a page shows where: statements before what is given, lines by their detail."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

import msgspec

from hwsolve.figures import Diagram
from hwsolve.formula.tree import Ref
from hwsolve.language import say
from hwsolve.render.quantity_rows import Row
from hwsolve.solution import Carried, Line, Step, Text, Value

ZEROS = say("terms that are 0 are left out")


def opening(steps: tuple[Step, ...]) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """What a statement without a title says, which stands before what is given, and the rest; drawings stand behind."""
    count = len(list(takewhile(lambda step: not step.title and step.part == "statement", steps)))
    before, after = list(steps[:count]), list(steps[count:])
    for n, step in enumerate(before):
        drawn = next((k for k, item in enumerate(step.items) if isinstance(item, Diagram)), None)
        if drawn is not None:
            parts = [msgspec.structs.replace(step, items=items) for items in (step.items[:drawn], step.items[drawn:])]
            return (*before[:n], parts[0]), (parts[1], *before[n + 1 :], *after)
    return tuple(before), tuple(after)


def others(shown: Sequence[Line], lines: Sequence[Line], asking: bool = False) -> Text:
    """What is said of the lines that stand aside for the one that is shown last, of elements of the same array."""
    key = getattr(shown[-1], "key", None) if shown else None
    if not isinstance(key, Ref) or not key.indices:  # the key of a Let may be a function
        return ""
    aside = [line for line in lines if detail_of(line) == "full"]
    keys = [line.key for line in aside if isinstance(line, Value)]
    n = sum(1 for other in keys if isinstance(other, Ref) and other.name == key.name)
    if n == 1:
        return say("1 other element: --full") if asking else say("the other element likewise")
    text = say("{n} other elements: --full", n=f"{n:,}") if asking else say("the {n} others likewise", n=f"{n:,}")
    return text if n else ""


def both(reason: Text, more: Text) -> Text:
    """A reason and what else is said beside it."""
    return say("{first}; {second}", first=reason, second=more) if reason and more else reason or more


def with_zeros_told(made: Sequence[tuple[Line, Row]]) -> list[tuple[Line, Row]]:
    """Lines and their rows, with what is left out of their sums told at the first that it is left out of."""
    found = list(made)
    for n, (line, row) in enumerate(found):
        if any(getattr(stage, "sparse", False) for stage in getattr(line, "stages", ())):
            found[n] = line, msgspec.structs.replace(row, reason=both(row.reason, ZEROS))
            break
    return found


def detail_of(line: Line) -> str:
    """Where a line is shown."""
    return "data" if isinstance(line, Carried) else "full" if getattr(line, "aside", False) else "page"
