"""How values at points read: a step for each point, or one table where all is numbers; a symbol for each value.

σ′(0) = σ(0)(1 − σ(0)) = 0.5 × (1 − 0.5) = 0.25: the numbers put in, then the functions of numbers as their values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve import numbers
from hwsolve.derivation.substitution import substituted
from hwsolve.formula.evaluate import Lookup, evaluate, no_names
from hwsolve.formula.functions import function
from hwsolve.formula.notation import plain
from hwsolve.formula.operators import NoValue
from hwsolve.formula.tree import Call, Formula, Number, Ref, call, transform, walk
from hwsolve.kinds.derivative.asked import Derived, indices_at, numbers_of
from hwsolve.kinds.derivative.point_words import asked_at, is_short, placed, title, typed
from hwsolve.kinds.derivative.symbols import numbered
from hwsolve.kinds.derivative.wanted import last_order, points_asked
from hwsolve.language import Message, say
from hwsolve.quantities import put_in, quantity
from hwsolve.solution import Answer, Group, Item, Sentence, Stage, Step, Table, Text, Value

if TYPE_CHECKING:
    from hwsolve.kinds.derivative.page import AllDerivatives
    from hwsolve.kinds.derivative.problem import Problem

MOST_COLUMNS = 8
OPPOSITE = {"<": ">=", ">": "<=", "<=": ">", ">=": "<"}

Line = tuple[int, int, Value]  # a point, an order, and the line


class PointPages:
    """The steps and symbols for the points of a problem."""

    def __init__(self, problem: Problem, work: AllDerivatives, keys: dict[str, list[str]]) -> None:
        self.problem, self.work, self.keys = problem, work, keys
        self.symbols: dict[str, Formula] = {}
        scalar = all(not array.shape for point in problem.at for array in point.values())
        self.tabular = len(problem.at) > 1 and scalar and not work.question.columns
        for name, called in keys.items():
            if called != [name]:
                self.symbols |= {key: Ref(name) for key in called} if self.tabular else {}

    # symbols

    def name(self, key: Ref, entry: Derived, p: int, fixed: dict[str, int]) -> None:
        """The symbol of a value: σ′(0), ∂f₂/∂x₁."""
        symbols, places = self.work.symbols, {i: n for i, n in fixed.items() if i not in self.work.question.shapes}
        n = self.work.question.functions.index(entry.function)
        f = symbols.derivative(entry.by, n) if entry.by else symbols.function(n)
        f = numbered(f, places)
        self.symbols[plain(key)] = self.at(f, p) if symbols.plain or not entry.by else f

    def at(self, f: Formula, p: int) -> Formula:
        """A call at a point: its names as numbers."""
        values = {name: typed(array) for name, array in self.problem.at[p - 1].items() if not array.shape}

        def change(node: Formula) -> Formula:
            return values.get(node.name, node) if isinstance(node, Ref) and not node.indices else node

        return transform(f, change) if isinstance(f, Call) else f

    def asked(self, answers: dict[str, Answer]) -> Iterator[str]:
        """The derivatives at each point; they have a symbol of their own there, or that of the whole."""
        for key, answer in answers.items():
            order = int(key.removeprefix("d").removesuffix("_at"))
            for p, value in enumerate(answer.value, 1):
                if order:
                    name = f"{key}[{p}]"
                    if isinstance(value, tuple):
                        self.symbols[name] = self.whole(order, p)
                    yield name

    def whole(self, order: int, p: int) -> Formula:
        """The symbol of an array at a point: ∇f, J or H, with the point where there are several."""
        question, symbols = self.work.question, self.work.symbols
        point = self.problem.at[p - 1]
        if question.form == "derivative" or (question.form == "gradient" and order == 1):
            f: Formula = symbols.gradient()
        else:
            f = symbols.jacobian if question.form == "jacobian" else symbols.hessian
        f = numbered(f, indices_at(question, point))
        names = [t.name for t in question.targets if t.name in point]
        scalar = all(not point[n].shape for n in names)
        written = scalar or (len(set(names)) == 1 and is_short(point))
        if len(self.problem.at) == 1 and not written:
            return f
        values = [v for n in dict.fromkeys(names) for v in (numbers_of(point[n]).values() if written else ())]
        return call("at", f, *(values or [Ref(self.keys[n][p - 1]) for n in dict.fromkeys(names)]))

    # steps

    def opened(self, statement: Step) -> Step:
        """The statement with the points; those that it says stand in no other place of the problem."""
        if not self.problem.at:
            return statement
        orders = range(1, len(self.work.values))
        text = asked_at(self.problem, orders, self.tabular or all(map(is_short, self.problem.at)))
        first, *rest = statement.items
        return msgspec.structs.replace(statement, items=(first, Sentence(text), *rest))

    def steps(self, lines: list[Line]) -> list[Step]:
        """One step for each point, or a table with the points as rows."""
        last = last_order(self.problem)
        columns = [found for found in lines if last is None or found[1] <= last]
        if self.tabular and (table := self.table(columns)) is not None:
            worked: list[Item] = []
            points = points_asked(self.problem) or [self.telling()]
            for at in points:
                worked.append(Sentence(say("Worked out at {point}:", point=placed(self.problem.at[at - 1]))))
                worked += [Group((line,), line.rule) for p, _, line in columns if p == at]
            shown = [line for p, _, line in columns if p in points]
            rows = [Group((line,), line.rule, detail="full") for _, _, line in lines if line not in shown]
            return [Step(say("Values at the points"), (table, *worked, *rows), part="numbers")]
        found = []
        for p, point in enumerate(self.problem.at, 1):
            items: list[Item] = [Group((line,), line.rule) for q, _, line in lines if q == p]
            if items:
                found.append(Step(title(point, p), tuple(items), part="numbers"))
        return found

    def telling(self) -> int:
        """The number of the first point without a 0, which would hide what it is put into; else that of the first."""
        zero = [any(Number(0) in array.values for array in point.values()) for point in self.problem.at]
        return zero.index(False) + 1 if False in zero else 1

    def table(self, lines: list[Line]) -> Table | None:
        """The points as rows; None where a value is missing or there are too many columns."""
        names = list(self.problem.at[0])
        by_point: dict[int, list[Value]] = {}
        for p, _, line in lines:
            by_point.setdefault(p, []).append(line)
        first = by_point.get(1, [])
        counts = {len(found) for found in by_point.values()}
        if len(by_point) < len(self.problem.at) or len(counts) != 1 or len(names) + len(first) > MOST_COLUMNS:
            return None
        heads = [Ref(n) for n in names] + [self.head(line) for line in first]
        rows = [
            (*(typed(point[n]) for n in names), *(line.quantity for line in by_point[p]))
            for p, point in enumerate(self.problem.at, 1)
        ]
        return Table("", tuple(Message("{symbol}", {"symbol": h}) for h in heads), tuple(map(tuple, rows)))

    def head(self, line: Value) -> Formula:
        """What a column is of: the symbol without its point."""
        question, symbols = self.work.question, self.work.symbols
        order, places = (
            int(line.key.name[1 : -len("_at")]),
            [i.numerator for i in line.key.indices[1:] if isinstance(i, Number)],
        )
        entry: Any = self.work.values[order]
        for n in places:
            entry = entry[n - 1] if isinstance(entry, tuple) else entry
        n = question.functions.index(entry.function)
        return symbols.derivative(entry.by, n) if entry.by else symbols.function(n)


# numbers put in


def steps_of_value(f: Formula, number: Callable[[Formula], Formula], value: Any, digits: int) -> tuple[Stage, ...]:
    """The formula with its numbers, then with the functions of numbers as their values."""
    *_, last = substituted(f, number)
    last = msgspec.structs.replace(last, formula=transform(last.formula, chosen))
    try:
        reduced = transform(last.formula, lambda node: called(node, digits))
    except (numbers.NotFinite, numbers.Undecided, NoValue, LookupError, ValueError):
        return (last,)
    if reduced == last.formula or isinstance(reduced, Number) or not covers(reduced, value):
        return (last,)
    rounded = any(isinstance(n, Number) and n.rounded for n in walk(reduced))
    return (last, Stage("≈" if rounded else last.relation, reduced, own=True))


def chosen(node: Formula) -> Formula:
    """A choice between numbers as the branch that holds."""
    if isinstance(node, Call) and node.name == "if" and constant(node.args[0]):
        with suppress(numbers.NotFinite, numbers.Undecided, NoValue, LookupError):
            return node.args[1] if evaluate(node.args[0], no_names) else node.args[2]
    return node


def reasons(f: Formula, read: Lookup) -> Text:
    """The conditions that decided the choices of a formula."""
    found: dict[Formula, None] = {}
    for node in walk(f):
        if isinstance(node, Call) and node.name == "if" and isinstance(node.args[0], Call):
            condition = node.args[0]
            try:
                holds = bool(evaluate(condition, read))
            except (numbers.NotFinite, numbers.Undecided, NoValue, LookupError):
                continue
            if holds or condition.name in OPPOSITE:
                found[condition if holds else Call(OPPOSITE[condition.name], condition.args)] = None
    return say("as {conditions}", conditions=tuple(found)) if found else ""


def called(node: Formula, digits: int) -> Formula:
    """A function of a number as its value; operators stay."""
    if not isinstance(node, Call) or function(node.name) is None or node.name in ("step", "step0", "sign", "delta"):
        return node
    if not all((isinstance(a, Number) and not a.rounded) or constant(a) for a in node.args):
        return node
    return put_in(quantity(evaluate(node, no_names), digits))


def constant(f: Formula) -> bool:
    """Whether a formula is made of typed numbers and operators alone."""
    return all(
        (isinstance(n, Number) and not n.rounded) or (isinstance(n, Call) and function(n.name) is None) for n in walk(f)
    )


def covers(f: Formula, value: Any) -> bool:
    """Whether a value lies in what comes out for all that the rounded numbers of a formula may stand for."""
    balls: dict[str, Any] = {}

    def change(node: Formula) -> Formula:
        if isinstance(node, Number) and node.rounded:
            balls[name := f"~{len(balls)}"] = ball(node)
            return Ref(name)
        return node

    opened = transform(f, change)
    try:
        found = evaluate(opened, lambda name, _: balls[name])
    except (numbers.NotFinite, numbers.Undecided, NoValue, LookupError, ValueError):
        return False
    from flint import arb

    if isinstance(value, float) or isinstance(found, float):
        return bool(abs(float(found) - float(value)) <= 1e-4 * max(1.0, abs(float(value))))
    return bool(arb(found).overlaps(arb(value)))


def ball(f: Number) -> Any:
    """All that a rounded number may stand for."""
    from flint import arb, fmpq

    mantissa, _, power = f.text.lower().partition("e")
    places = len(mantissa.partition(".")[2])
    half = fmpq(1, 2) * fmpq(10) ** (int(power or 0) - places)
    middle = arb(fmpq(f.numerator, f.denominator))
    return middle + arb(0, arb(half))
