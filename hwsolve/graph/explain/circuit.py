"""The circuit of a graph: a circle for each number that is given, a box for each array and for what is worked out.

As on a slide, a box says how it is worked out (`= wx + b`), and what comes out where these are few numbers.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import msgspec

from hwsolve.figures import Diagram, Edge, Text
from hwsolve.figures import Node as Drawn
from hwsolve.formula.notation import unicode
from hwsolve.formula.tree import Formula, Number, Ref, transform
from hwsolve.graph.differentiate import gradients_of
from hwsolve.graph.elements import count
from hwsolve.graph.explain.lines import Writer
from hwsolve.graph.explain.matrix import called, matrix_of
from hwsolve.graph.explain.schematic import both_sides
from hwsolve.graph.graph import Graph, Node
from hwsolve.graph.stack import is_stack
from hwsolve.language import Message, say

MOST = 60  # quantities that are drawn
MOST_NUMBERS = 6  # of an array whose values are drawn
LONGEST = 36  # characters of a formula that is drawn
ROLES = ("given", "parameter", "forward", "loss")


def circuit(writer: Writer, values: bool, listed: bool = False) -> Diagram | None:
    """The quantities from the givens to the loss; with `values` the numbers of those that are single ones.

    `listed`: text says what each reads.
    """
    graph = writer.graph
    wanted = {name for n in graph.nodes.values() if n.role in ("forward", "loss") for name in (n.name, *n.inputs)}
    every = [n for n in graph.nodes.values() if n.name in wanted and n.role in ROLES]
    nodes = [msgspec.structs.replace(n, inputs=read(graph, n)) for n in every if not is_stack(graph, n.name)]
    if len(nodes) > MOST:
        return None
    gradients = gradients_of(graph, graph.loss) if values else {}
    ranks: dict[str, int] = {}
    for node in nodes:
        ranks[node.name] = 1 + max([ranks[i] for i in node.inputs if i in ranks], default=-1)
    for node in reversed(nodes):  # what is stated stands just before what reads it
        readers = [ranks[n.name] for n in nodes if node.name in n.inputs]
        if not node.inputs and readers:
            ranks[node.name] = min(readers) - 1
    drawn = [quantity(writer, node, ranks[node.name], values, gradients.get(node.name)) for node in nodes]
    edges = [Edge(name, node.name) for node in nodes for name in dict.fromkeys(node.inputs) if name in ranks]
    caption: Text = ""
    if values and graph.loss:
        loss = Ref(writer.key(graph.loss, ()).name)
        caption = say("Below or above a value stands the gradient of {loss} with respect to it.", loss=loss)
    return Diagram(say("The circuit"), tuple(drawn), tuple(edges), caption, listed=listed)


def on_request(writer: Writer, figure: str | None, values: bool = True) -> tuple[list[Diagram], list[Message]]:
    """The circuit where a problem wants it, or why there is none."""
    if figure != "circuit":
        return [], []
    drawn = circuit(writer, values, listed=True)
    return ([drawn], []) if drawn is not None else ([], [say("More than {n} quantities: no circuit is drawn.", n=MOST)])


def quantity(writer: Writer, node: Node, rank: int, values: bool, gradient: str | None) -> Drawn:
    """A quantity with its formula; with its value and its gradient too, where these are few numbers."""
    label, formula = label_of(writer, node), formula_of(writer, node)
    known = values or writer.is_stated(node.name)
    if (n := count(node.shape)) == 1:
        at = (1,) * len(node.shape)
        value = writer.shown(node.name, at) if known else None
        slope = writer.shown(gradient, at) if gradient is not None else None
        return Drawn(node.name, label, rank, value, slope, shape="box" if formula else "circle", formula=formula)
    shape = tuple([size for size in node.shape if size > 1])
    size = " × ".join(map(str, node.shape))
    if not known or n > MOST_NUMBERS or len(shape) > 2:
        return Drawn(node.name, label, rank, shape="box", size=size, formula=formula)
    slopes = rows_of(writer, gradient, node.shape) if gradient is not None else ()
    numbers = rows_of(writer, node.name, node.shape)
    return Drawn(node.name, label, rank, shape="box", formula=formula, values=numbers, gradients=slopes)


def read(graph: Graph, node: Node) -> tuple[str, ...]:
    """What a quantity is worked out from, the steps of a sequence in place of the array that they make."""
    found: list[str] = []
    for name in node.inputs:
        found += read(graph, graph.nodes[name]) if is_stack(graph, name) and graph.nodes[name].inputs else [name]
    return tuple(found)


def label_of(writer: Writer, node: Node) -> Formula:
    """The symbol of a quantity, that of a step of a sequence with its time."""
    time = writer.graph.labels[node.name].time
    return called(writer, Ref(node.name)) if time is None else Ref(writer.key(node.name, ()).name, (Number(time),))


def rows_of(writer: Writer, name: str, shape: tuple[int, ...]) -> tuple[tuple[Any, ...], ...]:
    """The numbers of an array of one or two axes longer than 1: a vector is one row."""
    numbers = [writer.shown(name, at) for at in product(*(range(1, n + 1) for n in shape))]
    long = [n for n in shape if n > 1]
    wide = long[-1]
    return tuple([tuple(numbers[k : k + wide]) for k in range(0, len(numbers), wide)])


def formula_of(writer: Writer, node: Node) -> Formula | str:
    """How a quantity is worked out, over whole arrays where it is one; nothing where that is long, or has no form."""
    if node.operation is None or node.role not in ("forward", "loss"):
        return ""
    matrix = matrix_of(writer, node)
    if matrix is not None:
        found: Formula = matrix.shown
    else:
        lhs, found = both_sides(writer, node)
        found = without_ones(writer, found)
        if isinstance(lhs, Ref) and lhs.indices:  # the letters of its indices would stand for nothing
            return ""
    return found if len(unicode(found)) <= LONGEST else ""


def without_ones(writer: Writer, f: Formula) -> Formula:
    """A quantity of one element without its indices, as its node is labelled."""
    single = {writer.key(n.name, ()).name for n in writer.graph.nodes.values() if count(n.shape) == 1}
    return transform(f, lambda part: Ref(part.name) if isinstance(part, Ref) and part.name in single else part)
