"""What both ways to lay a diagram out share: shapes, arrows and text in their places, and what is written in them."""

from __future__ import annotations

from collections.abc import Callable
from math import hypot

import msgspec

from hwsolve.figures import Diagram, Edge, Node
from hwsolve.formula.notation import unicode
from hwsolve.formula.notation.unicode import number_text
from hwsolve.formula.tree import Formula
from hwsolve.render.cells import Point
from hwsolve.render.measure import width
from hwsolve.render.places import CHARACTER, HIGH, Box, Path, Round
from hwsolve.solution import Quantity, Text

Words = Callable[[Text], str]
MARGIN, LEAST = 14, 24  # around a drawing; the radius of a circle
PADDING = 9  # between the text of a box and its sides
SAMPLES = 10  # straight pieces of a bend


class Writing(msgspec.Struct, frozen=True):
    """A row of text in parts that look differently: symbol, value, gradient, size."""

    parts: tuple[tuple[str, str], ...]

    @property
    def wide(self) -> float:
        """The units that it takes."""
        return CHARACTER * sum([width(text) for text, _ in self.parts])


class Placed(msgspec.Struct, frozen=True):
    """Text with its place; a label has a filled box behind it."""

    writing: Writing
    box: Box
    label: bool = False


class Arrow(msgspec.Struct, frozen=True):
    """A line with a head: its pieces as straight ones, or bends with their two handles."""

    start: Point
    pieces: tuple[tuple[Point, ...], ...]

    def path(self) -> Path:
        """Its points, bends as several straight pieces."""
        points = [self.start]
        for piece in self.pieces:
            if len(piece) == 1:
                points += piece
                continue
            (ax, ay), (bx, by), (cx, cy), (dx, dy) = points[-1], *piece
            for k in range(1, SAMPLES + 1):
                t = k / SAMPLES
                u = 1 - t
                w = (u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t)
                points.append(
                    (w[0] * ax + w[1] * bx + w[2] * cx + w[3] * dx, w[0] * ay + w[1] * by + w[2] * cy + w[3] * dy)
                )
        return Path(tuple(points))


class Shape(msgspec.Struct, frozen=True):
    """A circle or a box, and how it looks: unit, layer or frame."""

    outline: Box | Round
    look: str


class Layout(msgspec.Struct, frozen=True):
    """Everything in its place."""

    across: float
    down: float
    shapes: tuple[Shape, ...]
    arrows: tuple[Arrow, ...]
    texts: tuple[Placed, ...]


class Flow:
    """What both ways to lay a diagram out share: its texts and the nodes of each rank."""

    ease = 1.1  # how much larger than it must be a drawing is, so that labels have a choice

    def __init__(self, diagram: Diagram, words: Words) -> None:
        self.diagram, self.words = diagram, words
        self.nodes = {node.id: node for node in diagram.nodes}
        self.ranks: dict[int, list[Node]] = {}
        for node in sorted(diagram.nodes, key=lambda n: n.rank):
            self.ranks.setdefault(node.rank, []).append(node)
        self.inner = {node.id: self.rows(node) for node in diagram.nodes}
        full = [rows for name, rows in self.inner.items() if self.round(name) and len(rows) > 1]
        self.radii: dict[int, float] = {}  # by the number of rows
        for rows in full:
            self.radii[len(rows)] = max(self.radii.get(len(rows), LEAST), around(rows))
        self.labels = [self.beside(edge) for edge in diagram.edges]

    def attempt(self, spread: float, quick: bool = False) -> Layout | None:
        """Everything in its place, so much further apart; None where a label has none.  `quick`: not the best one."""
        raise NotImplementedError

    def round(self, name: str) -> bool:
        """Whether a node is a circle."""
        return self.nodes[name].shape == "circle"

    def rows(self, node: Node) -> list[Writing]:
        """What stands in a node."""
        rows: list[tuple[tuple[str, str], ...]] = [((self.text(node.label), "symbol"),)]
        if node.sum:
            relation, value = f" {node.sum_value.relation} ", self.number(node.sum_value)
            function = f" = {self.text(node.formula)}" if node.formula else ""
            rows = [((self.text(node.sum) + relation, "symbol"), (value, "value"))]
            rows += [((self.text(node.label) + function, "symbol"),)]
        elif node.formula:
            rows += [((f"= {self.text(node.formula)}", "symbol"),)]
        rows += [((self.number(node.value), "value"),)] if node.value is not None else []
        rows += [((row, "value"),) for row in self.array(node.values)]
        rows += [((row, "gradient"),) for row in self.array(node.gradients)]  # wider than the box, beside it
        rows += [((self.text(node.size), "size"),)] if node.size else []
        return [Writing(row) for row in rows]

    def array(self, rows: tuple[tuple[Quantity, ...], ...]) -> list[str]:
        """A vector in one row, a matrix in several; nothing for nothing."""
        if len(rows) == 1:
            return [f"({', '.join(map(self.number, rows[0]))})"]
        return [f"[{'  '.join(map(self.number, row))}]" for row in rows]

    def slope(self, node: Node) -> Writing | None:
        """The gradient beside a node."""
        if node.gradient is None:
            return None
        relation = f" {node.gradient.relation} " if node.slope else ""
        return Writing(((self.text(node.slope) + relation + self.number(node.gradient), "gradient"),))

    def beside(self, edge: Edge) -> Writing | None:
        """What stands beside an arrow: a weight with its number, and the gradient."""
        text = self.text(edge.label)
        if edge.value is not None:
            text += f" {edge.value.relation} {self.number(edge.value)}"
        parts = [(text, "symbol")] if text else []
        if edge.gradient is not None:
            parts.append((("  " if text else "") + self.number(edge.gradient), "gradient"))
        return Writing(tuple(parts)) if parts else None

    def text(self, label: Formula | Text) -> str:
        """A symbol, or words."""
        return unicode(label) if isinstance(label, Formula) else self.words(label)

    def number(self, value: Quantity) -> str:
        """A number as readers see it."""
        return number_text(value.text)

    def outline(self, name: str, x: float, y: float) -> Box | Round:
        """The shape of a node in its place; circles with as many rows are of one size."""
        rows = self.inner[name]
        if self.round(name):
            return Round(x, y, self.radii[len(rows)] if len(rows) > 1 else max(LEAST, rows[0].wide / 2 + 6))
        wide = max([row.wide for row in rows])
        if self.nodes[name].shape == "fold":
            return Box(x, y, wide, HIGH * len(rows))
        return Box(x, y, wide + 2 * PADDING, HIGH * len(rows) + PADDING)

    def written(self, name: str, x: float, y: float) -> list[Placed]:
        """The rows in a node."""
        rows = self.inner[name]
        top = y - HIGH * (len(rows) - 1) / 2
        return [Placed(row, Box(x, top + HIGH * k, row.wide, HIGH)) for k, row in enumerate(rows)]


def around(rows: list[Writing]) -> float:
    """The radius of a circle that holds rows of text."""
    middle = (len(rows) - 1) / 2
    return max([hypot(row.wide / 2 + 3, HIGH * (abs(k - middle) + 0.3)) for k, row in enumerate(rows)])


def bend(a: Point, b: Point, down: bool = False) -> tuple[Point, ...]:
    """A bend that leaves and reaches its ends level, or upright."""
    if down:
        middle = (a[1] + b[1]) / 2
        return (a[0], middle), (b[0], middle), b
    middle = (a[0] + b[0]) / 2
    return (middle, a[1]), (middle, b[1]), b
