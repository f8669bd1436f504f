"""Checks a perceptron, and trains it."""

from __future__ import annotations

from hwsolve.kinds.perceptron.build import Prepared, build
from hwsolve.kinds.perceptron.problem import Problem
from hwsolve.proof import proven
from hwsolve.solution import Solution
from hwsolve.spec.report import Report


def check(problem: Problem, report: Report) -> Prepared | None:
    """The training; shapes, targets and settings are checked."""
    return build(problem, report)


def solve(problem: Problem) -> Solution:
    """The worked solution."""
    from hwsolve.kinds.perceptron.class_page import ClassPage
    from hwsolve.kinds.perceptron.page import PerceptronPage

    page = ClassPage if problem.prepared.data.classes else PerceptronPage
    return proven(problem, lambda one: page(one, one.prepared).solution())
