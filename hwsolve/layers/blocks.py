"""Blocks: bodies of layers with arguments, defined once at the top of a spec and used like layers.

blocks: {basic: {arguments: [channels, stride], body: [conv2d: {out_channels: $channels, stride: $stride, …}]}}, then
 `- basic: {channels: 128, stride: 2}`.  `inputs: [a, b]` and `outputs: [y, z]` give a block ports by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.language import Message, say
from hwsolve.layers import LAYERS
from hwsolve.layers.composed import COMPOSITES, WIRED
from hwsolve.layers.packaged import PACKAGED
from hwsolve.layers.schema import layers_schema
from hwsolve.spec.fields import INVALID, Field, ListOf, Raw, WordField, read_record, record_schema
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence, is_null
from hwsolve.spec.report import Path, Report, did_you_mean

LONGEST = 10_000  # characters of a value with its arguments put in
ARGUMENT = re.compile(r"\$([^\W\d]\w*)")


class Block(msgspec.Struct, frozen=True):
    """A body of layers in which `$name` stands for an argument."""

    body: Annotated[Node, Raw()]
    arguments: Annotated[tuple[str, ...], ListOf(WordField())] = ()
    inputs: Annotated[tuple[str, ...], ListOf(WordField(), minimum=1, single=True)] = ()
    outputs: Annotated[tuple[str, ...], ListOf(WordField(), minimum=1, single=True)] = ()

    MEANINGS: ClassVar[dict[str, Message]] = {
        "body": say("the layers, in which `$name` stands for an argument"),
        "arguments": say("the names of the arguments"),
        "inputs": say(
            "the names that the body has for what comes in, in order; the first is what its first layer reads"
        ),
        "outputs": say("the quantities of the body that come out, in order; unless given, what its last layer gives"),
    }


class BlocksField(Field):
    """The blocks of a spec, by name."""

    forms = (Mapping,)
    expected = say("a mapping from the names of blocks to their `arguments` and `body`")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        if not isinstance(node, Mapping):
            return self.wrong(node, report, path)
        blocks = {}
        for name, (head, definition) in node.entries.items():
            if name in LAYERS or name in COMPOSITES or name in PACKAGED:
                report.add(head, path / name, say("`{name}` is the name of a layer.", name=name))
            elif not name.isidentifier():
                report.add(head, path / name, say("Expected a name, got `{name}`.", name=name))
            blocks[name] = read_block(definition, report, path / name)
        return INVALID if INVALID in blocks.values() else blocks

    def schema(self) -> dict[str, Any]:
        block = record_schema(Block)
        block["properties"]["body"] |= layers_schema()
        return {"type": "object", "additionalProperties": block}


def read_block(node: Node, report: Report, path: Path) -> Any:
    """One definition, or INVALID."""
    block = read_record(Block, node, report, path)
    if block is INVALID:
        return INVALID
    if not isinstance(block.body, Sequence):
        report.add(block.body, path / "body", say("Expected a list of layers."))
        return INVALID
    assert isinstance(node, Mapping)
    read = set(read_in(block.body))
    slip = not read <= set(block.arguments)  # which is noted where the block is used
    unread = [place for place, argument in enumerate(block.arguments, 1) if argument not in read and not slip]
    for place in unread:
        message = say("The body never reads the argument `{name}`.", name=block.arguments[place - 1])
        hint = say("An argument is written `${name}` in the body.", name=block.arguments[place - 1])
        report.add(*nth(node.entries["arguments"][1], place, path / "arguments"), message, hint)
    if unread:
        return INVALID
    for key in ("inputs", "outputs"):
        for place, name in enumerate(getattr(block, key), 1):
            if name == "input":
                message = say("`{name}` can't be the name of a quantity.", name=name)
            elif name in getattr(block, key)[: place - 1]:
                message = say("`{name}` stands here twice.", name=name)
            else:
                continue
            report.add(*nth(node.entries[key][1], place, path / key), message)
            return INVALID
    return block


def read_in(node: Node) -> Iterator[str]:
    """The arguments that a body reads."""
    if isinstance(node, Scalar):
        yield from ARGUMENT.findall(node.text)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from read_in(item)
    elif isinstance(node, Mapping):
        for _, value in node.entries.values():
            yield from read_in(value)


def nth(node: Node, place: int, path: Path) -> tuple[Node, Path]:
    """One of a list, or what stands in place of a list of one."""
    return (node.items[place - 1], path / place) if isinstance(node, Sequence) else (node, path)


def given_arguments(name: str, block: Block, node: Node, report: Report, path: Path) -> dict[str, Node] | None:
    """The arguments of one use, by name: a mapping, a list in their order, or one value; None after a note."""
    if isinstance(node, Mapping):
        given = {k: value for k, (_, value) in node.entries.items() if k not in WIRED or k in block.arguments}
        for key in given:
            if key not in block.arguments:
                head = node.entries[key][0]
                message = say("The block `{name}` has no argument `{key}`.", name=name, key=key)
                report.add(head, path / key, message, did_you_mean(key, block.arguments))
                return None
    else:
        values = [] if is_null(node) else [node]
        if isinstance(node, Sequence) and len(block.arguments) > 1:
            values = node.items
        if len(values) > len(block.arguments):
            known = ", ".join(f"`{argument}`" for argument in block.arguments)
            message = say("The block `{name}` has only the arguments {known}.", name=name, known=known)
            report.add(node, path, message if known else say("The block `{name}` has no arguments.", name=name))
            return None
        given = dict(zip(block.arguments, values, strict=False))
    missing = [argument for argument in block.arguments if argument not in given]
    if missing:
        report.add(
            node,
            path,
            say("`{argument}` is missing: an argument of the block `{name}`.", argument=missing[0], name=name),
        )
        return None
    return given


def filled(node: Node, arguments: dict[str, Node], report: Report, path: Path) -> Node:
    """The body with its `$names` replaced: a lone `$name` by the argument itself, one within a formula by its text."""
    if isinstance(node, Scalar):
        return filled_scalar(node, arguments, report, path) if "$" in node.text else node
    if isinstance(node, Sequence):
        return Sequence(
            node.line, node.column, [filled(n, arguments, report, path / k) for k, n in enumerate(node.items, 1)]
        )
    assert isinstance(node, Mapping)
    entries = {key: (head, filled(value, arguments, report, path / key)) for key, (head, value) in node.entries.items()}
    return Mapping(node.line, node.column, entries)


def filled_scalar(node: Scalar, arguments: dict[str, Node], report: Report, path: Path) -> Node:
    """One value with its `$names` replaced."""
    for name in ARGUMENT.findall(node.text):
        if name not in arguments:
            message = say("`${name}` is no argument of this block.", name=name)
            report.add(node, path, message, did_you_mean(name, arguments))
            return node
    whole = ARGUMENT.fullmatch(node.text)
    if whole:
        return arguments[whole[1]]

    def text(match: re.Match[str]) -> str:
        argument = arguments[match[1]]
        return f"({argument.text})" if isinstance(argument, Scalar) else match[0]

    made = ARGUMENT.sub(text, node.text)
    if len(made) > LONGEST:  # blocks within blocks can double it every time
        report.add(node, path, say("With its arguments put in, this has more than {n} characters.", n=f"{LONGEST:,}"))
        return node
    return Scalar(node.line, node.column, made, node.plain)
