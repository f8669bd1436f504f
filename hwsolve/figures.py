"""Drawings as data: what is drawn, and nothing of how."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from hwsolve.formula.tree import Formula
from hwsolve.language import Message

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

    `found`: what is marked is an answer.
    """

    title: Text
    cells: tuple[tuple[str, ...], ...]
    marked: tuple[tuple[int, int], ...] = ()
    found: bool = False


class Node(msgspec.Struct, frozen=True):
    """A unit, a quantity or a layer of a diagram.

    `rank` is its column from 0.  `label` is a symbol or words; `value` and `gradient` are quantities, or None; `shape`:
    circle, box, or fold (a run of units that is not drawn); `size`: the shape of a layer's output as it is written;
    `slope`: the symbol of the gradient, where that is not of what the label names.
    """

    id: str
    label: Formula | Text
    rank: int
    value: Any = None
    gradient: Any = None
    shape: Literal["circle", "box", "fold"] = "circle"
    size: Text = ""
    slope: Formula | Text = ""


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
    is the way in which ranks follow: units to the right, a net of many layers down.
    """

    title: Text
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    caption: Text = ""
    row: tuple[tuple[Formula | Text, Formula | Text], ...] = ()
    frames: tuple[Frame, ...] = ()
    flow: Literal["right", "down"] = "right"


Figure = Curve | Grid | Diagram
