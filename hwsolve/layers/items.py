"""A network in three records: parts as they were read, items in their places, and the wires between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from hwsolve.language import Message, say
from hwsolve.layers.base import Layer, Shape, Size
from hwsolve.spec.nodes import Mapping, Node, Scalar
from hwsolve.spec.report import Path

MOST_PARTS = 200_000  # layers written out, made by blocks or used again


class Part(msgspec.Struct, frozen=True):
    """A layer, a composite or the use of a block as it was read: `head` is its name, `node` its arguments.

    `inputs` are the quantities it reads in place of the stream, `gives` the names of its outputs, `raw` where they
    are its symbols; `reads` says of each branch which quantity it is, "" where it is a list; `of` is the layer that a
    `use` applies again; `options` say how a layer is built, beside its settings.  `ports` are the names that the
    body of a block has for what comes in, and `ends` those of what comes out, with the place where it says so.
    """

    type: str
    layer: Layer | None
    head: Scalar
    node: Node
    path: Path
    name: str | None = None
    branches: tuple[tuple[Part, ...], ...] = ()
    times: Size = 1
    active: Size | None = None
    zero_pad: bool = False
    inputs: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()
    raw: bool = False
    reads: tuple[str, ...] = ()
    of: str = ""
    options: dict[str, Any] = {}
    ports: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    ends_at: tuple[Node, Path] | None = None


class Wire(msgspec.Struct, frozen=True):
    """A quantity between layers: the path of what gives it, and its shape.

    What a repeated body reads is that of its first copy, but in each copy another quantity: `brought` counts the bodies
    that it was brought into.  What a body reads by name from outside is the same in all copies.
    """

    name: str
    shape: Shape
    brought: int = 0

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from all others in its place."""
        return self.name, self.brought

    def gave(self, key: tuple[str, int]) -> bool:
        """Whether a wire within a repeated body is this, brought into it."""
        return key[0] == self.name and key[1] > self.brought

    @property
    def within(self) -> Wire:
        """This in a repeated body that reads it."""
        return msgspec.structs.replace(self, brought=self.brought + 1)


class Body(msgspec.Struct, frozen=True):
    """A list of layers in its place: its name among the branches of a composite, its items, and what comes out.

    `read` is the name of the quantity that stands in place of a list.
    """

    name: str
    items: tuple[Item, ...]
    end: Wire
    read: str = ""


class Item(msgspec.Struct, frozen=True):
    """A layer or composite in its place: what goes in, what comes out.

    `path` is its key, as `basic2.residual1.conv1`.  `branches` of a composite: body and shortcut of a residual, what
    is joined by add, concat and multiply, the body of a block; of a repeat its differing copies, and `times` says how
    often each stands one after the other; of a mixture the router and the experts, of which `active` says how many
    work on a row.  `symbols` are the keys that the problem gives its outputs; `owners` says of
    parameters that were there before, by name, whose they are: (path, name).  `options` are those of its part.
    """

    path: str
    type: str
    layer: Layer | None
    node: Node
    inputs: tuple[Wire, ...]
    outputs: tuple[Wire, ...]
    branches: tuple[Body, ...] = ()
    times: tuple[Size, ...] = ()
    active: tuple[Size, ...] = ()
    where: Path = Path()
    symbols: tuple[str, ...] = ()
    owners: dict[str, tuple[str, str]] = {}
    options: dict[str, Any] = {}

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes that go in, in the order of the ports."""
        return tuple([wire.shape for wire in self.inputs])

    @property
    def output(self) -> Shape:
        """The shape of the first output, which becomes the stream."""
        return self.outputs[0].shape


class Network(msgspec.Struct, frozen=True):
    """A network whose shapes fit: `input` is the shape that comes in, `input_symbol` the letter a problem gives it.

    `bare`: its numbers are written without the first axis, of length 1.  `inputs` are all that come in, by the names
    that a problem gives them, the first of which is the stream; `outputs` those that go out, where it names them.
    """

    input: Shape
    body: Body
    parts: tuple[Part, ...]
    input_symbol: str | None
    node: Mapping
    warnings: tuple[Message, ...] = ()
    bare: bool = False
    inputs: dict[str, Wire] = {}
    outputs: dict[str, Wire] = {}

    @property
    def entries(self) -> dict[str, Wire]:
        """What comes in, by its key: `input`, or `input.NAME` where there are several."""
        lone = len(self.inputs) == 1
        return {"input" if lone else f"input.{name}": wire for name, wire in self.inputs.items()}

    @property
    def items(self) -> tuple[Item, ...]:
        """Its layers and composites, in order."""
        return self.body.items

    @property
    def output(self) -> Shape:
        """The shape that comes out."""
        return self.body.end.shape


def too_many_layers() -> Message:
    """What is said of more layers than are followed."""
    return say("There are more than {n} layers; `repeat` counts as one.", n=f"{MOST_PARTS:,}")


def walk_items(items: tuple[Item, ...]) -> Iterator[Item]:
    """All items of a network, those of branches too."""
    for item in items:
        yield item
        for branch in item.branches:
            yield from walk_items(branch.items)
