"""Checks a pooling problem, and solves it."""

from __future__ import annotations

from hwsolve.kinds.convolution.build import PreparedLayer, prepare
from hwsolve.kinds.convolution.page import LayerPage
from hwsolve.kinds.pooling.problem import Problem
from hwsolve.proof import proven
from hwsolve.solution import Solution
from hwsolve.spec.report import Report


def check(problem: Problem, report: Report) -> PreparedLayer | None:
    """Shapes, and the graph with its numbers."""
    return prepare(problem, report)


def worked_out(problem: Problem) -> Solution:
    """The solution at the precision that is set."""
    return LayerPage(problem, problem.prepared).solution()


def solve(problem: Problem) -> Solution:
    """The worked solution, every printed digit proven."""
    return proven(problem, worked_out)
