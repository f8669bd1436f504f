"""The drawing of a worksheet: its circuit, values and gradients beside the quantities."""

from __future__ import annotations

from hwsolve.graph.explain.circuit import circuit
from hwsolve.graph.explain.lines import Writer
from hwsolve.graph.tangent import checked
from hwsolve.kinds.worksheet.problem import Problem
from hwsolve.proof import proven
from hwsolve.sections import section
from hwsolve.solution import Solution


def draw(problem: Problem, figure: str, values: bool) -> Solution:
    """A solution with nothing but the drawing; with `values` every digit in it is proven."""

    def work(problem: Problem) -> Solution:
        computation, exact = problem.prepared, problem.numbers != "float64"
        writer = Writer(computation.graph, exact, problem.digits or 6)
        writer.at(0, checked(computation.graph, lambda: computation.values(exact), 0, {0}, exact))
        found = circuit(writer, values)
        steps = (section(found.title, figures=(found,)),) if found is not None else ()
        return Solution(
            kind=problem.kind, title=problem.title, source=problem.source, given=(), sections=steps, answers={}
        )

    return proven(problem, work)
