"""Values of a function and its derivatives at points: each a line whose formula is the derivative, numbers put in."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

from hwsolve import numbers
from hwsolve.formula.comparisons import by_steps
from hwsolve.formula.evaluate import evaluate, no_names
from hwsolve.formula.functions import FUNCTIONS
from hwsolve.formula.instantiate import instantiate
from hwsolve.formula.notation import unicode
from hwsolve.formula.tree import ZERO, Call, Formula, Number, Ref, transform, walk, written_name
from hwsolve.graph.identity import settled
from hwsolve.graph.kinks import convention, met
from hwsolve.language import Message, say
from hwsolve.numbers.measured import in_float64
from hwsolve.quantities import alike, as_typed, put_in, quantity
from hwsolve.solution import Answer, Given, Line, Note, Quantity, Section, Stage, Value
from hwsolve.solvers.derivatives.task import Task, indices_at, numbers_of, open_indices
from hwsolve.spec.report import Report, SpecFailure

if TYPE_CHECKING:
    from hwsolve.solvers.derivative import Problem
    from hwsolve.solvers.derivatives.derivation import Derivation, Entry

UNROLL = 8  # terms of a sum that are written out


class Points:
    """Evaluates the formulas of a derivation at the points of its problem."""

    def __init__(self, problem: Problem, work: Derivation) -> None:
        self.problem, self.work = problem, work
        self.task: Task = work.task
        self.digits = problem.digits or 6
        self.given: list[Given] = []
        self.answers: dict[str, Answer] = {}
        self.notes: list[Note] = []
        self.keys = {n: self.keys_of(n) for point in problem.at for n in point}
        self.values: dict[Ref, Quantity] = {}
        self.typed: dict[Formula, Formula] = {}  # the numbers as the problem states them
        self._sections = self.work_out()

    def keys_of(self, name: str) -> list[str]:
        """What a name is called at each point: `x`, or `x1`, `x2` where there are several."""
        count = len(self.problem.at)
        name = written_name(name)
        if count == 1:
            return [name]
        taken = {written_name(n) for point in self.problem.at for n in point}
        tail = "" if not any(f"{name}{p}" in taken for p in range(1, count + 1)) and not name[-1].isdigit() else "_at"
        return [f"{name}{tail}{p}" for p in range(1, count + 1)]

    def sections(self) -> list[Section]:
        """The section of values, if there are points."""
        return self._sections

    def work_out(self) -> list[Section]:
        """Every order at every point."""
        if not self.problem.at:
            return []
        lines: list[Line] = []
        found: dict[str, list[Any]] = {}
        for p in range(1, len(self.problem.at) + 1):
            self.give(p)
            for order, entry in enumerate(self.work.values):
                name = f"d{order}_at"
                found.setdefault(name, []).append(self.entry(entry, order, name, p, lines))
            self.kinks(p)
        self.answers = {name: Answer(alike(tuple(values), self.digits), main=True) for name, values in found.items()}
        return [
            Section(
                say("Values at the point") if len(self.problem.at) == 1 else say("Values at the points"),
                lines=tuple(lines),
            )
        ]

    def give(self, p: int) -> None:
        """The numbers of a point."""
        for name, array in self.problem.at[p - 1].items():
            if name in indices_at(self.task, self.problem.at[p - 1]):
                continue
            for at, formula in numbers_of(array).items():
                key = Ref(self.keys[name][p - 1], tuple(Number(i) for i in at))
                self.typed[key] = formula
                self.values[key] = quantity(self.value(formula), self.digits)
                self.given.append(Given(key, self.values[key], as_typed(formula), array.shape))

    def entry(self, entry: Entry, order: int, name: str, p: int, lines: list[Line], place: tuple[int, ...] = ()) -> Any:
        """The values of a derivative at a point, one for each place in a list and each value of an open index."""
        if isinstance(entry, tuple):
            return tuple(self.entry(e, order, name, p, lines, (*place, n)) for n, e in enumerate(entry, 1))
        at = self.problem.at[p - 1]
        fixed = indices_at(self.task, at)
        free = open_indices(self.task, at, order, self.work.second)
        return self.elements(entry, name, p, lines, place, fixed, list(free.items()))

    def elements(
        self,
        f: Formula,
        name: str,
        p: int,
        lines: list[Line],
        place: tuple[int, ...],
        fixed: dict[str, int],
        free: list[tuple[str, int]],
    ) -> Any:
        """Nested values over the open indices."""
        if not free:
            key = Ref(name, tuple(Number(i) for i in (p, *place)))
            return self.line(key, self.at_point(f, p, fixed), lines, p)
        (index, size), *rest = free
        return tuple(
            self.elements(f, name, p, lines, (*place, k), fixed | {index: k}, rest) for k in range(1, size + 1)
        )

    def at_point(self, f: Formula, p: int, fixed: dict[str, int]) -> Formula:
        """A formula over the keys of a point, its indices and sizes numbers."""
        names = {name: keys[p - 1] for name, keys in self.keys.items()}

        def change(node: Formula) -> Formula:
            return Ref(names.get(node.name, node.name), node.indices) if isinstance(node, Ref) else node

        return transform(instantiate(f, fixed, {}, UNROLL), change)

    def line(self, key: Ref, f: Formula, lines: list[Line], p: int) -> Quantity:
        """A value's line; its formula is evaluated in exact numbers and balls."""
        try:
            value = self.value(f)
        except numbers.NotFinite as why:
            raise self.refused(key, p, why.what) from None
        shown = quantity(value, self.digits)
        stages: tuple[Stage, ...] = ()
        if isinstance(f, Number):
            first = next(iter(self.values))
            f = Call("+", (f, Call("*", (ZERO, first))))
        else:
            inserted = transform(f, self.number)
            near = any(isinstance(n, Number) and n.rounded for n in walk(inserted))
            stages = (Stage("=", f), Stage("≈" if near else "=", inserted))
        lines.append(Value(key, by_steps(f), stages, shown, ""))
        return shown

    def value(self, f: Formula) -> Any:
        """The value of a formula over the keys of a point, worked out from the numbers that are typed."""
        closed = transform(f, lambda node: self.typed.get(node, node))
        found = settled(lambda: evaluate(closed, no_names))
        return in_float64(found) if self.problem.numbers == "float64" else found

    def refused(self, key: Ref, p: int, what: Message) -> SpecFailure:
        """The error of a point at which something has no value."""
        report = self.problem.report if self.problem.report is not None else Report()
        node = next((array.node for array in self.problem.at[p - 1].values()), self.problem.node)
        assert node is not None
        report.add(node, f"at[{p}]", say("{key} has no value at this point: {what}.", key=unicode(key), what=what))
        return SpecFailure(report)

    def look_up(self, name: str, indices: tuple[int, ...]) -> Any:
        """The value of a key."""
        key = Ref(name, tuple(Number(i) for i in indices))
        if key not in self.values:
            raise LookupError(name)
        return self.values[key].value

    def number(self, node: Formula) -> Formula:
        """A key as its number."""
        return put_in(self.values[node]) if isinstance(node, Ref) and node in self.values else node

    # points without a derivative

    def kinks(self, p: int) -> None:
        """Note where a point is a kink of a function, or lies on the border of a case."""
        for f in self.concrete(p):
            for call in met(f, self.look_up):
                if FUNCTIONS[call.name].derivative is not None and f"d_{call.name}" in numbers.FUNCTIONS:
                    self.note(convention(call, unicode(transform(call.args[0], self.number)), self.look_up))
            for node in walk(f):
                if isinstance(node, Call) and node.name in ("<", ">", "<=", ">=") and self.equal(node):
                    where = unicode(transform(node, self.number))
                    self.note(
                        say(
                            "The point lies on the border of a case ({where}): the derivative may not exist.",
                            where=where,
                        )
                    )

    def note(self, text: Any) -> None:
        """A warning, once."""
        note = Note("warning", text)
        if note not in self.notes:
            self.notes.append(note)

    def equal(self, comparison: Call) -> bool:
        """Whether both sides of a comparison are surely the same number."""
        closed = transform(Call("==", comparison.args), lambda node: self.typed.get(node, node))
        try:
            return bool(settled(lambda: evaluate(closed, no_names)))
        except numbers.Undecided:
            return False

    def concrete(self, p: int) -> Iterator[Formula]:
        """The functions at a point, for every value of their open indices."""
        at = self.problem.at[p - 1]
        free = open_indices(self.task, at, 0, ())
        for f in self.task.functions:
            for values in product(*(range(1, n + 1) for n in free.values())):
                fixed = indices_at(self.task, at) | dict(zip(free, values, strict=True))
                yield self.at_point(f, p, fixed)
