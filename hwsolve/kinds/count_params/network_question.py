"""A network as a problem states it: its input, and every layer in the notation of specs.

The section stands only where a problem is shown without its solution; in a solution the layers themselves say as much.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from hwsolve.language import Message, say
from hwsolve.layers.base import shape_text, total
from hwsolve.layers.items import Item, Network
from hwsolve.layers.merging import MERGED
from hwsolve.solution import Cell, Step, Table
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence, is_null
from hwsolve.spec.report import clip

LONGEST = 80  # characters of a layer's arguments
ARGUMENT_PUT_IN = re.compile(r"\((\d+)\)")  # 4*(64), of a block's 4*$channels


def posed(network: Network) -> Step:
    """The network, where it stands without its solution."""
    rows = (("input", shape_text(network.input)), *rows_of(network.items))
    table = Table("", (say("Layer"), say("Settings")), rows)
    return Step(say("Network"), (table,), part="question")


def rows_of(items: tuple[Item, ...]) -> Iterator[tuple[Cell, Cell]]:
    """A row for each layer; those of a composite below its own, and of a repeat those of one copy."""
    for item in items:
        if item.layer is not None:
            yield item.path, arguments(item)
            continue
        yield item.path, composite(item)
        copies = item.branches[:1] if item.type == "repeat" else item.branches
        for branch in copies:
            if item.type in MERGED:
                yield f"{item.path}.{branch.name}", branch.read if branch.read or branch.items else say("what comes in")
            yield from rows_of(branch.items)


def composite(item: Item) -> Cell:
    """What a composite does with its parts."""
    times = shape_text((total(item.times),)) if item.times else ""
    known: dict[str, Message] = {
        "residual": say("the sum of its branches"),
        "add": say("the sum of its branches"),
        "concat": say("its branches side by side"),
        "multiply": say("the product of its branches"),
        "repeat": say("{times} times", times=times),
    }
    return known.get(item.type, "")


def arguments(item: Item) -> str:
    """A layer as it is typed in a spec."""
    if is_null(item.node) or (isinstance(item.node, Mapping) and not item.node.entries):
        return item.type
    return f"{item.type}: {clip(flow(item.node), LONGEST)}"


def flow(node: Node) -> str:
    """A node in YAML's flow style."""
    if isinstance(node, Sequence):
        return f"[{', '.join(map(flow, node.items))}]"
    if isinstance(node, Mapping):
        return "{" + ", ".join(f"{key}: {flow(value)}" for key, (_, value) in node.entries.items()) + "}"
    return ARGUMENT_PUT_IN.sub(r"\1", node.text) if isinstance(node, Scalar) else ""
