"""Checks a convolution problem, and solves it."""

from __future__ import annotations

from hwsolve.formula.differentiate import differentiate
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Formula, Ref, substitute
from hwsolve.kinds.convolution.build import PreparedLayer, prepare
from hwsolve.kinds.convolution.page import Before, LayerPage
from hwsolve.kinds.convolution.problem import Problem
from hwsolve.kinds.convolution.single_layer import stated
from hwsolve.proof import proven
from hwsolve.solution import Solution
from hwsolve.spec.report import Report


def check(problem: Problem, report: Report) -> PreparedLayer | None:
    """Shapes, and the graph with its numbers."""
    return prepare(problem, report)


def before(problem: Problem) -> Before | None:
    """The activation in front of the layer, as a function of z."""
    activation = problem.activation
    if activation is None:
        return None
    if isinstance(activation, str):
        return Before(activation, Call(f"d_{activation}", (Ref("z"),)))
    text = parse(activation.formula_text())
    f = substitute(text, {"x": Ref("z"), **activation.settings()})
    slope: Formula = differentiate(f, Ref("z"))
    return Before(stated(problem, "activation").type, slope, f)


def worked_out(problem: Problem) -> Solution:
    """The solution at the precision that is set."""
    return LayerPage(problem, problem.prepared, before(problem)).solution()


def solve(problem: Problem) -> Solution:
    """The worked solution, every printed digit proven."""
    return proven(problem, worked_out)
