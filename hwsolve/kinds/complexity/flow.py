"""Which quantities of a network need an error, and from how many readers it comes.

A quantity needs an error where a trained parameter lies behind it (or it is the input, whose gradient is wanted), and
it has one where the output is reached from it.  Of a repeated body there are up to two copies here, the first one and
all others: what comes into the first one may need no error.  Where what comes in does not reach the end of the body,
only the last copy leads on.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hwsolve.layers.base import Size, product, total
from hwsolve.layers.items import Body, Item, Network, Wire
from hwsolve.layers.merging import MERGED


class Alike:
    """How many copies of a repeated body are alike: all that stand, and those of them that lead on."""

    def __init__(self) -> None:
        self.stand: Size = 1
        self.lead: Size = 1


Copies = tuple[Alike, ...]  # of each repeated body around a place


class Quantity:
    """What stands on a wire in one place."""

    def __init__(self, copies: Copies, need: bool, behind: Quantity | None = None) -> None:
        self.depth, self.need, self.behind = len(copies), need, behind  # how many repeated bodies it stands in
        self.live = False  # whether the output is reached from it
        self.readers: Size = 0  # those that an error comes back from
        self.ports: tuple[Quantity, ...] = (self,)  # all that its layer gives

    @property
    def spread(self) -> bool:
        """Whether errors are added here."""
        return self.need and self.live and self.readers not in (0, 1)


Wires = dict[tuple[str, int], Quantity]  # by the keys of wires


class Place(msgspec.Struct):
    """A layer, or what joins the branches of a composite, in one place; `entry` is what goes into its branches."""

    copies: Copies
    reads: tuple[Quantity, ...]
    gives: Quantity
    entry: Quantity | None = None

    @property
    def times(self) -> Size:
        """How often it stands."""
        return product(alike.stand for alike in self.copies)

    @property
    def live(self) -> bool:
        """Whether the output is reached from anything that it gives."""
        return any(port.live for port in self.gives.ports)

    @property
    def leads(self) -> Size:
        """How often the output is reached from it."""
        return product(alike.lead for alike in self.copies) if self.live else 0

    @property
    def back(self) -> tuple[bool, ...]:
        """For each quantity that it reads, whether it sends an error there."""
        return tuple(self.live and quantity.need for quantity in self.reads)


class Flow:
    """The walk from the input to the output, and back."""

    def __init__(self, network: Network, input_gradient: bool, trained: Callable[[Item], bool]) -> None:
        self.trained = trained
        self.places: dict[int, list[Place]] = {}  # by the identity of the item
        self.entries: dict[int, list[tuple[Place, Wire]]] = {}  # of a repeat: where something comes into a copy
        self.order: list[Place] = []
        self.input = Quantity((), input_gradient)
        end = self.walk(network.body, self.input, {wire.key: self.input for wire in network.inputs.values()}, ())
        end.live, end.readers = True, 1
        for place in reversed(self.order):
            if place.live:
                for quantity in place.reads:
                    quantity.live = True
                    if quantity.need:
                        often = product(alike.lead for alike in place.copies[quantity.depth :])
                        quantity.readers = total((quantity.readers, often))

    def of(self, item: Item) -> list[Place]:
        """The places of an item."""
        return self.places.get(id(item), [])

    def walk(self, body: Body, stream: Quantity, wires: Wires, copies: Copies) -> Quantity:
        """A sequence that reads the stream; gives what comes out."""
        for item in body.items:
            self.item(item, stream, wires, copies)
            if item.layer is None or item.layer.ports():
                stream = wires[item.outputs[0].key]
        return read(body.end, stream, wires)

    def item(self, item: Item, stream: Quantity, wires: Wires, copies: Copies) -> None:
        """One item: what comes out of it is on its wires."""
        reads = tuple([read(wire, stream, wires) for wire in item.inputs])
        if item.layer is not None:
            trained = self.trained(item)
            gives = Quantity(copies, trained or any(quantity.need for quantity in reads))
            self.add(item, Place(copies, reads, gives))
            gives.ports = (gives, *(Quantity(copies, gives.need) for _ in item.outputs[1:]))
            wires |= {wire.key: port for wire, port in zip(item.outputs, gives.ports, strict=True)}
        elif item.type in MERGED:
            wires[item.outputs[0].key] = self.merge(item, reads[0], wires, copies)
        elif item.type == "repeat":
            wires[item.outputs[0].key] = self.repeat(item, reads[0], wires, copies)
        else:
            self.walk(item.branches[0], reads[0], wires, copies)

    def merge(self, item: Item, stream: Quantity, wires: Wires, copies: Copies) -> Quantity:
        """Branches side by side: those that are lists read the stream as one."""
        entry = Quantity(copies, stream.need, stream)
        if any(not branch.read for branch in item.branches):
            self.order.append(Place(copies, (stream,), entry))
        ends = [wires[b.end.key] if b.read else self.walk(b, entry, wires, copies) for b in item.branches]
        gives = Quantity(copies, any(end.need for end in ends))
        self.add(item, Place(copies, tuple(ends), gives, entry))
        return gives

    def repeat(self, item: Item, stream: Quantity, wires: Wires, copies: Copies) -> Quantity:
        """Copies of a body, one after the other."""
        entry = item.inputs[0].within
        for often, branch in zip(item.times, item.branches, strict=True):
            alike = Alike()
            end, leads = self.copy(item, branch, entry, stream, wires, copies, alike)
            if not leads:
                alike.stand = often
            elif end.need == stream.need:
                alike.stand = alike.lead = often
            elif often != 1:
                others = Alike()
                others.stand = others.lead = total((often, -1))
                end, _ = self.copy(item, branch, entry, end, wires, copies, others)
            entry, stream = branch.end.within, Quantity(copies, end.need)
            self.add(item, Place(copies, (end,), stream))
        return stream

    def copy(
        self, item: Item, body: Body, entry: Wire, stream: Quantity, wires: Wires, copies: Copies, alike: Alike
    ) -> tuple[Quantity, bool]:
        """A copy of a body: what comes out, and whether what comes in leads there."""
        inner = Quantity((*copies, alike), stream.need)
        self.order.append(Place(copies, (stream,), inner))
        self.entries.setdefault(id(item), []).append((Place((*copies, alike), (), inner), entry))
        start = len(self.order)
        end = self.walk(body, inner, wires | {entry.key: inner}, (*copies, alike))
        reached = {id(end)}
        for place in reversed(self.order[start:]):
            if any(id(port) in reached for port in place.gives.ports):
                reached.update(map(id, place.reads))
        return end, id(inner) in reached

    def add(self, item: Item, place: Place) -> None:
        """Keep a place."""
        self.order.append(place)
        self.places.setdefault(id(item), []).append(place)


def read(wire: Wire, stream: Quantity, wires: Wires) -> Quantity:
    """What stands on a wire; where that goes into branches as their stream, the stream."""
    quantity, at = wires[wire.key], stream.behind
    while at is not None and at is not quantity:
        at = at.behind
    return quantity if at is None else stream
