"""Which elements of an array a key names: `w@1`, `w@1[2,1]`, a row `w@1[2]`, slices `w@1[2,:]` and `w@1[1:3,2]`."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import groupby, islice, product

import msgspec

KEY = re.compile(r"\s*([^\W\d][\w.]*(?:@[0-9]+)?)\s*(?:\[([\d\s,:]+)\])?\s*")
RANGE = re.compile(r"\s*(?:(\d+)|(\d*)\s*:\s*(\d*))\s*")


Ranges = tuple[tuple[int, int | None], ...]


class Selection(msgspec.Struct, frozen=True):
    """A name, and for its leading axes the first and the last index, counted from 1; None is the end of the axis."""

    name: str
    ranges: Ranges = ()

    def elements(self, shape: tuple[int, ...], most: int | None = None) -> list[tuple[int, ...]]:
        """The elements of a shape that are named, the last axis fastest; none where it has fewer axes."""
        if len(self.ranges) > len(shape):
            return []
        ranges = (*self.ranges, *((1, None) for _ in shape[len(self.ranges) :]))
        axes = [
            range(max(a, 1), n + 1 if b is None else min(b, n) + 1) for (a, b), n in zip(ranges, shape, strict=True)
        ]
        return list(islice(product(*axes), most))

    def holds(self, element: Selection) -> bool:
        """Whether a single element is among those that are named."""
        return (
            self.name == element.name
            and len(self.ranges) <= len(element.ranges)
            and all(
                a <= at and (b is None or at <= b) for (a, b), (at, _) in zip(self.ranges, element.ranges, strict=False)
            )
        )

    def __str__(self) -> str:
        """The key."""
        axes = [str(a) if a == b else f"{'' if a == 1 else a}:{'' if b is None else b}" for a, b in self.ranges]
        return f"{self.name}[{','.join(axes)}]" if axes else self.name

    @property
    def step(self) -> int:
        """The step that the name says: 2 of `w@2`, 0 of `w`."""
        return int(self.name.partition("@")[2] or 0)

    def part(self, value: object) -> object:
        """The part of an array, as nested tuples, that is named: a single index leaves its axis out."""
        return part(value, self.ranges)


def fitting(pattern: str) -> Callable[[str], object]:
    """What says whether a key fits a pattern, in which * stands for any part."""
    return re.compile(".*".join(map(re.escape, pattern.split("*")))).fullmatch


def part(value: object, ranges: Ranges) -> object:
    """The part of nested tuples behind ranges of their axes; what lies outside is left out."""
    if not ranges or not isinstance(value, tuple):
        return value
    (first, last), *more = ranges
    found = tuple(part(item, tuple(more)) for item in value[max(first, 1) - 1 : last])
    return found[0] if first == last and found else found


def selection(key: str) -> Selection | None:
    """What a key names; None where it is no name with or without indices."""
    found = KEY.fullmatch(key)
    pieces = [] if found is None or found[2] is None else [RANGE.fullmatch(piece) for piece in found[2].split(",")]
    if found is None or None in pieces:
        return None
    return Selection(found[1], tuple(ends(*piece.groups()) for piece in pieces if piece is not None))


def ends(single: str | None, first: str | None, last: str | None) -> tuple[int, int | None]:
    """The first and the last index of `3`, `:`, `2:`, `:5` or `2:5`."""
    if single is not None:
        return int(single), int(single)
    return int(first or 1), int(last) if last else None


def selections(key: str) -> tuple[Selection, ...]:
    """What a key names; of a formula, what its references do, and nothing where it cannot be read."""
    from hwsolve.formula.notation import plain
    from hwsolve.formula.parse import FormulaError, parse
    from hwsolve.formula.tree import references

    one = selection(key)
    try:
        found = [one] if one is not None else [selection(plain(ref)) for ref in references(parse(key))]
    except FormulaError:
        return ()
    return tuple(one for one in found if one is not None)


def by_steps(keys: list[str]) -> list[str]:
    """The order in which keys are asked for; those of one quantity behind each other by their steps, from its start."""
    found: list[str] = []
    for name, run in groupby(keys, lambda key: key.partition("@")[0]):
        known = list(run)
        steps = {key: int(key.partition("@")[2] or 0) for key in known if (key.partition("@")[2] or "0").isdecimal()}
        started = name in steps and len(steps) == len(known)
        found += sorted(known, key=lambda key: steps[key]) if started else known
    return found
