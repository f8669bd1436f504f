"""Values of a function and its derivatives at points: each a line whose formula is the derivative, numbers put in."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice, product
from typing import TYPE_CHECKING, Any

from hwsolve import numbers
from hwsolve.derivation.identities import SMALL
from hwsolve.derivation.lines import value_line, value_of
from hwsolve.formula.evaluate import evaluate, no_names
from hwsolve.formula.instantiate import instantiate
from hwsolve.formula.notation import plain, unicode
from hwsolve.formula.operators import NoValue
from hwsolve.formula.tree import ZERO, Call, Formula, Number, Ref, substitute, transform, walk, written_name
from hwsolve.kinds.derivative.asked import Derived, Question, indices_at, numbers_of, open_indices
from hwsolve.kinds.derivative.beside import Beside, NoDerivative, branching, some
from hwsolve.kinds.derivative.generalised_gradient import contradiction
from hwsolve.kinds.derivative.point_pages import PointPages, reasons, steps_of_value
from hwsolve.kinds.derivative.point_words import is_short
from hwsolve.language import Message, say
from hwsolve.numbers import LADDER
from hwsolve.numbers.identity import settled
from hwsolve.numbers.measured import in_float64
from hwsolve.quantities import alike, as_typed, put_in, quantity
from hwsolve.solution import Answer, Given, Identity, Missing, Note, Quantity, Step, Value

if TYPE_CHECKING:
    from hwsolve.kinds.derivative.page import AllDerivatives, Entry
    from hwsolve.kinds.derivative.problem import Problem
    from hwsolve.spec.arrays import Array

UNROLL = 8  # terms of a sum that are written out
Path = tuple[int, Formula, tuple[Formula, ...]]  # a point, a function, and what it is differentiated by
MOST_AXES = 12  # variables of which all slopes are compared along directions between them
MOST_TERMS = 1000  # of a sum that is looked at term by term beside a kink


class Points:
    """Evaluates the formulas of a derivation at the points of its problem."""

    def __init__(self, problem: Problem, work: AllDerivatives) -> None:
        self.problem, self.work = problem, work
        self.question: Question = work.question
        self.digits = problem.digits or 6
        self.given: list[Given] = []
        self.answers: dict[str, Answer] = {}
        self.notes: list[Note] = []
        self.apart = bool(problem.at) and not hold_at(
            problem.at[0], work
        )  # the names of a point are not those of lines
        self.keys = {n: self.keys_of(n) for point in problem.at for n in point}
        self.values: dict[Ref, Quantity] = {}
        self.absent: dict[
            tuple[Formula, str], tuple[Message, list[Formula]]
        ] = {}  # keys without a value, by the reason
        self.bent: set[Path] = set()  # derivatives that were worked out from both sides
        self.contradictions: dict[tuple[int, Formula], Message | None] = {}
        self.lacking: dict[Path, int] = {}  # derivatives without a value, by the order of the lowest that has none
        self.typed: dict[Formula, Formula] = {}  # the numbers as the problem states them
        self.lines: list[tuple[int, int, Value]] = []  # with the point and the order
        self.pages = PointPages(problem, work, self.keys)
        self.steps = self.work_out()

    def keys_of(self, name: str) -> list[str]:
        """What a name is called at each point: `x`, or `x1`, `x2` where there are several."""
        count = len(self.problem.at)
        name = written_name(name)
        if count == 1 and not self.apart:
            return [name]
        taken = {written_name(n) for point in self.problem.at for n in point}
        tail = "" if not any(f"{name}{p}" in taken for p in range(1, count + 1)) and not name[-1].isdigit() else "_at"
        return [f"{name}{tail}{p}" for p in range(1, count + 1)]

    def work_out(self) -> list[Step]:
        """Every order at every point."""
        if not self.problem.at:
            return []
        found: dict[str, list[Any]] = {}
        for p in range(1, len(self.problem.at) + 1):
            self.give(p)
            for order, entry in enumerate(self.work.values):
                name = f"d{order}_at"
                found.setdefault(name, []).append(self.entry(entry, order, name, p))
        for what, keys in self.absent.values():
            text = say("{key} has no value at this point: {what}.", key=keys[0], what=what)
            if len(keys) > 1:
                text = say("{keys} have no value at this point: {what}.", keys=some(keys), what=what)
            self.notes.append(Note("warning", text))
        self.answers = {name: Answer(alike(tuple(values), self.digits), main=True) for name, values in found.items()}
        return self.pages.steps(self.lines)

    def give(self, p: int) -> None:
        """The numbers of a point."""
        for name, array in self.problem.at[p - 1].items():
            if name in indices_at(self.question, self.problem.at[p - 1]):
                continue
            for at, formula in numbers_of(array).items():
                key = Ref(self.keys[name][p - 1], tuple(Number(i) for i in at))
                self.typed[key] = formula
                self.values[key] = quantity(self.value(formula), self.digits)
                role = "implied" if self.pages.tabular or all(map(is_short, self.problem.at)) else "stated"
                self.given.append(Given(key, self.values[key], as_typed(formula), array.shape, role))

    def entry(self, entry: Entry, order: int, name: str, p: int, place: tuple[int, ...] = ()) -> Any:
        """The values of a derivative at a point, one for each place in a list and each value of an open index."""
        if isinstance(entry, tuple):
            return tuple(self.entry(e, order, name, p, (*place, n)) for n, e in enumerate(entry, 1))
        at = self.problem.at[p - 1]
        free = list(open_indices(self.question, at, order, self.work.second).items())

        def elements(place: tuple[int, ...], fixed: dict[str, int], free: list[tuple[str, int]]) -> Any:
            """Nested values over the open indices."""
            if not free:
                return self.line(Ref(name, tuple(Number(i) for i in (p, *place))), entry, p, fixed)
            (index, size), *rest = free
            return tuple(elements((*place, k), fixed | {index: k}, rest) for k in range(1, size + 1))

        return elements(place, indices_at(self.question, at), free)

    def at_point(self, f: Formula, p: int, fixed: dict[str, int], unroll: int = UNROLL) -> Formula:
        """A formula over the keys of a point, its indices and sizes numbers."""
        names = {name: keys[p - 1] for name, keys in self.keys.items()}

        def change(node: Formula) -> Formula:
            return Ref(names.get(node.name, node.name), node.indices) if isinstance(node, Ref) else node

        return transform(instantiate(f, fixed, {}, unroll), change)

    def line(self, key: Ref, entry: Derived, p: int, fixed: dict[str, int]) -> Quantity | Missing:
        """A value's line, its formula evaluated in exact numbers and balls; without a value, a sentence says why."""
        self.pages.name(key, entry, p, fixed)
        path = (p, self.at_point(entry.function, p, fixed), tuple(self.at_point(v, p, fixed) for v in entry.by))
        self.lacking[path] = min([self.lacking[q] for q in lower(path) if q in self.lacking], default=len(entry.by))
        try:
            self.has_lower(path)
            f, remarks, rule = settled(lambda: self.formula(entry, p, fixed, path))
            value = self.value(f)
            del self.lacking[path]
        except (numbers.NotFinite, NoDerivative) as why:
            return self.missing(key, why.what)
        except NoValue as why:
            return self.missing(key, why.message)
        except numbers.Undecided as why:
            if not numbers.last_precision():
                raise
            what = say("{bits} bits of precision do not decide {what}", bits=LADDER[-1], what=why.what)
            return self.missing(key, what)
        self.notes += [note for text in remarks if (note := Note("warning", text)) not in self.notes]
        shown = quantity(value, self.digits)
        stages = () if isinstance(f, Number) else steps_of_value(f, self.number, value, self.digits)
        if isinstance(f, Number):
            f = Call("+", (f, Call("*", (ZERO, next(iter(self.values))))))  # of the point, as no line is a lone number
        origin = ("diff", f"d{len(entry.by)}", "beside" if path in self.bent else "formula")
        rule = rule or reasons(f, self.look_up)
        if stages and plain(stages[0].formula) == plain(self.pages.symbols[plain(key)]):
            stages = stages[1:]
        self.lines.append((p, len(entry.by), value_line(key, f, shown, stages, rule=rule, origin=origin)))
        return shown

    def value(self, f: Formula) -> Any:
        """The value of a formula over the keys of a point, worked out from the numbers that are typed."""
        found = value_of(f, self.look_up)
        return in_float64(found) if self.problem.numbers == "float64" else found

    def has_lower(self, path: Path) -> None:
        """Raise where the function, or a derivative below this one, has no value."""
        n = self.lacking[path]
        if n == len(path[2]):
            return
        raise NoDerivative(
            say("the derivative of order {n} has none there", n=n) if n else say("the function has none there")
        )

    def as_typed(self, f: Formula, p: int, fixed: dict[str, int]) -> None:
        """Raise where the function as it is typed has no value, as 0/x at 0."""

        def known(name: str, indices: tuple[int, ...]) -> Any:
            if not indices and name in fixed:
                return fixed[name]
            return self.look_up(self.keys[name][p - 1] if name in self.keys else name, indices)

        with suppress(NoValue):  # an element outside of its vector
            evaluate(f, known)

    def formula(
        self, entry: Derived, p: int, fixed: dict[str, int], path: Path
    ) -> tuple[Formula, list[Message], Message | str]:
        """The formula of a derivative at a point, what is to be said of its kinks, and where it comes from."""
        found = self.at_point(entry.formula, p, fixed)
        if not entry.by:
            self.as_typed(entry.function, p, fixed)
        if branching(entry.function) or any(q in self.bent for q in lower(path)):
            return self.beside(entry, found, p, fixed, path)
        try:
            evaluate(found, self.look_up)
        except numbers.NotFinite as why:
            try:
                return self.beside(entry, found, p, fixed, path)  # 0/0 at a root of 0
            except numbers.NotFinite:
                raise why from None
        return found, [], ""

    def beside(
        self, entry: Derived, found: Formula, p: int, fixed: dict[str, int], path: Path
    ) -> tuple[Formula, list[Message], Message | str]:
        """The same where the function may bend."""
        self.bent.add(path)
        function = self.at_point(entry.function, p, fixed, MOST_TERMS)
        beside = Beside(function, tuple(v for v in path[2] if isinstance(v, Ref)), self.look_up)
        slope, remarks = beside.derivative(found)
        if beside.borders and (why := self.contradicted(function, path)) is not None:
            raise NoDerivative(why)
        return slope, remarks, beside.rule

    def contradicted(self, f: Formula, path: Path) -> Message | None:
        """Why the partial derivatives at a kink are no gradient, if they are none; looked at once for a function."""
        if len(path[2]) != 1 or self.question.form == "derivative":
            return None
        if path[:2] not in self.contradictions:
            names = {self.keys[t.name][path[0] - 1] for t in self.question.targets if t.name in self.keys}
            asked = [n for n in dict.fromkeys(walk(f)) if isinstance(n, Ref) and n.name in names]
            several = 1 < len(asked) <= MOST_AXES
            self.contradictions[path[:2]] = contradiction(f, asked, self.look_up) if several else None
        return self.contradictions[path[:2]]

    def missing(self, key: Ref, what: Message) -> Missing:
        """A place in an answer without a value; a warning will say so."""
        self.absent.setdefault((key.indices[0], str(what)), (what, []))[1].append(self.pages.symbols[plain(key)])
        return Missing(say("{key} has no value at this point: {what}.", key=key, what=what))

    def look_up(self, name: str, indices: tuple[int, ...]) -> Any:
        """The value of a key, worked out from what is typed."""
        key = Ref(name, tuple(Number(i) for i in indices))
        if key in self.typed:
            return evaluate(self.typed[key], no_names)
        if name in ("pi", "e") and not indices:
            raise LookupError(name)
        raise NoValue(say("{name} is not known", name=unicode(key)))

    def number(self, node: Formula) -> Formula:
        """A key as its number."""
        return put_in(self.values[node]) if isinstance(node, Ref) and node in self.values else node


def hold_at(point: dict[str, Array], work: AllDerivatives) -> bool:
    """Whether the elements of arrays may keep their names at a point: every line has a value there."""
    numbers_at = {(name, at): f for name, array in point.items() if array.shape for at, f in numbers_of(array).items()}

    def look_up(name: str, indices: tuple[int, ...]) -> Any:
        return evaluate(numbers_at[name, indices], no_names)

    for line in (line for step in work.steps for line in step.lines if isinstance(line, Identity)):
        free = [name for name, domain in line.free.items() if domain == "index"]
        if not any(isinstance(n, Ref) and (n.name in point) and n.indices for n in walk(line.rhs)):
            continue
        for places in islice(product(range(1, SMALL + 1), repeat=len(free)), MOST_TERMS):
            placed: dict[str, Formula] = {name: Number(k) for name, k in zip(free, places, strict=True)}
            try:
                evaluate(substitute(line.rhs, placed), look_up)
            except numbers.NotFinite:
                return False
            except (LookupError, NoValue, numbers.Undecided):
                pass
    return True


def lower(path: Path) -> list[Path]:
    """The function and the derivatives one below: by all variables but one."""
    p, f, by = path
    return [(p, f, by[:k] + by[k + 1 :]) for k in range(len(by))] + [(p, f, ())] * bool(by)
