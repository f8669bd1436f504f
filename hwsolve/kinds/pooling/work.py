"""Checks a pooling problem, and solves it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from hwsolve.kinds.convolution.build import PreparedLayer, prepare
from hwsolve.kinds.convolution.page import LayerPage
from hwsolve.kinds.convolution.recursion import Recursion
from hwsolve.kinds.pooling.problem import Problem
from hwsolve.language import say
from hwsolve.layers.pooling_operations import Maximum, Mean
from hwsolve.proof import proven
from hwsolve.readings import Reading
from hwsolve.solution import Solution
from hwsolve.spec.report import Report


def check(problem: Problem, report: Report) -> PreparedLayer | None:
    """Shapes, and the graph with its numbers."""
    return prepare(problem, report)


def worked_out(problem: Problem) -> Solution:
    """The solution at the precision that is set."""
    return LayerPage(problem, problem.prepared).solution()


def otherwise(problem: Problem) -> Iterator[Reading]:
    """The formulas of the other way to pool."""
    r = problem.prepared.recursion
    made = Maximum if isinstance(r.operation, Mean) else Mean
    other = Recursion(made(r.operation.frame, r.operation.channels), r.outputs, r.inputs, r.called, r.places)
    page = LayerPage(problem, msgspec.structs.replace(problem.prepared, recursion=other))
    why = say("that is max pooling") if made is Maximum else say("that is average pooling")
    yield Reading(why, page.formulas())


def solve(problem: Problem) -> Solution:
    """The worked solution, every printed digit proven."""
    return proven(problem, worked_out)
