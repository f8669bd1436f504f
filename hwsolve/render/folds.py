"""What stands above folded lines."""

from __future__ import annotations

from collections.abc import Sequence

from hwsolve.language import say
from hwsolve.render.quantity_rows import Row
from hwsolve.solution import Line, Text, Value


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
