"""How much work a graph is."""

from __future__ import annotations

from math import prod

from hwsolve.graph.graph import Graph


def operations(graph: Graph) -> int:
    """About how many element operations a forward and backward pass take."""
    total = 0
    for node in [node for node in graph.nodes.values() if node.role == "forward"]:
        sizes = node.operation.sizes(*(graph.nodes[i].shape for i in node.inputs)) if node.operation else {}
        total += 3 * prod(node.shape) * prod(sizes.values())
    return total
