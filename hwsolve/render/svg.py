"""Drawings as SVG inside a page; the page's styles give the colours by class: axis, tick, line0, line1 …, cell,
marked, bar; unit, layer, frame, edge, head, behind, symbol, value, gradient, size.

Each kind of figure has a function in DRAWN.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from math import ceil
from typing import Any

from hwsolve.figures import Bars, Curve, Diagram, Figure, Grid
from hwsolve.formula.notation.unicode import number_text
from hwsolve.language import say
from hwsolve.render.bars import svg_bars
from hwsolve.render.measure import width
from hwsolve.render.plot import ends, headed, reachable, tick
from hwsolve.render.svg_diagram import diagram
from hwsolve.solution import Text

Words = Callable[[Text], str]
ACROSS, DOWN = 640, 260  # a plot
LEFT, RIGHT, TOP, BELOW = 78, 16, 26, 44  # its margins
CHARACTER, LINE = 8.4, 34  # the width of a character in a cell, and the height of a row
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(e-?[0-9]+)?")
LEAST = 11 / 12  # how far a drawing shrinks on a narrow screen: its letters of 12 px to 11; then it is scrolled
COLOURS = 6  # lines that look different


def drawing(figure: Figure, words: Words, id: str) -> str:
    """The figure, "" where there is nothing to draw; `id` names it in the page."""
    inner, across, down, read = DRAWN[type(figure)](figure, words)
    if not inner:
        return ""
    name = figure.title or (figure.caption if isinstance(figure, Diagram) else "") or say("Drawing")
    title = f'<title id="{id}">{escape(words(name))}</title><desc id="{id}-desc">{escape(read)}</desc>'
    labelled = f'role="img" aria-labelledby="{id}" aria-describedby="{id}-desc"'
    size = f'viewBox="0 0 {across} {down}" width="{across}" style="min-width:{ceil(across * LEAST)}px"'
    return f"<svg {size} {labelled}>{title}{inner}</svg>"


Drawn = tuple[str, int, int, str]  # the inside, the size, and all values as they are read out


def curve(figure: Curve, words: Words) -> Drawn:
    """Lines over axes with three marks each."""
    series = [(words(name), reachable(figure, ys)) for name, ys in figure.series]
    points = [p for _, s in series for p in s]
    if not points:
        return "", 0, 0, ""
    low, high = ends([y for _, y in points])
    start, end = ends([x for x, _ in points])

    def across(x: float) -> float:
        return LEFT + (x - start) / (end - start) * (ACROSS - LEFT - RIGHT)

    def down(y: float) -> float:
        return TOP + (high - y) / (high - low) * (DOWN - TOP - BELOW)

    head = words(headed(figure))
    parts = [label(LEFT, TOP - 10, head, "start")]
    for y in (low, (low + high) / 2, high):
        parts.append(f'<path class="axis" d="M{LEFT} {down(y):.1f}H{ACROSS - RIGHT}"/>')
        parts.append(label(LEFT - 8, down(y) + 4, tick(10**y if figure.log else y), "end"))
    parts.append(label(across(start), DOWN - BELOW + 18, tick(start), "start"))
    parts.append(label(across(end), DOWN - BELOW + 18, tick(end), "end"))
    parts.append(label((LEFT + ACROSS - RIGHT) / 2, DOWN - BELOW + 18, words(figure.x_label), "middle"))
    at = LEFT
    for n, (name, s) in enumerate(series):
        places = [(across(x), down(y)) for x, y in s]
        look = f"line{n % COLOURS}"
        path = " ".join([f"{x:.1f},{y:.1f}" for x, y in places])
        parts.append(f'<polyline class="{look}" points="{path}"/>')
        if len(places) == 1:
            parts.append(f'<circle class="point" cx="{places[0][0]:.1f}" cy="{places[0][1]:.1f}" r="3"/>')
        if len(series) > 1:
            parts.append(f'<path class="{look}" d="M{at} {DOWN - 8}h22"/>{label(at + 28, DOWN - 4, name, "start")}')
            at += 44 + ceil(7.2 * width(name))
    read = "; ".join([f"{name}: {read_out(s, figure.log)}" for name, s in series])
    return "".join(parts), ACROSS, DOWN, f"{words(figure.y_label)}, {words(figure.x_label)}. {read}"


def read_out(points: list[tuple[float, float]], log: bool) -> str:
    """The points as text; of many, some evenly spread ones with the first and the last."""
    step = max(ceil((len(points) - 1) / 20), 1)
    kept = [*points[:-1:step], points[-1]] if points else []
    return ", ".join([f"{tick(x)}: {tick(10**y if log else y)}" for x, y in kept])


def grid(figure: Grid, words: Words) -> Drawn:
    """Cells in rows and columns, the marked ones filled, those that are not there dashed, with what they are below."""
    if not figure.cells:
        return "", 0, 0, ""
    cells = [[number_text(c) if NUMBER.fullmatch(c) else c for c in row] for row in figure.cells]
    wide = ceil(max([width(c) for row in cells for c in row]) * CHARACTER) + 20
    wide, marked, outside = max(wide, LINE), set(figure.marked), set(figure.outside)
    parts = []
    for r, row in enumerate(cells, 1):
        for c, cell in enumerate(row, 1):
            x, y = 1 + (c - 1) * wide, 1 + (r - 1) * LINE
            look = "cell" + " marked" * ((r, c) in marked) + " outside" * ((r, c) in outside)
            parts.append(f'<rect class="{look}" x="{x}" y="{y}" width="{wide}" height="{LINE}"/>')
            parts.append(label(x + wide / 2, y + LINE / 2 + 5, cell, "middle"))
    read = "; ".join([", ".join(row) for row in cells])
    places = ", ".join([f"{r}|{c}" for r, c in figure.marked])
    read += f". {words(say('Marked'))}: {places}" if places else ""
    across, down = len(figure.cells[0]) * wide + 2, len(figure.cells) * LINE + 2
    if outside:
        legend, box = words(figure.legend), LINE // 2
        parts.append(f'<rect class="cell outside" x="1" y="{down + box // 2}" width="{box}" height="{box}"/>')
        parts.append(label(box + 8, down + box + 4, legend, "start"))
        read += f". {legend}: {', '.join([f'{r}|{c}' for r, c in figure.outside])}"
        across, down = max(across, box + 12 + ceil(width(legend) * CHARACTER)), down + LINE
    return "".join(parts), across, down, read


def label(x: float, y: float, text: str, anchor: str) -> str:
    """Text at a place."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def bars(figure: Bars, words: Words) -> Drawn:
    """Bars with their names and numbers."""
    return svg_bars(figure, words, label)


DRAWN: dict[type, Callable[[Any, Words], Drawn]] = {Curve: curve, Grid: grid, Diagram: diagram, Bars: bars}
