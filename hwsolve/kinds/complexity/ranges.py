"""Where an index runs, and how many places that are: intervals and boxes whose ends may hold the names of sizes.

Which of two ends is the larger one is asked of some sizes: what these do not agree on is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.tree import formula, references
from hwsolve.language import Message, say
from hwsolve.layers.sizes import Size, product, simplified, total

TRIES = 12


PLACES = say("its count depends on which of two sizes is the larger one")


class NotKnown(Exception):
    """A formula that cannot be counted, and why."""

    def __init__(self, reason: Message):
        super().__init__(reason)
        self.reason = reason


class Interval(NamedTuple):
    """The whole numbers from low to high, both included."""

    low: Size
    high: Size

    @property
    def length(self) -> Size:
        """How many they are."""
        return self.high if self.low == 1 else length(self.low, self.high)


Box = Mapping[str, Interval]  # an interval for each index


def up_to(size: Size) -> Interval:
    """From 1 to a size."""
    return Interval(1, simplified(size))


def negative(size: Size) -> Size:
    """−size."""
    return product((-1, size))


@lru_cache(maxsize=4096)
def length(low: Size, high: Size) -> Size:
    """How many whole numbers there are from low to high."""
    return total((high, negative(low), 1))


@lru_cache(maxsize=4096)
def signs(a: Size, b: Size) -> set[int]:
    """The signs of a − b for the sizes that are tried."""
    size = total((a, negative(b)))
    if isinstance(size, int):
        return {(size > 0) - (size < 0)}
    found = set[int]()
    names = sorted({ref.name for ref in references(size)})
    for k in range(TRIES):  # even sizes, in many orders
        known = {name: 2 + 2 * ((k + 1) * (7 * i + 3) % 61) for i, name in enumerate(names)}
        value = evaluate(formula(size), lambda name, _, known=known: known[name])  # type: ignore[misc]
        found.add((value > 0) - (value < 0))
    return found


def at_least(a: Size, b: Size) -> bool:
    """Whether a ≥ b, where that is so for all sizes or for none."""
    found = signs(a, b)
    if {-1, 1} <= found:
        raise NotKnown(PLACES)
    return -1 not in found


def above(a: Size, b: Size) -> bool:
    """Whether a > b for all sizes."""
    return signs(a, b) == {1}


def larger(a: Size, b: Size) -> Size:
    """The larger of two sizes."""
    return a if at_least(a, b) else b


def smaller(a: Size, b: Size) -> Size:
    """The smaller of two sizes."""
    return b if at_least(a, b) else a


def common(a: Interval, b: Interval) -> Interval:
    """What two intervals have in common."""
    return a if a == b else Interval(larger(a.low, b.low), smaller(a.high, b.high))


def met(boxes: Iterable[Box]) -> dict[str, Interval]:
    """What boxes have in common; an index without an interval runs wherever it may."""
    found: dict[str, Interval] = {}
    for box in boxes:
        for index, interval in box.items():
            found[index] = common(found[index], interval) if index in found else interval
    return found


def volume(box: Iterable[Interval]) -> list[Size]:
    """How many places a box has, as factors; ones are left out."""
    return [n for interval in box if (n := interval.length) != 1]


def apart(a: Box, b: Box) -> bool:
    """Whether two boxes have no place in common."""
    return any(above(b[i].low, a[i].high) or above(a[i].low, b[i].high) for i in a.keys() & b.keys() if a[i] != b[i])


def union(boxes: list[dict[str, Interval]]) -> list[dict[str, Interval]]:
    """Boxes that have nothing in common and hold the places of all; a box within another one adds nothing."""
    found: list[dict[str, Interval]] = []
    for box in boxes:
        if any(box == other or within(box, other) for other in found):
            continue
        found = [other for other in found if not within(other, box)]
        if not all(apart(box, other) for other in found):
            raise NotKnown(PLACES)
        found.append(box)
    return found


def within(a: Box, b: Box) -> bool:
    """Whether every place of a box is one of another; not where that is not known."""
    try:
        return a.keys() == b.keys() and all(common(a[i], b[i]) == a[i] for i in a)
    except NotKnown:
        return False


def hull(whole: list[dict[str, Interval]]) -> dict[str, Interval]:
    """The one box that boxes make which lie side by side along a letter."""
    differing = [i for i in whole[0] if any(box[i] != whole[0][i] for box in whole)]
    if not differing:
        return whole[0]
    if len(differing) > 1:
        raise NotKnown(PLACES)
    (letter,) = differing
    left = [box[letter] for box in whole]
    order = [next(one for one in left if not any(above(one.low, other.high) for other in left))]
    while len(order) < len(left):
        behind = [one for one in left if simplified(total((one.low, negative(order[-1].high), -1))) == 0]
        if not behind:
            raise NotKnown(PLACES)
        order += behind
    return whole[0] | {letter: Interval(order[0].low, order[-1].high)}
