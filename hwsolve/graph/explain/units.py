"""The network of units of a small graph: one circle for each element, one arrow for each term that an element reads.

Weights, biases and shortcuts are found in the formulas of the elements, not by the names of layers: a term that is a
parameter times an element is an arrow with a weight, a parameter alone one from the unit 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from hwsolve.figures import Diagram, Edge
from hwsolve.figures import Node as Circle
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Call, Formula, Number, Ref, parted, references
from hwsolve.graph.elements import Indices, count, elements
from hwsolve.graph.explain.lines import Writer
from hwsolve.graph.explain.origin import is_view
from hwsolve.graph.graph import Node
from hwsolve.language import Message, say

MOST, SHOWN, FIRST = 12, 6, 3  # units of a layer: in all; drawn one by one; before those that are left out
MOST_DRAWN = 48  # circles of a drawing that still fits a page
Unit = tuple[str, Indices]  # an element of the last quantity of a column


class TooLarge(Exception):
    """A network whose units are not drawn."""


def units(writer: Writer, values: bool, start: Callable[[], object] = lambda: None) -> Diagram | None:
    """The network; with `values` the numbers that are computed too.  None where it has too many units.

    `start` brings the writer to the first step; it is called only if there are few enough.
    """
    try:
        network = Units(writer, values)
        start()
        return network.diagram()
    except TooLarge:
        return None


class Units:
    """A column for each quantity that stands for itself; what acts on single elements joins what it acts on."""

    def __init__(self, writer: Writer, values: bool) -> None:
        self.writer, self.graph = writer, writer.graph
        nodes = self.graph.nodes.values()
        self.readers: dict[str, list[Node]] = {}
        for node in nodes:
            if node.role in ("forward", "loss"):
                for name in node.inputs:
                    self.readers.setdefault(name, []).append(node)
        self.gradients = {n.of: n.name for n in nodes if n.role == "gradient"}
        self.several = self.graph.batched and self.graph.nodes[self.graph.output].shape[0] > 1
        self.values, self.numbers = values and not self.several, values
        self.columns: dict[str, list[Node]] = {}  # by their first quantity
        self.column: dict[str, str] = {}  # of every quantity
        self.ranks: dict[str, int] = {}
        self.needed: dict[
            Unit, int
        ] = {}  # the rank of the first column that reads a row of units, as the input of a step
        self.circles: list[Circle] = []
        self.edges: list[Edge] = []
        for node in nodes:
            if self.is_data(node.name):
                self.place(node)
        if sum([len(self.kept(nodes[-1])) for nodes in self.columns.values()]) > MOST_DRAWN:
            raise TooLarge

    def place(self, node: Node) -> None:
        """Give a quantity its column."""
        if count(self.own(node)) > MOST:
            raise TooLarge
        if node.role == "forward" and is_view(self.graph, node.name):
            return
        before = self.joined(node)
        if before is not None:
            self.columns[before].append(node)
            self.column[node.name] = before
            return
        self.columns[node.name], self.column[node.name] = [node], node.name

    def joined(self, node: Node) -> str | None:
        """The column that a quantity joins: what acts on single elements that nothing else reads."""
        data = [name for name in node.inputs if self.is_data(name)]
        if node.operation is None or not node.operation.by_element or len(data) != 1:
            return None
        (name,) = data
        before = self.column.get(name)
        if before is None or self.graph.nodes[name].role != "forward" or len(self.readers[name]) > 1:
            return None
        return before

    def is_data(self, name: str) -> bool:
        """Whether a quantity has units: what goes in, and what is computed from it but for terms of a loss."""
        node = self.graph.nodes[name]
        if node.role == "given":
            return node.of in ("input", "initial")
        return node.role == "forward" and node.layer != "loss"

    def own(self, node: Node) -> tuple[int, ...]:
        """The shape of one sample."""
        return node.shape[1:] if self.graph.batched else node.shape

    # the drawing

    def diagram(self) -> Diagram:
        """Columns from the left to the right, the loss behind them."""
        read = {first: self.terms(first) for first in self.columns}
        for first, found in read.items():
            before = [self.ranks[self.column[name]] for _, term in found for (name, _), _ in term if name]
            self.ranks[first] = max(before, default=-1) + 1
            for row in [(name, at[:-1]) for _, term in found for (name, at), _ in term]:
                self.needed[row] = min(self.needed.get(row, self.ranks[first]), self.ranks[first])
        drawn: dict[Unit, str] = {}
        for first, nodes in self.columns.items():
            drawn |= self.circled(first, nodes[-1])
        for first, found in read.items():
            self.connect(first, found, drawn)
        self.loss(drawn)
        caption: Message | str = ""
        if self.numbers and self.graph.loss:
            caption = say("Beside values stand the gradients of {loss}.", loss=self.symbol(self.graph.loss))
        return Diagram(say("The network"), tuple(self.circles), tuple(self.edges), caption)

    def circled(self, first: str, node: Node) -> dict[Unit, str]:
        """The circles of a column: of a long one the first and the last; ids of those drawn."""
        found: dict[Unit, str] = {}
        for k, at in enumerate(self.kept(node)):
            if k == FIRST and count(self.own(node)) > SHOWN:
                self.circles.append(Circle(f"{node.name}…", "⋮", self.ranks[first], shape="fold"))
            name = found[node.name, at] = plain(self.label(node.name, at))
            self.circles.append(self.circle(name, first, node, at, self.rank(first, node, at)))
        return found

    def kept(self, node: Node) -> list[Indices]:
        """The elements of a quantity that are drawn."""
        places = list(elements(node.shape)) if not self.several else [(1, *at) for at in elements(self.own(node))]
        return places if len(places) <= SHOWN else [*places[:FIRST], places[-1]]

    def rank(self, first: str, node: Node, at: Indices) -> int:
        """The rank of a unit: a given row stands just before what reads it, as the input of a step beside its state."""
        if node.role != "given" or count(self.own(node)) > SHOWN:
            return self.ranks[first]
        return self.needed.get((node.name, at[:-1]), 1) - 1

    def circle(self, name: str, first: str, node: Node, at: Indices, rank: int) -> Circle:
        """A unit with its value, and the gradient of what goes into it."""
        stated = node.role == "given"
        value = self.writer.shown(node.name, at) if (stated and not self.several) or self.values else None
        slope = self.gradients.get(first) if self.values and not stated else None
        if slope is None:
            return Circle(name, self.label(node.name, at), rank, value)
        symbol = "" if first == node.name else self.label(slope, at)
        gradient = self.writer.shown(slope, at)
        return Circle(name, self.label(node.name, at), rank, value, gradient, slope=symbol)

    def label(self, name: str, at: Indices) -> Formula:
        """The symbol of an element; of a single one without an index, of a sample without its number."""
        node = self.graph.nodes[name]
        if at in self.graph.labels[name].elements:
            return self.writer.key(name, at)
        of_sample = node.name in self.column or (node.role == "gradient" and node.of in self.column)
        own = at[1:] if self.graph.batched and of_sample else at
        shape = self.own(node) if of_sample else node.shape
        time = self.graph.labels[name].time
        when = () if time is None else (Number(time),)
        return Ref(self.writer.key(name, ()).name, when + (() if count(shape) == 1 else tuple(map(Number, own))))

    def symbol(self, name: str) -> Formula:
        """The symbol of a whole quantity."""
        return Ref(self.writer.key(name, ()).name)

    # arrows

    def terms(self, first: str) -> list[tuple[Indices, list[tuple[Unit, Ref | None]]]]:
        """What each element of a column reads: units with their weights; ("", ()) is the unit 1."""
        node = self.graph.nodes[first]
        if node.role != "forward":
            return []
        front = (1,) if self.several else ()
        places = [(*front, *at) for at in elements(self.own(node) if self.several else node.shape)]
        return [
            (at, [t for term in parted(self.writer.formula(first, at), "+") for t in self.read(term)]) for at in places
        ]

    def read(self, term: Formula) -> Iterator[tuple[Unit, Ref | None]]:
        """The units of one term."""
        found = list(dict.fromkeys(references(term)))
        if not all(isinstance(i, Number) for ref in found for i in ref.indices):
            raise TooLarge
        known = [ref for ref in found if ref.name in self.graph.nodes]
        data = [ref for ref in known if self.is_data(ref.name)]
        weights = [ref for ref in known if self.graph.nodes[ref.name].role == "parameter"]
        if not data and len(weights) == 1 and term == weights[0]:
            yield ("", ()), weights[0]
        product = isinstance(term, Call) and term.name == "*" and len(term.args) == 2
        weight = weights[0] if product and len(data) == len(weights) == 1 else None
        for ref in data:
            yield self.unit(ref), weight

    def unit(self, ref: Ref) -> Unit:
        """The unit that an element is seen in."""
        at = indices_of(ref)
        if ref.name not in self.column:
            behind = self.writer.formula(ref.name, at)  # a view: it has the elements of another quantity
            if not isinstance(behind, Ref) or behind.name not in self.graph.nodes:
                raise TooLarge
            return self.unit(behind)
        last = self.columns[self.column[ref.name]][-1].name
        return last, at

    def connect(self, first: str, found: list[tuple[Indices, list[tuple[Unit, Ref | None]]]], drawn: Any) -> None:
        """The arrows into a column."""
        last = self.columns[first][-1].name
        for at, read in found:
            end = drawn.get((last, at))
            seen = [unit for unit, _ in read]
            if len(set(seen)) < len(seen):
                raise TooLarge  # two arrows between two units
            for unit, weight in read:
                if end is None or (unit[0] and unit not in drawn):
                    continue
                self.edges.append(self.edge(drawn[unit] if unit[0] else self.one(first), end, weight))

    def one(self, first: str) -> str:
        """The unit 1 in front of a column, whose weights are the biases."""
        name = f"1 {plain(self.writer.key(first, ()))}"
        if all(circle.id != name for circle in self.circles):
            self.circles.append(Circle(name, Number(1), self.ranks[first] - 1))
        return name

    def edge(self, start: str, end: str, weight: Ref | None) -> Edge:
        """An arrow; with its weight, the number that is stated, and its gradient."""
        if weight is None:
            return Edge(start, end)
        name, at = weight.name, indices_of(weight)
        slope = self.gradients.get(name) if self.numbers else None
        gradient = self.writer.shown(slope, at) if slope is not None else None
        return Edge(start, end, self.label(name, at), self.writer.shown(name, at), gradient)

    def loss(self, drawn: dict[Unit, str]) -> None:
        """The loss, which reads the last units."""
        name = self.graph.loss
        if not name or self.graph.nodes[name].shape:
            return
        value = self.writer.shown(name, ()) if self.numbers else None
        rank = max(self.ranks.values()) + 1
        self.circles.append(Circle(plain(self.symbol(name)), self.symbol(name), rank, value, shape="box"))
        heads = [
            n for n in self.graph.nodes.values() if n.role == "loss" or (n.role == "forward" and n.layer == "loss")
        ]
        behind = [i for n in heads for i in n.inputs]
        behind += [i for name in behind if name not in self.column for i in self.graph.nodes[name].inputs]  # of a view
        read = {self.columns[self.column[i]][-1].name for i in behind if i in self.column}
        for (node, at), start in drawn.items():
            if node not in read:
                continue
            slope = self.gradients.get(node) if self.values and self.column[node] != node else None
            gradient = self.writer.shown(slope, at) if slope is not None else None
            self.edges.append(Edge(start, plain(self.symbol(name)), gradient=gradient))


def indices_of(ref: Ref) -> Indices:
    """The numbers behind a name."""
    return tuple(i.numerator for i in ref.indices if isinstance(i, Number))
