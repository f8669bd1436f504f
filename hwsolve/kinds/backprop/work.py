"""Checks a backprop problem, and solves it."""

from __future__ import annotations

from hwsolve.graph.explain.origin import called
from hwsolve.kinds.backprop.build import build
from hwsolve.kinds.backprop.computation import Computation
from hwsolve.kinds.backprop.problem import Problem
from hwsolve.kinds.backprop.updates import RUNS_AWAY
from hwsolve.language import Message, say
from hwsolve.proof import proven
from hwsolve.solution import Solution
from hwsolve.spec.report import Report


def check(problem: Problem, report: Report) -> Computation | None:
    """The graph with its numbers; shapes, names, and what must or must not stand together are checked."""
    return build(problem, report)


def solve(problem: Problem) -> Solution:
    """The worked solution, every printed digit proven."""
    if problem.prepared.plan is not None:
        from hwsolve.kinds.backprop.batch_page import worked_out
    else:
        from hwsolve.kinds.backprop.page import worked_out

    smaller = RUNS_AWAY if problem.optimizer is not None else None
    return proven(problem, worked_out, needed(problem), smaller)


def needed(problem: Problem) -> Message | None:
    """What the logarithms of the loss need of the output."""
    domain, graph = problem.loss.domain if problem.loss is not None else None, problem.prepared.graph
    last = graph.nodes.get(graph.output)
    if domain is not None and last is not None and last.operation is not None and called(last.operation) == "sigmoid":
        stable = "binary_cross_entropy_with_logits"
        return say("The sigmoid is too near to 0 or 1 here; `{loss}` takes what goes into it.", loss=stable)
    return domain
