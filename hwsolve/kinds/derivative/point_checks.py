"""Whether each point gives every name of a question a value of its shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwsolve.formula.domain import Names
from hwsolve.formula.notation import plain
from hwsolve.formula.simplify.terms import rational, total
from hwsolve.formula.tree import Formula, Number, Ref, walk, written_name
from hwsolve.kinds.derivative.asked import ROOT, Point, Question, axis_length
from hwsolve.language import say
from hwsolve.spec.fields import Array
from hwsolve.spec.report import Path, Report, did_you_mean

if TYPE_CHECKING:
    from hwsolve.kinds.derivative.problem import Problem


class PointChecks:
    """Reads the points of a problem against its question."""

    def __init__(self, question: Question, problem: Problem, report: Report) -> None:
        self.question, self.problem, self.report = question, problem, report
        names = Names(question.functions)
        self.wanted = [*names.scalars, *names.elements]
        stated = {n.name for shape in question.shapes.values() for n in shape if isinstance(n, Ref)}
        self.sizes = [*dict.fromkeys([*names.sizes, *sorted(stated)])]
        of_targets = [i.name for t in question.targets for i in t.indices if isinstance(i, Ref)]
        self.indices = [*dict.fromkeys([*names.indices, *of_targets])]
        self.needed = [i for i in names.indices if i not in (*question.rows, *of_targets)]

    def run(self) -> None:
        """Note what is wrong with each point."""
        top = self.problem.node
        for place, point in enumerate(self.problem.at, 1):
            path = ROOT / "at" / place
            for name, array in point.items():
                self.value(name, array, path)
            self.lengths(point, path)
            for name in (*self.wanted, *self.needed):
                if name not in point:
                    at = next((array.node for array in point.values()), top)
                    assert at is not None
                    self.report.add(at, path, say("The point gives no value for `{name}`.", name=written_name(name)))

    def value(self, name: str, array: Array, path: Path) -> None:
        """A known name, with as many axes as it has indices; an index and a size are whole numbers."""
        if name not in (*self.wanted, *self.indices, *self.sizes):
            hint = did_you_mean(written_name(name), map(written_name, (*self.wanted, *self.indices, *self.sizes)))
            self.report.add(
                array.node,
                path / written_name(name),
                say("The function has no variable `{name}`.", name=written_name(name)),
                hint,
            )
            return
        rank = self.rank(name)
        if len(array.shape) != rank:
            message = say("`{name}` has {n} axes, not {got}.", name=written_name(name), n=rank, got=len(array.shape))
            self.report.add(array.node, path / written_name(name), message)
        elif name not in self.wanted:
            (number,) = array.values
            if not isinstance(number, Number) or number.denominator != 1 or number.numerator < 1:
                message = say("`{name}` is an index or a size: a whole number from 1.", name=written_name(name))
                self.report.add(array.node, path / written_name(name), message)

    def rank(self, name: str) -> int:
        """How many indices a name has."""
        nodes = (r for f in self.question.functions for r in walk(f) if isinstance(r, Ref) and r.name == name)
        return max((len(r.indices) for r in nodes), default=0)

    def lengths(self, point: Point, path: Path) -> None:
        """Arrays have the lengths that are stated, and one length where one name is stated; indices lie within."""
        known: dict[str, tuple[str, int]] = {
            name: (name, array.values[0].numerator)
            for name, array in point.items()
            if name in self.sizes and not array.shape and isinstance(array.values[0], Number)
        }
        for name, array in point.items():
            for size, n in zip(self.question.shapes.get(name, ()), array.shape, strict=False):
                if isinstance(size, Number) and size.numerator != n:
                    message = say(
                        "`{name}` has {n} elements, not {got}.", name=written_name(name), n=size.numerator, got=n
                    )
                    self.report.add(array.node, path / written_name(name), message)
                elif isinstance(size, Ref):
                    other, stated = known.setdefault(size.name, (name, n))
                    if stated != n:
                        message = say(
                            "`{name}` has {n} elements; {other} says {m}.",
                            name=written_name(name),
                            n=n,
                            other=other,
                            m=stated,
                        )
                        self.report.add(array.node, path / written_name(name), message)
        for name, wanted in self.question.sums.items():
            self.sum(name, wanted, point, path)
        for index in self.indices:
            given = point[index].values[0] if index in point and not point[index].shape else None
            most = axis_length(self.question, index, point, ())
            if isinstance(given, Number) and given.numerator > most:
                message = say(
                    "The index {name} = {value} is beyond {n}.", name=written_name(index), value=given.numerator, n=most
                )
                self.report.add(point[index].node, path / index, message)

    def sum(self, name: str, stated: Formula, point: Point, path: Path) -> None:
        """The elements of a vector add up to what is stated."""
        if name not in point or not all(isinstance(v, Number) for v in point[name].values):
            return
        found = rational(total(*point[name].values))
        if found != rational(stated):
            message = say(
                "The elements of `{name}` add up to {found}, not {stated}.",
                name=written_name(name),
                found=found,
                stated=plain(stated),
            )
            self.report.add(point[name].node, path / written_name(name), message)
