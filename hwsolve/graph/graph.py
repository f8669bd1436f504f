"""A graph of named quantities, without values; and the builder that layers use to write theirs into it."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import msgspec

from hwsolve.formula.tree import Formula
from hwsolve.graph.batch import Batch
from hwsolve.graph.label import Called, Label, named_elements
from hwsolve.graph.operation import Operation, Sizes
from hwsolve.language import Message, listed, say


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
    stored: Sizes | None = None  # the shape in which PyTorch stores and draws it, where it has other axes here


class TooLarge(Exception):
    """A graph would hold more numbers than it may."""


class Graph(msgspec.Struct):
    """Nodes in the order in which they can be computed, with the labels of their quantities."""

    nodes: dict[str, Node] = {}
    labels: dict[str, Label] = {}
    numbers: dict[str, Formula] = {}  # the constants' numbers
    stored: dict[str, Sizes] = {}  # the shapes in which PyTorch stores parameters that have other axes here
    typed: dict[str, tuple[Formula, ...]] = {}  # the numbers of givens and parameters, in order
    parameters: dict[str, Training] = {}
    selectors: set[str] = set()  # targets that only select a class: their elements are 0 and 1
    weights: set[str] = set()  # given numbers that stand in lines as they are, and nothing where they are 0
    counters: list[str] = []  # the numbers of updates
    chosen: set[str] = set()  # quantities whose numbers are no part of the problem
    series: dict[str, Callable[[int], tuple[Formula, ...]]] = {}  # the numbers, by step, of givens that differ
    by_sample: set[str] = set()  # givens of layers that have a row for each sample
    begun: set[str] = set()  # states whose numbers the problem states
    defaults: set[str] = set()  # settings that the problem leaves as they are
    layers: dict[str, str] = {}  # what the layer or composite at each path is
    units: dict[str, tuple[str, Message]] = {}  # the letter of what a quantity's last axis numbers, and what that is
    batched: bool = False  # whether the first axis of the data counts samples
    output: str = ""
    heads: tuple[str, ...] = ()  # the outputs, or the quantities whose gradients are asked, where there are several
    loss: str = ""
    named: frozenset[str] = frozenset()  # the names that the problem gives
    unstated: str = "L"  # the letter of a loss that is not stated
    room: int | None = None  # how many more numbers it may hold, where there is a limit

    def add(self, label: Label, shape: Sizes, role: str, operation: Operation | None = None, **more: Any) -> str:
        """Put a node behind those that it needs, and give it a name."""
        if self.room is not None and (room := self.room - prod(shape)) < 0:
            raise TooLarge
        self.room = None if self.room is None else room
        name = f"#{len(self.nodes) + 1}"
        self.nodes[name] = Node(name, shape, role, operation, **more)
        self.labels[name] = label
        if role == "counter":
            self.counters.append(name)
        return name

    def symbol(self, name: str) -> str:
        """The symbol of a quantity."""
        return self.labels[name].symbol

    def typed_at(self, name: str, step: int) -> tuple[Formula, ...]:
        """The numbers of a given or a parameter as the problem states them for a step."""
        every = self.series.get(name)
        return self.typed[name] if every is None else every(step)

    def standing(self, name: str) -> str:
        """Whether the problem states the numbers of a quantity, or they are chosen or implied (see Given)."""
        implied = self.nodes[name].role == "state" and name not in self.begun
        if name in self.selectors | self.defaults or implied or self.nodes[name].of == "start":
            return "implied"
        return "chosen" if name in self.chosen else "stated"


class Builder:
    """Writes the nodes of a network into a graph, and names them by the defaults of a textbook.

    Layer number k of those with parameters has weights `wk`, bias `bk`, output `zk`; behind it are `ak`, `ak_2` ….
    """

    def __init__(self, graph: Graph):
        self.graph = graph
        self.layers = 0
        self.owned: dict[str, Owned] = {}  # where the numbers of each parameter come from
        self.classes: dict[str, tuple[int, ...]] = {}  # given quantities that are numbers of classes, from 1
        self.mode = ""  # train or eval, where the problem says it
        self.remarks: list[Any] = []  # what a reader must know of a layer
        self.warnings: list[Any] = []
        self.renewals: list[tuple[str, Operation, tuple[str, ...]]] = []  # what training moves without a gradient
        self.batch = Batch()  # the samples, where the graph is that of a batch
        self.path = ""  # of the layer that is being written
        self.words: dict[str, Called] = {}  # what its quantities are called, by their usual letters
        self.usual: dict[str, str] = {}  # the usual letters of symbols
        self.outputs: tuple[str, ...] = ()  # the names that the problem gives to what comes out of it
        self.owners: dict[str, tuple[str, str]] = {}  # whose its parameters are, where they were there before
        self.said: list[Message] = []  # what a reader is told of how a layer is set
        self._parameters: dict[tuple[str, str], str] = {}  # by owner
        self._activations: dict[str, int] = {}

    def at(
        self,
        path: str,
        outputs: tuple[str, ...] = (),
        owners: dict[str, tuple[str, str]] | None = None,
        layer: Any = None,
    ) -> None:
        """What is written from here on is that of the layer at a path."""
        self.path, self.outputs, self.owners = path, outputs, owners or {}
        self.words = getattr(layer, "QUANTITIES", {})

    def call(self, name: str, *letters: str) -> None:
        """A quantity that comes in is called what the layer calls it, unless it has a name in words."""
        label, known = self.graph.labels[name], [self.words[letter] for letter in letters if letter in self.words]
        if label.called is None and known:
            *first, last = [called.words for called in known]
            words = say("{first} and {last}", first=listed(first), last=last) if first else last
            self.graph.labels[name] = msgspec.structs.replace(label, called=Called(words, known[-1].many))

    def called(self, symbol: str) -> Called | None:
        """What a quantity of the layer is called, by the symbol that it was given for its usual letter."""
        return self.words.get(self.usual.get(symbol, symbol))

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

    def given(self, symbol: str, shape: Any, of: str = "") -> str:
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
        spec, shape, called = parameter.spec, parameter.shape if shape is None else shape, self.called(symbol)
        symbol = getattr(layer.symbols, which, None) or symbol
        elements = {}
        if spec.symbols is not None:
            missing = (1,) * (len(shape) - len(spec.names_shape()))  # leading axes that the problem leaves out
            elements = {missing + at: name for at, name in named_elements(spec.symbols)}
        if isinstance(spec.symbols, str):
            symbol, elements = spec.symbols, {}
        name = self.graph.add(Label(symbol, elements, called=called), shape, "parameter", layer=self.path)
        self._parameters[self.path, which] = name
        self.graph.parameters[name] = Training(layer.trainable and spec.trainable, spec.weight_decay)
        stored = parameter.shape if len(parameter.shape) != len(shape) else None
        if stored is not None:
            self.graph.stored[name] = stored
        self.owned[name] = Owned(spec, self.path, which, parameter.role, value, stored)
        return name

    def fixed(self, parameter: Any, symbol: str, which: str = "value", value: Any = None) -> str:
        """A given quantity whose numbers stand where those of a parameter would; `value`: of all, where none do."""
        name = self.graph.add(Label(symbol), parameter.shape, "given", layer=self.path, of="constant")
        self.owned[name] = Owned(parameter.spec, self.path, which, parameter.role, value)
        return name

    def remark(self, said: Any) -> None:
        """What a reader must know; None is nothing."""
        if said is not None and said not in self.remarks:
            self.remarks.append(said)

    def warn(self, said: Any) -> None:
        """What is probably not meant, where something is to be learned."""
        if said not in self.warnings:
            self.warnings.append(said)

    def renew(self, name: str, operation: Operation, inputs: tuple[str, ...]) -> None:
        """What the next value of a given quantity is, once a step of training is made."""
        self.renewals.append((name, operation, inputs))

    def selector(self, parameter: Any, symbol: str) -> str:
        """A given quantity of zeros and ones, which stands for what it selects."""
        name = self.fixed(parameter, symbol)
        self.graph.selectors.add(name)
        return name

    def is_data(self, name: str) -> bool:
        """Whether a quantity has the axis of samples in front, where there is a batch."""
        node = self.graph.nodes[name]
        if node.operation is None:
            return node.role == "given" and node.of == "input"
        inputs = zip(node.operation.inputs, node.inputs, strict=False)
        return any(port in node.operation.batched and self.is_data(i) for port, i in inputs)

    def own_shape(self, name: str) -> Sizes:
        """The shape of one sample of a quantity, or of what is the same for all samples."""
        return self.sample(name) if self.is_data(name) else self.shape(name)

    def free_symbol(self, base: str, *others: str) -> str:
        """The symbol, or one of the others that is free; else with a number behind it from the second on."""
        symbols = {label.symbol for label in self.graph.labels.values()} | self.graph.named
        taken = sum(1 for name in symbols if name == base or name.startswith(f"{base}_"))
        free = (s for s in (base, *others) if s not in symbols and (others or not taken))
        found = next(free, f"{base}_{taken + 1}")
        self.usual[found] = base
        return found

    def initial(self, label: Label, shape: Sizes, spec: Any, start: Any) -> str:
        """The state before the first step of a sequence: given, or `start` in every element."""
        stated = spec.values is not None or spec.value is not None or spec.init is not None
        name = self.graph.add(label, shape, "given", layer=self.path, of="initial" if stated else "start")
        self.owned[name] = Owned(spec, self.path, "initial", "state", start)
        return name

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
        label = Label(named or symbol or self.activation_symbol(), called=self.called(symbol))
        return self.graph.add(label, shape, "forward", operation, inputs=inputs, layer=layer or self.path)

    def activation_symbol(self) -> str:
        """`a0` before the first layer with parameters; `a1`, `a1_2` … after it."""
        base = f"a{self.layers}"
        self._activations[base] = self._activations.get(base, 0) + 1
        return base if self._activations[base] == 1 else f"{base}_{self._activations[base]}"
