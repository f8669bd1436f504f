"""The text of a spec from a graph of layers: branches, blocks and repeats found, inputs and outputs named."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from hwsolve.importing.folding import folded
from hwsolve.importing.graph import spec_items
from hwsolve.importing.nodes import Node
from hwsolve.importing.simplified import simplified
from hwsolve.importing.spec_text import spec_text


class Imported(msgspec.Struct):
    """What an importer finds: layers in order, the shapes that come in by name, the ids of what goes out."""

    nodes: list[Node]
    inputs: dict[str, Any]  # by id: a shape, or {tokens: n}
    names: dict[str, str]  # by id
    ends: tuple[str, ...]
    count: dict[str, Any] = {}
    comments: tuple[str, ...] = ()


def assembled(title: str, graph: Imported) -> str:
    """The text."""
    items, outputs = spec_items(simplified(graph.nodes), tuple(graph.inputs), graph.ends, dict(graph.names))
    blocks, layers = folded(items, set(graph.names.values()))
    shapes = {graph.names[name]: shape for name, shape in graph.inputs.items()}
    lone = len(shapes) == 1 and not reads(layers, next(iter(shapes)))
    network: dict[str, Any] = {"input": next(iter(shapes.values()))} if lone else {"inputs": shapes}
    network |= ({"outputs": outputs} if outputs else {}) | {"layers": layers}
    spec: dict[str, Any] = {"kind": "count-params", "title": title}
    spec |= ({"blocks": blocks} if blocks else {}) | {"network": network, "count": {"macs": "matmul"} | graph.count}
    return spec_text(spec, graph.comments)


def reads(value: Any, name: str) -> bool:
    """Whether layers read a quantity by its name."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", repr(value)) is not None
