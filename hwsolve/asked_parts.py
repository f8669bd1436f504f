"""Parts of arrays that are asked for: how they are written, and the elements that stand in their place."""

from __future__ import annotations

from hwsolve.formula.tree import Formula, Number, Ref
from hwsolve.selection import Selection


def running(part: Selection, sides: list[int]) -> Formula:
    """How a part of an array is written: w[1, ·], where a whole axis runs, and w[2:5, 1] where some of it does."""
    ends = [(a, n if b is None else b, n) for (a, b), n in zip(part.ranges, sides, strict=False)]
    return Ref(part.name, tuple([along(a, b, n) for a, b, n in ends]))


def along(first: int, last: int, n: int) -> Formula:
    """An index that runs from its first to its last value along an axis of so many."""
    if first == last:
        return Number(first)
    return Ref("·") if (first, last) == (1, n) else Ref(f"{first}:{last}")


def elements_of(part: Selection, sides: list[int]) -> list[str]:
    """The keys of the elements of a part along the first axis; none of a part along several."""
    if len(part.ranges) != 1 or not sides:
        return []
    ((first, last),) = part.ranges
    return [f"{part.name}[{n}]" for n in range(first, min(last or sides[0], sides[0]) + 1)]
