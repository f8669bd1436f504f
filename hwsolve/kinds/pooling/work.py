"""Checks a pooling problem, and solves it."""

from __future__ import annotations

from collections.abc import Iterator

from hwsolve.kinds.convolution.build import PreparedLayer, prepare
from hwsolve.kinds.convolution.page import LayerPage
from hwsolve.kinds.convolution.recursion import Recursion
from hwsolve.kinds.pooling.problem import Problem
from hwsolve.language import say
from hwsolve.layers.pooling_operations import Maximum, Mean
from hwsolve.proof import proven
from hwsolve.readings import Reading
from hwsolve.solution import Answer, Solution
from hwsolve.spec.report import Report


def check(problem: Problem, report: Report) -> PreparedLayer | None:
    """Shapes, and the graph with its numbers."""
    return prepare(problem, report)


def worked_out(problem: Problem) -> Solution:
    """The solution at the precision that is set."""
    return LayerPage(problem, problem.prepared).solution()


def otherwise(problem: Problem) -> Iterator[Reading]:
    """The formula of the other way to pool."""
    r = problem.prepared.recursion
    made = Maximum if isinstance(r.operation, Mean) else Mean
    other = Recursion(made(r.operation.frame, r.operation.channels), r.outputs, r.inputs, r.called, r.places)
    y, f = other.output()
    what = say("the largest value of each window") if made is Maximum else say("the mean of each window")
    yield Reading(say("that is {rule}", rule=what), {y.name: Answer(f)})


def solve(problem: Problem) -> Solution:
    """The worked solution, every printed digit proven."""
    return proven(problem, worked_out)
