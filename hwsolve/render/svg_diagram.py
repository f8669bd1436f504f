"""A diagram as SVG: shapes, arrows with heads, and text with filled boxes behind labels."""

from __future__ import annotations

from html import escape
from math import atan2, cos, sin

from hwsolve.figures import Diagram, Edge, Node
from hwsolve.language import say
from hwsolve.render.drawing import laid_out
from hwsolve.render.flow import Arrow, Flow, Layout, Placed, Shape, Words
from hwsolve.render.places import Round

HEAD, OPEN = 8, 0.42  # the length of an arrow's head, and half its angle
BASELINE = 4.5  # from the middle of a row down to its letters' foot


def diagram(figure: Diagram, words: Words) -> tuple[str, int, int, str]:
    """The inside of the drawing, its size, and all values as they are read out."""
    if not figure.nodes:
        return "", 0, 0, ""
    layout = laid_out(figure, words)
    return inside(layout), round(layout.across), round(layout.down), read_out(figure, words)


def inside(layout: Layout) -> str:
    """Frames and arrows below, shapes upon them, text on top."""
    frames = [shape(s) for s in layout.shapes if s.look == "frame"]
    rest = [shape(s) for s in layout.shapes if s.look != "frame"]
    return "".join([*frames, *map(arrow, layout.arrows), *rest, *map(text, layout.texts)])


def shape(s: Shape) -> str:
    """A circle, or a box with round corners."""
    o = s.outline
    if isinstance(o, Round):
        return f'<circle class="{s.look}" cx="{o.x:.1f}" cy="{o.y:.1f}" r="{o.radius:.1f}"/>'
    place = f'x="{o.x - o.wide / 2:.1f}" y="{o.y - o.high / 2:.1f}" width="{o.wide:.1f}" height="{o.high:.1f}"'
    return f'<rect class="{s.look}" {place} rx="5"/>'


def arrow(a: Arrow) -> str:
    """A line and its head."""
    steps = "".join([command(piece) for piece in a.pieces])
    points = a.path().points
    (x, y), tip = points[-2], points[-1]
    angle = atan2(tip[1] - y, tip[0] - x)
    wings = [
        f"{tip[0] - HEAD * cos(angle + side * OPEN):.1f},{tip[1] - HEAD * sin(angle + side * OPEN):.1f}"
        for side in (1, -1)
    ]
    line = f'<path class="edge" d="M{a.start[0]:.1f} {a.start[1]:.1f}{steps}"/>'
    return line + f'<polygon class="head" points="{tip[0]:.1f},{tip[1]:.1f} {wings[0]} {wings[1]}"/>'


def command(piece: tuple[tuple[float, float], ...]) -> str:
    """A straight piece or a bend."""
    return ("L" if len(piece) == 1 else "C") + " ".join([f"{x:.1f} {y:.1f}" for x, y in piece])


def text(t: Placed) -> str:
    """A row of text."""
    box = t.box
    behind = ""
    if t.label:
        place = f'x="{box.x - box.wide / 2:.1f}" y="{box.y - box.high / 2:.1f}"'
        behind = f'<rect class="behind" {place} width="{box.wide:.1f}" height="{box.high:.1f}"/>'
    at = f'x="{box.x:.1f}" y="{box.y + BASELINE:.1f}" text-anchor="middle"'
    parts = t.writing.parts
    if len(parts) == 1:
        return f'{behind}<text class="{parts[0][1]}" {at}>{escape(parts[0][0])}</text>'
    spans = "".join([f'<tspan class="{look}">{escape(part)}</tspan>' for part, look in parts])
    return f'{behind}<text class="symbol" {at}>{spans}</text>'


def read_out(figure: Diagram, words: Words) -> str:
    """All values, for those who do not see them."""
    flow = Flow(figure, words)

    def said(part: Node | Edge, name: str) -> str:
        """A node or an arrow with its numbers."""
        value = f" {part.value.relation} {flow.number(part.value)}" if part.value is not None else ""
        value += of_sum(part)
        size = f": {flow.text(part.size)}" if isinstance(part, Node) and part.size else ""
        text = name + formula_of(part) + value + size
        slopes = flow.array(part.gradients) if isinstance(part, Node) else []
        if part.gradient is None and not slopes:
            return text
        gradient = " ".join(slopes) or flow.number(part.gradient)
        return f"{text}, {words(say('gradient {value}', value=gradient))}"

    def formula_of(part: Node | Edge) -> str:
        """How a node is worked out, and the values of an array."""
        if not isinstance(part, Node):
            return ""
        formula = f" = {flow.text(part.formula)}" if part.formula else ""
        return formula + (f" = {' '.join(flow.array(part.values))}" if part.values else "")

    def of_sum(part: Node | Edge) -> str:
        """What the function of a unit is taken of."""
        if not isinstance(part, Node) or not part.sum:
            return ""
        return f", {flow.text(part.sum)} {part.sum_value.relation} {flow.number(part.sum_value)}"

    nodes = [said(node, flow.text(node.label)) for node in figure.nodes if node.shape != "fold"]
    arrows = []
    for edge in figure.edges:
        ends = f"{flow.text(flow.nodes[edge.start].label)} → {flow.text(flow.nodes[edge.end].label)}"
        arrows.append(said(edge, f"{ends}, {flow.text(edge.label)}" if edge.label else ends))
    return "; ".join([*nodes, *arrows])
