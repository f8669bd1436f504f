"""Checks a complexity problem, and counts."""

from __future__ import annotations

from collections.abc import Iterator

from hwsolve.kinds.complexity.forms import names_of
from hwsolve.kinds.complexity.problem import Problem
from hwsolve.language import say
from hwsolve.layers.base import ShapeError, StatedMap
from hwsolve.layers.items import Item, walk_items
from hwsolve.layers.names import note_reserved
from hwsolve.layers.size_names import check_size_names
from hwsolve.readings import Reading
from hwsolve.solution import Solution
from hwsolve.spec.nodes import Mapping
from hwsolve.spec.notation import wrong
from hwsolve.spec.report import ROOT, Report

RESERVED = frozenset({"loss"})
KEYS = frozenset({"forward", "backward", "update"})


def check(problem: Problem, report: Report) -> None:
    """Every layer can be counted."""
    for key in ("inputs", "outputs"):
        if len(getattr(problem.network, key)) > 1:
            head = problem.network.node.entries[key][0]
            message = say("Operations are counted for networks with one input and one output.")
            report.add(head, ROOT / "network" / key, message, say("`count-params` takes several."))
    note_reserved(problem.network.items, RESERVED, report)
    check_size_names(problem.network, KEYS, report)
    countable(problem.network.items, report)
    if problem.notation.layers:
        check_letter(problem, report)


def check_letter(problem: Problem, report: Report) -> None:
    """Note a letter for layers that is a size, or that no layer has."""
    letter, other = problem.notation.layers, say("Choose another letter.")
    if letter in names_of(problem.network):
        wrong(problem.node, "layers", 0, say("`{name}` is a name of this problem.", name=letter), report, other)
    elif not any(item.type == "repeat" for item in walk_items(problem.network.items)):
        message = say("No layers are repeated here, so that none has a letter as its number.")
        wrong(problem.node, "layers", 0, message, report, None)


def countable(items: tuple[Item, ...], report: Report) -> None:
    """Note the layers that can't be."""
    for item in items:
        if any(isinstance(wire.shape, StatedMap) for wire in (*item.inputs, *item.outputs)):
            report.add(item.node, item.where, say("Operations can't be counted: the sides of the map are not stated."))
        elif item.type == "mixture":
            report.add(item.node, item.where, say("Operations of a `{layer}` can't be counted yet.", layer=item.type))
        elif item.layer is not None:
            countable_layer(item, report)
        for branch in item.branches:
            countable(branch.items, report)


def countable_layer(item: Item, report: Report) -> None:
    """Note a layer whose rule does not reach its settings."""
    assert item.layer is not None
    try:
        item.layer.operations(*item.shapes)
        item.layer.cost_sizes(*item.shapes)
        for name, parameter in item.layer.parameters(*item.shapes).items():
            if parameter.spec.shared and not parameter.added:
                raise ShapeError(say("Operations of a weight that all units share can't be counted."), name)
    except ShapeError as error:
        node, path = item.node, item.where
        if error.field and isinstance(node, Mapping) and error.field in node.entries:
            node, path = node.entries[error.field][1], path / error.field
        report.add(node, path, error.message)


def otherwise(problem: Problem) -> Iterator[Reading]:
    """The counts where something is counted otherwise, which may be those of another answer."""
    from hwsolve.kinds.complexity.readings import readings

    return readings(problem)


def solve(problem: Problem) -> Solution:
    """The operations of every layer, by phase and kind, and their totals."""
    from hwsolve.kinds.complexity.page import Operations

    return Operations(problem).solution()
