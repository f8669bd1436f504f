"""Checks a convolution problem, and solves it."""

from __future__ import annotations

from typing import Any

from hwsolve.formula.differentiate import differentiate
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Formula, Ref, substitute
from hwsolve.kinds.backprop.upstream import Upstream
from hwsolve.kinds.convolution.build import PreparedLayer, prepare
from hwsolve.kinds.convolution.layer_graph import ConvolutionGraph
from hwsolve.kinds.convolution.page import Before, LayerPage
from hwsolve.kinds.convolution.problem import ActivationField, Problem
from hwsolve.layers.activation import Activation, ReLU
from hwsolve.proof import proven
from hwsolve.solution import Solution
from hwsolve.spec.fields import Array
from hwsolve.spec.report import Report


def check(problem: Problem, report: Report) -> PreparedLayer | None:
    """Shapes, and the graph with its numbers."""
    return prepare(problem, report, build)


def build(problem: Any, report: Report, layer: Any, x: Array, upstream: Upstream | None) -> ConvolutionGraph:
    """The graph of the layer, and of f in front of it; any function f stands as ReLU where numbers are needed."""
    graph = ConvolutionGraph(problem, report, layer, x, upstream)
    graph.flip = problem.flip
    if problem.activation is not None:
        graph.function = function_name(problem.activation)
    graph.activation = ReLU() if isinstance(problem.activation, str) else problem.activation
    return graph


def before(activation: Activation | str | None) -> Before | None:
    """The activation in front of the layer, as a function of z."""
    if activation is None:
        return None
    if isinstance(activation, str):
        return Before(activation, Call(f"d_{activation}", (Ref("z"),)))
    text = parse(activation.formula_text())
    f = substitute(text, {"x": Ref("z"), **activation.settings()})
    slope: Formula = differentiate(f, Ref("z"))
    return Before(function_name(activation), slope, f)


def function_name(activation: Activation | str) -> str:
    """What an activation is called."""
    if isinstance(activation, str):
        return activation
    return next(name for name, cls in ActivationField().classes.items() if type(activation) is cls)


def worked_out(problem: Problem) -> Solution:
    """The solution at the precision that is set."""
    return LayerPage(problem, problem.prepared, before(problem.activation)).solution()


def solve(problem: Problem) -> Solution:
    """The worked solution, every printed digit proven."""
    return proven(problem, worked_out)
