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
from hwsolve.layers.items import Body, Item, Network
from hwsolve.layers.merging import MERGED
from hwsolve.spec.nodes import Mapping


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

    @property
    def spread(self) -> bool:
        """Whether errors are added here."""
        return self.need and self.live and self.readers not in (0, 1)


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
    def leads(self) -> Size:
        """How often the output is reached from it."""
        return product(alike.lead for alike in self.copies) if self.gives.live else 0

    @property
    def back(self) -> tuple[bool, ...]:
        """For each quantity that it reads, whether it sends an error there."""
        return tuple(self.gives.live and quantity.need for quantity in self.reads)


class Flow:
    """The walk from the input to the output, and back."""

    def __init__(self, network: Network, input_gradient: bool, trained: Callable[[Item], bool]) -> None:
        self.trained = trained
        self.places: dict[int, list[Place]] = {}  # by the identity of the item
        self.order: list[Place] = []
        self.input = Quantity((), input_gradient)
        end = self.walk(network.body, self.input, {"": self.input}, ())
        end.live, end.readers = True, 1
        for place in reversed(self.order):
            if place.gives.live:
                for quantity in place.reads:
                    quantity.live = True
                    if quantity.need:
                        often = product(alike.lead for alike in place.copies[quantity.depth :])
                        quantity.readers = total((quantity.readers, often))

    def of(self, item: Item) -> list[Place]:
        """The places of an item."""
        return self.places.get(id(item), [])

    def walk(self, body: Body, stream: Quantity, wires: dict[str, Quantity], copies: Copies) -> Quantity:
        """A sequence that reads the stream; gives what comes out."""
        for item in body.items:
            stream = self.item(item, stream, wires, copies)
            wires[item.outputs[0].name] = stream
        return stream

    def item(self, item: Item, stream: Quantity, wires: dict[str, Quantity], copies: Copies) -> Quantity:
        """One item: what comes out of it."""
        reads = (stream,) * len(item.inputs)
        if isinstance(item.node, Mapping) and "inputs" in item.node.entries:
            named = [wires[wire.name] for wire in item.inputs]
            reads = tuple([stream if stream.behind is quantity else quantity for quantity in named])
        if item.layer is not None:
            trained = self.trained(item)
            gives = Quantity(copies, trained or any(quantity.need for quantity in reads))
            self.add(item, Place(copies, reads, gives))
            for wire in item.outputs[1:]:
                wires[wire.name] = gives
            return gives
        if item.type in MERGED:
            return self.merge(item, reads[0], wires, copies)
        if item.type == "repeat":
            return self.repeat(item, reads[0], wires, copies)
        return self.walk(item.branches[0], reads[0], wires, copies)

    def merge(self, item: Item, stream: Quantity, wires: dict[str, Quantity], copies: Copies) -> Quantity:
        """Branches side by side: those that are lists read the stream as one."""
        entry = Quantity(copies, stream.need, stream)
        if any(not branch.read for branch in item.branches):
            self.order.append(Place(copies, (stream,), entry))
        ends = [wires[b.end.name] if b.read else self.walk(b, entry, wires, copies) for b in item.branches]
        gives = Quantity(copies, any(end.need for end in ends))
        self.add(item, Place(copies, tuple(ends), gives, entry))
        return gives

    def repeat(self, item: Item, stream: Quantity, wires: dict[str, Quantity], copies: Copies) -> Quantity:
        """Copies of a body, one after the other."""
        for often, branch in zip(item.times, item.branches, strict=True):
            alike = Alike()
            end, leads = self.copy(branch, stream, wires, copies, alike)
            if not leads:
                alike.stand = often
            elif end.need == stream.need:
                alike.stand = alike.lead = often
            elif often != 1:
                others = Alike()
                others.stand = others.lead = total((often, -1))
                end, _ = self.copy(branch, end, wires, copies, others)
            stream = Quantity(copies, end.need)
            self.add(item, Place(copies, (end,), stream))
        return stream

    def copy(
        self, body: Body, stream: Quantity, wires: dict[str, Quantity], copies: Copies, alike: Alike
    ) -> tuple[Quantity, bool]:
        """A copy of a body: what comes out, and whether what comes in leads there."""
        inner = Quantity((*copies, alike), stream.need)
        self.order.append(Place(copies, (stream,), inner))
        start = len(self.order)
        end = self.walk(body, inner, dict(wires), (*copies, alike))
        reached = {id(end)}
        for place in reversed(self.order[start:]):
            if id(place.gives) in reached:
                reached.update(map(id, place.reads))
        return end, id(inner) in reached

    def add(self, item: Item, place: Place) -> None:
        """Keep a place."""
        self.order.append(place)
        self.places.setdefault(id(item), []).append(place)
