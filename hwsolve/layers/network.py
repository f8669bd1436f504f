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
from hwsolve.layers.blocks import BlocksField
from hwsolve.layers.inference import Walk
from hwsolve.layers.items import Body, Network, Part, Wire
from hwsolve.layers.names import Names, Scope, Stop
from hwsolve.layers.parts import Reader
from hwsolve.spec import fields
from hwsolve.spec.fields import INVALID, Field, ListOf, SizeField, Word, read_record, record_schema
from hwsolve.spec.nodes import Mapping, Node
from hwsolve.spec.report import Path, Report, did_you_mean

__all__ = ["BlocksField", "Network", "NetworkField", "expand"]


class _Input(msgspec.Struct, frozen=True):
    """The forms of an input that are mappings."""

    size: Annotated[Shape, ListOf(SizeField(), minimum=1, single=True)] | None = None
    symbols: Word | None = None
    channels: fields.Size | None = None
    features: fields.Size | None = None

    MEANINGS: ClassVar[dict[str, Message]] = {
        "size": say("the shape, without a batch"),
        "symbols": say("the letter of the input"),
        "channels": say("the channels of a map whose sides are not stated"),
        "features": say("how many values come in"),
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
            if key not in ("input", "layers"):
                report.add(
                    head, path / key, say("Unknown key `{key}`.", key=key), did_you_mean(key, ("input", "layers"))
                )
                good = False
        shape = self._entry(node, "input", report, path)
        parts = self._entry(node, "layers", report, path)
        if not good or shape is INVALID or parts is INVALID:
            return INVALID
        shape, symbol = shape
        found = infer(parts, shape, symbol, node, report)
        return INVALID if found is None else found

    def _entry(self, node: Mapping, key: str, report: Report, path: Path) -> Any:
        if key not in node.entries:
            message = say("`input` is missing: the shape that comes in, as `3` or `[3, 32, 32]`.")
            report.add(node, path, message if key == "input" else say("`layers` is missing: a list of layers."))
            return INVALID
        value = node.entries[key][1]
        return read_input(value, report, path / key) if key == "input" else Reader(report).layers(value, path / key, 0)

    def schema(self) -> dict[str, Any]:
        shape = shape_schema()
        from hwsolve.layers.schema import layers_schema

        both = {
            "input": shape | {"description": str(say("the shape that comes in, without a batch"))},
            "layers": layers_schema() | {"description": str(say("the layers, in order"))},
        }
        return {"type": "object", "properties": both, "required": list(both), "additionalProperties": False}


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
    if given.size is not None and given.features is None and given.channels is None:
        return tuple(simplified(s) for s in given.size), given.symbols
    if given.features is None or given.size is not None:
        message = say("Expected `size`, or `features` with or without `channels`.")
        report.add(
            node,
            path,
            message,
            say("As in `{a}` or `{b}`.", a="{size: 2, symbols: x}", b="{channels: 1, features: 160000}"),
        )
        return INVALID
    return (given.features,) if given.channels is None else StatedMap(given.channels, given.features), given.symbols


def infer(parts: tuple[Part, ...], shape: Shape, symbol: str | None, node: Mapping, report: Report) -> Network | None:
    """The network, and what looks like a mistake in it; None after a note."""
    walk = Walk(report)
    body = walked(walk, parts, shape, symbol)
    return None if body is None else Network(shape, body, parts, symbol, node, walk.unread(body.end))


def expand(network: Network, report: Report) -> Body | None:
    """The layers one after the other, repeats written out and blocks opened; None after a note."""
    return walked(Walk(report, unrolled=True), network.parts, network.input, network.input_symbol)


def walked(walk: Walk, parts: tuple[Part, ...], shape: Shape, symbol: str | None) -> Body | None:
    """The body of a network; None after a note."""
    names, stream = Names(parts), Wire("", shape)
    names.wires[symbol or "x"] = stream
    try:
        return walk.body("", parts, stream, Scope(), names)
    except Stop:
        return None
