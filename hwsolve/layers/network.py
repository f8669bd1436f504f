"""A network as a spec describes it: an input, layers in order, and layers made of layers.

`residual` adds a body and a shortcut, `concat` joins branches along the channels, `multiply` multiplies them, `repeat`
stacks copies of a body, and a block is a body with arguments.  Reading gives parts; walking them with the input's shape
gives items.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.language import Message, say
from hwsolve.layers.base import Shape, StatedMap, simplified
from hwsolve.layers.blocks import BlocksField, nth
from hwsolve.layers.inference import Walk
from hwsolve.layers.items import Body, Network, Part, Wire
from hwsolve.layers.names import Names, Scope, Stop, Unnamed
from hwsolve.layers.parts import Reader
from hwsolve.spec import fields
from hwsolve.spec.fields import INVALID, Field, ListOf, SizeField, Word, WordField, read_record, record_schema
from hwsolve.spec.nodes import Mapping, Node
from hwsolve.spec.report import Path, Report, did_you_mean

__all__ = ["BlocksField", "Network", "NetworkField", "expand"]

NAME = WordField()
NAMES = ListOf(NAME, minimum=1, single=True)
NO_BODY = Body("", (), Wire("", ()))


class _Input(msgspec.Struct, frozen=True):
    """The forms of an input that are mappings."""

    size: Annotated[Shape, ListOf(SizeField(), minimum=1, single=True)] | None = None
    symbols: Word | None = None
    channels: fields.Size | None = None
    features: fields.Size | None = None
    tokens: Annotated[Shape, ListOf(SizeField(), minimum=1, single=True)] | None = None

    MEANINGS: ClassVar[dict[str, Message]] = {
        "size": say("the shape, without a batch"),
        "symbols": say("the letter of the input"),
        "channels": say("the channels of a map whose sides are not stated"),
        "features": say("how many values come in"),
        "tokens": say("how many classes come in, whose numbers an embedding reads"),
    }


KEYS: dict[str, Message] = {
    "input": say("the shape that comes in, without a batch"),
    "inputs": say("the shapes that come in, by name; the first is what the first layer reads"),
    "layers": say("the layers, in order"),
    "outputs": say("the quantities that go out, by name; unless given, what the last layer gives"),
}


class NetworkField(Field):
    """`{input: SHAPE, layers: […]}`: a Network with its shapes worked out, or INVALID."""

    forms = (Mapping,)
    expected = say("a mapping with `input` and `layers`")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        if not isinstance(node, Mapping):
            return self.wrong(node, report, path)
        good = True
        for key, (head, _) in node.entries.items():
            if key not in KEYS:
                report.add(head, path / key, say("Unknown key `{key}`.", key=key), did_you_mean(key, KEYS))
                good = False
        inputs = self._inputs(node, report, path)
        parts = self._layers(node, report, path)
        outputs: Any = ()
        if "outputs" in node.entries:
            outputs = self._outputs(node.entries["outputs"][1], report, path / "outputs")
        if not good or INVALID in (inputs, parts, outputs):
            return INVALID
        (shape, symbol), *_ = inputs.values()
        network = Network(shape, NO_BODY, parts, symbol, node, inputs=wires_of(inputs))
        found = walked(network, Walk(report), outputs)
        return INVALID if found is None else found

    def _inputs(self, node: Mapping, report: Report, path: Path) -> Any:
        """(shape, symbol) by name, "" for the one input that needs none; INVALID after a note."""
        if "inputs" not in node.entries:
            if "input" in node.entries:
                found = read_input(node.entries["input"][1], report, path / "input")
                return INVALID if found is INVALID else {"": found}
            report.add(node, path, say("`input` is missing: the shape that comes in, as `3` or `[3, 32, 32]`."))
            return INVALID
        head, given = node.entries["inputs"]
        at = path / "inputs"
        if "input" in node.entries:
            report.add(head, at, say("`{a}` and `{b}` can't both be given.", a="input", b="inputs"))
            return INVALID
        if not isinstance(given, Mapping) or not given.entries:
            message = say("Expected the shape of each input by its name, as `{form}`.", form="{x1: 3, x2: [3, 4]}")
            report.add(given, at, message)
            return INVALID
        names = [NAME.read(head, report, at / name) for name, (head, _) in given.entries.items()]
        for name, (head, _) in given.entries.items():
            if name == "input":
                report.add(head, at / name, say("`{name}` can't be the name of a quantity.", name=name))
                names.append(INVALID)
        shapes = {name: read_input(value, report, at / name) for name, (_, value) in given.entries.items()}
        if INVALID in names or INVALID in shapes.values():
            return INVALID
        return {name: (shape, symbol or name) for name, (shape, symbol) in shapes.items()}

    def _outputs(self, node: Node, report: Report, path: Path) -> Any:
        """The names of the outputs, each once."""
        outputs = NAMES.read(node, report, path)
        for place, name in enumerate(() if outputs is INVALID else outputs, 1):
            if name in outputs[: place - 1]:
                report.add(*nth(node, place, path), say("`{name}` stands here twice.", name=name))
                return INVALID
        return outputs

    def _layers(self, node: Mapping, report: Report, path: Path) -> Any:
        """The parts, or INVALID after a note."""
        if "layers" not in node.entries:
            report.add(node, path, say("`layers` is missing: a list of layers."))
            return INVALID
        return Reader(report).layers(node.entries["layers"][1], path / "layers", 0)

    def schema(self) -> dict[str, Any]:
        shape = shape_schema()
        from hwsolve.layers.schema import layers_schema

        forms = {
            "input": shape,
            "inputs": {"type": "object", "additionalProperties": shape, "minProperties": 1},
            "layers": layers_schema(),
            "outputs": NAMES.schema(),
        }
        properties = {key: form | {"description": str(KEYS[key])} for key, form in forms.items()}
        whole = {"type": "object", "properties": properties, "required": ["layers"], "additionalProperties": False}
        return whole | {"anyOf": [{"type": "object", "required": [key]} for key in ("input", "inputs")]}


def shape_schema() -> dict[str, Any]:
    """The JSON Schema of an input: a size, a list of sizes, or a mapping."""
    return {"anyOf": [ListOf(SizeField(), single=True).schema(), record_schema(_Input)]}


def read_input(node: Node, report: Report, path: Path) -> Any:
    """(shape, symbol): of a size, a list of sizes, or a mapping; INVALID after a note."""
    if not isinstance(node, Mapping):
        sizes = ListOf(SizeField(), single=True).read(node, report, path)
        return INVALID if sizes is INVALID else (tuple(simplified(s) for s in sizes), None)
    given = read_record(_Input, node, report, path)
    if given is INVALID:
        return INVALID
    sizes = [s for s in (given.size, given.tokens) if s is not None]
    if len(sizes) == 1 and given.features is None and given.channels is None:
        return tuple(simplified(s) for s in sizes[0]), given.symbols
    if given.features is None or sizes:
        message = say("Expected `size`, or `features` with or without `channels`.")
        report.add(
            node,
            path,
            message,
            say("As in `{a}` or `{b}`.", a="{size: 2, symbols: x}", b="{channels: 1, features: 160000}"),
        )
        return INVALID
    return (given.features,) if given.channels is None else StatedMap(given.channels, given.features), given.symbols


def wires_of(inputs: dict[str, tuple[Shape, str | None]]) -> dict[str, Wire]:
    """The wires of the inputs by the names that layers read them by."""
    return {symbol or "x": Wire(f":{name}" if name else "", shape) for name, (shape, symbol) in inputs.items()}


def infer(parts: tuple[Part, ...], shape: Shape, symbol: str | None, node: Mapping, report: Report) -> Network | None:
    """A network of one input, and what looks like a mistake in it; None after a note."""
    return walked(Network(shape, NO_BODY, parts, symbol, node, inputs=wires_of({"": (shape, symbol)})), Walk(report))


def expand(network: Network, report: Report) -> Network | None:
    """The layers one after the other, repeats written out and blocks opened; None after a note."""
    return walked(network, Walk(report, unrolled=True), tuple(network.outputs))


def walked(network: Network, walk: Walk, outputs: tuple[str, ...] = ()) -> Network | None:
    """A network with the body that its parts give, and its outputs; None after a note."""
    names = Names(network.parts)
    names.wires |= network.inputs
    several = len(network.inputs) > 1
    walk.given |= {wire.name: ("", name) for name, wire in network.inputs.items() if several}
    try:
        body = walk.body("", network.parts, next(iter(network.inputs.values())), Scope(), names)
        heads = {name: head(name, names, walk, network.node, k) for k, name in enumerate(outputs, 1)}
    except Stop:
        return None
    walk.read |= {wire.name for wire in heads.values()}
    ends = body if not heads else msgspec.structs.replace(body, end=next(iter(heads.values())))
    return msgspec.structs.replace(network, body=ends, outputs=heads, warnings=walk.unread(ends.end))


def head(name: str, names: Names, walk: Walk, node: Mapping, place: int) -> Wire:
    """What a network gives under a name."""
    try:
        return names.wire(name)
    except Unnamed as why:
        found = nth(node.entries["outputs"][1], place, Path() / "network" / "outputs")
        walk.report.add(*found, why.message, why.hint)
        raise Stop from None
