"""What lies near a rectangle: things by the cells of a raster that they touch, so that few are compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")
Point = tuple[float, float]
ACROSS, DOWN = 64, 40  # units of a cell
CLOSE = 1e-6  # how far a line may miss a cell by rounding alone


class Cells(Generic[T]):
    """Things in the cells that they touch."""

    def __init__(self) -> None:
        self.held: dict[tuple[int, int], list[T]] = {}

    def put(self, thing: T, x: float, y: float, wide: float, high: float) -> None:
        """Hold a thing in the cells of the rectangle around it, which is stated by its middle."""
        for cell in touched(x - wide / 2, x + wide / 2, y - high / 2, y + high / 2):
            self.held.setdefault(cell, []).append(thing)

    def line(self, thing: T, a: Point, b: Point) -> None:
        """Hold a thing in the cells that the line from a to b runs through."""
        for cell in run_through(a, b):
            self.held.setdefault(cell, []).append(thing)

    def beside(self, a: Point, b: Point) -> Iterator[T]:
        """What the line from a to b may meet; some of it more than once."""
        for cell in run_through(a, b):
            if cell in self.held:
                yield from self.held[cell]

    def near(self, x: float, y: float, wide: float, high: float, apart: float = 0) -> Iterator[T]:
        """What may come closer to a rectangle than that; some of it more than once."""
        half, tall = wide / 2 + apart, high / 2 + apart
        for cell in touched(x - half, x + half, y - tall, y + tall):
            if cell in self.held:
                yield from self.held[cell]


def touched(left: float, right: float, top: float, bottom: float) -> Iterator[tuple[int, int]]:
    """The cells of a rectangle."""
    for row in range(int(top // DOWN), int(bottom // DOWN) + 1):
        for column in range(int(left // ACROSS), int(right // ACROSS) + 1):
            yield column, row


def run_through(a: Point, b: Point) -> Iterator[tuple[int, int]]:
    """The cells of the line from a to b, row by row."""
    (ax, ay), (bx, by) = (a, b) if a[1] <= b[1] else (b, a)
    for row in range(int((ay - CLOSE) // DOWN), int((by + CLOSE) // DOWN) + 1):
        ends = [ax, bx]
        if by - ay > CLOSE:
            heights = max(ay, row * DOWN - CLOSE), min(by, (row + 1) * DOWN + CLOSE)
            ends = [ax + (bx - ax) * (y - ay) / (by - ay) for y in heights]
        for column in range(int((min(ends) - CLOSE) // ACROSS), int((max(ends) + CLOSE) // ACROSS) + 1):
            yield column, row
