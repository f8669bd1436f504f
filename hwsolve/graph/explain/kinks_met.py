"""What a reader is told of the points without a derivative that a line meets, and of equal arguments of a maximum."""

from __future__ import annotations

from typing import Any

from hwsolve.formula.evaluate import Lookup, evaluate
from hwsolve.formula.instantiate import instantiate
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Call, Formula, call, references, walk
from hwsolve.graph.elements import Indices
from hwsolve.graph.explain import case_borders
from hwsolve.graph.explain.nondifferentiable import convention, first_few, met, sharing, ties
from hwsolve.graph.explain.parts import at_update
from hwsolve.graph.explain.room import EVERY
from hwsolve.graph.explain.special_cases import guarded
from hwsolve.numbers.identity import settled
from hwsolve.quantities import put_in, quantity


def note(writer: Any, name: str, indices: Indices, formula: Formula, read: Lookup) -> None:
    """Remember in a writer of lines what the line of a quantity meets."""
    note_borders(writer, name, indices, read)
    for kink, at, slope in settled(lambda: list(met(formula, read)), writer.forms):
        place = call("==", writer.relabel(kink.args[0]), put_in(quantity(at, 6)))
        places = writer.kinks.setdefault((kink.name, *kink.args[1:]), {})
        places[place] = None
        writer.remarks[kink.name, *kink.args[1:]] = convention(kink, first_few(places), slope)
    operation = writer.graph.nodes[name].operation
    if operation is None or not operation.shares or not writer.graph.loss:
        return
    for shown in map(writer.relabel, settled(lambda: list(ties(formula, read)), writer.forms)):
        writer.remarks["tie", plain(shown)] = sharing(shown)


def note_borders(writer: Any, name: str, indices: Indices, read: Lookup) -> None:
    """Remember the places where cases of a quantity's own formula meet."""
    part, graph = writer.parts(name)[0], writer.graph
    if part.tie is not None or not any(isinstance(node, Call) and node.name == "if" for node in walk(part.own)):
        return  # what is taken of equal cells is told of the maximum
    moving = {node.of for node in graph.nodes.values() if node.role == "gradient"}
    shapes = {n: graph.nodes[n].shape for n in part.names.values()}
    at = dict(zip(part.indices, indices, strict=True))
    formula = guarded(instantiate(at_update(graph, part.over_nodes, writer.values), at, shapes, EVERY), read)
    for left, right, alone in settled(lambda: list(case_borders.met(formula, read, moving)), writer.forms):
        value = put_in(quantity(evaluate(left, read), 6))
        places = writer.kinks.setdefault(("cases", alone), {})
        places[call("==", writer.relabel(left), value if any(references(right)) else right)] = None
        writer.remarks["cases", alone] = case_borders.convention(first_few(places), alone)
