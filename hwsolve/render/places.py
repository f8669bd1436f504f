"""Places for labels: each tries several, and takes one that meets no shape, no other label and no border.

Of those that are free it takes the one that the fewest other lines run through.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import hypot

import msgspec

Point = tuple[float, float]
CHARACTER = 7.2  # units of a character at SIZE
SIZE, HIGH = 13, 17  # of a label: its letters, and the height of a row
APART = 3  # units between a label and what it must not meet
WEIGHED = 24  # free places that are compared
AGAIN = 8  # how often the label that found no place comes first


class Box(msgspec.Struct, frozen=True):
    """A rectangle around its middle."""

    x: float
    y: float
    wide: float
    high: float

    def meets(self, other: Box, apart: float = 0) -> bool:
        """Whether two rectangles come closer than that."""
        return (
            abs(self.x - other.x) * 2 < self.wide + other.wide + 2 * apart
            and abs(self.y - other.y) * 2 < self.high + other.high + 2 * apart
        )

    def within(self, across: float, down: float) -> bool:
        """Whether it lies in a drawing."""
        left, top = self.x - self.wide / 2, self.y - self.high / 2
        return left >= 0 and top >= 0 and left + self.wide <= across and top + self.high <= down

    def crossed(self, a: Point, b: Point) -> bool:
        """Whether a line from a to b runs through it."""
        near, far = 0.0, 1.0
        for start, end, middle, size in ((a[0], b[0], self.x, self.wide), (a[1], b[1], self.y, self.high)):
            low, high, step = middle - size / 2 - start, middle + size / 2 - start, end - start
            if abs(step) < 1e-9:
                if low > 0 or high < 0:
                    return False
                continue
            first, last = sorted((low / step, high / step))
            near, far = max(near, first), min(far, last)
            if near > far:
                return False
        return True


class Round(msgspec.Struct, frozen=True):
    """A circle."""

    x: float
    y: float
    radius: float

    @property
    def wide(self) -> float:
        """Its width."""
        return 2 * self.radius

    @property
    def high(self) -> float:
        """Its height."""
        return 2 * self.radius

    def meets(self, box: Box, apart: float = 0) -> bool:
        """Whether a rectangle comes closer than that."""
        dx = max(abs(box.x - self.x) - box.wide / 2, 0)
        dy = max(abs(box.y - self.y) - box.high / 2, 0)
        return hypot(dx, dy) < self.radius + apart

    def crossed(self, a: Point, b: Point) -> bool:
        """Whether a line from a to b runs through it."""
        across, down = b[0] - a[0], b[1] - a[1]
        part = ((self.x - a[0]) * across + (self.y - a[1]) * down) / (across**2 + down**2 or 1)
        part = min(max(part, 0), 1)
        return hypot(a[0] + part * across - self.x, a[1] + part * down - self.y) < self.radius


class Path(msgspec.Struct, frozen=True):
    """The points of a line."""

    points: tuple[Point, ...]

    def at(self, part: float) -> Point:
        """The point after a part of its length, from 0 to 1."""
        lengths = [hypot(b[0] - a[0], b[1] - a[1]) for a, b in self.pieces()]
        left = part * sum(lengths)
        for (a, b), length in zip(self.pieces(), lengths, strict=True):
            if left <= length and length:
                return a[0] + (b[0] - a[0]) * left / length, a[1] + (b[1] - a[1]) * left / length
            left -= length
        return self.points[-1]

    def pieces(self) -> Iterable[tuple[Point, Point]]:
        """Its straight pieces."""
        return zip(self.points, self.points[1:], strict=False)

    def crosses(self, box: Box) -> bool:
        """Whether it runs through a rectangle."""
        (ax, ay), (bx, by) = self.points[0], self.points[-1]
        if len(self.points) == 2 and (abs(ax + bx - 2 * box.x) > abs(ax - bx) + box.wide):
            return False
        if len(self.points) == 2 and (abs(ay + by - 2 * box.y) > abs(ay - by) + box.high):
            return False
        return any(box.crossed(a, b) for a, b in self.pieces())


class Wanted(msgspec.Struct, frozen=True):
    """A label that looks for its place: its size, the middles that it tries, and the number of its own line.

    One without a line takes the first place that is free.
    """

    wide: float
    high: float
    tries: tuple[Point, ...]
    line: int = -1


def placed(
    labels: Sequence[Wanted],
    shapes: Sequence[Box | Round],
    paths: Sequence[Path],
    across: float,
    down: float,
    quick: bool = False,
) -> list[Box] | None:
    """A place for each label; None where one finds none, though it was the first to choose.

    `quick` takes the first place that is free.
    """
    free = [places_of(label, shapes, across, down) for label in labels]
    order = list(range(len(labels)))
    for _ in range(AGAIN):
        found: dict[int, Box] = {}
        for k in order:
            left: list[Box] = []
            for box in free[k]:
                if not any([box.meets(other, APART) for other in found.values()]):
                    left.append(box)
                    if quick or len(left) == WEIGHED:
                        break
            if not left:
                order.remove(k)
                order.insert(0, k)
                break
            alone = labels[k].line < 0 or len(left) == 1
            found[k] = left[0] if alone else least_crossed(left, labels[k].line, paths)
        else:
            return [found[k] for k in range(len(labels))]
    return None


def places_of(label: Wanted, shapes: Sequence[Box | Round], across: float, down: float) -> list[Box]:
    """The places within the drawing that meet no shape."""
    boxes = [Box(x, y, label.wide, label.high) for x, y in label.tries]
    inside = [box for box in boxes if box.within(across, down)]
    return [box for box in inside if not any([shape.meets(box, APART) for shape in shapes])]


def least_crossed(free: Sequence[Box], line: int, paths: Sequence[Path]) -> Box:
    """The first of the places that the fewest lines run through, but for a label's own."""
    best, least = free[0], len(paths) + 1
    for box in free:
        crossing = sum([path.crosses(box) for k, path in enumerate(paths) if k != line])
        if crossing < least:
            best, least = box, crossing
        if not least:
            break
    return best
