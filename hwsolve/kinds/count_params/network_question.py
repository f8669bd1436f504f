"""A network as a problem states it: its input, its layers with their settings, and each block once, in its arguments.

The layers stand only where a problem is shown without its solution, in which they themselves say as much; what a block
is, which a solution counts by its name, stands in both.
It is written from what the spec says and not from what follows, so that it tells no shape that is to be found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from hwsolve.kinds.count_params.block_letters import arguments_said, lettered, letters_of
from hwsolve.kinds.count_params.setting_words import argument_words, setting_words, unmarked, value_text
from hwsolve.kinds.count_params.type_words import type_word
from hwsolve.language import Message, listed, say
from hwsolve.layers import LAYERS
from hwsolve.layers.base import shape_text
from hwsolve.layers.blocks import Block
from hwsolve.layers.composed import BRANCHED, COMPOSITES, WIRED
from hwsolve.layers.items import Network
from hwsolve.layers.packaged import PACKAGED
from hwsolve.layers.spelling import spelled
from hwsolve.solution import Cell, Step, Table, Text
from hwsolve.spec import nodes
from hwsolve.spec.nodes import Node, Scalar, Sequence, is_null

Row = tuple[int, Text, Cell]  # how far it is set in, the layer, its settings
PARTED: Mapping[str, Message] = {
    "residual": say("residual connection"),
    "mixture": say("mixture of experts"),
}
NOTHING = Scalar(0, 0, "")


def posed(network: Network, blocks: Mapping[str, Block] | None, without_numbers: bool = False) -> tuple[Step, ...]:
    """The network and its blocks, where they stand without a solution; its numbers may stand elsewhere."""
    statement = Statement(blocks or {}, without_numbers)
    layers = network.node.entries["layers"][1]
    inputs: list[Row] = [(0, key.replace(".", " "), shape_text(wire.shape)) for key, wire in network.entries.items()]
    outputs: list[Row] = [(0, "outputs", listed(list(network.outputs)))] if network.outputs else []
    rows = [*inputs, *statement.rows(layers, 0), *outputs]
    return (Step(say("Network"), (table(rows),), part="question"), *statement.definitions())


def table(rows: list[Row]) -> Table:
    """The rows of a list of layers."""
    cells = tuple([(name, settings) for _, name, settings in rows])
    return Table("", (say("Layer"), say("Settings")), cells, depths=tuple([depth for depth, _, _ in rows]))


class Statement:
    """Writes lists of layers as rows, and remembers the blocks that they use."""

    def __init__(self, blocks: Mapping[str, Block], without_numbers: bool) -> None:
        self.blocks, self.without_numbers = blocks, without_numbers
        self.used: dict[str, None] = {}

    def definitions(self) -> Iterator[Step]:
        """Each block that is used, in the order of first use; a block may use others."""
        done: set[str] = set()
        while waiting := [name for name in self.used if name not in done]:
            name = waiting[0]
            done.add(name)
            block = self.blocks[name]
            letters = letters_of(block)
            title = say("Block {name}", name=name)
            if block.arguments:
                title = say("Block {name}: {arguments}", name=name, arguments=arguments_said(letters))
            ports = {"inputs": block.inputs, "outputs": block.outputs}
            ends: dict[str, list[Row]] = {
                key: [(0, key, listed(list(names)))] if names else [] for key, names in ports.items()
            }
            rows = [*ends["inputs"], *self.rows(lettered(block.body, letters), 0), *ends["outputs"]]
            yield Step(title, (table(rows),), 2, part="statement")

    def rows(self, layers: Node, depth: int) -> Iterator[Row]:
        """The rows of a list of layers; equal neighbours are one row with their number."""
        assert isinstance(layers, Sequence)
        for _, alike in groupby(layers.items, typed):
            first, *others = alike
            yield from self.layer(first, depth, str(len(others) + 1) if others else "")

    def layer(self, node: Node, depth: int, times: str = "") -> Iterator[Row]:
        """A layer, the use of a block, or a composite with its parts below it."""
        name, arguments = head(node)
        name = spelled(name, self.blocks)
        if self.without_numbers:
            arguments = unnumbered(arguments)
        if name == "repeat":
            yield from self.repeat(arguments, depth, times)
            return
        shown = (
            type_word(name) if name in LAYERS or name in PACKAGED else unmarked(name)
        )  # a layer may be an argument of the block
        shown = PARTED.get(name, shown)
        called: Text = say("{n} × {layer}", n=times, layer=shown) if times else shown
        if name in self.blocks:
            self.used |= {one: None for one in (name, *named_in(arguments)) if one in self.blocks}
            yield depth, called, argument_words(self.blocks[name], arguments)
        elif name in COMPOSITES:
            yield depth, called, listed([*composite(name, arguments), *setting_words(name, wires(arguments))])
            yield from self.parts(name, arguments, depth + 1)
        else:
            yield depth, called, listed(setting_words(name, arguments))

    def repeat(self, arguments: Node, depth: int, times: str) -> Iterator[Row]:
        """A body that stands several times: of one layer as that layer so many times."""
        body, count, own = entry(arguments, "body"), value_text(entry(arguments, "times")), wires(arguments)
        assert isinstance(body, Sequence)
        if len(body.items) == 1 and not times and not own.entries and head(body.items[0])[0] != "repeat":
            factor = count if count.replace(",", "").isalnum() else f"({count})"
            yield from self.layer(body.items[0], depth, factor)
            return
        called: Text = say("{n} × {layer}", n=times, layer="repeat") if times else "repeat"
        yield depth, called, listed([say("{times} times", times=count), *setting_words("repeat", own)])
        yield from self.rows(body, depth + 1)

    def parts(self, name: str, arguments: Node, depth: int) -> Iterator[Row]:
        """The parts of a composite, each under its own name."""
        if name == "residual":
            yield depth, say("body"), ""
            body = arguments if isinstance(arguments, Sequence) else entry(arguments, "body")
            yield from self.rows(body, depth + 1)
            shortcut = entry(arguments, "shortcut")
            if isinstance(shortcut, Scalar) and not is_null(shortcut):
                yield depth, say("shortcut"), say("what comes in, with zeros for the missing channels")
            elif isinstance(shortcut, Sequence) and shortcut.items:
                yield depth, say("shortcut"), ""
                yield from self.rows(shortcut, depth + 1)
            else:
                yield depth, say("shortcut"), say("what comes in")
        if name == "mixture":
            yield depth, say("router"), listed(setting_words("linear", entry(arguments, "router")))
            experts = entry(arguments, "experts")
            own = experts.items if isinstance(experts, Sequence) else [entry(arguments, "body")]
            for k, body in enumerate(own, 1):
                yield depth, say("expert") if len(own) == 1 else say("expert {k}", k=k), ""
                yield from self.rows(body, depth + 1)
        for n, branch in enumerate(branches(name, arguments), 1):
            yield depth, say("branch {n}", n=n), what_is_read(branch)
            if isinstance(branch, Sequence):
                yield from self.rows(branch, depth + 1)


def named_in(node: Node) -> Iterator[str]:
    """All words within a node, among them the layers that a block is given."""
    if isinstance(node, nodes.Mapping):
        for key, (_, value) in node.entries.items():
            yield key
            yield from named_in(value)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from named_in(item)
    else:
        yield node.text if isinstance(node, Scalar) else ""


def what_is_read(branch: Node) -> Text:
    """A branch without layers: a quantity by name, or what comes in."""
    if isinstance(branch, Sequence):
        return "" if branch.items else say("what comes in")
    return unmarked(branch.text) if isinstance(branch, Scalar) and not is_null(branch) else say("what comes in")


def branches(name: str, arguments: Node) -> list[Node]:
    """The branches that are joined; a name alone is joined to what comes in."""
    if name not in BRANCHED:
        return []
    of = entry(arguments, "of") if isinstance(arguments, nodes.Mapping) else arguments
    return of.items if isinstance(of, Sequence) else [Sequence(0, 0, []), of]


def composite(name: str, arguments: Node) -> list[Text]:
    """What a composite does with its parts."""
    if name == "use":
        layer = entry(arguments, "layer") if isinstance(arguments, nodes.Mapping) else arguments
        return [say("{layer} once more, with the same parameters", layer=getattr(layer, "text", ""))]
    known: dict[str, Message] = {
        "residual": say("what the body gives and what the shortcut gives are added"),
        "add": say("the sum of its branches"),
        "concat": say("its branches side by side"),
        "multiply": say("the product of its branches"),
        "mixture": say(
            "{active} of {n} experts work on a row",
            active=value_text(entry(arguments, "active")),
            n=counted(entry(arguments, "experts")),
        ),
    }
    return [known[name]]


def counted(experts: Node) -> Text:
    """How many experts there are, where they stand in a list too."""
    return str(len(experts.items)) if isinstance(experts, Sequence) else value_text(experts)


def wires(arguments: Node) -> nodes.Mapping:
    """The name of a composite, what it reads and what it gives."""
    found = arguments.entries if isinstance(arguments, nodes.Mapping) else {}
    return nodes.Mapping(0, 0, {key: value for key, value in found.items() if key in WIRED})


def head(node: Node) -> tuple[str, Node]:
    """The name of a layer, and its arguments."""
    if isinstance(node, nodes.Mapping):
        ((name, (_, arguments)),) = node.entries.items()
        return name, arguments
    return (node.text if isinstance(node, Scalar) else ""), NOTHING


def unnumbered(arguments: Node) -> Node:
    """The arguments of a layer without the numbers of its parameters and the names of its quantities."""
    if not isinstance(arguments, nodes.Mapping):
        return arguments
    kept = {key: pair for key, pair in arguments.entries.items() if not is_numbers(key, pair[1])}
    return nodes.Mapping(arguments.line, arguments.column, kept)


def is_numbers(key: str, value: Node) -> bool:
    """Whether an argument gives numbers of parameters or states, which are among the givens."""
    if key in ("symbols", "initial", "values", "value", "init", "running", "seed", "parameters"):
        return key != "value" or not (isinstance(value, Scalar) and "=" in value.text)
    if key.startswith(("weight", "bias", "in_proj", "mask", "dropout_mask", "h0", "c0")):
        return not isinstance(value, Scalar) or value.text.lstrip("+-.")[:1].isdigit()
    return False


def entry(node: Node, key: str) -> Node:
    """A value of a mapping; nothing where it has none."""
    return node.entries[key][1] if isinstance(node, nodes.Mapping) and key in node.entries else NOTHING


def typed(node: Node) -> Any:
    """A node without its place, so that two of the same text are equal."""
    if isinstance(node, Sequence):
        return tuple([typed(item) for item in node.items])
    if isinstance(node, nodes.Mapping):
        return tuple([(key, typed(value)) for key, (_, value) in node.entries.items()])
    return node.text if isinstance(node, Scalar) else ""
