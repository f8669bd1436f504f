"""Checks a convolution problem, and solves it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from hwsolve.kinds.convolution.build import PreparedLayer, prepare
from hwsolve.kinds.convolution.page import LayerPage
from hwsolve.kinds.convolution.problem import Problem
from hwsolve.kinds.convolution.recursion import Recursion
from hwsolve.language import say
from hwsolve.layers.correlation import Correlation
from hwsolve.proof import proven
from hwsolve.readings import Reading
from hwsolve.solution import Solution
from hwsolve.spec.report import Report


def check(problem: Problem, report: Report) -> PreparedLayer | None:
    """Shapes, and the graph with its numbers."""
    return prepare(problem, report)


def otherwise(problem: Problem) -> Iterator[Reading]:
    """The formulas of the same layer with its kernel from the other end."""
    r = problem.prepared.recursion
    if not isinstance(r.operation, Correlation):
        return
    turned = msgspec.structs.replace(r.operation, flip=not r.operation.flip)
    other = Recursion(turned, r.outputs, r.inputs, r.called, r.places)
    page = LayerPage(problem, msgspec.structs.replace(problem.prepared, recursion=other))
    yield Reading(say("that is with the kernel in the opposite order"), page.formulas())


def worked_out(problem: Problem) -> Solution:
    """The solution at the precision that is set."""
    return LayerPage(problem, problem.prepared).solution()


def solve(problem: Problem) -> Solution:
    """The worked solution, every printed digit proven."""
    return proven(problem, worked_out)
