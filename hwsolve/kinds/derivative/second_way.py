"""A second way to every derivative: the function's own power series at random points.

A power series (`formula.germs`) follows from the function number by number: it solves for no index, takes no sum apart
and knows no textbook form, so that what the rules and rewritings made of the function is checked as a whole.
"""

from __future__ import annotations

from itertools import count

from hwsolve.derivation.lines import Disagreement
from hwsolve.formula.domain import Names, domains, effort
from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.germs import one_sided
from hwsolve.formula.notation import plain
from hwsolve.formula.operators import NoValue, calculate
from hwsolve.formula.random_points import Dice, Key, RandomPoint
from hwsolve.formula.tree import Formula, Ref
from hwsolve.kinds.derivative.asked import Question
from hwsolve.kinds.derivative.beside import differ
from hwsolve.numbers import NotFinite, Scalar, Undecided, precision

SIZE = 3  # what a size that has only a name is taken as
BITS = 192
POINTS, TRIES = 3, 9  # points that must agree, and how many are tried for them
MOST_WORK = 20_000  # nodes that are evaluated at all points together
NO_VALUE = (NotFinite, Undecided, NoValue, ArithmeticError, ValueError, LookupError)


def confirm(question: Question, f: Formula, by: tuple[Ref, ...], found: Formula) -> None:
    """Raise Disagreement where `found` is not the derivative of f by each of `by`, at a random point.

    Nothing is said at a point where the two have no value, or where a branch has equal sides.
    """
    f, found = question.written_out(f), question.written_out(found)
    ranges = domains((f, found), question.scalars, question.elements)
    if ranges is None:
        return
    dice, known = Dice(5), whole_numbers(question, (f, found, *by))
    tries = max(1, min(TRIES, MOST_WORK // (effort(f) + effort(found))))
    agreed = 0
    with precision(BITS):
        for _ in range(tries):
            point = RandomPoint(dice, *ranges, known)
            try:
                ours, theirs = evaluate(found, point), by_power_series(f, by, point)
            except NO_VALUE:
                continue
            if theirs is not None and differ(ours, theirs):
                raise Disagreement(
                    f"{plain(found)} is not the derivative of {plain(f)}: {ours} at a point where it should be {theirs}"
                )
            agreed += theirs is not None
            if agreed == POINTS:
                return


def whole_numbers(question: Question, formulas: tuple[Formula, ...]) -> dict[str, int]:
    """Sizes, small and different, and indices within them."""
    names = Names(formulas)
    known = dict(zip(names.sizes, count(SIZE), strict=False))
    for shape in question.shapes.values():
        known |= {n.name: SIZE for n in shape if isinstance(n, Ref) and n.name not in known}
    of_targets = (i.name for target in question.targets for i in target.indices if isinstance(i, Ref))
    for place, name in enumerate([*names.indices, *of_targets]):
        known.setdefault(name, 1 + place % 2)
    return known


def by_power_series(f: Formula, by: tuple[Ref, ...], point: RandomPoint) -> Scalar | None:
    """The derivative of f at a point, one time by each of `by`; None on the border of a case.

    By two variables it follows from their diagonals: 4 ∂²f/∂x∂y is what f has along x + y less what it has along x - y.
    """
    keys = [place(variable, point) for variable in by]
    if len(set(keys)) == 1:
        return along(f, point, {keys[0]: 1}, len(by))
    x, y = keys
    both = [along(f, point, {x: 1, y: sign}, 2) for sign in (1, -1)]
    return None if None in both else calculate("/", [calculate("-", both), 4])


def place(variable: Ref, point: RandomPoint) -> Key:
    """A variable as it is looked up."""
    return variable.name, tuple(int(evaluate(i, point)) for i in variable.indices)


def along(f: Formula, point: RandomPoint, direction: dict[Key, int], order: int) -> Scalar | None:
    """The derivative of f along a direction; None on the border of a case."""
    _, after, borders = one_sided(f, point, direction, order)
    return None if borders else after
