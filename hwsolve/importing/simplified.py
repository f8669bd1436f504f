"""Steps of a graph that are one layer by another name, and steps that change nothing."""

from __future__ import annotations

from collections import Counter

from hwsolve.importing.nodes import Node


def simplified(nodes: list[Node]) -> list[Node]:
    """A graph with these layers in place of their steps."""
    uses = Counter(name for node in nodes for name in node.inputs)
    maker = {name: node for node in nodes for name in node.outputs}
    gone: set[int] = set()
    for node in nodes:
        if node.layer != "flatten" or node.settings != {"end_dim": 2}:
            continue
        moved = maker.get(node.inputs[0])
        split = maker.get(moved.inputs[0]) if moved is not None and moved.layer == "permute" else None
        if split is None or moved is None or split.layer != "reshape":
            continue
        shape = split.settings["shape"]
        order = [2, 1, *range(3, len(shape) + 1)]
        if moved.settings["dims"] == order and uses[moved.outputs[0]] == uses[split.outputs[0]] == 1:
            gone |= {id(moved), id(split)}
            node.layer, node.settings, node.inputs = "channel_shuffle", {"groups": shape[0]}, split.inputs
    return [node for node in nodes if id(node) not in gone]
