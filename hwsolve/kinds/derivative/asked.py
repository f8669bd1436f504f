"""What a derivative problem asks for, and what the numbers of a point mean for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve.derivation.identities import Ranges
from hwsolve.formula.domain import Names
from hwsolve.formula.random_points import CONSTANTS
from hwsolve.formula.tree import ONE, Formula, Number, Ref, as_variables, references, variable, walk
from hwsolve.graph.elements import elements
from hwsolve.spec.fields import Array
from hwsolve.spec.report import Path

if TYPE_CHECKING:
    from hwsolve.kinds.derivative.problem import Problem

Point = dict[str, Array]
INDICES = ("k", "l", "m", "q", "r", "s")
ROOT = Path()


class Question(Ranges, frozen=True, kw_only=True):
    """Functions as numbers (no whole vectors in them) and as typed; `targets` are the elements to differentiate by.

    `form`: derivative (one number by one variable), gradient or jacobian.  `many`: the variables (or functions) are a
    list, not the elements of a vector.  `rows`: the index of a vector-valued function, `columns` those of the variable.
    """

    functions: tuple[Formula, ...]
    typed: tuple[Formula, ...]
    form: str
    many: bool
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    assumed: tuple[str, ...] = ()
    sums: dict[str, Formula] = {}  # what the elements of a vector add up to

    def ranges(self, index: str, target: Ref) -> tuple[Formula, Formula] | None:
        """The values of an index of a target, where its size is known."""
        shape = self.shapes.get(target.name, ())
        for place, i in enumerate(target.indices):
            if i == Ref(index) and place < len(shape):
                return ONE, shape[place]
        return None


class Derived(msgspec.Struct, frozen=True):
    """A derivative as a formula; the function, and by what it was differentiated, one time after the other."""

    formula: Formula
    function: Formula
    by: tuple[Ref, ...] = ()


def nested(value: Any, change: Any) -> Any:
    """A change of every formula in nested tuples."""
    return tuple(nested(v, change) for v in value) if isinstance(value, tuple) else change(value)


def declare(problem: Problem) -> frozenset[str]:
    """A constant's name that the problem declares, differentiates by or gives a number becomes that of a variable."""
    asked = {ref.name for f in problem.wrt for ref in references(f)}
    names = frozenset(CONSTANTS) & (problem.variables.keys() | asked | {name for point in problem.at for name in point})

    def called(name: str) -> str:
        return variable(name) if name in names else name

    if not names:
        return names
    problem.function = tuple(as_variables(f, names) for f in problem.function)
    problem.wrt = tuple(as_variables(f, names) for f in problem.wrt)
    problem.variables = {called(name): v for name, v in problem.variables.items()}
    problem.at = tuple({called(name): v for name, v in point.items()} for point in problem.at)
    for field in ("expect", "published"):
        for key, stated in getattr(problem, field).items():
            value = nested(stated.value, lambda f: as_variables(f, names))
            getattr(problem, field)[key] = msgspec.structs.replace(stated, value=value)
    return frozenset(map(variable, names))


def numbers_of(array: Array) -> dict[tuple[int, ...], Formula]:
    """The elements of an array by their indices, counted from 1."""
    return dict(zip(elements(array.shape), array.values, strict=True))


def indices_at(question: Question, point: Point) -> dict[str, int]:
    """Indices and sizes that are whole numbers at a point, or lengths of its arrays."""
    names = Names((*question.functions, *question.targets))
    known: dict[str, int] = {}
    for name, array in point.items():
        for size, n in zip(question.shapes.get(name, ()), array.shape, strict=False):
            if isinstance(size, Ref):
                known.setdefault(size.name, n)
    for name, array in point.items():
        whole = name in names.indices or name in names.sizes or any(Ref(name) in s for s in question.shapes.values())
        if whole and not array.shape and isinstance(array.values[0], Number):
            known[name] = array.values[0].numerator
    return known


def open_indices(question: Question, point: Point, order: int, second: tuple[str, ...]) -> dict[str, int]:
    """The indices of a derivative that a point leaves open, with how many values each takes."""
    given = indices_at(question, point)
    wanted = [*question.rows]
    if order > 0:
        wanted += [i.name for i in question.targets[0].indices if isinstance(i, Ref)]
    if order > 1:
        wanted += second
    found: dict[str, int] = {}
    for index in wanted:
        if index not in given and index not in found:
            found[index] = axis_length(question, index, point, second)
    return found


def axis_length(question: Question, index: str, point: Point, second: tuple[str, ...]) -> int:
    """How many values an index takes at a point: the length of an axis that it indexes."""
    if index in second:
        index = question.columns[second.index(index)]
    for f in (*question.functions, *question.targets):
        for node in walk(f):
            if isinstance(node, Ref) and node.name in point:
                for place, i in enumerate(node.indices):
                    if i == Ref(index) and place < len(point[node.name].shape):
                        return point[node.name].shape[place]
    return 1
