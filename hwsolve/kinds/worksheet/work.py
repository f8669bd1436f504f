"""Checks a worksheet, and solves it."""

from __future__ import annotations

from hwsolve.kinds.backprop.computation import Computation
from hwsolve.kinds.worksheet.build import build
from hwsolve.kinds.worksheet.problem import Problem
from hwsolve.proof import proven
from hwsolve.solution import Solution
from hwsolve.spec.report import Report


def check(problem: Problem, report: Report) -> Computation | None:
    """The graph of the definitions; names, shapes and functions are checked."""
    return build(problem, report)


def solve(problem: Problem) -> Solution:
    """The worked solution, every printed digit proven."""
    from hwsolve.kinds.worksheet.page import worked_out

    return proven(problem, worked_out)
