"""Repeats whose first copy counts differently from the others: backward it may need no error, and what it reads may be
stored already, or be what all copies read.  It is then a copy of its own, in front of the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from hwsolve.kinds.count_params.living import outliving
from hwsolve.kinds.count_params.stored import Stored, keep, root
from hwsolve.kinds.count_params.trained import follow
from hwsolve.layers.base import Size, simplified
from hwsolve.layers.items import Body, Item, Network, Wire, walk_items


def unfolded(network: Network, backward: bool, stores: Stored | None, lives: bool) -> Network:
    """The network with such first copies apart, where needed gradients, stored or living quantities differ.

    `stores`: where what is stored is noted, None where that is not counted.
    """
    if not (backward or stores or lives) or not any(item.type == "repeat" for item in walk_items(network.items)):
        return network
    walk = Unfolding(backward, stores, outliving(network) if lives else None)
    items = walk.items(network.items)
    body = msgspec.structs.replace(network.body, items=items, end=walk.standing(network.body.end))
    outputs = {name: walk.standing(wire) for name, wire in network.outputs.items()}
    return msgspec.structs.replace(network, body=body, outputs=outputs)


class Unfolding:
    """Walks a network in order: which wires have a gradient that is needed, and which are stored."""

    def __init__(self, backward: bool, stores: Stored | None, lives: set[str] | None) -> None:
        self.backward, self.stores, self.lives = backward, stores is not None, lives
        self.found: set[str] = set()  # wires with a gradient
        self.kept = stores or Stored()
        self.now: dict[str, Wire] = {}  # what stands in place of a wire

    def items(self, items: Iterable[Item]) -> tuple[Item, ...]:
        """A sequence."""
        return tuple([self.item(item) for item in items])

    def item(self, item: Item) -> Item:
        """A layer or a composite, reading what stands in place of its inputs."""
        inputs = tuple(map(self.standing, item.inputs))
        item = msgspec.structs.replace(item, inputs=inputs)
        if item.type == "repeat":
            return self.repeat(item)
        if item.layer is None:
            item = msgspec.structs.replace(item, branches=tuple([self.branch(branch) for branch in item.branches]))
            item = msgspec.structs.replace(item, outputs=tuple(map(self.standing, item.outputs)))
        follow((msgspec.structs.replace(item, branches=ends_of(item)),), self.found)
        if self.stores:
            keep(item, self.found, self.kept)
        return item

    def branch(self, body: Body) -> Body:
        """A list of layers."""
        items = self.items(body.items)
        return msgspec.structs.replace(body, items=items, end=self.standing(body.end))

    def standing(self, wire: Wire) -> Wire:
        """What stands in place of a wire."""
        return msgspec.structs.replace(self.now[wire.name], brought=wire.brought) if wire.name in self.now else wire

    def repeat(self, item: Item) -> Item:
        """The copies, the first of them apart where it must be, and the last where none reads what the others give."""
        stream = item.inputs[0]
        bodies: list[Body] = []
        times: list[Size] = []
        for body, often in zip(item.branches, item.times, strict=True):
            before, kept = self.state(stream), set(self.kept.wires)
            made = self.branch(body)
            bodies.append(made)
            read = outside(made, stream)
            stored = {root(name, self.kept) for name in read} & (self.kept.wires - kept)
            follows = len(item.branches) > 1 or reads_stream(made, stream)  # several: a copy of what was taken apart
            twice = self.lives is not None and item.path in self.lives  # what comes in lives beside what copies give
            if often != 1 and (stored or twice or before != self.state(made.end)):
                times.append(1)
                self.once_more(item, body, bodies, stream)
                often = simplified(often - 1)
            if often != 1 and self.lives is not None and not follows:
                often = simplified(often - 1)
                times += [often, 1]
                self.once_more(item, body, bodies, stream)
            else:
                times.append(often)
            stream = bodies[-1].end
        return msgspec.structs.replace(item, branches=tuple(bodies), times=tuple(times), outputs=(stream,))

    def once_more(self, item: Item, body: Body, bodies: list[Body], stream: Wire) -> None:
        """A copy behind the last body, which reads what that gives in place of the stream."""
        last = bodies[-1]
        names = next_names(bodies, last, f"{item.path}.")
        bodies.append(self.branch(copy_of(last, f"{item.path}.", names, stream, str(len(bodies) + 1))))
        self.now[bodies[0].end.name] = self.now[last.end.name] = self.now[body.end.name] = bodies[-1].end

    def state(self, wire: Wire) -> tuple[bool, bool]:
        """What the layers behind a wire count by."""
        return self.backward and wire.name in self.found, root(wire.name, self.kept) in self.kept.wires


def read_by(item: Item) -> Iterator[Wire]:
    """What an item reads, or joins."""
    yield from item.inputs
    yield from (branch.end for branch in item.branches)


def outside(body: Body, stream: Wire) -> set[str]:
    """The quantities that all copies of a body read alike."""
    items = list(walk_items(body.items))
    wires = [wire for item in items for wire in read_by(item)]
    made = {wire.name for item in items for wire in item.outputs}
    return {wire.name for wire in wires if wire.name not in made and not stream.gave(wire.key)}


def reads_stream(body: Body, stream: Wire) -> bool:
    """Whether a body reads what the one before it gives, or shows it as its own end."""
    return any(stream.gave(wire.key) for item in walk_items(body.items) for wire in read_by(item)) or stream.gave(
        body.end.key
    )


def ends_of(item: Item) -> tuple[Body, ...]:
    """The branches without their items, which are known."""
    return tuple([msgspec.structs.replace(branch, items=()) for branch in item.branches])


def next_names(bodies: list[Body], body: Body, prefix: str) -> dict[str, str]:
    """How the items of a body are called in the next copy: numbers go on, one's own name has the copy's behind it."""
    names = [name_in(item, prefix) for one in bodies for item in one.items]
    highest: dict[str, int] = {}
    for kind, number in map(parted, names):
        highest[kind] = max(highest.get(kind, 0), number)
    found: dict[str, str] = {}
    for name in dict.fromkeys(name_in(item, prefix) for item in body.items):
        kind, number = parted(name)
        own = [n for k, n in map(parted, dict.fromkeys(name_in(item, prefix) for item in body.items)) if k == kind]
        found[name] = f"{kind}{highest[kind] + number - min(own) + 1}" if number else f"{name}_{len(bodies) + 1}"
    return found


def name_in(item: Item, prefix: str) -> str:
    """The name of an item within a list."""
    return item.path.removeprefix(prefix).partition(".")[0]


def parted(name: str) -> tuple[str, int]:
    """A name and the number behind it, 0 where there is none."""
    kind = name.rstrip("0123456789")
    return kind, int(name[len(kind) :] or 0)


def copy_of(body: Body, prefix: str, names: dict[str, str], stream: Wire, name: str) -> Body:
    """A body once more behind itself, with new names for its items."""

    def renamed(text: str) -> str:
        """A path within the copy."""
        first, dot, rest = text.removeprefix(prefix).partition(".")
        return prefix + names[first] + dot + rest if text.startswith(prefix) and first in names else text

    def wire(one: Wire) -> Wire:
        """What came in is what the body before gave."""
        if stream.gave(one.key):
            return msgspec.structs.replace(body.end, brought=body.end.brought + one.brought - stream.brought)
        return msgspec.structs.replace(one, name=renamed(one.name))

    def branch(one: Body) -> Body:
        """A list of layers within the copy."""
        return Body(one.name, tuple(map(item, one.items)), wire(one.end), one.read)

    def item(one: Item) -> Item:
        """A layer within the copy."""
        owners = {key: (renamed(owner), parameter) for key, (owner, parameter) in one.owners.items()}
        return msgspec.structs.replace(
            one,
            path=renamed(one.path),
            inputs=tuple(map(wire, one.inputs)),
            outputs=tuple(map(wire, one.outputs)),
            branches=tuple(map(branch, one.branches)),
            owners=owners,
        )

    return Body(name, tuple(map(item, body.items)), wire(body.end), body.read)
