"""The names of layers and of quantities: which one each stands for, where it holds, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hwsolve.language import Message, say
from hwsolve.layers.base import Shape
from hwsolve.layers.items import Item, Part, Wire
from hwsolve.spec.nodes import Mapping
from hwsolve.spec.report import Report, did_you_mean

DIMENSION = re.compile(r"[123]d$")


class Stop(Exception):
    """A network can't be read further: a mistake was noted."""


class Unnamed(Exception):
    """A name that means nothing where it stands, and what may be meant; `field` names the setting it stands in."""

    field: str | None = None

    def __init__(self, message: Message, hint: Message | None = None, name: str = "") -> None:
        super().__init__(message)
        self.message, self.hint, self.name = message, hint, name


class Scope:
    """Names of layers within one composite: the type without its dimension, numbered by type."""

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.counts: dict[str, int] = {}
        self.taken: set[str] = set()

    def name(self, part: Part, report: Report, again: bool = False) -> str:
        """The path of the next layer; `again` for a further copy of a body, whose given names get a number."""
        kind = DIMENSION.sub("", part.type)
        number = self.counts[kind] = self.counts.get(kind, 0) + 1
        name = part.name or f"{kind}{number}"
        if name in self.taken:
            if part.name is not None and not again:
                report.add(part.head, part.path, say("Two layers are named `{name}`.", name=name))
                raise Stop
            base_name, number = (name + "_" if part.name else kind), 2
            while f"{base_name}{number}" in self.taken:
                number += 1
            name = f"{base_name}{number}"
        self.taken.add(name)
        return self.prefix + name


class Names:
    """What can be read in a list: a name holds from where it is given to the end of its list, and in lists within.

    `prefix` stands before the keys of quantities that are named here.  Branches of one composite know each other's
    layers, which a `use` may apply again, but not each other's quantities.  The body of a block may give names of its
    `own` that stand for something else around it: it is written once, for any place.
    """

    def __init__(
        self,
        parts: tuple[Part, ...],
        outer: Names | None = None,
        prefix: str = "",
        beside: bool = False,
        own: bool = False,
    ):
        self.outer = outer
        self.prefix = prefix
        self.own = own
        self.wires: dict[str, Wire] = {}
        self.layers: dict[str, Item] = outer.layers if outer is not None and beside else {}
        self.counts: dict[str, int] = {}
        self.open = ""  # the layer or composite of this list that is being placed
        self.later = {name for part in parts for name in part.gives}
        self.later_layers = {part.name for part in parts if part.name}

    def chain(self) -> Iterator[Names]:
        """This list and those around it."""
        at: Names | None = self
        while at is not None:
            yield at
            at = at.outer

    def wire(self, name: str, shape: Shape | None = None) -> Wire:
        """The quantity of a name; where there is none, those of the `shape` that is needed may be meant."""
        for names in self.chain():
            if name in names.wires:
                return names.wires[name]
            if names.own and name in names.later:
                break
        if any(name in names.later for names in self.chain()):
            raise Unnamed(say("`{name}` is read here, and given further below.", name=name))
        known = [n for names in self.chain() for n, w in names.wires.items() if shape in (None, w.shape)]
        hint = did_you_mean(name, known)
        if any(name in names.layers for names in self.chain()):
            hint = say("`{name}` is the name of a layer; `output: {name}` names what comes out of it.", name=name)
        raise Unnamed(say("There is no quantity `{name}` here.", name=name), hint)

    def give(self, name: str, wire: Wire) -> None:
        """Name a quantity; `input` is what comes into a layer."""
        if name == "input":
            raise Unnamed(say("`{name}` can't be the name of a quantity.", name=name))
        if not self.free(name):
            raise Unnamed(say("`{name}` is given twice.", name=name), say("Give one of them another name."))
        self.wires[name] = wire

    def has(self, name: str) -> bool:
        """Whether a quantity has this name."""
        return any(name in names.wires for names in self.chain())

    def end(self, name: str) -> Wire:
        """What a block gives under a name of its body."""
        if name in self.wires:
            return self.wires[name]
        raise Unnamed(say("The body gives no `{name}`.", name=name), did_you_mean(name, self.wires), name)

    def free(self, name: str) -> bool:
        """Whether none has it, within the body of a block none of that body."""
        for names in self.chain():
            if name in names.wires:
                return False
            if names.own:
                break
        return True

    def keep(self, part: Part, item: Item, prefix: str, again: bool) -> None:
        """Remember a layer by its name; in a further copy of a body also by the name that it has in the first."""
        kind = DIMENSION.sub("", part.type)
        number = self.counts[kind] = self.counts.get(kind, 0) + 1
        self.layers[item.path.removeprefix(prefix)] = item
        if again:
            self.layers[part.name or f"{kind}{number}"] = item

    def layer(self, name: str) -> Item | None:
        """The layer, composite or block of a name, if there is one."""
        for names in self.chain():
            if name in names.layers:
                return names.layers[name]
        if name == self.open:
            raise Unnamed(
                say("`{name}` is this very layer, and only what stands before it can be used here.", name=name)
            )
        if any(name == names.open for names in self.chain()):
            raise Unnamed(say("This stands within `{name}`, which can't be used again in its own body.", name=name))
        if any(name in names.later_layers for names in self.chain()):
            raise Unnamed(say("`{name}` stands further below; what uses it again stands behind it.", name=name))
        return None

    def known(self) -> dict[str, Item]:
        """The layers and composites that have names here, those of this list first."""
        found: dict[str, Item] = {}
        for names in self.chain():
            found = found | {name: item for name, item in names.layers.items() if name not in found}
        return found


def note_reserved(items: tuple[Item, ...], reserved: frozenset[str], report: Report) -> None:
    """Refuse layers whose names are keys of their own."""
    for item in items:
        if item.path in reserved and isinstance(item.node, Mapping):
            message = say("`{name}` can't be the name of a layer here: it is a key of its own.", name=item.path)
            report.add(item.node.entries["name"][1], item.where / "name", message)
