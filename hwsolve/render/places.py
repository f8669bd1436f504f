"""Places for labels: each tries several, and takes one that meets no shape, no other label and no border.

Of those that are free it takes the one that the fewest other lines run through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from math import hypot

import msgspec

from hwsolve.render.cells import Cells, Point

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


class Wanted(msgspec.Struct, frozen=True):
    """A label that looks for its place: its size, the middles that it tries, and the number of its own line.

    One without a line takes the first place that is free.
    """

    wide: float
    high: float
    tries: tuple[Point, ...]
    line: int = -1


class Place(msgspec.Struct, frozen=True):
    """What a drawing holds before its labels, by cells: the shapes, and the straight pieces of its lines."""

    shapes: Cells[Box | Round]
    pieces: Cells[tuple[int, Point, Point]]

    @classmethod
    def of(cls, shapes: Sequence[Box | Round], paths: Sequence[Path]) -> Place:
        """Everything in its cells; a piece with the number of its line."""
        held = cls(Cells(), Cells())
        for shape in shapes:
            held.shapes.put(shape, shape.x, shape.y, shape.wide, shape.high)
        for k, path in enumerate(paths):
            for a, b in path.pieces():
                held.pieces.line((k, a, b), a, b)
        return held

    def free(self, label: Wanted, across: float, down: float) -> Iterator[Box]:
        """The places of a label within the drawing that meet no shape."""
        for x, y in label.tries:
            box = Box(x, y, label.wide, label.high)
            if box.within(across, down) and not meets_any(box, self.shapes):
                yield box

    def crossing(self, box: Box, line: int) -> int:
        """How many lines but a label's own run through a rectangle."""
        found = {line}
        for k, a, b in self.pieces.near(box.x, box.y, box.wide, box.high):
            if k not in found and box.crossed(a, b):
                found.add(k)
        return len(found) - 1


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
    drawn = Place.of(shapes, () if quick else paths)
    free = [Seen(drawn.free(label, across, down)) for label in labels]
    order = list(range(len(labels)))
    for _ in range(AGAIN):
        found: dict[int, Box] = {}
        taken: Cells[Box | Round] = Cells()
        for k in order:
            left = list(islice((box for box in free[k] if not meets_any(box, taken)), 1 if quick else WEIGHED))
            if not left:
                if next(iter(free[k]), None) is None:
                    return None  # none in any order
                order.remove(k)
                order.insert(0, k)
                break
            alone = labels[k].line < 0 or len(left) == 1
            box = found[k] = left[0] if alone else least_crossed(left, labels[k].line, drawn)
            taken.put(box, box.x, box.y, box.wide, box.high)
        else:
            return [found[k] for k in range(len(labels))]
    return None


class Seen:
    """Boxes that are worked out once, when they are first asked for."""

    def __init__(self, rest: Iterator[Box]) -> None:
        self.known: list[Box] = []
        self.rest = rest

    def __iter__(self) -> Iterator[Box]:
        yield from self.known
        for box in self.rest:
            self.known.append(box)
            yield box


def meets_any(box: Box, others: Cells[Box | Round]) -> bool:
    """Whether a rectangle comes too close to one of those."""
    return any(other.meets(box, APART) for other in others.near(box.x, box.y, box.wide, box.high, APART))


def least_crossed(free: Sequence[Box], line: int, drawn: Place) -> Box:
    """The first of the places that the fewest lines run through, but for a label's own."""
    best, least = free[0], -1
    for box in free:
        crossing = drawn.crossing(box, line)
        if least < 0 or crossing < least:
            best, least = box, crossing
        if not least:
            break
    return best
