"""Pictures of a window over a map: the cells that one place reads, and the largest value of each window."""

from __future__ import annotations

from itertools import product
from typing import Any

from hwsolve.figures import Grid
from hwsolve.formula.tree import Ref
from hwsolve.graph.explain.lines import Writer
from hwsolve.graph.graph import Node
from hwsolve.language import say
from hwsolve.layers.axes import Sliding
from hwsolve.layers.correlation import Correlation
from hwsolve.layers.pooling_operations import Maximum, Mean

WIDEST = 10  # cells a side that a picture may have
Place = tuple[int, ...]


def pictures(writer: Writer, node: Node) -> tuple[Grid, ...]:
    """The window of the first and of the last place, and the winners of a maximum; none for maps that are too large."""
    operation: Any = node.operation
    if not isinstance(operation, Correlation | Maximum | Mean):
        return ()
    axes = operation.frame.axes
    x = node.inputs[0]
    if len(axes) > 2 or not all(isinstance(a, Sliding) for a in axes) or any(span(a)[1] > WIDEST for a in axes):
        return ()
    made = [window_of(writer, node, x, place) for place in ends(axes)]
    if isinstance(operation, Maximum):
        made.append(winners(writer, node, x))
    return tuple(made)


def span(axis: Any) -> tuple[int, int]:
    """The first cell that a window covers, counted from 1 in the map, and how many there are to the last."""
    first = min(1, 1 - axis.before)
    reach = axis.dilation * (axis.kernel - 1) + 1
    last = max(axis.side, axis.stride * (axis.places - 1) - axis.before + reach)
    return first, last - first + 1


def drawn(operation: Any, axis: Any) -> range:
    """The cells that are drawn: without those behind the padding where a mean does not count them."""
    first, cells = span(axis)
    end = first + cells
    return range(first, min(end, axis.side + axis.before + 1) if getattr(operation, "over", "") == "padded" else end)


def ends(axes: tuple[Any, ...]) -> list[Place]:
    """The first place and the last one."""
    first, last = (1,) * len(axes), tuple(a.places for a in axes)
    return [first] if first == last else [first, last]


def covered(axes: tuple[Any, ...], place: Place) -> list[tuple[int, ...]]:
    """The cells, axis by axis, that a place reads."""
    return [
        tuple(a.stride * (p - 1) + a.dilation * u + 1 - a.before for u in range(a.kernel))
        for a, p in zip(axes, place, strict=True)
    ]


def picture(writer: Writer, node: Node, x: str, title: Any, marked: set[Place], found: bool = False) -> Grid:
    """The map of the first sample and channel with its padding; `marked` are cells, `found` where that is an answer."""
    operation: Any = node.operation
    axes = operation.frame.axes
    lead = (1,) * (len(writer.graph.nodes[x].shape) - len(axes))
    left_out = isinstance(operation, Maximum) or getattr(operation, "over", "") == "inside"
    legend = say("outside the map: takes no part") if left_out else say("outside the map: {zero}", zero=0)
    rows = [drawn(operation, a) for a in axes]
    if len(rows) == 1:
        rows.insert(0, range(1, 2))

    def inside(at: Place) -> bool:
        return all(1 <= i <= a.side for i, a in zip(at, axes, strict=True))

    def cell(at: Place) -> str:
        return writer.shown(x, lead + at).text if inside(at) else "" if left_out else "0"

    cells = [[(i, j)[-len(axes) :] for j in rows[1]] for i in rows[0]]
    at_place = {(r, c): at for r, row in enumerate(cells, 1) for c, at in enumerate(row, 1)}
    chosen = tuple([place for place, at in at_place.items() if at in marked])
    outside = tuple([place for place, at in at_place.items() if not inside(at)])
    return Grid(title, tuple(tuple(map(cell, row)) for row in cells), chosen, found, outside, legend if outside else "")


def window_of(writer: Writer, node: Node, x: str, place: Place) -> Grid:
    """The cells that one place reads."""
    operation: Any = node.operation
    axes = operation.frame.axes
    lead = (1,) * (len(node.shape) - len(axes))
    title = say(
        "{x}, and the window of {y}", x=Ref(writer.graph.labels[x].symbol), y=writer.key(node.name, lead + place)
    )
    return picture(writer, node, x, title, set(product(*covered(axes, place))))


def winners(writer: Writer, node: Node, x: str) -> Grid:
    """The cells of each window that get its gradient: of several largest ones the first, or all."""
    operation: Any = node.operation
    axes = operation.frame.axes
    array = writer.values[x]
    while array.ndim > len(axes):
        array = array[0]
    windows = operation.frame.arrays()
    value, best = windows.greatest(array)
    first = operation.ties == "first"
    flat = (
        [windows.table[place, k] for place, k in enumerate(best)]
        if first
        else windows.table[windows.equal_to(array, value)]
    )
    width = axes[-1].side
    marked: set[Place] = {(f + 1,) if len(axes) == 1 else (f // width + 1, f % width + 1) for f in map(int, flat)}
    name = Ref(writer.graph.labels[x].symbol)
    title = say("{x}, and the largest value of each window", x=name)
    if not first:
        title = say("{x}, and every cell that has the largest value of a window", x=name)
    return picture(writer, node, x, title, marked, found=True)
