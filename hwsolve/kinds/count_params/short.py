"""A page with the table of layers and without their lines: what it does not show is not worked out.

Whoever reads a solution finds all lines and all answers; a page of text is asked for as such, and where what a problem
states of it does not hold, all is worked out to say why.
"""

from __future__ import annotations

import msgspec

from hwsolve.formula.tree import Number
from hwsolve.kinds.count_params.conventions import Asked
from hwsolve.kinds.count_params.problem import Problem
from hwsolve.solution import Quantity, Solution
from hwsolve.spec.problem import Expectation


def may_be_short(problem: Problem) -> bool:
    """Whether a page of text shows no more than the table and the totals."""
    asks = problem.ask or problem.expressions or problem.published
    whole = all(stated_number(expectation) is not None for expectation in problem.expect.values())
    return problem.short and not asks and whole and not problem.every


def stated_number(expectation: Expectation) -> int | None:
    """The whole number that is expected; None for what must be looked at more closely."""
    value = expectation.value
    plain = isinstance(value, Number) and value.denominator == 1 and expectation.tolerance is None
    return value.numerator if plain and isinstance(value, Number) else None


def up_to_shown(asked: Asked, expected: frozenset[str]) -> Asked:
    """What is counted of a network without what stands behind all that is shown or expected."""
    read = asked.shown | {*asked.totals} | expected
    last = max([place for place, key in enumerate(asked.counted) if key in read])
    return msgspec.structs.replace(asked, counted=asked.counted[: last + 1])


def holds(problem: Problem, solution: Solution) -> bool:
    """Whether all that is expected is found, exactly."""
    for key, expectation in problem.expect.items():
        value = solution.answers[key].value if key in solution.answers else None
        if not isinstance(value, Quantity) or value.value != stated_number(expectation):
            return False
    return True
