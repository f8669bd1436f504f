"""The network as a drawing: its units and weights with their numbers, and in one row its quantities."""

from __future__ import annotations

from collections.abc import Container
from itertools import pairwise
from math import prod

import msgspec

from hwsolve.figures import Diagram, Edge, Text
from hwsolve.figures import Node as Circle
from hwsolve.formula.functions import function
from hwsolve.formula.notation import plain
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref, call, walk
from hwsolve.formula.whole_arrays import whole
from hwsolve.graph.elements import Indices, elements
from hwsolve.graph.explain.lines import Writer
from hwsolve.graph.explain.origin import is_view
from hwsolve.graph.graph import Graph, Node
from hwsolve.graph.operation import forward_schematic
from hwsolve.language import say
from hwsolve.solution import Quantity

SHOWN = 6  # units of a column that are all drawn; of more the first three and the last


def diagram(writer: Writer) -> Diagram | None:
    """The drawing of a network with what is given: of a long or branched one its row alone, where it is one."""
    path = path_of(writer.graph)
    if path is None:
        return None
    row = tuple((arrow(writer, node), quantity(writer, node.name)) for node in path)
    circles, edges = units(writer, path, ())
    return Diagram(say("The network"), tuple(map(as_given, circles)), edges, row=row)


def as_given(unit: Circle) -> Circle:
    """A unit without what is still to be worked out."""
    return unit if unit.rank == 0 else msgspec.structs.replace(unit, value=None, sum="", sum_value=None)


def with_numbers(writer: Writer, asked: Container[str] | None = None) -> Diagram | None:
    """The units with the numbers of both passes; of gradients those that are `asked`, or that one of them rests on."""
    path = path_of(writer.graph)
    circles, edges = units(writer, path, asked) if path is not None else ((), ())
    if not circles:
        return None
    caption: Text = ""
    parts: list[Circle | Edge] = [*circles, *edges]
    if any(part.gradient is not None for part in parts):
        caption = say("Beside values stand the gradients.")
        if loss := writer.graph.loss:
            caption = say("Beside values stand the gradients of {loss}.", loss=quantity(writer, loss))
    return Diagram(say("The network with its numbers"), circles, edges, caption)


def path_of(graph: Graph) -> list[Node] | None:
    """The quantities from the input to the loss, each from the one before; None where they branch or join.

    A probability that the loss takes apart belongs to the path, as what its layer gives.
    """
    inner = [n for n in graph.nodes.values() if n.role in ("forward", "loss") and not is_view(graph, n.name)]
    inputs = [n for n in graph.nodes.values() if n.role == "given" and n.of == "input"]
    if len(inputs) != 1 or not inner:
        return None
    path = [inputs[0]]
    for node in inner:
        data = [i for i in node.inputs if graph.nodes[i].role == "forward" or graph.nodes[i].of == "input"]
        last = path[-1].name
        if last not in [seen(graph, i) for i in data]:
            return None
        if any(
            seen(graph, i) not in (last, path[-2].name if len(path) > 1 and node.role == "loss" else last) for i in data
        ):
            return None
        path.append(node)
    return path


def seen(graph: Graph, name: str) -> str:
    """The quantity that one only shows in another place."""
    while graph.nodes[name].role == "forward" and is_view(graph, name):
        name = graph.nodes[name].inputs[0]
    return name


def quantity(writer: Writer, name: str) -> Formula:
    """The symbol of a quantity."""
    key = writer.key(name, ()).name
    return whole(key) if writer.graph.nodes[name].shape else Ref(key)


def arrow(writer: Writer, node: Node) -> Formula | Text:
    """What stands on the arrow to a quantity: the parameters that it reads, or the function that it is."""
    graph = writer.graph
    read = [i for i in node.inputs if graph.nodes[i].role == "parameter"]
    if node.role != "forward" or node.operation is None:
        return ""
    match parse(node.operation.text()):
        case Call(name, (Ref(), *_)) if (known := function(name)) is not None:
            return known.shown
    if len(read) == 1:
        return quantity(writer, read[0])
    if read:
        return say("{first},{second}", first=quantity(writer, read[0]), second=quantity(writer, read[1]))
    return node.layer.rstrip("0123456789").rpartition(".")[2]


# the units


def units(
    writer: Writer, path: list[Node], asked: Container[str] | None
) -> tuple[tuple[Circle, ...], tuple[Edge, ...]]:
    """A column of units for the inputs, each layer of units and the loss, and their weights; of one sample alone."""
    graph = writer.graph
    if graph.batched or any(len(node.shape) > 1 for node in path):
        return (), ()
    columns = [path[0]]
    sums: dict[str, Node] = {}
    for before, node in pairwise(path):
        if columns[-1] is before and len(columns) > 1 and node.operation is not None and node.operation.by_element:
            sums[node.name] = sums.pop(before.name, before)
            columns[-1] = node  # a unit is what its function gives
        else:
            columns.append(node)
            sums[node.name] = node
    every = [n for n in graph.nodes.values() if n.role == "gradient"]
    gradients = {n.of: n.name for n in every if asked is None or n.name in asked}
    circles = [one for rank, node in enumerate(columns) for one in column(writer, node, rank, sums, gradients)]
    edges = [e for a, b in pairwise(columns) for e in between(writer, a, sums[b.name], b, gradients)]
    return tuple(circles), tuple(edges)


def drawn(shape: tuple[int, ...]) -> list[Indices]:
    """The units of a column that are drawn."""
    every = elements(shape)
    return every if len(every) <= SHOWN else [*every[:3], every[-1]]


def column(writer: Writer, node: Node, rank: int, sums: dict[str, Node], gradients: dict[str, str]) -> list[Circle]:
    """The units of a quantity with their values, and the gradients of what comes in."""
    made: list[Circle] = []
    every = drawn(node.shape)
    into = sums.get(node.name, node).name
    for n, at in enumerate(every):
        if n == 3 and prod(node.shape) > SHOWN:
            made.append(Circle(f"{node.name}…", "⋮", rank, shape="fold"))
        slope = value(writer, gradients[into], at) if into in gradients else None
        by = label(writer, gradients[into], at) if slope is not None and node.role == "given" else ""
        own = label(writer, node.name, at), rank, value(writer, node.name, at), slope
        unit = Circle(name_of(node, at), *own, slope=by)
        made.append(unit if into == node.name else with_sum(unit, writer, node, into, at, gradients.get(into)))
    return made


def with_sum(unit: Circle, writer: Writer, node: Node, into: str, at: Indices, slope: str | None) -> Circle:
    """A unit that is a function of a sum: with the sum, the function, and what the gradient is by."""
    total = label(writer, into, at)
    match parse(node.operation.text()) if node.operation is not None and node.inputs[0] == into else None:
        case Call(name, (Ref(),)) if function(name) is not None:
            taken: Formula | Text = Call(name, (total,))
        case _:
            taken = ""
    by = label(writer, slope, at) if slope is not None else ""
    return msgspec.structs.replace(unit, slope=by, formula=taken, sum=total, sum_value=value(writer, into, at))


def between(writer: Writer, a: Node, total: Node, b: Node, gradients: dict[str, str]) -> list[Edge]:
    """The weights from one column to the next; plain arrows where there are none."""
    weight = weight_of(writer, a, total)
    made: list[Edge] = []
    for start in drawn(a.shape):
        for end in drawn(b.shape):
            if weight is None:
                elementwise = total.operation is not None and total.operation.by_element
                if elementwise and len(a.shape) == len(b.shape) and start != end:
                    continue
                made.append(Edge(name_of(a, start), name_of(b, end)))
                continue
            name, turned = weight
            at = (*start, *end) if turned else (*end, *start)
            slope = value(writer, gradients[name], at) if name in gradients else None
            made.append(
                Edge(name_of(a, start), name_of(b, end), label(writer, name, at), value(writer, name, at), slope)
            )
    return made


def weight_of(writer: Writer, a: Node, total: Node) -> tuple[str, bool] | None:
    """The matrix whose products with the units a column sums up, and whether its rows are theirs."""
    if total.operation is None:
        return None
    names = dict(zip(total.operation.inputs, total.inputs, strict=False))
    schematic = forward_schematic(total.operation, len(total.shape))
    for part in walk(schematic.formula):
        match part:
            case BigOperator("Sum", Call("*", (Ref(w, (Ref(i), Ref())), Ref(x, (Ref(k),)))), bound) if k == bound:
                if names.get(x) == a.name and writer.graph.nodes[names[w]].role == "parameter":
                    return names[w], i == bound
    return None


def name_of(node: Node, at: Indices) -> str:
    """The name of a unit within the drawing."""
    return plain(Ref(node.name.replace("#", "n"), tuple(map(Number, at))))


def label(writer: Writer, name: str, at: Indices) -> Formula:
    """The symbol of an element; one alone is written as its quantity."""
    key, shape = writer.key(name, at), writer.graph.nodes[name].shape
    return call("unit", Ref(key.name)) if key.indices and prod(shape) == 1 else key


def value(writer: Writer, name: str, at: Indices) -> Quantity:
    """A number at the first step."""
    return writer.shown(name, at)
