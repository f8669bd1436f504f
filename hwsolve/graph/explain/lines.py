"""The lines that explain a run: of an element its formula, the numbers put in, and its value, evaluated once more."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from msgspec.structs import replace

from hwsolve import numbers
from hwsolve.derivation.lines import check, value_line, value_of
from hwsolve.derivation.substitution import substituted
from hwsolve.derivation.text_values import Reads, TextValues
from hwsolve.formula.evaluate import Lookup
from hwsolve.formula.instantiate import fold, instantiate
from hwsolve.formula.notation import plain, unicode
from hwsolve.formula.tree import ZERO, Call, Formula, Number, Ref, call, references, transform
from hwsolve.graph.elements import Indices, count, elements, position
from hwsolve.graph.explain import worked
from hwsolve.graph.explain.enough_digits import numbers_for
from hwsolve.graph.explain.keys import key_of
from hwsolve.graph.explain.kinks_met import note
from hwsolve.graph.explain.origin import by_itself, is_view, origin
from hwsolve.graph.explain.parts import Part, at_update, parts_of
from hwsolve.graph.explain.present import Present
from hwsolve.graph.explain.room import EVERY, FIRST, GIVEN, UNROLL, WRITTEN, Asked, Room
from hwsolve.graph.explain.special_cases import Conditions, decided_cases, guarded, has_cases_of_elements, resolved
from hwsolve.graph.graph import Graph, Node
from hwsolve.graph.run import Trajectory, Values, place_of
from hwsolve.graph.spelling import every_name
from hwsolve.graph.stack import Stack
from hwsolve.language import Message, say
from hwsolve.numbers.formed import Known
from hwsolve.numbers.measured import as_far_off
from hwsolve.numbers.printing import FEWER
from hwsolve.quantities import as_typed, proven_by_form, put_in, quantity, rounded, stated
from hwsolve.solution import Carried, Given, Line, Quantity


class Writer:
    """Makes lines, and keeps account of what is given, written and carried."""

    def __init__(self, graph: Graph, exact: bool, digits: int, full: bool = False, brief: bool = False):
        self.graph, self.exact, self.digits = graph, exact, digits
        self.most = FIRST if brief else WRITTEN  # lines of a long quantity
        self.asked = Asked()
        self.room = Room(full)
        self.unroll = UNROLL
        self.steps: dict[tuple[str, str, int], Node] = {}  # of sequences, by symbol, role and time
        self.step = 0
        self.values: Values = {}
        self.forms: Known = {}
        self.known: dict[Ref, tuple[str, Indices]] = {}
        self.text = TextValues()
        self.taken = every_name(graph)  # names that no index may have
        self.letters: dict[str, tuple[str, ...]] = {}  # of the indices of a quantity, where a page has its own
        self.axes: dict[str, tuple[str, ...]] = {}  # the letters of its axes, where these mean the same everywhere
        self.trained = {n.follows for n in graph.nodes.values() if n.role == "update"}
        self.given: list[Given] = []
        self.conditions: Conditions = {}  # comparisons that decided a case
        self.remarks: dict[Any, Message] = {}  # ties, and kinks that were met, by function
        self.kinks: dict[Any, dict[Formula, None]] = {}  # the places of each of these functions
        self._quantities: dict[tuple[str, Indices], Quantity] = {}
        self._numbers: dict[Ref, Formula] = {}  # as they are put in
        self.graphs: dict[int, Graph] = {}  # by step, where they differ
        self._parts: dict[str, list[Part]] = {}
        self.present = Present()
        self._parts_of: dict[int, dict[str, list[Part]]] = {id(graph): self._parts}  # by graph

    def at(self, step: int, trajectory: Trajectory) -> None:
        """Write the lines of this step from now on."""
        self.step, self.values, self.forms = step, trajectory.kept[step], trajectory.known
        self._quantities, self._numbers = {}, {}
        self.graphs = trajectory.graphs
        if step in self.graphs:
            self.graph = self.graphs[step]
            self._parts = self._parts_of.setdefault(id(self.graph), {})

    # what a quantity is called

    def key(self, name: str, indices: Indices, step: int | None = None) -> Ref:
        """The key of an element at a step: `w@1[2,1]`, or the name that the problem gives it."""
        return key_of(self.graph, self.trained, name, indices, self.step if step is None else step)

    def element(self, name: str, indices: Indices) -> Any:
        """The value of an element."""
        value = self.values[name]
        return value[tuple(i - 1 for i in indices)] if indices else value

    def shown(self, name: str, indices: Indices) -> Quantity:
        """The quantity of an element, as it is printed."""
        if (key := (name, indices)) not in self._quantities:
            try:
                value = self.element(name, indices)
                typed = stated(value) if isinstance(value, float) and self.is_stated(name) else None
                self._quantities[key] = typed or quantity(value, self.digits)
            except (numbers.Undecided, numbers.NotFinite) as why:
                said = say("{what} (in {quantity})", what=why.what, quantity=unicode(self.key(*key)))
                raise why.within(said, place_of(self.graph, name)) from None
        return self._quantities[key]

    def is_stated(self, name: str) -> bool:
        """Whether a quantity is now as the problem states it."""
        role, fresh = self.graph.nodes[name].role, self.step == 0 or name not in self.trained
        return role == "setting" or (role in ("given", "parameter") and fresh)

    # lines

    def lines(self, name: str, page: int = EVERY) -> Iterator[Line]:
        """The lines of a quantity: of all its elements, or the first ones of a long one and those that are asked for.

        `page`: so many of them are on the page, what is asked for first; the others stand aside.  Where each row is a
        computation of its own, so many of every row.
        """
        node, asked = self.graph.nodes[name], self.asked.of(self.step, name)
        whole = self.is_whole(node)
        first = [] if self.asked.alone else elements(node.shape, None if whole else self.most)
        self.unroll = EVERY if self.is_roomy(node)[1] else UNROLL
        places = dict.fromkeys([*first, *asked])
        shown = worked.on_page(self, node, places, page)
        for indices in places:
            yield from self.line(name, indices, indices not in shown)

    def is_whole(self, node: Node) -> bool:
        """Whether all elements of a quantity are written out."""
        return count(node.shape) <= WRITTEN or self.is_roomy(node)[0]

    def is_roomy(self, node: Node) -> tuple[bool, bool]:
        """Whether all elements, and all their terms, are asked for, and there is room for them."""
        self.unroll = UNROLL  # a formula is measured as it is written in short
        first = partial(self.formula, node.name, (1,) * len(node.shape)) if node.operation or node.terms else None
        whole = Ref(self.key(node.name, ()).name, (*(Number(1) for _ in node.shape[1:]), Ref(":")))
        holds = self.room.holds((node.name, self.step), count(node.shape), first, plain(whole))
        self.remarks |= self.room.remarks()
        return holds

    def line(self, name: str, indices: Indices, aside: bool = False) -> Iterator[Line]:
        """The line of one element, behind those that carry what it reads and nothing wrote."""
        key = self.key(name, indices)
        if key in self.known:
            return
        formula = self.formula(name, indices)
        value = self.element(name, indices)
        read = Reads(self.key, self.element)
        self.check(key, value, formula, read)
        empty = isinstance(formula, Number)
        if empty:
            formula = by_itself(self.graph, name, formula)
            for ref in references(formula):
                read(ref.name, tuple(i.numerator for i in ref.indices if isinstance(i, Number)))
        yield from self.carry(read.seen)
        said = worked.checked(self, self.graph.nodes[name], indices, formula)
        shown = self.relabel(formula)
        if self.graph.nodes[name].role in ("forward", "loss"):
            note(self, name, indices, formula, read)
        self.known[key] = (name, indices)
        put = None if empty or isinstance(said, Number) else numbers_for(self, formula, value)
        seen = () if put is None else substituted(said, put, self.relabel(said), self.decided)
        seen = seen if said is formula else tuple([replace(s, own=not n) for n, s in enumerate(seen)])
        stated = self.text.take(key, shown, value)
        whole = self.shown(name, indices)
        found = None if self.text.finds(key, formula, value, read, read.seen) else self.from_carried(whole)
        found = proven_by_form(whole) if found is None and self.text.only_near(key, formula, value, read) else found
        aside, of = aside or is_view(self.graph, name), origin(self.graph, name)
        yield value_line(key, stated, whole, seen, found, origin=of, aside=aside)

    def from_carried(self, q: Quantity) -> Quantity:
        """A quantity as its line finds it from carried decimals, which are rougher than the balls behind them."""
        if 0 < numbers.accuracy(q.value) < self.digits + FEWER + 2:
            raise numbers.Undecided(say("the first {digits} digits of a value", digits=self.digits))
        return rounded(q, self.digits)

    def check(self, key: Ref, value: Any, formula: Formula, read: Lookup) -> None:
        """Raise Disagreement where the formula, evaluated by itself, does not give the value."""
        check(key, value if self.exact else float(value), formula, read, self.forms)

    def evaluate(self, f: Formula, read: Lookup) -> Any:
        """The value of a formula."""
        return value_of(f, read, self.forms)

    def carry(self, seen: dict[Ref, tuple[str, Indices]]) -> Iterator[Carried]:
        """What a line reads and no line wrote: a given, or a value carried over."""
        for key, (name, indices) in seen.items():
            if key in self.known:
                continue
            self.known[key] = (name, indices)
            shown, node = self.shown(name, indices), self.graph.nodes[name]
            if self.stated(node):
                typed = as_typed(self.graph.typed_at(name, self.step)[position(indices, node.shape)])
                shape = node.shape if key.indices and self.graph.labels[name].time is None else ()
                self.given.append(Given(key, shown, typed, shape, self.graph.standing(name)))
            else:
                self.text.carry(key, value := self.element(name, indices))
                yield Carried(key, shown, numbers.full(value))

    def stated(self, node: Node) -> bool:
        """Whether the problem states the numbers of a node."""
        return self.is_stated(node.name) or (node.role == "state" and not self.step)

    def give(self, name: str) -> None:
        """Enter a stated quantity among the givens; of one that is too long for that, what is asked for."""
        node = self.graph.nodes[name]
        entered = elements(node.shape) if count(node.shape) <= GIVEN else self.asked.of(self.step, name)
        for indices in entered:
            for _ in self.carry({self.key(name, indices): (name, indices)}):
                pass

    # formulas

    def formula(self, name: str, indices: Indices) -> Formula:
        """The formula of an element, over names of nodes and indices that are numbers."""
        parts = self.present.of(self.parts(name), indices, self.graph, self.unroll)
        terms = [self.instance(p, indices) for p in parts]
        present = [t for t in terms if t != ZERO] or terms[:1]
        return present[0] if len(present) == 1 else call("+", *present)

    def parts(self, name: str) -> list[Part]:
        """The schematic formulas of a quantity, made once for all its elements and steps."""
        if name not in self._parts:
            self._parts[name] = parts_of(self.graph, self.graph.nodes[name], self.taken, self.parts)
        return self._parts[name]

    def holds(self, comparison: Formula) -> bool:
        """Whether a comparison of quantities holds."""
        return bool(self.evaluate(comparison, Reads(self.key, self.element)))

    def instance(self, part: Part, indices: Indices) -> Formula:
        """The schematic formula with numbers for its indices.

        Where it takes a maximum, all terms, and what stands under a comparison of elements only where that holds.
        """
        nodes, graph = part.names.values(), self.graph
        tie, holds = part.tie, None if part.tie is None else self.holds
        unroll = EVERY if holds or any(graph.labels[n].elements for n in nodes) else self.unroll
        shapes = {n: graph.nodes[n].shape for n in nodes}
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

    def number(self, node: Formula) -> Formula:
        """A reference as its number, and 0 in place of -0."""
        if isinstance(node, Ref):
            if (n := self._numbers.get(node)) is None and node.name in self.graph.nodes:
                at = tuple([i.numerator for i in node.indices if isinstance(i, Number)])
                self._numbers[node] = n = put_in(self.shown(node.name, at)) if len(at) == len(node.indices) else node
            return n or node
        zero = node.args[0] if isinstance(node, Call) and node.name == "neg" else None
        return zero if isinstance(zero, Number) and not (zero.numerator or zero.rounded) else node

    def decided(self, call: Call) -> Formula:
        """What a function made of pieces gives."""
        read = Reads(self.key, self.element)
        return put_in(
            as_far_off(self.evaluate(call, read), (self.element(*at) for at in read.seen.values())), self.digits
        )
