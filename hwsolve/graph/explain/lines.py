"""The lines that explain a run: for an element of a quantity its formula, the numbers put in, and its value.

A line is made from the formula of the operation that computed the value; the formula is evaluated again, by itself,
and a line whose formula and value do not agree is never made (`Disagreement`).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from hwsolve import numbers
from hwsolve.formula.evaluate import Lookup, agrees, agrees_float, evaluate
from hwsolve.formula.instantiate import fold, instantiate
from hwsolve.formula.notation import plain, unicode
from hwsolve.formula.tree import ONE, ZERO, Call, Formula, Number, Ref, call, children, rebuild, substitute, transform
from hwsolve.formula.tree import formula as formula_of
from hwsolve.graph import identity
from hwsolve.graph.elements import Indices, count, elements, position
from hwsolve.graph.explain.nondifferentiable import convention, first_few, met
from hwsolve.graph.explain.reading import Reader, Reads, counted, is_view, nothing
from hwsolve.graph.explain.room import EVERY, FIRST, GIVEN, UNROLL, WRITTEN, Room
from hwsolve.graph.explain.subgradient import Holds, guarded, settled
from hwsolve.graph.explain.substitution import stages
from hwsolve.graph.graph import Graph, Node, Term
from hwsolve.graph.operation import Operation, Schematic, apart, backward_schematic, forward_schematic, rename
from hwsolve.graph.run import Trajectory, Values
from hwsolve.graph.spelling import every_name
from hwsolve.language import Message, say
from hwsolve.numbers.formed import Known
from hwsolve.numbers.measured import as_far_off
from hwsolve.quantities import as_typed, put_in, quantity, rounded, stated
from hwsolve.solution import Carried, Given, Line, Quantity, Text, Value


class Disagreement(Exception):
    """A formula and the array code give different values: a bug of the program."""


class Writer:
    """Makes lines, and keeps account of what is given, written and carried."""

    def __init__(self, graph: Graph, exact: bool, digits: int, full: bool = False):
        self.graph, self.exact, self.digits = graph, exact, digits
        self.room = Room(full)
        self.unroll = UNROLL
        self.step = 0
        self.values: Values = {}
        self.forms: Known = {}
        self.known: dict[Ref, tuple[str, Indices]] = {}
        self.reader = Reader()
        self.taken = every_name(graph)  # names that no index may have
        self.letters: dict[str, tuple[str, ...]] = {}  # of the indices of a quantity, where a page has its own
        self.trained = {n.follows for n in graph.nodes.values() if n.role == "update"}
        self.given: list[Given] = []
        self.remarks: dict[Any, Message] = {}  # ties, and kinks that were met, by function
        self.kinks: dict[Any, dict[str, None]] = {}  # the places of each of these functions
        self._quantities: dict[tuple[str, Indices], Quantity] = {}

    def at(self, step: int, trajectory: Trajectory) -> None:
        """Write the lines of this step from now on."""
        self.step, self.values, self.forms = step, trajectory.kept[step], trajectory.known
        self._quantities = {}

    # what a quantity is called

    def key(self, name: str, indices: Indices, step: int | None = None) -> Ref:
        """The key of an element at a step: `w@1[2,1]`, or the name that the problem gives it."""
        node = self.graph.nodes[name]
        step = self.step if step is None else step
        if node.role in ("update", "temporary"):
            step += 1
        label = self.graph.labels[name]
        if node.role in ("given", "setting", "counter") or (node.role == "parameter" and name not in self.trained):
            step = 0
        suffix = f"@{step}" if step else ""
        element = label.elements.get(indices)
        if element is not None:
            return Ref(element + suffix)
        return Ref(label.symbol + suffix, tuple(Number(i) for i in indices))

    def element(self, name: str, indices: Indices) -> Any:
        """The value of an element."""
        value = self.values[name]
        return value[tuple(i - 1 for i in indices)] if indices else value

    def shown(self, name: str, indices: Indices) -> Quantity:
        """The quantity of an element, as it is printed."""
        key = (name, indices)
        if key not in self._quantities:
            try:
                value = self.element(name, indices)
                typed = stated(value) if isinstance(value, float) and self.is_stated(name) else None
                self._quantities[key] = typed or quantity(value, self.digits)
            except (numbers.Undecided, numbers.NotFinite) as why:
                said = say("{what} (in {quantity})", what=why.what, quantity=unicode(self.key(*key)))
                raise why.within(said, self.graph.nodes[name].layer) from None
        return self._quantities[key]

    def is_stated(self, name: str) -> bool:
        """Whether a quantity is now as the problem states it."""
        role = self.graph.nodes[name].role
        return role in ("given", "setting") or (role == "parameter" and (self.step == 0 or name not in self.trained))

    # lines

    def lines(self, name: str, rule: Text, at: list[Indices] | None = None) -> Iterator[Line]:
        """The lines of a quantity: of all its elements, or the first few of a long one."""
        node = self.graph.nodes[name]
        wanted = at if at is not None else elements(node.shape, None if self.is_whole(node) else FIRST)
        self.unroll = EVERY if self.is_roomy(node) else UNROLL
        for k, indices in enumerate(wanted):
            yield from self.line(name, indices, "" if k else rule)

    def is_whole(self, node: Node) -> bool:
        """Whether all elements of a quantity are written out."""
        return self.is_roomy(node) or count(node.shape) <= WRITTEN

    def is_roomy(self, node: Node) -> bool:
        """Whether all elements and all their terms are asked for, and there is room for them."""
        self.unroll = UNROLL  # a formula is measured as it is written in short
        first = partial(self.formula, node.name, (1,) * len(node.shape)) if node.operation or node.terms else None
        holds = self.room.holds((node.name, self.step), count(node.shape), first)
        self.remarks |= self.room.remarks()
        return holds

    def line(self, name: str, indices: Indices, rule: Text) -> Iterator[Line]:
        """The line of one element, behind those that carry what it reads and nothing wrote."""
        key = self.key(name, indices)
        if key in self.known:
            return
        formula = self.formula(name, indices)
        empty = isinstance(formula, Number)
        if empty:
            formula = nothing(self.graph, name)
        value = self.element(name, indices)
        read = Reads(self.key, self.element)
        if not self.agree(value, formula, read):
            raise Disagreement(
                f"{plain(key)}: the formula of {self.graph.nodes[name].layer or plain(key)} does not give its value"
            )
        yield from self.carry(read.seen)
        shown = self.relabel(formula)
        if self.graph.nodes[name].role in ("forward", "loss"):
            for kink, at, slope in identity.settled(lambda: list(met(formula, read)), self.forms):
                place = f"{unicode(self.relabel(kink.args[0]))} = {numbers.show(at).text}"
                places = self.kinks.setdefault((kink.name, *kink.args[1:]), {})
                places[place] = None
                self.remarks[kink.name, *kink.args[1:]] = convention(kink, first_few(places), slope)
        self.known[key] = (name, indices)
        seen = () if empty else stages(formula, shown, self.number, self.decided)
        stated = self.reader.take(key, shown, value)
        whole = self.shown(name, indices)
        found = None if self.reader.finds(key, formula, value, read, read.seen) else rounded(whole, self.digits)
        yield Value(key, stated, seen, whole, rule, is_view(self.graph, name), found)

    def agree(self, value: Any, formula: Formula, read: Lookup) -> bool:
        """Whether the formula, evaluated by itself, gives the value."""
        if self.exact:
            return agrees(value, self.evaluate(formula, read))
        return agrees_float(float(value), formula, read)

    def evaluate(self, f: Formula, read: Lookup) -> Any:
        """The value of a formula; where balls do not tell, the forms are asked."""
        return identity.settled(lambda: evaluate(f, read), self.forms)

    def carry(self, seen: dict[Ref, tuple[str, Indices]]) -> Iterator[Carried]:
        """What a line reads and no line wrote: a given, or a value carried over."""
        for key, (name, indices) in seen.items():
            if key in self.known:
                continue
            self.known[key] = (name, indices)
            shown = self.shown(name, indices)
            node = self.graph.nodes[name]
            if self.stated(node):
                self.given.append(self.as_given(key, name, indices, shown))
            else:
                yield Carried(key, shown, numbers.full(self.reader.carry(key, self.element(name, indices))))

    def as_given(self, key: Ref, name: str, indices: Indices, shown: Quantity) -> Given:
        """A given as the problem writes it."""
        shape = self.graph.nodes[name].shape if key.indices else ()
        typed = self.graph.typed[name][position(indices, self.graph.nodes[name].shape)]
        return Given(key, shown, as_typed(typed), shape, self.graph.standing(name))

    def stated(self, node: Node) -> bool:
        """Whether the problem states the numbers of a node."""
        if node.role == "parameter":
            return not self.step or node.name not in self.trained
        return node.role in ("given", "setting") or (node.role == "state" and not self.step)

    def give(self, name: str) -> None:
        """Enter a stated quantity among the givens, unless it is too long for that."""
        node = self.graph.nodes[name]
        if count(node.shape) <= GIVEN:
            for indices in elements(node.shape):
                for _ in self.carry({self.key(name, indices): (name, indices)}):
                    pass

    # formulas

    def formula(self, name: str, indices: Indices) -> Formula:
        """The formula of an element, over names of nodes and indices that are numbers."""
        node = self.graph.nodes[name]
        if node.operation is not None:
            names = dict(zip(node.operation.inputs, node.inputs, strict=False))
            schematic = forward_schematic(node.operation, len(node.shape))
            return self.instance(schematic, indices, names, self.sizes(node.operation, node.inputs))
        terms = [self.term(t, indices) for t in node.terms]
        present = [t for t in terms if t != ZERO] or terms[:1]
        return present[0] if len(present) == 1 else call("+", *present)

    def term(self, term: Term, indices: Indices) -> Formula:
        """What one consumer adds to an element of a gradient."""
        output = self.graph.nodes[term.output]
        schematic = backward_schematic(term.operation, term.slot, len(output.shape))
        names = dict(zip(term.operation.inputs, term.inputs, strict=False)) | {"y": term.output}
        if term.upstream is not None:
            names["g"] = term.upstream
        letters = forward_schematic(term.operation, len(output.shape)).indices
        sizes: dict[str, Formula] = {f"size_{i}": Number(n) for i, n in zip(letters, output.shape, strict=True)}
        remark = term.operation.tie_remark()
        sizes |= self.sizes(term.operation, term.inputs)
        if remark is None:
            return self.instance(schematic, indices, names, sizes)
        made = self.instance(schematic, indices, names, sizes, self.holds)
        return settled(made, self.holds, lambda _: self.remarks.update(ties=remark))

    def holds(self, comparison: Formula) -> bool:
        """Whether a comparison of quantities holds."""
        return bool(self.evaluate(comparison, Reads(self.key, self.element)))

    def sizes(self, operation: Operation, inputs: tuple[str, ...]) -> dict[str, Formula]:
        """The numbers behind the capital letters of an operation's formula."""
        shapes = (self.graph.nodes[i].shape for i in inputs)
        return {k: formula_of(v) for k, v in operation.sizes(*shapes).items()}

    def instance(
        self,
        schematic: Schematic,
        indices: Indices,
        names: dict[str, str],
        sizes: dict[str, Formula],
        holds: Holds | None = None,
    ) -> Formula:
        """The schematic formula with numbers for its indices and sizes, and nodes for its names.

        With `holds` all terms, and what stands under a comparison of elements only where that holds.
        """
        schematic = apart(Schematic(substitute(schematic.formula, sizes), schematic.indices), self.taken)
        f = schematic.formula
        if "g" not in names:
            f = transform(f, lambda node: ONE if isinstance(node, Ref) and node.name == "g" else node)
        f = transform(counted(rename(f, names), self.graph, self.values), self.constant)
        shapes = {n: self.graph.nodes[n].shape for n in names.values()}
        where = dict(zip(schematic.indices, indices, strict=True))
        unroll = EVERY if holds or any(self.graph.labels[n].elements for n in names.values()) else self.unroll
        made = guarded(instantiate(f, where, shapes, unroll, holds), Reads(self.key, self.element))
        chosen = fold(transform(made, self.selector))
        return made if isinstance(chosen, Number) else chosen

    def constant(self, node: Formula) -> Formula:
        """A constant of the graph as its number."""
        if isinstance(node, Ref) and node.name in self.graph.nodes and self.graph.nodes[node.name].role == "constant":
            return self.graph.numbers[node.name]
        return node

    def selector(self, node: Formula) -> Formula:
        """An element of a target that only selects a class as the 0 or 1 that it is."""
        if isinstance(node, Ref) and node.name in self.graph.selectors:
            where = tuple(i.numerator for i in node.indices if isinstance(i, Number))
            return Number(int(self.element(node.name, where))) if len(where) == len(node.indices) else node
        return node

    def relabel(self, f: Formula) -> Formula:
        """The keys that a reader knows instead of the nodes' names."""
        match f:
            case Ref(name, indices) if name in self.graph.nodes:
                if all(isinstance(i, Number) for i in indices):
                    return self.key(name, tuple(i.numerator for i in indices if isinstance(i, Number)))
                return Ref(self.key(name, ()).name, indices)
        parts = children(f)
        return rebuild(f, tuple(self.relabel(p) for p in parts)) if parts else f

    def number(self, node: Formula) -> Formula:
        """A reference as its number."""
        if not isinstance(node, Ref) or node.name not in self.graph.nodes:
            return node
        indices = tuple(i.numerator for i in node.indices if isinstance(i, Number))
        return put_in(self.shown(node.name, indices)) if len(indices) == len(node.indices) else node

    def decided(self, call: Call) -> Formula:
        """What a function made of pieces gives."""
        read = Reads(self.key, self.element)
        return put_in(
            as_far_off(self.evaluate(call, read), (self.element(*at) for at in read.seen.values())), self.digits
        )
