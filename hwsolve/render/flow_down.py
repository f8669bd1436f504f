"""A diagram of boxes laid out from the top down: branches beside each other, shortcuts as bends at the right."""

from __future__ import annotations

from hwsolve.figures import Diagram, Edge, Frame
from hwsolve.render.cells import Point
from hwsolve.render.flow import MARGIN, Arrow, Flow, Layout, Placed, Shape, Words, Writing, bend
from hwsolve.render.places import HIGH, Box, Path, Wanted, placed

GAP, PLAIN, FORK, APART = (
    36,
    24,
    11,
    26,
)  # between rows, and where nothing is between them; from a box up to where a shortcut begins; between branches
BULGE, CORNER = 24, 12  # how far a shortcut goes past the boxes; its corners
FRAMED, NESTED = 9, 6  # between a frame and its boxes, and further for each frame within
SMALL = 0.3  # of the widest box: one that is narrower keeps its width


class Downwards(Flow):
    """Ranks as rows from the top down."""

    def __init__(self, diagram: Diagram, words: Words) -> None:
        super().__init__(diagram, words)
        self.before: dict[str, list[str]] = {name: [] for name in self.nodes}
        for edge in diagram.edges:
            self.before[edge.end].append(edge.start)
        self.widest = max([self.outline(name, 0, 0).wide for name in self.nodes])

    def attempt(self, spread: float, quick: bool = False) -> Layout | None:
        """Rows, then arrows, frames and labels."""
        boxes = self.boxes(spread)
        bulges = self.bulges(boxes)
        lines = self.lines_down(boxes, bulges)
        arrows = [self.arrow(edge, boxes, bulges.get(k), lines) for k, edge in enumerate(self.diagram.edges)]
        paths = [arrow.path() for arrow in arrows]
        frames = [self.frame(frame, boxes, paths) for frame in self.diagram.frames]
        wanted, writings = [], []
        for given, box in zip(self.diagram.frames, frames, strict=True):
            text = Writing(((self.words(given.label), "size"),))
            x = box.x - box.wide / 2 - text.wide / 2 - 6
            places = [(x, box.y + part * box.high) for part in (0, -0.2, 0.2, -0.4, 0.4)]
            wanted.append(Wanted(text.wide, HIGH, tuple(places)))
            writings.append(text)
        for k, (label, path) in enumerate(zip(self.labels, paths, strict=True)):
            if label is not None:
                wanted.append(Wanted(label.wide, HIGH, beside(path, label.wide), k))
                writings.append(label)
        across = max([box.x + box.wide / 2 for box in [*boxes.values(), *frames]])
        across = max([across, *bulges.values(), *[w.tries[0][0] + w.wide / 2 for w in wanted]]) + MARGIN
        down = max([box.y + box.high / 2 for box in [*boxes.values(), *frames]]) + MARGIN
        found = placed(wanted, list(boxes.values()), paths, across, down, quick)
        if found is None:
            return None
        texts = [row for name, box in boxes.items() for row in self.written(name, box.x, box.y)]
        texts += [Placed(writing, box, True) for writing, box in zip(writings, found, strict=True)]
        shapes = [Shape(box, "frame") for box in frames] + [Shape(box, "layer") for box in boxes.values()]
        return Layout(across, down, tuple(shapes), tuple(arrows), tuple(texts))

    # boxes

    def boxes(self, spread: float) -> dict[str, Box]:
        """Every box in its row; a branch below where it begins, what joins branches in their middle."""
        at: dict[str, Box] = {}
        y = float(MARGIN)
        for rank in sorted(self.ranks):
            sizes = {node.id: self.outline(node.id, 0, 0) for node in self.ranks[rank]}
            high = max([box.high for box in sizes.values()])
            for name, x in self.row(list(sizes), at, spread).items():
                at[name] = Box(x, y + high / 2, self.wide(name), high)
            y += high + (GAP if len(self.diagram.edges) >= len(self.nodes) or self.diagram.frames else PLAIN)
        named = [self.left(frame, at) - self.label_room(frame) for frame in self.diagram.frames]
        left = min([*[box.x - box.wide / 2 for box in at.values()], *named]) - MARGIN
        return {name: Box(box.x - left, box.y, box.wide, box.high) for name, box in at.items()}

    def wide(self, name: str) -> float:
        """The width of a box: that of the widest, if it is not much smaller."""
        own = self.outline(name, 0, 0).wide
        return self.widest if own > SMALL * self.widest else max(own, 48)

    def row(self, names: list[str], at: dict[str, Box], spread: float) -> dict[str, float]:
        """The middles of the boxes of a row: those behind one box around it, none upon another."""
        wish: dict[str, float] = {}
        for name in names:
            before = [at[start].x for start in self.before[name]]
            wish[name] = sum(before) / len(before) if before else 0.0
        found: dict[str, float] = {}
        for middle in sorted(set(wish.values())):
            group = [name for name in names if wish[name] == middle]
            total = sum(map(self.wide, group)) + APART * spread * (len(group) - 1)
            x = middle - total / 2
            for name in group:
                found[name] = x + self.wide(name) / 2
                x += self.wide(name) + APART * spread
        edge = None
        for name in sorted(found, key=lambda n: found[n]):
            left = found[name] - self.wide(name) / 2
            if edge is not None and left < edge + APART:
                found[name] += edge + APART - left
            edge = found[name] + self.wide(name) / 2
        return found

    def between(self, edge: Edge, boxes: dict[str, Box]) -> list[Box]:
        """The boxes of the rows that an arrow goes past."""
        first, last = self.nodes[edge.start].rank, self.nodes[edge.end].rank
        return [boxes[node.id] for rank in range(first + 1, last) for node in self.ranks.get(rank, [])]

    # arrows

    def bulges(self, boxes: dict[str, Box]) -> dict[int, float]:
        """How far to the right each shortcut goes: past the boxes, and past the shortcuts within it."""
        found: dict[int, float] = {}
        spans: list[tuple[int, int, float]] = []
        ranked = [(self.nodes[e.start].rank, self.nodes[e.end].rank) for e in self.diagram.edges]
        for k in sorted(range(len(ranked)), key=lambda k: ranked[k][1] - ranked[k][0]):
            edge, (first, last) = self.diagram.edges[k], ranked[k]
            start = boxes[edge.start]
            past = self.between(edge, boxes)
            if not any(abs(box.x - start.x) * 2 < box.wide + 8 for box in past):
                continue
            x = max([box.x + box.wide / 2 for box in [*past, boxes[edge.end]]]) + BULGE
            for low, high, reach in spans:
                if first < high and low < last:
                    x = max(x, reach + BULGE / 2)
            label = self.labels[k]
            found[k] = x
            spans.append((first, last, x + (label.wide + 8 if label is not None else 0)))
        return found

    def lines_down(self, boxes: dict[str, Box], bulges: dict[int, float]) -> set[str]:
        """The boxes with a straight line below them, from which a shortcut may begin."""
        found: set[str] = set()
        for k, edge in enumerate(self.diagram.edges):
            past = self.nodes[edge.end].rank - self.nodes[edge.start].rank > 1
            if k not in bulges and (past or boxes[edge.start].x == boxes[edge.end].x):
                found.add(edge.start)
        return found

    def arrow(self, edge: Edge, boxes: dict[str, Box], bulge: float | None, lines: set[str]) -> Arrow:
        """A line down, or a shortcut from the line below its start, or from the start, round to the side of its end."""
        start, end = boxes[edge.start], boxes[edge.end]
        out, into = (start.x, start.y + start.high / 2), (end.x, end.y - end.high / 2 - 1)
        if bulge is None:
            if self.nodes[edge.end].rank - self.nodes[edge.start].rank == 1:
                return Arrow(out, ((into,),) if out[0] == into[0] else (bend(out, into, True),))
            turn = (start.x, into[1] - GAP + 2)
            return Arrow(out, ((turn,), bend(turn, into, True)) if turn[0] != into[0] else ((into,),))
        below = min([box.y - box.high / 2 for box in self.between(edge, boxes)])
        high, low = below - FORK, end.y
        side = end.x + end.wide / 2 + 1
        first = start.x, high
        away: list[tuple[Point, ...]] = []
        if edge.start not in lines:
            away = [((start.x, high - CORNER),), (first, first, (start.x + CORNER, high))]
        pieces: list[tuple[Point, ...]] = [
            *away,
            ((bulge - CORNER, high),),
            ((bulge, high), (bulge, high), (bulge, high + CORNER)),
            ((bulge, low - CORNER),),
            ((bulge, low), (bulge, low), (bulge - CORNER, low)),
            ((side, low),),
        ]
        return Arrow(out if away else first, tuple(pieces))

    # frames

    def inside(self, frame: Frame) -> int:
        """How many frames are within a frame."""
        return sum(set(other.nodes) < set(frame.nodes) for other in self.diagram.frames)

    def label_room(self, frame: Frame) -> float:
        """What the label of a frame takes at its left."""
        return Writing(((self.words(frame.label), "size"),)).wide + 12

    def left(self, frame: Frame, boxes: dict[str, Box]) -> float:
        """The left side of a frame: it holds its boxes, and the frames within it with their labels."""
        pad = FRAMED + NESTED * self.inside(frame)
        within = [other for other in self.diagram.frames if set(other.nodes) < set(frame.nodes)]
        held = [boxes[name].x - boxes[name].wide / 2 - pad for name in frame.nodes]
        return min([*held, *[self.left(other, boxes) - self.label_room(other) for other in within]])

    def frame(self, frame: Frame, boxes: dict[str, Box], paths: list[Path]) -> Box:
        """The outline around boxes and the shortcuts between them."""
        pad = FRAMED + NESTED * self.inside(frame)
        held = [boxes[name] for name in frame.nodes]
        ends = zip(self.diagram.edges, paths, self.labels, strict=True)
        reach = [
            x + (label.wide + 6 if label is not None else 0)
            for edge, path, label in ends
            if edge.end in frame.nodes
            for x, _ in path.points
        ]
        left = self.left(frame, boxes)
        right = max([*[box.x + box.wide / 2 for box in held], *reach]) + pad
        top = min([box.y - box.high / 2 for box in held]) - pad - FORK + 3
        bottom = max([box.y + box.high / 2 for box in held]) + pad
        return Box((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)


def beside(path: Path, wide: float) -> tuple[Point, ...]:
    """The places that a label tries: at the right of its line, at the left, on it."""
    aside = wide / 2 + 6
    reach = max([x for x, _ in path.points])
    low, high = path.points[0][1], path.points[-1][1]
    heights = [low + part * (high - low) for part in (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8)]
    return tuple([(x, y) for y in heights for x in (reach + aside, reach - aside, reach)])
