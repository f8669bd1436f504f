"""Drawings as data: what is drawn, and nothing of how."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from hwsolve.formula.tree import Formula
from hwsolve.language import Message, say

Text = Message | str


class Curve(msgspec.Struct, frozen=True):
    """A figure: y over x, one or more named series."""

    title: Text
    x_label: Text
    y_label: Text
    x: tuple[float, ...]
    series: tuple[tuple[Text, tuple[float, ...]], ...]
    log: bool = False


class Grid(msgspec.Struct, frozen=True):
    """A figure: a matrix of cells, with some of them marked (row, column from 1).

    `found`: what is marked is an answer.  `outside`: cells that are not there, with a mark of their own; `legend` says
    what they are.
    """

    title: Text
    cells: tuple[tuple[str, ...], ...]
    marked: tuple[tuple[int, int], ...] = ()
    found: bool = False
    outside: tuple[tuple[int, int], ...] = ()
    legend: Text = ""


OUTSIDE, OUTSIDE_ASCII = "·", "."  # a cell that is not there, where a cell is text


def shown_cells(figure: Grid, sign: str) -> list[list[str]]:
    """The cells as text, with a sign for those that are not there."""
    outside = set(figure.outside)
    return [[sign if (r, c) in outside else t for c, t in enumerate(row, 1)] for r, row in enumerate(figure.cells, 1)]


class Node(msgspec.Struct, frozen=True):
    """A unit, a quantity or a layer of a diagram.

    `rank` is its column from 0.  `label` is a symbol or words; `value` and `gradient` are quantities, or None; `shape`:
    circle, box, or fold (a run of units that is not drawn); `size`: the shape of a layer's output as it is written;
    `slope`: the symbol of the gradient, where that is not of what the label names.  `formula`: how it is worked out;
    `values` and `gradients` of a small array are rows of quantities.  `sum`, with its value: what the function of a
    unit is taken of; then `formula` is this function.
    """

    id: str
    label: Formula | Text
    rank: int
    value: Any = None
    gradient: Any = None
    shape: Literal["circle", "box", "fold"] = "circle"
    size: Text = ""
    slope: Formula | Text = ""
    formula: Formula | Text = ""
    values: tuple[tuple[Any, ...], ...] = ()
    gradients: tuple[tuple[Any, ...], ...] = ()
    sum: Formula | Text = ""
    sum_value: Any = None


class Edge(msgspec.Struct, frozen=True):
    """An arrow between two nodes: a weight, an operation, or a shortcut, with its value and gradient."""

    start: str
    end: str
    label: Formula | Text = ""
    value: Any = None
    gradient: Any = None


class Frame(msgspec.Struct, frozen=True):
    """Nodes that stand more than once: `label` says how often."""

    nodes: tuple[str, ...]
    label: Text


class Diagram(msgspec.Struct, frozen=True):
    """The network of units, the circuit of an expression, or the graph of a net.

    `row` is what text shows of it: labels of nodes with what stands on the arrow to each, `x ─v→ α ─ReLU→ b`.  `flow`
    is the way in which ranks follow: units to the right, a net of many layers down.  `listed`: text shows what each
    node is worked out from, where there is no row.
    """

    title: Text
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    caption: Text = ""
    row: tuple[tuple[Formula | Text, Formula | Text], ...] = ()
    frames: tuple[Frame, ...] = ()
    flow: Literal["right", "down"] = "right"
    listed: bool = False

    def wires(self) -> list[Message]:
        """What text shows where there is no row: for each node that reads others those, its value and its gradient."""
        labels = {node.id: node.label for node in self.nodes}
        read = [(node, tuple(labels[e.start] for e in self.edges if e.end == node.id)) for node in self.nodes]
        return [wire(node, before) for node, before in read if before] if self.listed else []


def wire(node: Node, before: tuple[Formula | Text, ...]) -> Message:
    """A node and what it reads."""
    known = {"before": before, "label": node.label}
    if node.value is None:
        return say("{before} → {label}", **known)
    value = Message("{relation} {value}", {"relation": node.value.relation, "value": node.value})
    if node.gradient is None:
        return say("{before} → {label} {value}", **known, value=value)
    return say("{before} → {label} {value}, gradient {gradient}", **known, value=value, gradient=node.gradient)


class Bars(msgspec.Struct, frozen=True):
    """A figure: a bar for each name, as long as its number; the numbers are whole and none is below 0."""

    title: Text
    bars: tuple[tuple[Text, int], ...]


Figure = Curve | Grid | Diagram | Bars
