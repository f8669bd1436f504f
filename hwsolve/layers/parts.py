"""Lists of layers as a spec states them, read into parts: layers, composites, uses of blocks and of layers."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec

from hwsolve.language import Message, say
from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.base import Size, simplified
from hwsolve.layers.blocks import Block, BlocksField, filled, given_arguments
from hwsolve.layers.composed import COMPOSED, COMPOSITES, LONE, REQUIRED, WIRE_NAMES, WIRES, along, branches_listed
from hwsolve.layers.items import MOST_PARTS, Part, too_many_layers
from hwsolve.layers.mixture import read_mixture
from hwsolve.layers.packaged import PACKAGED, packaged_class, written_out
from hwsolve.layers.spelling import spelled
from hwsolve.spec.fields import INVALID, SizeField, WordField, describe, read_record
from hwsolve.spec.names import same_name
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence, is_null
from hwsolve.spec.report import Path, Report, did_you_mean, suggest
from hwsolve.spec.terms import LAYER, LOSS, not_there_yet

DEEPEST = 50  # blocks and composites within each other
NOTHING = Part("", None, Scalar(0, 0, ""), Scalar(0, 0, ""), Path())


def loss_in_place(name: str) -> Message | None:
    """What to do with a loss that stands among the layers."""
    from hwsolve.losses import LOSSES

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

    @property
    def framework(self) -> str:
        """Whose conventions hold: `count.framework`, of which mistakes are noted where `count` is read."""
        at: Any = self.report.document
        for key in ("count", "framework"):
            at = at.entries[key][1] if isinstance(at, Mapping) and key in at.entries else None
        return "keras" if isinstance(at, Scalar) and at.text == "keras" else "torch"

    def layers(self, node: Node, path: Path, depth: int) -> Any:
        """The parts of a list of layers, or INVALID."""
        if not isinstance(node, Sequence):
            hint = say("Each layer is an item: `- relu`.") if isinstance(node, Mapping) else None
            if isinstance(node, Scalar) and node.text.isidentifier():
                hint = say("As a list: `[{layer}]`.", layer=node.text)
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
        name = spelled(head.text, self.blocks)
        if depth > DEEPEST or self.count > MOST_PARTS:
            return self._too_much(head, path, depth)
        if name in LAYERS:
            return self.plain(name, head, arguments, path)
        if name in COMPOSITES:
            return self._composite(name, head, arguments, path, depth)
        if name in PACKAGED:
            return self._packaged(name, head, arguments, path, depth)
        if name in self.blocks:
            return self._block(name, head, arguments, path, depth)
        document = self.report.document
        stated = document.entries.get("blocks") if isinstance(document, Mapping) else None
        if stated is not None and isinstance(stated[1], Mapping) and name in stated[1].entries:
            return INVALID  # what is wrong with it is noted there
        message, hint = LAYER.unknown(name, [*LAYERS, *PACKAGED, *COMPOSITES, *self.blocks])
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
            self.report.add(head, path, too_many_layers())
        return INVALID

    def plain(self, name: str, head: Scalar, arguments: Node, path: Path) -> Any:
        """A layer with its settings, or INVALID after a note."""
        record = read_record(layer_class(name), arguments, self.report, path, positional=True, beside=WIRES)
        wires = self._wires(arguments, path)
        if record is INVALID or wires is INVALID:
            return INVALID
        if self.framework != record.framework:
            record = msgspec.structs.replace(record, framework=self.framework)
        symbol = record.symbols.output
        if symbol and wires["gives"]:
            message = say("`{a}` and `{b}` can't both be given.", a="output", b="symbols.output")
            assert isinstance(arguments, Mapping)
            self.report.add(arguments.entries["output"][1], path / "output", message)
            return INVALID
        wires["gives"] = wires["gives"] or ((symbol,) if symbol else record.wired()[1])
        own = record.name if record.ports() else record.name or next(iter(wires["gives"]), None)
        return Part(name, record, head, arguments, path, own, raw=bool(symbol), **wires)

    def _wires(self, node: Node, path: Path, without: tuple[str, ...] = ()) -> Any:
        """What a layer reads and gives by name, for a Part; INVALID after a note."""
        found: dict[str, Any] = {"inputs": (), "gives": ()}
        for key, field in zip(WIRES, found, strict=True):
            if isinstance(node, Mapping) and key in node.entries and key not in without:
                found[field] = WIRE_NAMES.read(node.entries[key][1], self.report, path / key)
        return INVALID if INVALID in found.values() else found

    def _composite(self, name: str, head: Scalar, node: Node, path: Path, depth: int) -> Any:
        readers: dict[str, Any] = {
            "residual": self._residual,
            "repeat": self._repeat,
            "use": self._use,
            "mixture": partial(read_mixture, self),
        }
        part = readers.get(name, self._branches)(name, node, path, depth)
        wires = self._wires(node, path)
        if part is INVALID or wires is INVALID:
            return INVALID
        return msgspec.structs.replace(part, type=name, head=head, node=node, path=path, **wires)

    def keys(self, name: str, node: Node, path: Path) -> Any:
        """The name and the values of a composite's keys, or INVALID."""
        required, allowed = REQUIRED[name], COMPOSED[name][1]
        if name in LONE and not isinstance(node, Mapping) and not is_null(node):
            return {LONE[name]: node}
        if not isinstance(node, Mapping):
            needed = ", ".join(f"`{k}`" for k in required)
            message = say("Expected a mapping with {keys}, got {got}.", keys=needed, got=describe(node))
            self.report.add(node, path, message)
            return INVALID
        before = len(self.report.errors)
        for key, (head, _) in node.entries.items():
            if key not in allowed:
                hint = ("of" not in node.entries and branches_listed(name)) or did_you_mean(key, allowed)
                self.report.add(head, path / key, say("Unknown key `{key}`.", key=key), hint)
        meant = {suggest(key, allowed) for key in node.entries if key not in allowed}
        for key in required:
            if key not in node.entries and key not in meant and len(self.report.errors) == before:
                self.report.add(node, path, say("`{key}` is missing in `{name}`.", key=key, name=name))
        values: dict[str, Any] = {key: value for key, (_, value) in node.entries.items()}
        if "name" in values:
            values["name"] = WordField().read(values["name"], self.report, path / "name")
        return INVALID if len(self.report.errors) > before else values

    def _residual(self, name: str, node: Node, path: Path, depth: int) -> Any:
        keys = self.keys(name, node, path)
        if keys is INVALID:
            return INVALID
        body = self.layers(keys["body"], path if keys["body"] is node else path / "body", depth + 1)
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
        return msgspec.structs.replace(
            NOTHING, name=keys.get("name"), branches=(body, shortcut), reads=("", ""), zero_pad=zero_pad
        )

    def _repeat(self, name: str, node: Node, path: Path, depth: int) -> Any:
        keys = self.keys(name, node, path)
        if keys is INVALID:
            return INVALID
        times: Size | Any = SizeField().read(keys["times"], self.report, path / "times")
        body = self.layers(keys["body"], path / "body", depth + 1)
        if INVALID in (times, body):
            return INVALID
        return msgspec.structs.replace(NOTHING, name=keys.get("name"), branches=(body,), times=simplified(times))

    def _use(self, name: str, node: Node, path: Path, depth: int) -> Any:
        keys = self.keys(name, node, path)
        if keys is INVALID:
            return INVALID
        at = path if keys["layer"] is node else path / "layer"
        of = WordField(dotted=True).read(keys["layer"], self.report, at)
        return INVALID if of is INVALID else msgspec.structs.replace(NOTHING, name=keys.get("name"), of=of)

    def _branches(self, name: str, node: Node, path: Path, depth: int) -> Any:
        """Branches in a list, which may stand under `of`; a name alone is joined to the stream."""
        own, given, options = None, node, {}
        if isinstance(node, Mapping):
            keys = self.keys(name, node, path)
            if keys is INVALID or INVALID in (options := along(keys, self.report, path)).values():
                return INVALID
            own, given, path = keys.get("name"), keys["of"], path / "of"
        if isinstance(given, Scalar) and not is_null(given) and given.text:
            read = WordField().read(given, self.report, path)
            return INVALID if read is INVALID else msgspec.structs.replace(
                NOTHING, name=own, branches=((), ()), reads=("", read), options=options
            )  # fmt: skip
        if not isinstance(given, Sequence) or len(given.items) < 2:
            message = say(
                "Expected a list of two or more branches, each a list of layers, got {got}.", got=describe(given)
            )
            form = f"{name}: [a, b]", f"{name}: a"
            hint = say("As `{two}`, or `{one}` for `a` and what comes in.", two=form[0], one=form[1])
            self.report.add(given, path, message, hint if isinstance(given, Sequence) and given.items else None)
            return INVALID
        branches: list[Any] = []
        reads: list[Any] = []
        for place, branch in enumerate(given.items, 1):
            named = isinstance(branch, Scalar) and not is_null(branch)
            reads.append(WordField().read(branch, self.report, path / place) if named else "")
            branches.append(() if named else self.layers(branch, path / place, depth + 1))
        if INVALID in branches or INVALID in reads:
            return INVALID
        return msgspec.structs.replace(NOTHING, name=own, branches=tuple(branches), reads=tuple(reads), options=options)

    def _block(self, name: str, head: Scalar, node: Node, path: Path, depth: int) -> Any:
        block = self.blocks[name]
        arguments = given_arguments(name, block, node, self.report, path)
        if arguments is None:
            return INVALID
        own = None
        wires = self._wires(node, path, block.arguments)
        if isinstance(node, Mapping) and "name" in node.entries and "name" not in block.arguments:
            own = WordField().read(node.entries["name"][1], self.report, path / "name")
        before = len(self.report.errors)
        if name in self.open:
            self.report.add(head, path, say("The block `{name}` stands within itself.", name=name))
            return INVALID
        body = filled(block.body, arguments, self.report, path)
        if INVALID in (own, wires) or len(self.report.errors) > before:
            return INVALID
        self.open.append(name)
        parts = self.layers(body, path, depth + 1)
        self.open.pop()
        if parts is INVALID:
            return INVALID
        ports = {"ports": block.inputs, "ends": block.outputs, "ends_at": self._ends_at(name)}
        return Part(name, None, head, node, path, own, (parts,), **ports, **wires)

    def _packaged(self, name: str, head: Scalar, node: Node, path: Path, depth: int) -> Any:
        """A layer that the package has as a block."""
        cls = packaged_class(name)
        record = read_record(cls, node, self.report, path, positional=True, beside=WIRES)
        wires = self._wires(node, path)
        if record is INVALID or wires is INVALID:
            return INVALID
        before = len(self.report.errors)
        body = written_out(record, head, node, self.report, path)
        parts = self.layers(body, path, depth + 1) if len(self.report.errors) == before else INVALID
        if parts is INVALID:
            return INVALID
        return Part(name, None, head, node, path, record.name, (parts,), ports=cls.INPUTS, **wires)

    def _ends_at(self, name: str) -> Any:
        """Where a block says what comes out of it."""
        document = self.report.document
        assert isinstance(document, Mapping)
        blocks = document.entries["blocks"][1]
        assert isinstance(blocks, Mapping)
        definition = blocks.entries[name][1]
        if not isinstance(definition, Mapping) or "outputs" not in definition.entries:
            return None
        return definition.entries["outputs"][1], Path() / "blocks" / name / "outputs"
