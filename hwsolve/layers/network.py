"""A network as a spec describes it: an input, layers in order, and layers made of layers.

`residual` adds a body and a shortcut, `concat` joins branches along the channels, `multiply` multiplies them, `repeat`
stacks copies of a body, and a block is a body with arguments.  Reading gives parts; walking them with the input's shape
gives items.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.language import Message, say
from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.base import Shape, Size, StatedMap, simplified
from hwsolve.layers.blocks import Block, BlocksField, filled, given_arguments
from hwsolve.layers.composed import COMPOSED, COMPOSITES, REQUIRED
from hwsolve.layers.inference import Item, Network, Part, expand, infer
from hwsolve.spec import fields
from hwsolve.spec.fields import INVALID, Field, ListOf, SizeField, Word, WordField, describe, read_record, record_schema
from hwsolve.spec.names import same_name
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence, is_null
from hwsolve.spec.report import Path, Report, did_you_mean, suggest
from hwsolve.spec.terms import LAYER, LOSS, not_there_yet

__all__ = ["BlocksField", "Item", "Network", "NetworkField", "expand"]

MOST_PARTS = 200_000  # layers written out or made by blocks
DEEPEST = 50  # blocks and composites within each other
NOTHING = Part("", None, Scalar(0, 0, ""), Scalar(0, 0, ""), Path())


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
        items = infer(parts, shape, report)
        return INVALID if items is None else Network(shape, items, parts, symbol, node)

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


def loss_in_place(name: str) -> Message | None:
    """What to do with a loss that stands among the layers."""
    from hwsolve.layers.loss import LOSSES

    meant = same_name(name, LOSSES)
    if meant is not None:
        return say("`{name}` is a loss: it stands under `loss`.", name=meant)
    return not_there_yet(LOSS.what, name) if LOSS.absent(name, []) and not LAYER.absent(name, []) else None


class Reader:
    """Reads lists of layers into parts; notes every mistake."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.count = 0
        self.open: list[str] = []  # the blocks that are being written out
        self._blocks: dict[str, Block] | None = None

    @property
    def blocks(self) -> dict[str, Block]:
        """The blocks of the document; their own mistakes are noted where `blocks` is read."""
        if self._blocks is None:
            document = self.report.document
            entry = document.entries.get("blocks") if isinstance(document, Mapping) else None
            found = BlocksField().read(entry[1], Report(), Path()) if entry is not None else {}
            self._blocks = {} if found is INVALID else found
        return self._blocks

    def layers(self, node: Node, path: Path, depth: int) -> Any:
        """The parts of a list of layers, or INVALID."""
        if not isinstance(node, Sequence):
            hint = say("Each layer is an item: `- relu`.") if isinstance(node, Mapping) else None
            self.report.add(node, path, say("Expected a list of layers, got {got}.", got=describe(node)), hint)
            return INVALID
        parts = [self.layer(item, path / place, depth) for place, item in enumerate(node.items, 1)]
        return INVALID if INVALID in parts else tuple(parts)

    def layer(self, node: Node, path: Path, depth: int) -> Any:
        """One part: a layer, a composite or the use of a block; INVALID after a note."""
        self.count += 1
        if isinstance(node, Scalar) and not is_null(node):
            head, arguments = node, Scalar(node.line, node.column, "null")
        elif isinstance(node, Mapping) and len(node.entries) == 1:
            ((_, (head, arguments)),) = node.entries.items()  # type: ignore[assignment]
        else:
            return self._no_layer(node, path)
        name = head.text
        if depth > DEEPEST or self.count > MOST_PARTS:
            return self._too_much(head, path, depth)
        if name in LAYERS:
            return self._plain(name, head, arguments, path)
        if name in COMPOSITES:
            return self._composite(name, head, arguments, path, depth)
        if name in self.blocks:
            return self._block(name, head, arguments, path, depth)
        known = [*LAYERS, *COMPOSITES, *self.blocks]
        message, hint = LAYER.unknown(name, known)
        self.report.add(head, path, message, loss_in_place(name) or hint)
        return INVALID

    def _no_layer(self, node: Node, path: Path) -> Any:
        hint = None
        if isinstance(node, Mapping) and len(node.entries) > 1:
            first = next(iter(node.entries))
            hint = say("The arguments of a layer stand inside it: `- {first}: {form}`.", first=first, form="{…}")
        message = say("Expected a layer (its name, alone or with its arguments), got {got}.", got=describe(node))
        self.report.add(node, path, message, hint)
        return INVALID

    def _too_much(self, head: Scalar, path: Path, depth: int) -> Any:
        if depth > DEEPEST:
            self.report.add(head, path, say("Blocks stand within each other more than {n} deep.", n=DEEPEST))
        elif self.count == MOST_PARTS + 1:
            self.report.add(
                head, path, say("There are more than {n} layers; `repeat` counts as one.", n=f"{MOST_PARTS:,}")
            )
        return INVALID

    def _plain(self, name: str, head: Scalar, arguments: Node, path: Path) -> Any:
        record = read_record(layer_class(name), arguments, self.report, path, positional=True)
        if record is INVALID:
            return INVALID
        return Part(name, record, head, arguments, path, record.name)

    def _composite(self, name: str, head: Scalar, node: Node, path: Path, depth: int) -> Any:
        read = {"residual": self._residual, "repeat": self._repeat}.get(name, self._branches)
        part = read(name, node, path, depth)
        if part is INVALID:
            return INVALID
        return msgspec.structs.replace(part, type=name, head=head, node=node, path=path)

    def _keys(self, name: str, node: Node, path: Path) -> Any:
        """The name and the values of a composite's keys, or INVALID."""
        required, allowed = REQUIRED[name], COMPOSED[name][1]
        if not isinstance(node, Mapping):
            message = say(
                "Expected a mapping with {keys}, got {got}.",
                keys=", ".join(f"`{k}`" for k in required),
                got=describe(node),
            )
            self.report.add(node, path, message)
            return INVALID
        before = len(self.report.errors)
        for key, (head, _) in node.entries.items():
            if key not in allowed:
                self.report.add(head, path / key, say("Unknown key `{key}`.", key=key), did_you_mean(key, allowed))
        meant = {suggest(key, allowed) for key in node.entries if key not in allowed}
        for key in required:
            if key not in node.entries and key not in meant:
                self.report.add(node, path, say("`{key}` is missing in `{name}`.", key=key, name=name))
        values: dict[str, Any] = {key: value for key, (_, value) in node.entries.items()}
        if "name" in values:
            values["name"] = WordField().read(values["name"], self.report, path / "name")
        return INVALID if len(self.report.errors) > before else values

    def _residual(self, name: str, node: Node, path: Path, depth: int) -> Any:
        keys = self._keys(name, node, path)
        if keys is INVALID:
            return INVALID
        body = self.layers(keys["body"], path / "body", depth + 1)
        shortcut: Any = ()
        given = keys.get("shortcut")
        zero_pad = isinstance(given, Scalar) and given.text == "zero_pad"
        if given is not None and not zero_pad and not is_null(given):
            if isinstance(given, Scalar):
                message = say("Expected `zero_pad` or a list of layers, got {got}.", got=describe(given))
                self.report.add(given, path / "shortcut", message, did_you_mean(given.text, ("zero_pad",)))
                return INVALID
            shortcut = self.layers(given, path / "shortcut", depth + 1)
        if INVALID in (body, shortcut):
            return INVALID
        return msgspec.structs.replace(NOTHING, name=keys.get("name"), branches=(body, shortcut), zero_pad=zero_pad)

    def _repeat(self, name: str, node: Node, path: Path, depth: int) -> Any:
        keys = self._keys(name, node, path)
        if keys is INVALID:
            return INVALID
        times: Size | Any = SizeField().read(keys["times"], self.report, path / "times")
        body = self.layers(keys["body"], path / "body", depth + 1)
        if INVALID in (times, body):
            return INVALID
        return msgspec.structs.replace(NOTHING, name=keys.get("name"), branches=(body,), times=simplified(times))

    def _branches(self, name: str, node: Node, path: Path, depth: int) -> Any:
        if not isinstance(node, Sequence) or len(node.items) < 2:
            message = say(
                "Expected a list of two or more branches, each a list of layers, got {got}.", got=describe(node)
            )
            self.report.add(node, path, message)
            return INVALID
        branches = [self.layers(branch, path / place, depth + 1) for place, branch in enumerate(node.items, 1)]
        return INVALID if INVALID in branches else msgspec.structs.replace(NOTHING, branches=tuple(branches))

    def _block(self, name: str, head: Scalar, node: Node, path: Path, depth: int) -> Any:
        block = self.blocks[name]
        arguments = given_arguments(name, block, node, self.report, path)
        if arguments is None:
            return INVALID
        own = None
        if isinstance(node, Mapping) and "name" in node.entries and "name" not in block.arguments:
            own = WordField().read(node.entries["name"][1], self.report, path / "name")
        before = len(self.report.errors)
        if name in self.open:
            self.report.add(head, path, say("The block `{name}` stands within itself.", name=name))
            return INVALID
        body = filled(block.body, arguments, self.report, path)
        if own is INVALID or len(self.report.errors) > before:
            return INVALID
        self.open.append(name)
        parts = self.layers(body, path, depth + 1)
        self.open.pop()
        return INVALID if parts is INVALID else Part(name, None, head, node, path, own, (parts,))
