"""The letters that a spec chooses for its page against the names of the problem: each must mean one thing."""

from __future__ import annotations

from hwsolve.graph.explain.letters import axes_of
from hwsolve.graph.spelling import every_name
from hwsolve.kinds.backprop.construction import Construction
from hwsolve.kinds.backprop.deltas import misfit
from hwsolve.language import say
from hwsolve.spec.notation import wrong


def check_notation(construction: Construction) -> None:
    """Note what `notation` says that does not fit the network."""
    problem, graph, report = construction.problem, construction.graph, construction.report
    units, taken = problem.notation.units, every_name(graph)
    for place, letter in enumerate(units, 1):
        if letter in taken:
            message = say("`{name}` is a quantity of this problem.", name=letter)
            wrong(problem.node, "units", place, message, report, say("Choose another letter."))
        elif letter == "n" and graph.batched:
            message = say("`{name}` counts the samples of a batch.", name=letter)
            wrong(problem.node, "units", place, message, report, say("Choose another letter."))
    most = axes_of(graph, taken).count if units else 0
    if len(units) > most:
        message = say("There are {n} letters, but only {most} layers of units.", n=len(units), most=most)
        hint = say("Name the letters in the order of the layers, the input first.")
        wrong(problem.node, "units", most + 1, message, report, hint)
    if problem.notation.gradients and (why := misfit(graph)) is not None:
        wrong(problem.node, "gradients", 0, why, report, None)
