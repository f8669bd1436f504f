"""Checks a convolution problem, and solves it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from hwsolve.formula.differentiate import differentiate
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Formula, Ref, substitute
from hwsolve.graph.graph import Graph
from hwsolve.kinds.convolution.build import PreparedLayer, prepare
from hwsolve.kinds.convolution.page import LayerPage
from hwsolve.kinds.convolution.passing import Before
from hwsolve.kinds.convolution.problem import Problem
from hwsolve.kinds.convolution.recursion import Recursion
from hwsolve.kinds.convolution.single_layer import stated
from hwsolve.language import Message, say
from hwsolve.layers.correlation import Correlation
from hwsolve.proof import proven
from hwsolve.solution import Answer, Solution
from hwsolve.spec.report import Report


def check(problem: Problem, report: Report) -> PreparedLayer | None:
    """Shapes, and the graph with its numbers."""
    return prepare(problem, report)


def before(problem: Problem, graph: Graph) -> Before | None:
    """The activation in front of the layer, as a function of z and of its parameter.

    None where copies stand between the two: the formulas end at the map that has them.
    """
    activation = problem.activation
    if activation is None or problem.prepared.copies is not None:
        return None
    if isinstance(activation, str):
        return Before(activation, Call(f"d_{activation}", (Ref("z"),)))
    node = graph.nodes[graph.nodes[graph.output].inputs[0]]
    assert node.operation is not None
    read = {
        name: graph.numbers.get(i, Ref(graph.symbol(i)))
        for name, i in zip(node.operation.inputs, node.inputs, strict=True)
    }
    f = substitute(parse(activation.formula_text()), read)
    slope: Formula = differentiate(f, Ref("z"))
    return Before(stated(problem, "activation").type, slope, f)


def otherwise(problem: Problem) -> Iterator[tuple[Message, dict[str, Answer]]]:
    """The formulas of the same layer with its kernel from the other end."""
    r, graph = problem.prepared.recursion, problem.prepared.computation.graph
    if not isinstance(r.operation, Correlation):
        return
    turned = msgspec.structs.replace(r.operation, flip=not r.operation.flip)
    other = Recursion(turned, r.outputs, r.inputs, r.called, r.places)
    page = LayerPage(problem, msgspec.structs.replace(problem.prepared, recursion=other), before(problem, graph))
    y, f = other.output()
    found = {y.name: Answer(f), "recursion": Answer(page.answer_formula(other.bounded(other.gradient(), within=False)))}
    yield say("that is with the kernel in the opposite order"), found


def worked_out(problem: Problem) -> Solution:
    """The solution at the precision that is set."""
    return LayerPage(problem, problem.prepared, before(problem, problem.prepared.computation.graph)).solution()


def solve(problem: Problem) -> Solution:
    """The worked solution, every printed digit proven."""
    return proven(problem, worked_out)
