"""How often each quantity of a network is read: the errors that come back from all its readers are added."""

from __future__ import annotations

from hwsolve.layers.base import Size, product, total
from hwsolve.layers.items import Body, Item, walk_items
from hwsolve.layers.merging import MERGED


def reads(body: Body) -> dict[str, Size]:
    """How many readers each wire has; the branches of a composite that read what comes into it are one (`entered`)."""
    found: dict[str, Size] = {}

    def add(name: str, times: Size) -> None:
        found[name] = total((found.get(name, 0), times))

    for item in body.items:
        for wire in item.inputs:
            add(wire.name, 1)
        for k, branch in enumerate(item.branches):
            often = item.times[k] if item.times else 1
            if branch.read and any(not other.read for other in item.branches):
                add(branch.end.name, 1)
            within = {wire.name for inner in walk_items(branch.items) for wire in inner.outputs}
            for name, times in reads(branch).items():
                own = branch.items[0].inputs if branch.items else ()
                entering = name == item.inputs[0].name and item.inputs[0] in own
                left = total((times, -1)) if entering else times
                add(name, left if name in within else product((often, left)))
    return found


def entered(item: Item) -> int:
    """How many branches of a composite read what comes into it."""
    starts = (branch.items[0].inputs if branch.items else (branch.end,) for branch in item.branches if not branch.read)
    return sum(item.inputs[0] in start for start in starts) if item.type in MERGED else 1
