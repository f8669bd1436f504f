"""A graph of named quantities, without values; and the builder that layers use to write theirs into it."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import msgspec

from hwsolve.formula.tree import Formula
from hwsolve.graph.operation import Operation, Sizes


class Label(msgspec.Struct, frozen=True):
    """How a quantity is written: its symbol, and symbols of single elements where the problem names them."""

    symbol: str
    elements: dict[tuple[int, ...], str] = {}


class Contribution(msgspec.Struct, frozen=True):
    """What one consumer adds to a gradient: `upstream` is the gradient of its output, None where that is 1."""

    operation: Operation
    slot: int
    upstream: str | None
    output: str
    inputs: tuple[str, ...]


class Node(msgspec.Struct, frozen=True):
    """One quantity.

    `name` is its own within the graph, as `#3`, which no problem can write; what a reader sees is its label.
    `role`: given (data), parameter, constant, setting, forward, loss, gradient, state, update, temporary (a quantity of
    one update, as m̂), counter (the number of the update).  A gradient has `terms` instead of an operation; an update
    names in `follows` the quantity whose next value it is.
    """

    name: str
    shape: Sizes
    role: str
    operation: Operation | None = None
    inputs: tuple[str, ...] = ()
    terms: tuple[Contribution, ...] = ()
    layer: str = ""
    follows: str = ""
    of: str = ""  # what a gradient is taken with respect to; the parameter of a state or a temporary quantity


class Training(msgspec.Struct, frozen=True):
    """What a problem says of a parameter besides its numbers."""

    trainable: bool = True
    weight_decay: Formula | None = None


class Owned(msgspec.Struct, frozen=True):
    """Where a parameter's numbers come from: the specification `which` of the layer at `path`, else `value`."""

    spec: Any
    path: str
    which: str
    role: str
    value: Any = None


class Graph(msgspec.Struct):
    """Nodes in the order in which they can be computed, with the labels of their quantities."""

    nodes: dict[str, Node] = {}
    labels: dict[str, Label] = {}
    numbers: dict[str, Formula] = {}  # the constants' numbers
    typed: dict[str, tuple[Formula, ...]] = {}  # the numbers of givens and parameters, in order
    parameters: dict[str, Training] = {}
    selectors: set[str] = set()  # targets that only select a class: their elements are 0 and 1
    chosen: set[str] = set()  # quantities whose numbers are no part of the problem
    batched: bool = False  # whether the first axis of the data counts samples
    output: str = ""
    loss: str = ""

    def add(self, label: Label, shape: Sizes, role: str, operation: Operation | None = None, **more: Any) -> str:
        """Put a node behind those that it needs, and give it a name."""
        name = f"#{len(self.nodes) + 1}"
        self.nodes[name] = Node(name, shape, role, operation, **more)
        self.labels[name] = label
        return name

    def symbol(self, name: str) -> str:
        """The symbol of a quantity."""
        return self.labels[name].symbol

    def standing(self, name: str) -> str:
        """Whether the problem states the numbers of a quantity, or they are chosen or implied (see Given)."""
        if name in self.selectors or self.nodes[name].role == "state":
            return "implied"
        return "chosen" if name in self.chosen else "stated"


def operations(graph: Graph) -> int:
    """About how many element operations a forward and backward pass take."""
    total = 0
    for node in graph.nodes.values():
        if node.role == "forward":
            sizes = node.operation.sizes(*(graph.nodes[i].shape for i in node.inputs)) if node.operation else {}
            total += 3 * prod(node.shape) * prod(sizes.values())
    return total


class Builder:
    """Writes the nodes of a network into a graph, and names them by the defaults of a textbook.

    Layer number k of those with parameters has weights `wk`, bias `bk` and output `zk`; what follows it is `ak`, then
    `ak_2` ….
    """

    def __init__(self, graph: Graph):
        self.graph = graph
        self.layers = 0
        self.owned: dict[str, Owned] = {}  # where the numbers of each parameter come from
        self.path = ""  # of the layer that is being written
        self.outputs: tuple[str, ...] = ()  # the names that the problem gives to what comes out of it
        self.owners: dict[str, tuple[str, str]] = {}  # whose its parameters are, where they were there before
        self._parameters: dict[tuple[str, str], str] = {}  # by owner
        self._activations: dict[str, int] = {}

    def at(self, path: str, outputs: tuple[str, ...] = (), owners: dict[str, tuple[str, str]] | None = None) -> None:
        """What is written from here on is that of the layer at a path."""
        self.path, self.outputs, self.owners = path, outputs, owners or {}

    def shape(self, name: str) -> Sizes:
        """The shape of a quantity."""
        return self.graph.nodes[name].shape

    def sample(self, name: str) -> Sizes:
        """The shape of one sample of a quantity."""
        return self.shape(name)[1 if self.graph.batched else 0 :]

    def next_layer(self) -> int:
        """The number of one more layer with parameters."""
        self.layers += 1
        return self.layers

    def given(self, symbol: str, shape: Sizes, of: str = "") -> str:
        """A quantity whose numbers the problem states; `of` is the key that they stand under."""
        return self.graph.add(Label(symbol), shape, "given", of=of)

    def own(
        self,
        layer: Any,
        which: str,
        parameter: Any,
        symbol: str,
        shape: tuple[Any, ...] | None = None,
        value: Any = None,
    ) -> str:
        """A parameter of a layer: its symbol unless the problem has one, its numbers as its specification says.

        One that has an owner is that quantity again.  `shape`: as it is written here, where that is not as PyTorch
        stores it; `value`: that of every element where the specification says nothing.
        """
        if which in self.owners:
            return self._parameters[self.owners[which]]
        spec, shape = parameter.spec, parameter.shape if shape is None else shape
        symbol = getattr(layer.symbols, which, None) or symbol
        elements = {}
        if spec.symbols is not None:
            missing = (1,) * (len(shape) - len(spec.names_shape()))  # leading axes that the problem leaves out
            elements = {missing + at: name for at, name in named_elements(spec.symbols)}
        if isinstance(spec.symbols, str):
            symbol, elements = spec.symbols, {}
        name = self.graph.add(Label(symbol, elements), shape, "parameter", layer=self.path)
        self._parameters[self.path, which] = name
        self.graph.parameters[name] = Training(layer.trainable and spec.trainable, spec.weight_decay)
        self.owned[name] = Owned(spec, self.path, which, parameter.role, value)
        return name

    def free_symbol(self, base: str) -> str:
        """The symbol, or with a number behind it from the second on."""
        symbols = [label.symbol for label in self.graph.labels.values()]
        taken = sum(1 for name in symbols if name == base or name.startswith(f"{base}_"))
        return base if not taken else f"{base}_{taken + 1}"

    def constant(self, value: Formula) -> str:
        """A number that stands in a formula as it is."""
        name = self.graph.add(Label(""), (), "constant")
        self.graph.numbers[name] = value
        return name

    def forward(
        self, operation: Operation, inputs: tuple[str, ...], symbol: str = "", *, layer: str = "", port: int = 0
    ) -> str:
        """A computed quantity; `port` is that of the output it is, or −1 for one on the way there.

        Without a symbol it gets that of the activation after the last layer.
        """
        shape = operation.shape(*(self.shape(i) for i in inputs))
        named = self.outputs[port] if 0 <= port < len(self.outputs) and not layer else ""
        label = Label(named or symbol or self.activation_symbol())
        return self.graph.add(label, shape, "forward", operation, inputs=inputs, layer=layer or self.path)

    def activation_symbol(self) -> str:
        """`a0` before the first layer with parameters; `a1`, `a1_2` … after it."""
        base = f"a{self.layers}"
        self._activations[base] = self._activations.get(base, 0) + 1
        return base if self._activations[base] == 1 else f"{base}_{self._activations[base]}"


def named_elements(symbols: Any, indices: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], str]]:
    """The names of single elements with their indices, from nested tuples of names."""
    if isinstance(symbols, str):
        yield indices, symbols
        return
    for k, part in enumerate(symbols, 1):
        yield from named_elements(part, (*indices, k))
