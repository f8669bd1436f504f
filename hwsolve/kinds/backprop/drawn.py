"""The drawings of a backprop problem: its network of units, or of boxes where it is large, and its circuit."""

from __future__ import annotations

from typing import Any

from hwsolve.figures import Diagram
from hwsolve.graph.explain.circuit import circuit, on_request
from hwsolve.graph.explain.lines import Writer
from hwsolve.graph.explain.units import units
from hwsolve.graph.tangent import checked
from hwsolve.kinds.backprop.asked import leads_to
from hwsolve.kinds.backprop.computation import Computation
from hwsolve.kinds.backprop.diagram import with_numbers
from hwsolve.kinds.backprop.local_names import relabelled
from hwsolve.kinds.backprop.problem import Problem
from hwsolve.layers.boxes import boxes
from hwsolve.proof import proven
from hwsolve.sections import section
from hwsolve.solution import Item, Sentence, Solution


def draw(problem: Problem, figure: str, values: bool) -> Solution:
    """A solution with nothing but the drawing; with `values` every digit in it is proven."""

    def work(problem: Problem) -> Solution:
        found = pictured(problem, problem.prepared, figure, values)
        steps = (section(found.title, figures=(found,)),) if found is not None else ()
        return Solution(
            kind=problem.kind, title=problem.title, source=problem.source, given=(), sections=steps, answers={}
        )

    return proven(problem, work, problem.loss.domain if problem.loss is not None else None)


def wanted_circuit(problem: Any, writer: Writer, values: bool = True) -> list[Item]:
    """The circuit, where a problem wants it."""
    figures, why = on_request(writer, getattr(problem, "figure", None), values)
    drawn = [relabelled(figure, writer) for figure in figures]
    return [*(one for one in drawn if one is not None), *map(Sentence, why)]


def numbers_of(problem: Any, writer: Writer) -> list[Item]:
    """The network with the numbers of both passes; of a page that asks for less none."""
    wanted = leads_to(writer.graph, problem)
    if wanted is None or not any(node.role == "gradient" for node in writer.graph.nodes.values()):
        return []
    drawn = relabelled(with_numbers(writer, wanted), writer)
    return [] if drawn is None else [drawn]


def pictured(problem: Problem, computation: Computation, figure: str, values: bool) -> Diagram | None:
    """The drawing at the precision that is set; None where there is too much to draw."""
    exact, graph = problem.numbers != "float64", computation.graph
    digits = problem.digits or 6
    writer = Writer(graph, exact, digits if exact else min(digits, 6))

    def start() -> None:
        updates = any(node.role == "update" for node in graph.nodes.values())
        writer.at(0, checked(graph, lambda: computation.values(exact), int(updates), {0}, exact))

    if figure == "circuit":
        start()
        return relabelled(circuit(writer, values), writer)
    return relabelled(units(writer, values, start), writer) or boxes(problem.network)
