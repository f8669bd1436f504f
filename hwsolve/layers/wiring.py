"""What a walk through a network keeps: which wires are read, what names stand for, how long sizes have grown."""

from __future__ import annotations

from functools import partial
from typing import Any

from hwsolve.language import Message, say
from hwsolve.layers.base import Shape, StatedMap
from hwsolve.layers.items import Item, Part, Wire
from hwsolve.layers.length import LONGEST_SIZE, MOST_BITS, has_long_formula, long_bits
from hwsolve.layers.names import Names, Scope, Stop, Unnamed
from hwsolve.layers.sharing import Owners
from hwsolve.layers.sources import Constant
from hwsolve.spec.nodes import Mapping, Node, Sequence
from hwsolve.spec.report import Report


class Wiring:
    """A walk in the making; `unrolled` writes out every copy of a repeat and leaves blocks away."""

    def __init__(self, report: Report, unrolled: bool = False) -> None:
        self.report = report
        self.unrolled = unrolled
        self.copies = 0
        self.count = 0  # layers and composites; a further copy of a body counts nothing
        self.again = self.bits = 0
        self.read: set[str] = set()  # the wires that something reads
        self.given: dict[str, tuple[str, str]] = {}  # every wire: the layer behind it, and its name if it has one
        self.wholes: dict[str, int] = {}  # the wires of constants that are a whole number
        self.owners = Owners()

    def keep(self, part: Part, item: Item, names: Names, scope: Scope, again: bool) -> None:
        """Give the names that a part states, to its outputs and to itself."""
        if len(part.gives) > len(item.outputs):
            ports = item.layer.OUTPUTS if item.layer is not None else part.ends or ("y",)
            counts = {"layer": part.type, "ports": ", ".join(ports), "got": len(part.gives)}
            self.stop(
                part, say("Expected a name for each output of `{layer}` ({ports}), got {got}.", **counts), "output"
            )
        for k, wire in enumerate(item.outputs):
            name = part.gives[k] if k < len(part.gives) else ""
            if name and (not part.raw or names.free(name)):
                self.named(part, lambda n=name, w=wire: names.give(n, w), "output", k + 1)
            if name or not k:
                self.given[wire.name] = item.path, name or self.given.get(wire.name, ("", ""))[1]
        if isinstance(item.layer, Constant) and (n := item.layer.whole()) is not None:
            self.wholes[item.outputs[0].name] = n
        names.keep(part, item, scope.prefix, again)

    def whole(self, names: Names, name: str) -> int | None:
        """The whole number that a name stands for, as an index reads it."""
        wire = names.wire(name).name if names.has(name) else ""
        self.read |= {wire} & self.wholes.keys()
        return self.wholes.get(wire)

    def named(self, part: Part, ask: Any, field: str | None, place: int | None = None) -> Any:
        """What a name means; a mistake at the `place` of a field is noted."""
        try:
            return ask()
        except Unnamed as why:
            return self.stop(part, why.message, field, why.hint, place)

    def inputs(
        self,
        part: Part,
        stream: Wire,
        names: Names,
        ports: tuple[str, ...] = ("x",),
        own: bool = False,
        settings: dict[int, tuple[str, Shape]] | None = None,
    ) -> tuple[Wire, ...]:
        """What a part reads: the stream, or the quantities that it names; one name goes to every port.

        `own`: the layer names them itself, as a formula does, and calls the stream `input`; `settings`: where it names
        some of them, and the shapes that these need.
        """
        wires: tuple[Wire, ...] = ()
        for k, name in enumerate(part.inputs, 1):
            field, shape = (settings or {}).get(k, ("inputs", None))
            ask = partial(names.wire, name, shape)
            wires += (stream if name == "input" and own else self.named(part, ask, field, k),)
        wires = wires or (stream,) * bool(ports)
        if part.inputs and len(wires) == 1 and ports:
            wires *= len(ports)
        if part.inputs and not ports:
            self.stop(part, say("`{layer}` reads nothing.", layer=part.type), "inputs")
        if len(wires) != len(ports):
            each = {"layer": part.type, "ports": ", ".join(ports), "got": len(wires)}
            message = say("Expected a quantity for each input of `{layer}` ({ports}), got {got}.", **each)
            hint = (
                say("As `{form}`.", form=f"inputs: [{', '.join('abcdefgh'[: len(ports)])}]") if len(ports) > 1 else None
            )
            self.stop(part, message, "inputs" if part.inputs else None, hint)
        self.read |= {wire.name for wire in wires}
        return wires

    def unread(self, end: Wire) -> tuple[Message, ...]:
        """Warnings of what nothing reads; an output that is named so that one behind it has a name needs no reader."""
        left: list[Message] = []
        behind = ""  # the layer that an output which is read comes from
        for wire, (path, name) in reversed(self.given.items()):
            if wire in self.read or wire == end.name:
                behind = path
            elif not path or path != behind:
                left.append(unread(path, name))
        return tuple(reversed(left))

    def short_enough(self, part: Part, shape: Shape) -> None:
        """Sizes with names stay readable: layer upon layer they can double."""
        if not isinstance(shape, StatedMap) and has_long_formula(shape):
            self.stop(part, say("The size of the output is a formula with more than {n} parts.", n=LONGEST_SIZE))

    def writable(self, part: Part, shape: Shape) -> None:
        """All sizes together can be written out: layer upon layer they can double."""
        self.bits += long_bits(shape)
        if self.bits > MOST_BITS:
            self.stop(part, say("The sizes of the layers up to here have too many digits to be written out."))

    def stop(
        self,
        part: Part,
        message: Message,
        field: str | None = None,
        hint: Message | None = None,
        place: int | None = None,
    ) -> Any:
        """Note a mistake at a field of a part (or `weight_ih.g` in it), at a place within it, or at the part."""
        node: Node = part.head
        path = part.path
        if field is not None and part.node.line != 0:
            node = part.node
        inside: Node = part.node
        for key in field.split(".") if field is not None else ():
            if isinstance(inside, Mapping) and key in inside.entries:
                node, path = inside.entries[key][1], path / key
                inside = node
        if place is not None and isinstance(node, Sequence) and place <= len(node.items):
            node, path = node.items[place - 1], path / place
        self.report.add(node, path, message, hint)
        raise Stop


def unread(path: str, name: str) -> Message:
    """What is said of a quantity that nothing reads."""
    if not path:
        return say("Nothing reads the input `{name}`.", name=name)
    if name and name != path:
        return say("Nothing reads `{name}`, which `{layer}` gives.", name=name, layer=path)
    if name:
        return say("Nothing reads `{name}`.", name=name)
    return say("Nothing reads what `{layer}` gives.", layer=path)
