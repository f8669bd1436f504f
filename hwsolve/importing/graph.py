"""A graph of layers as the nested lists of a spec: what follows on another stands in a list, branches become branches.

Chains are joined, and sums, products and joins whose branches begin at one quantity take them up, until nothing
changes.  What then still forks stands below each other, and quantities that are read from afar get names.
"""

from __future__ import annotations

import re

from hwsolve.importing.nodes import MERGES, Items, Node, Scoped
from hwsolve.importing.region import Region, Unit


def spec_items(
    nodes: list[Node], inputs: tuple[str, ...], ends: tuple[str, ...], names: dict[str, str]
) -> tuple[Items, list[str]]:
    """The layers of a network, and the names of what comes out where its end does not say it.

    `names` are those of the inputs.
    """
    nodes = needed(nodes, ends)
    hoist(nodes)
    graph = Graph(nodes, ends)
    units = graph.level(list(range(len(graph.nodes))), 0)
    region = Region(graph.sources, units, inputs[:1], ends, names)
    items = region.items()
    if len(ends) == 1 and region.stream == ends[0]:
        return items, []
    return items, [region.given[end] for end in ends]


def needed(nodes: list[Node], ends: tuple[str, ...]) -> list[Node]:
    """Without what nothing reads and costs nothing: views and element-wise steps."""
    read, kept = set(ends), []
    for node in reversed(nodes):
        if read.intersection(node.outputs) or not free(node.layer):
            kept.append(node)
            read.update(node.inputs)
    return kept[::-1]


OWNING = re.compile(r"(bi)?linear|conv.*|.*norm.*|(rnn|lstm|gru)(_cell)?|prelu|embedding.*|.*attention|transformer.*|"
                    r"parameter|layer_scale|positional_encoding|use")  # fmt: skip


def free(layer: str) -> bool:
    """Whether a layer has no parameters."""
    return OWNING.fullmatch(layer) is None


def hoist(nodes: list[Node]) -> None:
    """A merge at the beginning of a call, of what comes in alone, stands before the call."""
    scopes: dict[str, set[str]] = {}
    for node in nodes:
        while node.layer in MERGES and node.scopes:
            if any(node.scopes[-1].id in scopes.get(name, ()) for name in node.inputs):
                break
            node.scopes = node.scopes[:-1]
        scopes |= {name: {scope.id for scope in node.scopes} for name in node.outputs}


class Graph:
    """Nodes, and who reads what."""

    def __init__(self, nodes: list[Node], ends: tuple[str, ...]) -> None:
        self.nodes, self.ends = nodes, set(ends)
        self.readers: dict[str, set[int]] = {}
        for k, node in enumerate(nodes):
            for name in node.inputs:
                self.readers.setdefault(name, set()).add(k)
        self.sources = {node.outputs[0]: node.label for node in nodes if not node.inputs}

    def unit(self, k: int) -> Unit:
        """One layer."""
        node = self.nodes[k]
        settings = dict(node.settings)
        unit = Unit(k, node.inputs, node.outputs, [{node.layer: settings}], node.label or node.layer)
        if node.layer in MERGES:
            unit.pending = node.layer
        return unit

    def level(self, places: list[int], depth: int) -> list[Unit]:
        """The units of nodes whose calls agree down to a depth: each call that can stand alone is one unit."""
        groups: dict[str, list[int]] = {}
        for k in places:
            scopes = self.nodes[k].scopes
            groups.setdefault(scopes[depth].id if len(scopes) > depth else f"\0{k}", []).append(k)
        units: list[Unit] = []
        for name, group in groups.items():
            if name.startswith("\0"):
                units.append(self.unit(group[0]))
                continue
            inner = self.level(group, depth + 1)
            units.extend(self.closed(group, inner, self.nodes[group[0]].scopes[depth].kind))
        return units

    def closed(self, group: list[int], units: list[Unit], kind: str) -> list[Unit]:
        """A call as one unit, or its units where more than one quantity comes out of it."""
        within = set(group)
        made = [out for unit in units for out in unit.outputs]
        ends = [o for o in made if o in self.ends or not self.readers.get(o, set()) <= within]
        read = dict.fromkeys(i for unit in units for i in unit.inputs if i not in set(made) and i not in self.sources)
        outer = any(i in self.sources and i not in made for unit in units for i in unit.inputs)
        if len(ends) != 1 or not read or outer:
            return units
        ports = dict(zip(read, ("x", *(f"x{k}" for k in range(2, len(read) + 1))), strict=True))
        region = Region(
            self.sources, units, tuple(read)[:1], tuple(ends), ports if len(ports) > 1 else {}, tuple(ports)
        )
        body = region.items()
        if region.stream != ends[0]:
            return units
        names = tuple(ports.values()) if len(ports) > 1 else tuple(region.given[i] for i in read if i in region.given)
        return [Unit(max(group), read, ends, [Scoped(kind, body, names)], region.last_label)]
