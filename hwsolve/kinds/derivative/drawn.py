"""The circuit of a function: a circle for each operation; values flow to the right, gradients to the left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hwsolve import numbers
from hwsolve.figures import Diagram, Edge, Node
from hwsolve.formula.differentiate import differentiate
from hwsolve.formula.evaluate import Lookup, evaluate, no_names
from hwsolve.formula.notation import unicode
from hwsolve.formula.operators import added, multiplied
from hwsolve.formula.random_points import CONSTANTS
from hwsolve.formula.tree import Call, Formula, Number, Ref, references
from hwsolve.kinds.derivative.asked import numbers_of
from hwsolve.kinds.derivative.problem import Problem
from hwsolve.language import say
from hwsolve.proof import proven
from hwsolve.quantities import quantity
from hwsolve.sections import section
from hwsolve.solution import Solution

MOST = 60  # circles
MOST_NUMBERS = 6  # of an array whose values are drawn
SIGNS = {"+": "+", "-": "−", "*": "×", "/": "÷", "**": "xʸ"}
PLACE = Ref("·")


def draw(problem: Problem, figure: str, values: bool) -> Solution:
    """A solution with nothing but the drawing; with `values` every digit in it is proven."""

    def work(problem: Problem) -> Solution:
        point = problem.at[0] if problem.at else {}
        known = {Ref(n, tuple(map(Number, at))): f for n, a in point.items() for at, f in numbers_of(a).items()}
        found = Circuit(problem.function[0], known, problem.digits or 6, values).diagram()
        steps = (section(found.title, figures=(found,)),) if found is not None else ()
        return Solution(
            kind=problem.kind, title=problem.title, source=problem.source, given=(), sections=steps, answers={}
        )

    return proven(problem, work)


class Circuit:
    """The operations of a function in the order in which they are worked out."""

    def __init__(self, function: Formula, known: dict[Ref, Formula], digits: int, values: bool) -> None:
        self.function, self.digits, self.known = function, digits, known
        self.order: dict[Formula, tuple[Formula, ...]] = {}  # every operation and what it reads
        self.drawable = True
        self.enter(function)
        leaves = [f for f in self.order if isinstance(f, Ref)]
        self.stated: dict[Formula, Any] = {leaf: evaluate(known[leaf], no_names) for leaf in leaves if leaf in known}
        self.complete = values and len(self.stated) == len(leaves)

    def enter(self, f: Formula) -> None:
        """What an operation reads, then the operation."""
        if f in self.order:
            return
        if not isinstance(f, Call | Ref | Number) or len(self.order) > MOST:
            self.drawable = False
            return
        read = tuple(dict.fromkeys(open_parts(f))) if isinstance(f, Call) else ()
        if isinstance(f, Ref) and not all(isinstance(i, Number) for i in f.indices):
            self.drawable = False
        for part in read:
            self.enter(part)
        self.order[f] = read

    def diagram(self) -> Diagram | None:
        """The circles and arrows; None for what is no circuit of numbers, such as a sum over an index."""
        if not self.drawable or not self.order[self.function]:
            return None
        values = self.values() if self.complete else self.stated
        gradients = self.gradients(values) if self.complete else {}
        ranks: dict[Formula, int] = {}
        for f, read in self.order.items():
            ranks[f] = 1 + max([ranks[part] for part in read], default=-1)
        for f in reversed(self.order):
            readers = [ranks[g] for g, read in self.order.items() if f in read]
            if not self.order[f] and readers:
                ranks[f] = min(readers) - 1
        ids = {f: f"{n}" for n, f in enumerate(self.order, 1)}
        nodes = [self.node(f, ids[f], ranks[f], values.get(f), gradients.get(f)) for f in self.order]
        edges = [Edge(ids[part], ids[f]) for f, read in self.order.items() for part in read]
        return Diagram(say("The circuit"), tuple(nodes), tuple(edges))

    def node(self, f: Formula, name: str, rank: int, value: Any, gradient: Any) -> Node:
        """A circle with its value, and the gradient of the function by it."""
        shown = None if value is None or isinstance(f, Number) else quantity(value, self.digits)
        slope = None if gradient is None or isinstance(f, Number) else quantity(gradient, self.digits)
        if rows := self.array(f):
            return Node(name, label(f), rank, shape="box", values=rows)
        return Node(name, label(f), rank, shown, slope)

    def array(self, f: Formula) -> tuple[tuple[Any, ...], ...]:
        """The numbers of a vector or a matrix at the point, where these are few."""
        if not isinstance(f, Ref) or f.indices:
            return ()
        elements = {ref.indices: number for ref, number in self.known.items() if ref.name == f.name and ref.indices}
        if not 0 < len(elements) <= MOST_NUMBERS:
            return ()
        rows: dict[Any, list[Any]] = {}
        for at, number in elements.items():
            rows.setdefault(at[:-1], []).append(quantity(evaluate(number, no_names), self.digits))
        return tuple(map(tuple, rows.values()))

    def values(self) -> dict[Formula, Any]:
        """What every operation gives."""
        found: dict[Formula, Any] = dict(self.stated)
        for f in self.order:
            if f not in found:
                found[f] = evaluate(f, lambda name, at: self.stated[Ref(name, tuple(map(Number, at)))])
        return found

    def gradients(self, values: dict[Formula, Any]) -> dict[Formula, Any]:
        """The gradient of the function by what every operation gives: the sum over those that read it."""
        found: dict[Formula, Any] = {self.function: numbers.exact(1)}
        for f in reversed(self.order):
            read = self.order[f]
            if not isinstance(f, Call) or f not in found:
                continue
            inner = {part: Ref(f"part{k}") for k, part in enumerate(read, 1)}
            alone = Call(f.name, tuple([inner.get(part, part) for part in f.args]))
            numbers_of_parts = {ref.name: values[part] for part, ref in inner.items()}
            for part, ref in inner.items():
                local = evaluate(differentiate(alone, ref), by_name(numbers_of_parts))
                flows = multiplied(found[f], local)
                found[part] = added(found[part], flows) if part in found else flows
        return found


def by_name(known: dict[str, Any]) -> Lookup:
    """The values of names without indices."""
    return lambda name, _: known[name]


def open_parts(f: Call) -> Iterator[Formula]:
    """What an operation reads; a single variable part leaves the numbers beside it to the operation's label."""
    varying = [part for part in f.args if any(ref.name not in CONSTANTS for ref in references(part))]
    yield from varying if len(varying) == 1 else f.args


def label(f: Formula) -> Formula | str:
    """A variable or a number; an operation on one part with a point in its place, on several its sign."""
    if not isinstance(f, Call):
        return f
    read = list(open_parts(f))
    if len(read) == 1:
        return unicode(Call(f.name, tuple([PLACE if part == read[0] else part for part in f.args])))
    return SIGNS.get(f.name, f.name)
