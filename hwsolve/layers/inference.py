"""The walk through a network that gives every layer its name and its shapes."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from hwsolve.formula.tree import Formula
from hwsolve.language import Message, say
from hwsolve.layers import base
from hwsolve.layers.base import Layer, Shape, ShapeError, Size, StatedMap, shape_text, simplified
from hwsolve.layers.length import LONGEST_SIZE, MOST_BITS, has_long_formula, long_bits
from hwsolve.layers.parameter import Parameter, ParameterSpec
from hwsolve.layers.shortcut import ZeroPad
from hwsolve.spec.nodes import Mapping, Node, Scalar
from hwsolve.spec.report import Path, Report

MOST_STEPS = 1_000  # repetitions that are walked in search of a shape that stays, where their number is a name
MOST_AGAIN = 20_000  # layers that are walked again in repetitions; one with names in its sizes counts as 50
MOST_COPIES = 100_000  # layers that `expand` writes out
DIMENSION = re.compile(r"[123]d$")


class Part(msgspec.Struct, frozen=True):
    """A layer, a composite or the use of a block as it was read: `head` is its name, `node` its arguments."""

    type: str
    layer: Layer | None
    head: Scalar
    node: Node
    path: Path
    name: str | None = None
    branches: tuple[tuple[Part, ...], ...] = ()
    times: Size = 1
    zero_pad: bool = False


class Item(msgspec.Struct, frozen=True):
    """A layer or composite in its place: what goes in, what comes out.

    `path` is its key, as `basic2.residual1.conv1`.  `branches` of a composite are (name, items): body and shortcut of a
    residual, the branches of concat and multiply, the body of a block; of a repeat they are its differing copies, and
    `times` says how often each stands one after the other.
    """

    path: str
    type: str
    layer: Layer | None
    node: Node
    input: Shape
    output: Shape
    branches: tuple[tuple[str, tuple[Item, ...]], ...] = ()
    times: tuple[Size, ...] = ()
    where: Path = Path()


class Network(msgspec.Struct, frozen=True):
    """A network whose shapes fit: `input` is the shape that comes in, `input_symbol` the letter a problem gives it."""

    input: Shape
    items: tuple[Item, ...]
    parts: tuple[Part, ...]
    input_symbol: str | None
    node: Mapping

    @property
    def output(self) -> Shape:
        """The shape that comes out."""
        return self.items[-1].output if self.items else self.input


class Stop(Exception):
    """The walk can't go on: a mistake was noted."""


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


class Walk:
    """Infers shapes along parts.  `unrolled` writes out every copy of a repeat and leaves blocks away."""

    def __init__(self, report: Report, unrolled: bool = False) -> None:
        self.report = report
        self.unrolled = unrolled
        self.copies = 0
        self.again = self.bits = 0

    def items(self, parts: tuple[Part, ...], shape: Shape, scope: Scope, again: bool = False) -> tuple[Item, ...]:
        """The items of a sequence."""
        found: list[Item] = []
        for part in parts:
            item = self.item(part, shape, scope, again)
            self.writable(part, item.output)
            spliced = self.unrolled and item.layer is None and item.type not in ("residual", "concat", "multiply")
            found += (i for _, inner in item.branches for i in inner) if spliced else (item,)
            shape = item.output
        return tuple(found)

    def item(self, part: Part, shape: Shape, scope: Scope, again: bool) -> Item:
        """One item: its output, and what it is made of."""
        path = scope.name(part, self.report, again)
        if part.layer is not None:
            self.copies += 1
            if self.unrolled and self.copies > MOST_COPIES:
                self.stop(part, say("Written out, there are more than {n} layers.", n=f"{MOST_COPIES:,}"))
            return Item(
                path, part.type, part.layer, part.node, shape, self.output(part, part.layer, shape), where=part.path
            )
        inner = Scope(path + ".")
        if part.type == "repeat":
            return self.repeat(part, path, shape, inner)
        if part.type == "residual":
            return self.residual(part, path, shape, inner)
        if part.type in ("concat", "multiply"):
            return self.joined(part, path, shape, inner)
        body = self.items(part.branches[0], shape, inner)
        return Item(path, part.type, None, part.node, shape, end(body, shape), (("body", body),), where=part.path)

    def output(self, part: Part, layer: Layer, shape: Shape) -> Shape:
        """The shape that comes out of a layer; numbers given for its parameters must fit too."""
        try:
            made = layer.output(shape)
            if not isinstance(made, StatedMap):
                made = tuple([simplified(size) for size in made])
                self.short_enough(part, made)
            for name, spec in layer.specs().items():
                if spec.values is not None:
                    check_numbers(name, spec, layer.parameters(shape))
        except ShapeError as error:
            self.stop(part, error.message, error.field)
        return made

    def short_enough(self, part: Part, shape: Shape) -> None:
        """Sizes with names stay readable: layer upon layer they can double."""
        if has_long_formula(shape):
            self.stop(part, say("The size of the output is a formula with more than {n} parts.", n=LONGEST_SIZE))

    def writable(self, part: Part, shape: Shape) -> None:
        """All sizes together can be written out: layer upon layer they can double."""
        self.bits += long_bits(shape)
        if self.bits > MOST_BITS:
            self.stop(part, say("The sizes of the layers up to here have too many digits to be written out."))

    def stop(self, part: Part, message: Message, field: str | None = None) -> Any:
        """Note a mistake at a field of a part, or at the part."""
        node, path = part.head if part.node.line == 0 else part.node, part.path
        if field is None:
            node = part.head
        elif isinstance(part.node, Mapping) and field in part.node.entries:
            node, path = part.node.entries[field][1], path / field
        self.report.add(node, path, message)
        raise Stop

    def repeat(self, part: Part, path: str, shape: Shape, scope: Scope) -> Item:
        """The body is walked until its shape stays; from there on the copies are alike."""
        start = shape
        copies: list[tuple[str, tuple[Item, ...]]] = []
        times: list[Size] = []
        left = part.times
        while left != 0:
            before = self.copies
            body = self.items(part.branches[0], shape, scope, again=bool(copies))
            slow = 50 if any(isinstance(size, Formula) for size in end(body, shape)) else 1
            self.again += (self.copies - before) * slow if copies else 0
            if self.again > MOST_AGAIN and not self.unrolled:
                message = say("The shape changes with every repetition, too often to follow it.")
                if isinstance(left, Formula):
                    message = say("The shape changes with every repetition; how often must be a number.")
                self.stop(part, message, "times")
            out = end(body, shape)
            alike = out == shape and not self.unrolled
            copies.append((str(len(copies) + 1), body))
            times.append(left if alike else 1)
            if alike:
                break
            shape, left = out, simplified(left - 1)
            if isinstance(left, Formula) and (self.unrolled or len(copies) >= MOST_STEPS):
                message = say("The shape changes with every repetition; how often must be a number.")
                if self.unrolled:
                    message = say("Expected a number here: how often the body stands is needed to write it out.")
                self.stop(part, message, "times")
        return Item(path, part.type, None, part.node, start, shape, tuple(copies), tuple(times), part.path)

    def residual(self, part: Part, path: str, shape: Shape, scope: Scope) -> Item:
        """Body and shortcut end in one shape, and are added."""
        body = self.items(part.branches[0], shape, scope)
        out = end(body, shape)
        if part.zero_pad:
            pad = ZeroPad(out)
            try:
                pad.output(shape)
            except ShapeError as error:
                self.stop(part, error.message, "shortcut")
            where = part.path / "shortcut"
            shortcut: tuple[Item, ...] = (
                Item(f"{path}.zero_pad", "zero_pad", pad, part.node, shape, out, where=where),
            )
        else:
            inner = Scope(f"{scope.prefix}shortcut.")
            shortcut = self.items(part.branches[1], shape, inner)
            if out != end(shortcut, shape):
                self.unequal(part, out, end(shortcut, shape))
        return Item(
            path, part.type, None, part.node, shape, out, (("body", body), ("shortcut", shortcut)), where=part.path
        )

    def unequal(self, part: Part, body: Shape, shortcut: Shape) -> None:
        """Note that a residual's two ways end in different shapes."""
        message = say(
            "The body gives {body}, but the shortcut {shortcut}.", body=shape_text(body), shortcut=shape_text(shortcut)
        )
        hint = None
        if not part.branches[1]:
            hint = say("Give a `shortcut` with a projection, such as a convolution of kernel size 1, or `zero_pad`.")
        self.report.add(part.head, part.path, message, hint)
        raise Stop

    def joined(self, part: Part, path: str, shape: Shape, scope: Scope) -> Item:
        """Branches side by side, joined along the channels or multiplied element by element."""
        branches = tuple((f"branch{k}", self.items(b, shape, scope)) for k, b in enumerate(part.branches, 1))
        outs = [end(items, shape) for _, items in branches]
        out = base.concatenated(outs) if part.type == "concat" else base.multiplied(outs)
        if out is None:
            shapes = ", ".join(shape_text(o) for o in outs)
            self.stop(part, say("The branches give shapes that do not fit together: {shapes}.", shapes=shapes))
            raise Stop
        return Item(path, part.type, None, part.node, shape, out, branches, where=part.path)


def note_reserved(items: tuple[Item, ...], reserved: frozenset[str], report: Report) -> None:
    """Refuse layers whose names are keys of their own."""
    for item in items:
        if item.path in reserved and isinstance(item.node, Mapping):
            message = say("`{name}` can't be the name of a layer here: it is a key of its own.", name=item.path)
            report.add(item.node.entries["name"][1], item.where / "name", message)


def end(items: tuple[Item, ...], shape: Shape) -> Shape:
    """What comes out of a sequence into which `shape` goes."""
    return items[-1].output if items else shape


def check_numbers(name: str, spec: ParameterSpec, parameters: dict[str, Parameter]) -> None:
    """The numbers and names given for a parameter have its shape; leading axes of length 1 may be left out."""
    if name not in parameters:
        return
    shape = parameters[name].shape
    wanted = tuple(reversed(shape[:2])) + shape[2:] if spec.rows == "inputs" and len(shape) > 1 else shape
    if spec.values is not None and not fits(spec.values.shape, wanted):
        got, need = " × ".join(map(str, spec.values.shape)) or "1", shape_text(wanted) or "1"
        raise ShapeError(say("Expected numbers of the shape {wanted}, got {got}.", wanted=need, got=got), name)
    if isinstance(spec.symbols, tuple) and not fits(spec.names_shape(), wanted):
        got, need = " × ".join(map(str, spec.names_shape())), shape_text(wanted) or "1"
        raise ShapeError(say("Expected names in the shape {wanted}, got {got}.", wanted=need, got=got), name)


def fits(given: Shape, wanted: Shape) -> bool:
    """Whether a shape is the wanted one, without some leading axes of length 1."""
    while len(wanted) > len(given) and wanted[0] == 1:
        wanted = wanted[1:]
    return given == wanted


def infer(parts: tuple[Part, ...], shape: Shape, report: Report) -> tuple[Item, ...] | None:
    """The items of a network, or None after a note."""
    try:
        return Walk(report).items(parts, shape, Scope())
    except Stop:
        return None


def expand(network: Network, report: Report) -> tuple[Item, ...] | None:
    """The layers one after the other, repeats written out and blocks opened; None after a note."""
    try:
        return Walk(report, unrolled=True).items(network.parts, network.input, Scope())
    except Stop:
        return None
