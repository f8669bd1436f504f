"""The lines and rows of layers that are counted by their formulas: one for each quantity, its error, its gradient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve.derivation.lines import Disagreement, value_line
from hwsolve.derivation.size_lines import equal, number_of, size_value, stated, summed, whole_number
from hwsolve.formula.tree import Call, Formula, Number, Ref, formula
from hwsolve.kinds.complexity.flow import Place
from hwsolve.kinds.complexity.formula_letters import called_here
from hwsolve.kinds.complexity.repeats import gradient
from hwsolve.kinds.complexity.sent import spread
from hwsolve.kinds.complexity.tables import BACK, KINDS, Work
from hwsolve.kinds.complexity.totals import CountOfLayer, OperationTotals
from hwsolve.kinds.count_params.counts import put_in
from hwsolve.language import Message, say
from hwsolve.layers.attention import Masked
from hwsolve.layers.base import Layer, Shape, Size, product, total
from hwsolve.layers.cost import NotCounted, Phase
from hwsolve.layers.formula_layer import FormulaLayer
from hwsolve.layers.items import Item, walk_items
from hwsolve.layers.recurrent import Recurrent
from hwsolve.solution import Answer, Line

if TYPE_CHECKING:
    from hwsolve.kinds.complexity.forms import LayerForms
    from hwsolve.kinds.complexity.problem import Problem
    from hwsolve.kinds.complexity.written import Row

A = Ref("a")
Counted = dict[str, tuple[Formula, Size]]  # by kind: a count as it arises, and its value


class FormulaRows(msgspec.Struct):
    """The rows of a layer in the places where the same is wanted of it: how many they are, how many lead on."""

    needs: Any
    rows: list[Any]
    times: Size
    leads: Size
    places: list[Place]


class FormulaCounts(OperationTotals):
    """Counts layers by their formulas."""

    forms: LayerForms

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.given_names: dict[str, str] = {}  # what comes out of formulas, as their rows call it

    @cached_property
    def layers(self) -> list[Layer]:
        """Those that are counted by their formulas."""
        every = (item.layer for item in walk_items(self.problem.network.items))
        return [layer for layer in every if isinstance(layer, (Masked, Recurrent, FormulaLayer))]

    @property
    def several(self) -> bool:
        """Whether a row must say which layer it is of."""
        return len(self.layers) > 1

    def said(self) -> Iterator[Message]:
        """By what conventions they are counted."""
        if self.layers:
            if not any(work.forms and work.phase != "forward" for work in self.works):
                yield say("Here {g} is the gradient of the loss with respect to {a}.", g=gradient(A), a=A)
            yield say("Formulas are counted as they are written; what was worked out once is not worked out again.")
        if any(isinstance(layer, Masked) and layer.hides for layer in self.layers):
            yield say("A mask saves no operations.")
        if any(isinstance(layer, Recurrent) for layer in self.layers):
            yield say("{w} are the weights of what comes in, {u} those of the state.", w=Ref("W"), u=Ref("U"))
            yield say("The first state is multiplied like every other one, and gets no error.")
        if any(isinstance(layer, Recurrent) and not layer.CELL for layer in self.layers):
            yield say("A gradient that several steps add to is the sum over them.")

    def by_formulas(
        self, layer: Layer, shapes: tuple[Shape, ...], places: list[Place]
    ) -> tuple[NotCounted | None, list[FormulaRows]]:
        """The rows of a layer by what is wanted of it, or why it cannot be counted."""
        from hwsolve.kinds.complexity.ranges import NotKnown
        from hwsolve.kinds.complexity.unrolled import rows_of
        from hwsolve.kinds.complexity.written import Needs

        found: list[FormulaRows] = []
        for place in places:
            tops = tuple([k for k, port in enumerate(place.gives.ports) if port.live])
            learned = frozenset(layer.learned(*shapes)) if place.live else frozenset[str]()
            needs = Needs(place.back, tops, learned)
            same = next((rows for rows in found if rows.needs == needs), None)
            if same is None:
                try:
                    rows = rows_of(layer, shapes, needs, self.count.activations)
                except NotKnown as unknown:
                    return NotCounted(unknown.reason), []
                found.append(same := FormulaRows(needs, rows, 0, 0, []))
            same.places.append(place)
            same.times, same.leads = total((same.times, place.times)), total((same.leads, place.leads))
        return None, sorted(found, key=lambda rows: -len(rows.places))

    def of_rows(self, item: Item, groups: list[FormulaRows], again: Phase, sizes: Any) -> None:
        """The lines of a layer; `again` is what its gradients take beside those rows, as sums over several uses."""
        times = total(group.times for group in groups)
        self.given_names[item.path] = groups[0].rows[0].part
        self.of_phase(item, "forward", item.path, groups[0].rows, times)
        for phase in ("error", "gradient"):
            for k, group in enumerate(group for group in groups if group.leads != 0):
                path = f"{item.path}.other{k}" if k else item.path
                more: dict[str, Counted] = {}
                if phase == "error":
                    for port, quantity in enumerate(group.places[0].gives.ports):
                        rule = spread(quantity)
                        if rule:
                            read = {"read": product(item.outputs[port].shape)}
                            more[f"read{port + 1}"] = {"add": put_in(rule["add"], read)}
                elif again:
                    more["uses"] = {kind: put_in(text, sizes) for kind, text in again.items()}
                self.of_phase(item, phase, path, group.rows, group.leads, more)

    def of_phase(
        self, item: Item, phase: str, path: str, rows: list[Row], often: Size, more: dict[str, Counted] | None = None
    ) -> None:
        """The lines of one phase: for each kind those of the rows, and their sum."""
        own: list[tuple[str, Counted, Size, Row | None]] = []
        taken: Counter[str] = Counter()
        for row in rows:
            if row.phase == phase:
                taken[row.part] += 1
                part = row.part if taken[row.part] == 1 else f"{row.part}.{taken[row.part]}"
                own.append((part, self.merged_kinds(row), row.times, row))
        own += [(part, counts, 1, None) for part, counts in (more or {}).items()]
        for kind in KINDS:
            terms: list[tuple[Size, Ref, Size]] = []
            for part, counts, times, _ in own:
                if kind in counts and counts[kind][1] != 0:
                    key = Ref(f"{phase}.{kind}.{path}.{part}")
                    written, value = counts[kind]
                    self.lines.append(arises(key, written, value))
                    self.answers[key.name] = answer(value)
                    terms.append((times, key, value))
            if terms:
                key, whole = Ref(f"{phase}.{kind}.{path}"), total(product((n, value)) for n, _, value in terms)
                self.lines += summed(key, terms, whole)
                self.answers[key.name] = answer(whole)
                self.terms.setdefault((phase, kind), []).append(CountOfLayer(often, key, whole, formula(whole)))
        for part, counts, times, found in own[::-1] if phase in BACK else own:
            self.row(item, phase, part, counts, product((times, often)), found)

    def merged_kinds(self, row: Row) -> Counted:
        """The counts of a row by kind; additions within sums of products count unless they are one with these."""
        from hwsolve.kinds.complexity.instances import value_of
        from hwsolve.kinds.complexity.written import arisen

        counts = dict(row.counts)
        within = counts.pop("sum", Counter())
        if within and self.count.multiply_add == 2:
            counts["add"] = merged(within, counts.get("add"))
        found = {kind: (arisen(terms), value_of(terms)) for kind, terms in counts.items() if any(terms.values())}
        return {kind: pair for kind, pair in found.items() if pair[1] != 0}

    def row(self, item: Item, phase: str, part: str, counts: Counted, times: Size, row: Row | None) -> None:
        """The row of a table."""
        if times == 0 or not (counts or row is not None):
            return
        what = row.form if row is not None and row.form is not None else part
        if isinstance(item.layer, FormulaLayer):
            what = called_here(self.forms, item, what, self.given_names[item.path])
        symbol = what.args[0] if isinstance(what, Call) and what.name == "==" else what
        name, own = (
            say("{layer}: {part}", layer=item.path, part=one) if self.several else say("{symbol}", symbol=one)
            for one in (what, symbol)
        )
        gates = ", ".join(row.gates) if row is not None and len(row.gates) > 1 else ""
        self.works.append(Work(phase, name, (), counts, times, which=gates, evaluated=bool(counts), part=True,
                               symbol=own))  # fmt: skip


def merged(a: Counter[Any], b: Counter[Any] | None) -> Counter[Any]:
    """Two counts together, those that are taken away too."""
    found = Counter(a)
    for key, often in (b or {}).items():
        found[key] += often
    return found


def arises(key: Ref, written: Formula, value: Size) -> Line:
    """The line of a count: as it arises, and its value."""
    if not isinstance(value, int):
        return equal(key, written, value)
    if isinstance(written, Number):
        return stated(key, value, aside=False)
    if number_of(written) != value:
        raise Disagreement(f"{key.name}: {written} is not {value}")
    return value_line(key, written, whole_number(value))


def answer(value: Size) -> Answer:
    """A count as an answer."""
    return Answer(size_value(value))
