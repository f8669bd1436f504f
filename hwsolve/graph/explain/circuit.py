"""The circuit of a graph: a circle for each quantity that is one number, a box for each that is an array."""

from __future__ import annotations

from hwsolve.figures import Diagram, Edge, Text
from hwsolve.figures import Node as Drawn
from hwsolve.formula.tree import Ref
from hwsolve.graph.elements import count
from hwsolve.graph.explain.lines import Writer
from hwsolve.graph.graph import Node
from hwsolve.language import say

MOST = 60  # quantities that are drawn
ROLES = ("given", "parameter", "forward", "loss")


def circuit(writer: Writer, values: bool) -> Diagram | None:
    """The quantities from the givens to the loss; with `values` the numbers of those that are single ones."""
    graph = writer.graph
    wanted = {name for n in graph.nodes.values() if n.role in ("forward", "loss") for name in (n.name, *n.inputs)}
    nodes = [n for n in graph.nodes.values() if n.name in wanted and n.role in ROLES]
    if len(nodes) > MOST:
        return None
    gradients = {n.of: n.name for n in graph.nodes.values() if n.role == "gradient"} if values else {}
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
        caption = say("Beside values stand the gradients of {loss}.", loss=Ref(writer.key(graph.loss, ()).name))
    return Diagram(say("The circuit"), tuple(drawn), tuple(edges), caption)


def quantity(writer: Writer, node: Node, rank: int, values: bool, gradient: str | None) -> Drawn:
    """A quantity; of a single number its value and its gradient too."""
    label = Ref(writer.key(node.name, ()).name)
    if count(node.shape) > 1:
        return Drawn(node.name, label, rank, shape="box", size=" × ".join(map(str, node.shape)))
    at = (1,) * len(node.shape)
    value = writer.shown(node.name, at) if values or writer.is_stated(node.name) else None
    slope = writer.shown(gradient, at) if gradient is not None else None
    return Drawn(node.name, label, rank, value, slope)
