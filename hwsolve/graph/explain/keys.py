"""The keys of quantities: what each element is called at a step of training."""

from __future__ import annotations

from collections.abc import Collection

from hwsolve.formula.tree import Number, Ref
from hwsolve.graph.elements import Indices
from hwsolve.graph.graph import Graph
from hwsolve.graph.stack import Stack


def key_of(graph: Graph, trained: Collection[str], name: str, indices: Indices, step: int) -> Ref:
    """The key of an element at a step: `w@1[2,1]`, or the name that the problem gives it.

    What an update changes, a `trained` quantity, has the number of updates before it; the others have none.
    """
    node = graph.nodes[name]
    if isinstance(node.operation, Stack) and indices:
        part, inner = node.operation.source(indices)
        return key_of(graph, trained, node.inputs[part], inner, step)
    if node.role in ("update", "temporary"):
        step += 1
    kept = node.role in ("given", "parameter") and name not in trained
    if (kept or node.role in ("setting", "counter")) and name not in graph.series:
        step = 0
    label, suffix = graph.labels[name], f"@{step}" if step else ""
    element = label.elements.get(indices)
    if element is not None:
        return Ref(element + suffix)
    return Ref(label.symbol + suffix, tuple(Number(i) for i in label.at(indices)))
