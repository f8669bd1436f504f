"""Backpropagation over a graph: append a node for the gradient of the loss with respect to every quantity.

dL/dq is the sum, over all consumers u of q, of dL/du times du/dq.
Source: Goodfellow, Bengio, Courville, Deep Learning, eq. 6.49.
"""

from __future__ import annotations

from collections.abc import Mapping

from hwsolve.graph.graph import Contribution, Graph, Node
from hwsolve.graph.label import Label
from hwsolve.graph.operation import Operation

NOTHING: Mapping[str, str] = {}


def differentiate(graph: Graph, upstream: Mapping[str, str] = NOTHING, wanted: frozenset[str] | None = None) -> None:
    """Append the gradient nodes from the loss down to the inputs.

    The loss is `graph.loss`; without one, `upstream` gives for each output the given node that holds its gradient.
    `wanted`: the given nodes whose gradients are asked, in place of all; what reads none of them gets none either.
    """
    led_to = reading(graph, wanted) if wanted is not None else None
    letter = graph.labels[graph.loss].symbol if graph.loss else graph.unstated
    gradients: dict[str, str | None] = {graph.loss: None} if graph.loss else dict(upstream)
    consumers = consumers_of(graph, *gradients)
    for name in reversed(list(graph.nodes)):
        node = graph.nodes[name]
        if name not in consumers or not wants_gradient(graph, node) or (led_to is not None and name not in led_to):
            continue
        terms = tuple(
            Contribution(operation, slot, gradients[output], output, inputs)
            for output, operation, inputs, slot in consumers[name]
            if output in gradients
        )
        if not terms:
            continue
        if name in gradients:  # an output that is read further: its gradient has its own share too
            terms = (Contribution(Itself(), 0, gradients[name], name, (name,)), *terms)
        label = gradient_label(letter, graph.labels[name])
        layer = graph.nodes[terms[0].output].layer
        gradients[name] = graph.add(label, node.shape, "gradient", terms=terms, layer=layer, of=name)


def gradients_of(graph: Graph, top: str) -> dict[str, str]:
    """The gradients by the quantities with respect to which they are; of several tops, those of one."""
    every = {n.name: n.of for n in graph.nodes.values() if n.role == "gradient"}
    if top in graph.heads:
        letter = graph.symbol(top)
        every = {name: of for name, of in every.items() if graph.symbol(name) == f"d{letter}_d{graph.symbol(of)}"}
    return {of: name for name, of in every.items()}


def leading_to(graph: Graph, top: str) -> set[str]:
    """What a quantity reads, directly or through others."""
    found = {top}
    for name, node in reversed(graph.nodes.items()):
        if name in found and node.role == "forward":
            found.update(node.inputs)
    return found


def reading(graph: Graph, wanted: frozenset[str]) -> set[str]:
    """These nodes, and all that read them, directly or through others."""
    found = set(wanted)
    for name, node in graph.nodes.items():
        if not found.isdisjoint(node.inputs):
            found.add(name)
    return found


class Itself(Operation, frozen=True):
    """y = x: what is given of the gradient of an output belongs to the output as it is."""

    formula = "x"


def gradient_label(letter: str, label: Label) -> Label:
    """`dE_dw` and `dE_dw5` for a quantity and its named elements."""
    elements = {k: f"d{letter}_d{v}" for k, v in label.elements.items()}
    return Label(f"d{letter}_d{label.symbol}", elements, label.time, label.lead, label.cell)


def wants_gradient(graph: Graph, node: Node) -> bool:
    """Data that was computed, inputs, and parameters that training changes."""
    if node.role == "parameter":
        return graph.parameters[node.name].trainable
    return node.role == "forward" or (node.role == "given" and node.of in ("input", "initial"))


Consumers = dict[str, list[tuple[str, Operation, tuple[str, ...], int]]]


def consumers_of(graph: Graph, *tops: str) -> Consumers:
    """Who reads each quantity on the way to the tops: (output, operation, all inputs, which of them)."""
    needed = set(tops)
    found: Consumers = {}
    for name in reversed(list(graph.nodes)):
        node = graph.nodes[name]
        if name not in needed or node.operation is None:
            continue
        for slot, source in enumerate(node.inputs):
            if slot in node.operation.fixed():
                continue
            needed.add(source)
            found.setdefault(source, []).append((name, node.operation, node.inputs, slot))
    return found
