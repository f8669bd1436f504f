"""What the elements of a run are called, what they are, and the formula behind each."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from hwsolve.derivation.lines import value_of
from hwsolve.derivation.text_values import Reads
from hwsolve.formula.evaluate import Lookup
from hwsolve.formula.instantiate import fold, instantiate
from hwsolve.formula.tree import ZERO, Formula, Number, Ref, call, transform
from hwsolve.graph.elements import Indices, position
from hwsolve.graph.explain.keys import key_of
from hwsolve.graph.explain.parts import Kind, Part, Rows, at_update, parts_of
from hwsolve.graph.explain.present import Present
from hwsolve.graph.explain.reading import Reading, reading_of
from hwsolve.graph.explain.room import EVERY, UNROLL
from hwsolve.graph.explain.special_cases import Conditions, decided_cases, guarded, has_cases_of_elements, resolved
from hwsolve.graph.graph import Graph
from hwsolve.graph.run import Trajectory, Values
from hwsolve.graph.spelling import every_name
from hwsolve.graph.stack import Stack
from hwsolve.language import Message
from hwsolve.numbers.formed import Known


class ElementFormulas:
    """Knows the values of one step after the other, and the formulas of all their elements."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.unroll = UNROLL
        self.step = 0
        self.values: Values = {}
        self.forms: Known = {}
        self.taken = every_name(graph)  # names that no index may have
        self.trained = {n.follows for n in graph.nodes.values() if n.role == "update"}
        self.conditions: Conditions = {}  # comparisons that decided a case
        self.remarks: dict[Any, Message] = {}  # ties, and kinks that were met, by function
        self.graphs: dict[int, Graph] = {}  # by step, where they differ
        self.present = Present()
        self._parts: dict[str, list[Part]] = {}
        self._parts_of: dict[int, dict[str, list[Part]]] = {id(graph): self._parts}  # by graph
        self._kinds: dict[Hashable, Kind] = {}
        self._rows: dict[int, Rows] = {}  # by the identity of a list of parts, which is kept in it
        self._keys: dict[tuple[str, Indices], Ref] = {}
        self._readings: dict[tuple[str, Indices, int], Reading | None] = {}

    def at(self, step: int, trajectory: Trajectory) -> None:
        """Go to a step."""
        self.step, self.values, self.forms = step, trajectory.kept[step], trajectory.known
        self._keys = {}
        self.graphs = trajectory.graphs
        if step in self.graphs and self.graphs[step] is not self.graph:
            self.graph, self._readings = self.graphs[step], {}
            self._parts = self._parts_of.setdefault(id(self.graph), {})

    # what a quantity is called

    def key(self, name: str, indices: Indices, step: int | None = None) -> Ref:
        """The key of an element at a step: `w@1[2,1]`, or the name that the problem gives it."""
        if step is not None:
            return key_of(self.graph, self.trained, name, indices, step)
        if (place := (name, indices)) not in self._keys:
            self._keys[place] = key_of(self.graph, self.trained, name, indices, self.step)
        return self._keys[place]

    def element(self, name: str, indices: Indices) -> Any:
        """The value of an element."""
        value = self.values[name]
        return value[tuple(i - 1 for i in indices)] if indices else value

    def evaluate(self, f: Formula, read: Lookup) -> Any:
        """The value of a formula."""
        return value_of(f, read, self.forms)

    # formulas

    def formula(self, name: str, indices: Indices) -> Formula:
        """The formula of an element, over names of nodes and indices that are numbers."""
        reading = self.reading(name, indices)
        if reading is not None:
            return reading.formula
        parts = self.present.of(self.parts(name), indices, self.graph, self.unroll)
        terms = [self.instance(p, indices) for p in parts]
        present = [t for t in terms if t != ZERO] or terms[:1]
        return present[0] if len(present) == 1 else call("+", *present)

    def reading(self, name: str, indices: Indices) -> Reading | None:
        """The formula of an element by the patterns of its kind; None where it has none."""
        place = (name, indices, self.unroll)
        if place not in self._readings:
            parts = self.parts(name)
            if id(parts) not in self._rows:
                self._rows[id(parts)] = Rows(parts)
            self._readings[place] = reading_of(self._rows[id(parts)].at(indices, self.unroll), indices, self.unroll)
        return self._readings[place]

    def parts(self, name: str) -> list[Part]:
        """The schematic formulas of a quantity, made once for all its elements and steps."""
        if name not in self._parts:
            self._parts[name] = parts_of(self.graph, self.graph.nodes[name], self.taken, self.parts, self._kinds)
        return self._parts[name]

    def holds(self, comparison: Formula) -> bool:
        """Whether a comparison of quantities holds."""
        return bool(self.evaluate(comparison, Reads(self.key, self.element)))

    def instance(self, part: Part, indices: Indices) -> Formula:
        """The schematic formula with numbers for its indices.

        Where it takes a maximum, all terms, and what stands under a comparison of elements only where that holds.
        """
        graph = self.graph
        tie, holds = part.tie, None if part.tie is None else self.holds
        unroll = EVERY if holds or part.named else self.unroll
        shapes = {n: graph.nodes[n].shape for n in part.names.values()}
        f = at_update(graph, part.over_nodes, self.values)
        made = instantiate(f, dict(zip(part.indices, indices, strict=True)), shapes, unroll, holds)
        made = guarded(made, Reads(self.key, self.element))
        if tie is None and has_cases_of_elements(made):
            made = decided_cases(fold(transform(made, self.selector)), self.holds, self.conditions)
        chosen = fold(transform(made, self.selector) if graph.selectors else made)
        made = made if isinstance(chosen, Number) else chosen
        return made if tie is None else resolved(made, self.holds, lambda _: self.remarks.update(ties=tie))

    def selector(self, node: Formula) -> Formula:
        """An element of a target that only selects a class as the 0 or 1 that it is; a weight as its number."""
        if isinstance(node, Ref) and node.name in self.graph.selectors | self.graph.weights:
            where = tuple(i.numerator for i in node.indices if isinstance(i, Number))
            if len(where) == len(node.indices):
                weighs, at = node.name in self.graph.weights, position(where, self.graph.nodes[node.name].shape)
                return self.graph.typed[node.name][at] if weighs else Number(int(self.element(node.name, where)))
        return node

    def relabel(self, f: Formula) -> Formula:
        """The keys that a reader knows instead of the nodes' names."""

        def key(node: Formula) -> Formula:
            if not isinstance(node, Ref) or node.name not in self.graph.nodes:
                return node
            at = tuple(i.numerator for i in node.indices if isinstance(i, Number))
            return self.key(node.name, at) if len(at) == len(node.indices) else self.whole(node)

        return transform(f, key)

    def whole(self, node: Formula) -> Formula:
        """A reference to a node by the key of its whole quantity; any other formula as it is."""
        if not (isinstance(node, Ref) and node.name in self.graph.nodes):
            return node
        operation = self.graph.nodes[node.name].operation
        if isinstance(operation, Stack) and not operation.times and len(operation.widths) == 1:
            (name,) = self.graph.nodes[node.name].inputs
            inner = node.indices[:-1] if operation.bare else node.indices
            return self.whole(Ref(name, inner))
        label = self.graph.labels[node.name]
        return Ref(self.key(node.name, ()).name, label.at(node.indices, label.clock))
