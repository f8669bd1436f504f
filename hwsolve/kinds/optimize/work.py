"""Checks an optimize problem, and solves it."""

from __future__ import annotations

from hwsolve.kinds.backprop.computation import Computation
from hwsolve.kinds.backprop.updates import RUNS_AWAY
from hwsolve.kinds.optimize.build import build
from hwsolve.kinds.optimize.problem import Problem
from hwsolve.proof import proven
from hwsolve.solution import Solution
from hwsolve.spec.report import Report


def check(problem: Problem, report: Report) -> Computation | None:
    """The graph with its numbers; names, shapes, and what must or must not stand together are checked."""
    return build(problem, report)


def solve(problem: Problem) -> Solution:
    """The worked solution, every printed digit proven."""
    from hwsolve.kinds.optimize.page import worked_out

    return proven(problem, worked_out, None, RUNS_AWAY)
