"""A network of units laid out: ranks as columns from the left to the right."""

from __future__ import annotations

from itertools import pairwise
from math import hypot

from hwsolve.figures import Diagram, Edge, Node
from hwsolve.render.cells import Cells, Point
from hwsolve.render.flow import MARGIN, Arrow, Flow, Layout, Placed, Shape, Words, Writing, bend
from hwsolve.render.places import HIGH, Box, Path, Round, Wanted, placed


class Sideways(Flow):
    """Ranks as columns from the left to the right; an arrow past a column has a place of its own in it.

    `stacked`: the gradient of a weight stands below it, not behind it.
    """

    def __init__(self, diagram: Diagram, words: Words, stacked: bool = False) -> None:
        super().__init__(diagram, words)
        self.halves = {name: self.outline(name, 0, 0).wide / 2 for name in self.nodes}  # of their widths
        self.stacks = [stack(label, stacked) for label in self.labels]
        self.ease = 1.25 if stacked else self.ease
        self.widens = 0.5 if stacked else 1.0  # how far a drawing that grows gets wider

    def attempt(self, spread: float, quick: bool = False) -> Layout | None:
        """Columns in the middle of each other, then arrows, then labels."""
        slopes = {name: slope for name, node in self.nodes.items() if (slope := self.slope(node)) is not None}
        gap = (18 + (HIGH + 6 if slopes else 0)) * spread
        heights = {r: self.column(nodes, r) for r, nodes in self.ranks.items()}
        tall = max(sum(h for _, h in column) + gap * (len(column) - 1) for column in heights.values())
        top = MARGIN + (HIGH + 6 if slopes else 0)
        at: dict[object, Point] = {}
        x, half = float(MARGIN), 0.0
        for rank, column in sorted(heights.items()):
            half = self.widest(rank)
            x += half
            y = top + (tall - sum(h for _, h in column) - gap * (len(column) - 1)) / 2
            for what, high in column:
                at[what] = x, y + high / 2
                y += high + gap
            x += half + self.room(rank) * spread**self.widens
        across = x + self.overhang(slopes)
        if slopes:
            at = {what: (x + self.overhang(slopes), y) for what, (x, y) in at.items()}
            across += self.overhang(slopes)
        return self.finished(at, slopes, across + MARGIN, 2 * top + tall, quick)

    def column(self, nodes: list[Node], rank: int) -> list[tuple[object, float]]:
        """What stands in a column with its height: nodes, and arrows that go past them, beside where they start."""
        found: list[tuple[float, object, float]] = []
        for k, node in enumerate(nodes):
            found.append(((k + 0.5) / len(nodes), node.id, self.outline(node.id, 0, 0).high))
        for k, edge in enumerate(self.diagram.edges):
            before = self.nodes[edge.start].rank
            if before < rank < self.nodes[edge.end].rank:
                beside = [node.id for node in self.ranks[before]]
                found.append(((beside.index(edge.start) + 0.5) / len(beside) + 1e-6, (k, rank), HIGH))
        return [(what, high) for _, what, high in sorted(found, key=lambda one: one[0])]

    def room(self, rank: int) -> float:
        """How far a column is from the next."""
        if rank == max(self.ranks):
            return 0
        pairs = zip(self.diagram.edges, self.stacks, strict=True)
        return max([64, *[1.3 * t.wide + 36 for e, rows in pairs for t in rows if self.nodes[e.start].rank == rank]])

    def overhang(self, slopes: dict[str, Writing]) -> float:
        """How much wider a gradient is than the node that it stands at, on either side."""
        return max([0, *[slope.wide / 2 - self.halves[name] for name, slope in slopes.items()]])

    def finished(
        self, at: dict[object, Point], slopes: dict[str, Writing], across: float, down: float, quick: bool
    ) -> Layout | None:
        """Arrows between what has its place, and all labels."""
        outlines = {name: self.outline(name, *at[name]) for name in self.nodes}
        held: Cells[tuple[str, Box | Round]] = Cells()
        for name, outline in outlines.items():
            held.put((name, outline), outline.x, outline.y, outline.wide, outline.high)
        arrows = [self.arrow(k, edge, at, outlines, held) for k, edge in enumerate(self.diagram.edges)]
        paths = [arrow.path() for arrow in arrows]
        wanted: list[Wanted] = []
        writings: list[tuple[Writing, ...]] = []
        for name, slope in slopes.items():
            x, y = at[name]
            beyond = max(outlines[name].high / 2 + HIGH / 2 + 4, 0 if self.round(name) else HIGH * 2)
            sides = (-1, 1) if y <= down / 2 + 1 else (1, -1)
            wanted.append(Wanted(slope.wide, HIGH, tuple([(x, y + side * beyond) for side in sides])))
            writings.append((slope,))
        order = sorted(range(len(paths)), key=lambda k: -abs(paths[k].points[0][1] - paths[k].points[-1][1]))
        for k in order:
            if rows := self.stacks[k]:
                wide, high = max([row.wide for row in rows]), HIGH * len(rows)
                wanted.append(Wanted(wide, high, along(paths[k], high), k))
                writings.append(rows)
        boxes = placed(wanted, list(outlines.values()), paths, across, down, quick)
        if boxes is None:
            return None
        texts = [row for name in self.nodes for row in self.written(name, *at[name])]
        texts += [text for rows, box in zip(writings, boxes, strict=True) for text in in_rows(rows, box)]
        shapes = [
            Shape(outline, "unit" if self.round(name) else "layer")
            for name, outline in outlines.items()
            if self.nodes[name].shape != "fold"
        ]
        return Layout(across, down, tuple(shapes), tuple(arrows), tuple(texts))

    def arrow(
        self,
        k: int,
        edge: Edge,
        at: dict[object, Point],
        outlines: dict[str, Box | Round],
        held: Cells[tuple[str, Box | Round]],
    ) -> Arrow:
        """A straight arrow where nothing stands in its way, else one that bends between and past the columns."""
        start, end = at[edge.start], at[edge.end]
        first, last = self.nodes[edge.start].rank, self.nodes[edge.end].rank
        straight = border(outlines[edge.start], end), border(outlines[edge.end], start)
        if last - first == 1 and not any(
            outline.crossed(*straight) for name, outline in held.beside(*straight) if name not in (edge.start, edge.end)
        ):
            return Arrow(straight[0], (straight[1:],))
        stops = [(start[0] + self.widest(first), start[1])]
        for rank in range(first + 1, last):
            x, y = at[k, rank]
            stops += [(x - self.widest(rank), y), (x + self.widest(rank), y)]
        stops.append((end[0] - self.widest(last), end[1]))
        pieces = [bend(a, b) if n % 2 == 0 else (b,) for n, (a, b) in enumerate(pairwise(stops))]
        edges = (start[0] + self.halves[edge.start], start[1]), (end[0] - self.halves[edge.end], end[1])
        before = [(stops[0],)] if edges[0] != stops[0] else []
        behind = [(edges[1],)] if edges[1] != stops[-1] else []
        return Arrow(edges[0], (*before, *pieces, *behind))

    def widest(self, rank: int) -> float:
        """Half the width of a column."""
        return max([self.halves[node.id] for node in self.ranks[rank]])


def stack(label: Writing | None, stacked: bool) -> tuple[Writing, ...]:
    """The rows of a label; none where there is none."""
    if label is None:
        return ()
    if not stacked:
        return (label,)
    return tuple([Writing(((text.strip(), look),)) for text, look in label.parts])


def in_rows(rows: tuple[Writing, ...], box: Box) -> list[Placed]:
    """The rows of a label below each other in its place."""
    top = box.y - box.high / 2 + HIGH / 2
    return [Placed(row, Box(box.x, top + HIGH * k, row.wide, HIGH), True) for k, row in enumerate(rows)]


def along(path: Path, high: float) -> tuple[Point, ...]:
    """The places that a label tries along its arrow: on it, above and below; above first where it is level."""
    (ax, ay), (bx, by) = path.points[0], path.points[-1]
    aside = high / 2 + 3
    offsets = (-aside, aside, 0) if abs(by - ay) < 0.08 * abs(bx - ax) and len(path.points) == 2 else (0, -aside, aside)
    parts = (
        0.5,
        0.42,
        0.58,
        0.34,
        0.66,
        0.27,
        0.73,
        0.21,
        0.79,
        0.16,
        0.84,
        0.12,
        0.88,
        0.46,
        0.54,
        0.38,
        0.62,
        0.3,
        0.7,
    )
    return tuple([(x, y + offset) for part in parts for x, y in [path.at(part)] for offset in offsets])


def border(outline: Box | Round, towards: Point) -> Point:
    """Where a line from the middle of a shape leaves it."""
    dx, dy = towards[0] - outline.x, towards[1] - outline.y
    if isinstance(outline, Round):
        part = (outline.radius + 1) / (hypot(dx, dy) or 1)
    else:
        sides = [(outline.wide / 2 + 1) / abs(dx) if dx else 2.0, (outline.high / 2 + 1) / abs(dy) if dy else 2.0]
        part = min(sides)
    return outline.x + dx * part, outline.y + dy * part
