"""Which cells of the input each cell of a map reads along an axis, cell by cell, on a line without ends.

The pattern returns: `sets` are those of its first cells, and after so many cells the same ones lie `advance` further.
Where it returns late, what a cell reads is found when it is asked for.
A set is its first cell and a number whose digits in base 2 say which cells behind it belong to it; (0, 0) is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from math import gcd, lcm

import msgspec

from hwsolve.layers.base import Size
from hwsolve.layers.reach_of_layer import Reading, Window, whole_number

MOST_CELLS = 4_096  # of an axis whose edges are followed
MOST_SETS = 20_000  # that are joined for one layer before one asks for them

Set = tuple[int, int]
EMPTY: Set = (0, 0)


class Cells(msgspec.Struct, frozen=True):
    """After `period` cells the pattern returns; `sets` are known, or `find` finds that of a cell.

    `inside` says of each cell that there is whether it reads cells of the map alone, None if that is not known.
    """

    sets: tuple[Set, ...] = ((0, 1),)
    advance: int = 1
    inside: tuple[bool, ...] | None = None
    period: int = 1
    find: Callable[[int], Set] | None = None

    def of(self, q: int) -> Set:
        """What cell q reads."""
        if self.find is not None:
            return self.find(q)
        turns, place = divmod(q, self.period)
        first, mask = self.sets[place]
        return (first + turns * self.advance, mask) if mask else EMPTY

    def spans(self) -> list[tuple[int, int, int]]:
        """Of the cells inside, or of all where there are none: the cell, and the first and last cell that it reads.

        (q, 1, 0) reads none.  Of cells that read as many, one after a turn of the other, one is enough.
        """
        here = range(self.period) if self.inside is None else range(len(self.inside))
        chosen = [q for q in here if self.inside is None or self.inside[q]] or list(here)
        once = {q % self.period: q for q in reversed(chosen)}
        return [(q, *ends(self.of(q))) for q in sorted(once.values())]


def ends(one: Set) -> tuple[int, int]:
    """The first and the last cell of a set; (1, 0) of none."""
    first, mask = one
    return (first, first + mask.bit_length() - 1) if mask else (1, 0)


def at_first(n: Size) -> Cells:
    """Each cell of an axis that comes in is itself."""
    return Cells(inside=(True,) * n if isinstance(n, int) and n <= MOST_CELLS else None)


def through(cells: Cells, reading: Reading, n: Size, m: Size) -> Cells | None:
    """Those of a layer that reads a map of n cells and gives one of m; None for too many to follow."""
    outputs, inputs = reading.turn
    often = cells.period // gcd(cells.period, inputs) if inputs else 1
    period, advance = outputs * often, inputs * often // cells.period * cells.advance
    known = inside(cells, reading, n, m)

    def find(q: int) -> Set:
        return joined(cells.of(p) for p in reading.cells(q))

    if cells.period == 1 and isinstance(reading, Window) and not reading.spread:
        kernel, dilation = whole_number(reading.kernel), whole_number(reading.dilation)
        low, mask = cells.of(-whole_number(reading.padding))
        return Cells(((low, side_by_side(mask, kernel, dilation * cells.advance)),), advance, known)
    return returning(find, period, advance, known, period * len(list(reading.cells(0))))


def returning(
    find: Callable[[int], Set], period: int, advance: int, known: tuple[bool, ...] | None, work: int
) -> Cells | None:
    """All sets of a pattern, or those that are asked for where they are many."""
    if work <= MOST_SETS:
        return shortest([find(q) for q in range(period)], advance, known)
    return None if known is None else Cells((), advance, known, period, lru_cache(maxsize=None)(find))


def inside(cells: Cells, reading: Reading, n: Size, m: Size) -> tuple[bool, ...] | None:
    """Which of the m cells read nothing beyond the n."""
    known = cells.inside
    if known is None or not isinstance(n, int) or not isinstance(m, int) or m > MOST_CELLS:
        return None
    return tuple([all(0 <= p < n and known[p] for p in reading.cells(q)) for q in range(m)])


def side_by_side(mask: int, often: int, step: int) -> int:
    """A set so many times, each `step` further."""
    done = 1
    while done < often:
        more = min(done, often - done)
        mask |= mask << (more * step)
        done += more
    return mask


def joined(sets: Iterable[Set]) -> Set:
    """All cells of some sets."""
    held = [one for one in sets if one[1]]
    if not held:
        return EMPTY
    low, mask = min(first for first, _ in held), 0
    for first, one in held:
        mask |= one << (first - low)
    return low, mask


def shortest(sets: list[Set], advance: int, known: tuple[bool, ...] | None) -> Cells:
    """The same with as few sets as say it."""
    for period in range(1, len(sets) + 1):
        turns = len(sets) // period
        if len(sets) % period == 0 and advance % turns == 0:
            short = Cells(tuple(sets[:period]), advance // turns, known, period)
            if all(short.of(q) == one for q, one in enumerate(sets)):
                return short
    raise AssertionError("the whole list says it")


def together(branches: list[Cells]) -> Cells | None:
    """What branches together read, which move alike; None for too many sets."""
    period = lcm(*[branch.period for branch in branches])
    known = [branch.inside for branch in branches]
    both = None if None in known else tuple([all(flags) for flags in zip(*known, strict=True)])
    advance = branches[0].advance * (period // branches[0].period)
    return returning(lambda q: joined(branch.of(q) for branch in branches), period, advance, both, period)
