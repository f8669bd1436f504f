"""Checks a pooling problem, and solves it."""

from __future__ import annotations

import msgspec

from hwsolve.kinds.convolution.build import PreparedLayer, prepare
from hwsolve.kinds.convolution.page import LayerPage
from hwsolve.kinds.pooling.problem import Problem
from hwsolve.proof import proven
from hwsolve.solution import Note, Solution
from hwsolve.spec.report import Report


def check(problem: Problem, report: Report) -> PreparedLayer | None:
    """Shapes, and the graph with its numbers."""
    return prepare(problem, report)


def worked_out(problem: Problem) -> Solution:
    """The solution at the precision that is set, with the convention for ties."""
    worker = LayerPage(problem, problem.prepared)
    found = worker.solution()
    operation = worker.graph.nodes[worker.graph.output].operation
    remark = operation.tie_remark() if operation is not None else None
    if remark is None or any(n.text == remark for n in found.notes):
        return found
    return msgspec.structs.replace(found, notes=(*found.notes, Note("info", remark)))


def solve(problem: Problem) -> Solution:
    """The worked solution, every printed digit proven."""
    return proven(problem, worked_out)
