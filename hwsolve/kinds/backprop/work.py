"""Checks a backprop problem, and solves it."""

from __future__ import annotations

from hwsolve.kinds.backprop.build import build
from hwsolve.kinds.backprop.computation import Computation
from hwsolve.kinds.backprop.problem import Problem
from hwsolve.proof import proven
from hwsolve.solution import Solution
from hwsolve.spec.report import Report


def check(problem: Problem, report: Report) -> Computation | None:
    """The graph with its numbers; shapes, names, and what must or must not stand together are checked."""
    return build(problem, report)


def solve(problem: Problem) -> Solution:
    """The worked solution, every printed digit proven."""
    from hwsolve.kinds.backprop.page import worked_out

    return proven(problem, worked_out, problem.loss.domain if problem.loss is not None else None)
