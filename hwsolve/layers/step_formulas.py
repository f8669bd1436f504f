"""The formulas of a recurrent step: sums of weights times what they meet, and functions of single elements.

All steps of a quantity share one formula; what differs is behind capital letters: `S` is the step of the input, `A` the
first row of a gate in packed parameters, `B`, `C` and `D` the first column of a part of what comes in.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.label import Label
from hwsolve.layers.gates import suffix


class Text(msgspec.Struct):
    """The formula of a quantity in the making: the nodes behind its names, and the numbers behind its letters."""

    terms: list[str] = []
    names: dict[str, str] = {}
    numbers: dict[str, int] = {}
    constants: set[str] = set()

    def read(self, name: str, node: str, constant: bool = False) -> str:
        """Enter what it reads."""
        self.names[name] = node
        if constant:
            self.constants.add(name)
        return name


class StepFormulas:
    """Writes the quantities of one layer in one direction, step by step."""

    t: int  # the step
    cut: bool  # whether the state enters it as a constant

    def __init__(self, whole: Any, layer: int, back: bool, below: list[list[str]]) -> None:
        self.whole, self.back, self.below = whole, back, below
        self.first = layer == 1
        self.behind = suffix(layer, back)
        self.states: dict[str, str] = {}

    def affine(self, symbol: str, gate: str, reset: str = "") -> str:
        """Wx x + Wh h + b."""
        text = Text([], {}, {}, set())
        if "weight" in self.whole.layer.matrices() and self.whole.layer.concat[0] == "h":
            self.from_state(text, gate, reset)
            self.from_input(text, gate)
        else:
            self.from_input(text, gate)
            self.from_state(text, gate, reset)
        self.add_bias(text, gate, *self.whole.layer.biases())
        return self.add(symbol, text, self.whole.hidden)

    def weights(self, text: Text, name: str, which: str, gate: str) -> tuple[str, str]:
        """The name of weights in a formula, and the row of an element."""
        node, rows = self.whole.parameter(which, gate, self.behind)
        if rows:
            text.numbers["A"] = rows
        return text.read(name, node), "i + A" if rows else "i"

    def cell(self, text: Text, name: str, row: str, column: str) -> str:
        """An element of weights, whose rows may be those of the inputs."""
        node, builder = text.names[name], self.whole.builder
        if self.whole.bare:
            many = len(builder.shape(node)) > 0
            return f"{name}[{'1 + A' if row != 'i' else '1'}]" if many else name
        turned = builder.owned[node].spec.rows == "inputs"
        return f"{name}[{column},{row}]" if turned else f"{name}[{row},{column}]"

    def from_input(self, text: Text, gate: str) -> None:
        """Wx x, of all that comes in."""
        whole = self.whole
        one = "weight" in whole.layer.matrices()
        which = "weight" if one else "weight_ih"
        name, row = self.weights(text, "w" if one else "wx", which, gate)
        before = whole.width if one and whole.layer.concat[0] == "h" else 0
        if self.first:
            time = "" if whole.layer.CELL else "S,"
            if time:
                text.numbers["S"] = self.t
            x = text.read("x", whole.x)
            if whole.bare:
                text.terms.append(f"{self.cell(text, name, row, '')}*{x}[{time}1]")
                return
            self.add_sum(text, name, row, "j", before, f"{x}[{time}j]", "B", whole_width(self) if one else 0)
            return
        for k, (state, letter) in enumerate(zip(self.below[self.t - 1], ("x", "v"), strict=False)):
            x = text.read(letter, state)
            self.add_sum(text, name, row, "jl"[k], before + k * whole.width, f"{x}[{'jl'[k]}]", "BC"[k], whole.width)

    def from_state(self, text: Text, gate: str, reset: str = "") -> None:
        """Wh h; with a reset gate, of r⊙h."""
        whole = self.whole
        one = "weight" in whole.layer.matrices()
        which = "weight" if one else "weight_hh"
        name, row = self.weights(text, "w" if one else "wh", which, gate)
        before = whole_width(self) if one and whole.layer.concat[0] == "x" else 0
        h = text.read("h", self.states["h"], self.cut)
        at = "" if whole.bare else "[k]"
        state = f"({text.read('r', reset)}{at}*{h}{at})" if reset else f"{h}{at}"
        if whole.bare:
            text.terms.append(f"{self.cell(text, name, row, '')}*{state}")
        else:
            self.add_sum(text, name, row, "k", before, state, "D", whole.width if one else 0)

    def add_sum(
        self, text: Text, name: str, row: str, index: str, before: int, what: str, letter: str, size: int
    ) -> None:
        """A sum of weights times what they meet; of as many as there is a `size` of, where the weights are for more."""
        column = f"{index} + {letter}" if before else index
        if before:
            text.numbers[letter] = before
        if size:
            text.numbers[index.upper()] = size
        text.terms.append(f"Sum({self.cell(text, name, row, column)}*{what}, {index}, 1, {index.upper()})")

    def add_bias(self, text: Text, gate: str, *which: str) -> None:
        """The biases that are there."""
        for name, letter in zip(("bias", "bias_ih", "bias_hh"), ("b", "b", "d"), strict=True):
            if name not in which or name not in self.whole.layer.biases():
                continue
            node, rows = self.whole.parameter(name, gate, self.behind)
            text.read(letter, node)
            if rows:
                text.numbers["A"] = rows
            if self.whole.bare:
                many = len(self.whole.builder.shape(node)) > 0
                text.terms.append(f"{letter}[{'1 + A' if rows else '1'}]" if many else letter)
            else:
                text.terms.append(f"{letter}[{'i + A' if rows else 'i'}]")

    def by_element(self, symbol: str, function: str, constant: str = "", **nodes: str) -> str:
        """A function of elements at one place."""
        text = Text([], {}, {}, set())
        for name, node in nodes.items():
            text.read(name, node, name == constant and self.cut)
        if not self.whole.bare:
            for name in nodes:
                function = with_index(function, name)
        text.terms.append(function)
        return self.add(symbol, text, self.whole.hidden)

    def add(self, symbol: str, text: Text, width: int) -> str:
        """The node of a quantity at this step."""
        whole, graph = self.whole, self.whole.builder.graph
        data = tuple(n for n, node in text.names.items() if self.has_samples(node))
        constants = tuple(k for k, n in enumerate(text.names) if n in text.constants)
        at, extents = ((), ()) if whole.bare else (("i",), (width,))
        numbers = tuple(sorted(text.numbers.items()))
        terms, names = " + ".join(text.terms), tuple(text.names)
        operation = ByFormula(terms, names, data, at, extents, constants=constants, numbers=numbers)
        lead = whole.lead if data else 0
        shape = (*(whole.samples if lead else ()), *extents)
        called = whole.builder.called(symbol)
        label = Label(whole.symbol(symbol, self.behind), {}, self.t, lead, self.behind, called)
        inputs = tuple(text.names.values())
        name: str = graph.add(label, shape, "forward", operation, inputs=inputs, layer=whole.builder.path)
        return name

    def has_samples(self, node: str) -> bool:
        """Whether a quantity has the axis of samples in front."""
        whole = self.whole
        if not whole.lead or whole.builder.graph.nodes[node].role == "parameter":
            return False
        label = whole.builder.graph.labels[node]
        return node == whole.x or bool(label.lead) or node in {n for row in self.below for n in row}


def whole_width(direction: StepFormulas) -> Any:
    """How many values come into a layer at each step."""
    whole = direction.whole
    layer = 1 if direction.first else 2
    size: Any = whole.layer.incoming(whole.own, layer)
    return size


def with_index(function: str, name: str) -> str:
    """The formula with an index behind a name of one letter."""
    return re.sub(rf"\b{name}\b(?![\[(])", f"{name}[i]", function)
