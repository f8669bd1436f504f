"""The lines that explain a run: of an element its formula, the numbers put in, and its value, evaluated once more."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from msgspec.structs import replace

from hwsolve import numbers
from hwsolve.derivation.lines import check, value_line
from hwsolve.derivation.substitution import substituted
from hwsolve.derivation.text_values import Reads, TextValues
from hwsolve.formula.evaluate import Lookup
from hwsolve.formula.notation import plain, unicode
from hwsolve.formula.tree import Call, Formula, Number, Ref, references
from hwsolve.graph.elements import Indices, count, elements, position
from hwsolve.graph.explain import worked
from hwsolve.graph.explain.element_formulas import ElementFormulas
from hwsolve.graph.explain.enough_digits import numbers_for
from hwsolve.graph.explain.kinks_met import note
from hwsolve.graph.explain.origin import by_itself, is_view, origin
from hwsolve.graph.explain.room import EVERY, FIRST, GIVEN, UNROLL, WRITTEN, Asked, Room
from hwsolve.graph.graph import Graph, Node
from hwsolve.graph.run import Trajectory, place_of
from hwsolve.language import say
from hwsolve.numbers.measured import as_far_off
from hwsolve.numbers.printing import FEWER
from hwsolve.quantities import as_typed, proven_by_form, put_in, quantity, rounded, stated
from hwsolve.solution import Carried, Given, Line, Origin, Quantity


class Writer(ElementFormulas):
    """Makes lines, and keeps account of what is given, written and carried."""

    def __init__(self, graph: Graph, exact: bool, digits: int, full: bool = False, brief: bool = False):
        super().__init__(graph)
        self.exact, self.digits = exact, digits
        self.most = FIRST if brief else WRITTEN  # lines of a long quantity
        self.asked = Asked()
        self.room = Room(full)
        self.steps: dict[tuple[str, str, int], Node] = {}  # of sequences, by symbol, role and time
        self.known: dict[Ref, tuple[str, Indices]] = {}
        self.text = TextValues()
        self.letters: dict[str, tuple[str, ...]] = {}  # of the indices of a quantity, where a page has its own
        self.axes: dict[str, tuple[str, ...]] = {}  # the letters of its axes, where these mean the same everywhere
        self.given: list[Given] = []
        self.kinks: dict[Any, dict[Formula, None]] = {}  # the places of each function with kinks that were met
        self._quantities: dict[tuple[str, Indices], Quantity] = {}
        self._put: dict[tuple[str, Indices], Number] = {}  # as numbers of a formula
        self._numbers: dict[Ref, Formula] = {}  # the same, by reference
        self._origins: dict[str, tuple[Origin, bool]] = {}

    def at(self, step: int, trajectory: Trajectory) -> None:
        """Write the lines of this step from now on."""
        super().at(step, trajectory)
        self._quantities, self._put, self._numbers = {}, {}, {}

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
        self.conditions.clear()
        reading = self.reading(name, indices)
        formula = self.formula(name, indices) if reading is None else reading.formula
        value = self.element(name, indices)
        read, decided = Reads(self.key, self.element), Reads(self.key, self.element)
        if reading is None or not self.exact:
            self.check(key, value, formula, read)
        else:
            read.seen = reading.checked(self, key, value)
        empty = isinstance(formula, Number)
        if empty:
            formula = by_itself(self.graph, name, formula)
            for ref in references(formula):
                read(ref.name, tuple(i.numerator for i in ref.indices if isinstance(i, Number)))
        for ref in (ref for condition in self.conditions for ref in references(condition)):
            decided(ref.name, tuple(i.numerator for i in ref.indices if isinstance(i, Number)))
        yield from self.carry(read.seen | decided.seen)
        shown = self.relabel(formula) if reading is None else reading.over_keys(self)
        if reading is None and self.graph.nodes[name].role in ("forward", "loss"):
            note(self, name, indices, formula, read)
        self.known[key] = (name, indices)
        seen = (
            self.in_short(name, indices, formula, value)
            if reading is None
            else reading.with_numbers(self, shown, value)
        )
        if seen is None:
            put = None if empty else numbers_for(self, formula, value)
            seen = () if put is None else substituted(formula, put, shown, self.decided)
        stated = self.text.take(key, shown, value) if reading is None else reading.taken(self, key, shown)
        whole = self.shown(name, indices)
        found = None if self.text.finds(key, formula, value, read, read.seen) else self.from_carried(whole)
        found = (
            proven_by_form(whole)
            if found is None and self.text.only_near(key, formula, value, read, read.seen, self.known[key])
            else found
        )
        of, view = self.origin(name)
        yield value_line(key, stated, whole, seen, found, origin=of, aside=aside or view)

    def in_short(self, name: str, indices: Indices, formula: Formula, value: Any) -> tuple[Any, ...] | None:
        """What a maximum passes on, in symbols and with numbers, without the marks that choose it; None elsewhere."""
        said = worked.checked(self, self.graph.nodes[name], indices, formula)
        if said is formula:
            return None
        put = None if isinstance(said, Number) else numbers_for(self, formula, value)
        seen = () if put is None else substituted(said, put, self.relabel(said), self.decided)
        return tuple([replace(s, own=not n) for n, s in enumerate(seen)])

    def origin(self, name: str) -> tuple[Origin, bool]:
        """Where the lines of a quantity come from, and whether it only shows others in another place."""
        if name not in self._origins:
            self._origins[name] = origin(self.graph, name), is_view(self.graph, name)
        return self._origins[name]

    def from_carried(self, q: Quantity) -> Quantity:
        """A quantity as its line finds it from carried decimals, which are rougher than the balls behind them."""
        if 0 < numbers.accuracy(q.value) < self.digits + FEWER + 2:
            raise numbers.Undecided(say("the first {digits} digits of a value", digits=self.digits))
        return rounded(q, self.digits)

    def check(self, key: Ref, value: Any, formula: Formula, read: Lookup) -> None:
        """Raise Disagreement where the formula, evaluated by itself, does not give the value."""
        check(key, value if self.exact else float(value), formula, read, self.forms)

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

    def put(self, name: str, indices: Indices) -> Number:
        """An element as the number that is put in for it."""
        if (place := (name, indices)) not in self._put:
            self._put[place] = put_in(self.shown(name, indices))
        return self._put[place]

    def number(self, node: Formula) -> Formula:
        """A reference as its number, and 0 in place of -0."""
        if isinstance(node, Ref):
            if (n := self._numbers.get(node)) is None and node.name in self.graph.nodes:
                at = tuple([i.numerator for i in node.indices if isinstance(i, Number)])
                self._numbers[node] = n = self.put(node.name, at) if len(at) == len(node.indices) else node
            return n or node
        zero = node.args[0] if isinstance(node, Call) and node.name == "neg" else None
        return zero if isinstance(zero, Number) and not (zero.numerator or zero.rounded) else node

    def decided(self, call: Call) -> Formula:
        """What a function made of pieces gives."""
        read = Reads(self.key, self.element)
        return put_in(
            as_far_off(self.evaluate(call, read), (self.element(*at) for at in read.seen.values())), self.digits
        )
