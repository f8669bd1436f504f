"""A curve in characters: dots of Braille for one series, a mark for each of several; axes with labels, log scale."""

from __future__ import annotations

from collections.abc import Callable
from math import floor, isfinite, log10

from hwsolve.figures import Curve
from hwsolve.formula.notation.unicode import number_text
from hwsolve.language import say
from hwsolve.render.measure import left, right, width
from hwsolve.solution import Text

FARTHEST = 1e300  # a point beyond is not drawn
HEIGHT, WIDEST = 12, 72
MARKS = "•+×o*#%@"
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # Braille: 4 rows of 2 dots in a character


def headed(curve: Curve) -> Text:
    """What the upright axis is of."""
    return (
        say("{name} ({formula})", name=curve.y_label, formula=say("logarithmic scale")) if curve.log else curve.y_label
    )


def plot(curve: Curve, columns: int, words: Callable[[Text], str]) -> list[str]:
    """The rows of the drawing; empty where there is nothing to draw."""
    series = [reachable(curve, ys) for _, ys in curve.series]
    points = [p for s in series for p in s]
    if not points:
        return []
    low, high = ends([y for _, y in points])
    start, end = ends([x for x, _ in points])
    ticks = {0: high, HEIGHT // 2: (high + low) / 2 + (low - high) / (2 * (HEIGHT - 1)), HEIGHT - 1: low}
    labels = {row: tick(10**y if curve.log else y) for row, y in ticks.items()}
    margin = max(width(t) for t in labels.values())
    across = max(min(columns, WIDEST) - margin - 3, 10)
    canvas = Canvas(across, HEIGHT)
    for n, s in enumerate(series):
        mark = "" if len(series) == 1 else MARKS[n % len(MARKS)]
        for x, y in s:
            canvas.put((x - start) / (end - start), (high - y) / (high - low), mark)
    head = words(headed(curve))
    rows = [" " * (margin + 1) + head]
    for n, text in enumerate(canvas.rows()):
        rows.append(f"{right(labels[n], margin)} ┤{text}" if n in labels else f"{' ' * margin} │{text}")
    rows.append(" " * (margin + 1) + "└" + "─" * across)
    begin, finish = tick(start), tick(end)
    name = words(curve.x_label)
    gap = max(across - width(begin) - width(finish), width(name) + 2)
    rows.append(" " * (margin + 2) + begin + left(" " * ((gap - width(name)) // 2) + name, gap) + finish)
    if len(series) > 1:
        legend = "   ".join(f"{MARKS[n % len(MARKS)]} {words(name)}" for n, (name, _) in enumerate(curve.series))
        rows.append(" " * (margin + 2) + legend)
    return [row.rstrip() for row in rows]


def reachable(curve: Curve, ys: tuple[float, ...]) -> list[tuple[float, float]]:
    """The points that can be drawn, with the logarithm of y where the scale is one."""
    points = [(x, y) for x, y in zip(curve.x, ys, strict=True) if isfinite(x) and abs(y) < FARTHEST]
    return [(x, log10(y)) for x, y in points if y > 0] if curve.log else points


def ends(values: list[float]) -> tuple[float, float]:
    """The least and the greatest, apart from each other."""
    low, high = min(values), max(values)
    margin = max(0.5, abs(high) / 1000)
    return (low, high) if high > low else (low - margin, high + margin)


def tick(value: float) -> str:
    """A label of three digits."""
    if value == 0:
        return "0"
    power = floor(log10(abs(value)))
    if -5 < power < 3:
        return number_text(f"{value:.3g}")
    return number_text(f"{value:.0f}" if power < 7 and value == int(value) else f"{value:.2e}")


class Canvas:
    """A field of characters; places are fractions of its width and height from the upper left."""

    def __init__(self, across: int, down: int) -> None:
        self.across, self.down = across, down
        self.cells = [[0] * across for _ in range(down)]
        self.marks: dict[tuple[int, int], str] = {}

    def put(self, x: float, y: float, mark: str) -> None:
        """A dot, or a mark in the character that the place is in."""
        column, row = round(x * (2 * self.across - 1)), round(y * (4 * self.down - 1))
        self.cells[row // 4][column // 2] |= DOTS[row % 4][column % 2]
        if mark:
            self.marks.setdefault((row // 4, column // 2), mark)

    def rows(self) -> list[str]:
        """The field as text."""
        return [
            "".join([self.marks.get((r, c)) or (chr(0x2800 + dots) if dots else " ") for c, dots in enumerate(cells)])
            for r, cells in enumerate(self.cells)
        ]
