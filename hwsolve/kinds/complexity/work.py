"""Checks a complexity problem, and counts."""

from __future__ import annotations

from hwsolve.kinds.complexity.problem import Problem
from hwsolve.language import say
from hwsolve.layers.base import ShapeError, StatedMap
from hwsolve.layers.inference import note_reserved
from hwsolve.layers.network import Item
from hwsolve.layers.size_names import check_size_names
from hwsolve.solution import Solution
from hwsolve.spec.nodes import Mapping
from hwsolve.spec.report import Report

RESERVED = frozenset({"loss"})
KEYS = frozenset({"forward", "backward", "update"})


def check(problem: Problem, report: Report) -> None:
    """Every layer can be counted."""
    note_reserved(problem.network.items, RESERVED, report)
    check_size_names(problem.network, KEYS, report)
    countable(problem.network.items, report)


def countable(items: tuple[Item, ...], report: Report) -> None:
    """Note the layers that can't be."""
    for item in items:
        if isinstance(item.input, StatedMap) or isinstance(item.output, StatedMap):
            report.add(item.node, item.where, say("Operations can't be counted: the sides of the map are not stated."))
        elif item.layer is not None:
            countable_layer(item, report)
        for _, inner in item.branches:
            countable(inner, report)


def countable_layer(item: Item, report: Report) -> None:
    """Note a layer whose rule does not reach its settings."""
    assert item.layer is not None
    try:
        item.layer.operations(item.input)
        item.layer.cost_sizes(item.input)
        weight = item.layer.specs().get("weight")
        if weight is not None and weight.shared:
            raise ShapeError(say("Operations of a weight that all units share can't be counted."), "weight")
    except ShapeError as error:
        node, path = item.node, item.where
        if error.field and isinstance(node, Mapping) and error.field in node.entries:
            node, path = node.entries[error.field][1], path / error.field
        report.add(node, path, error.message)


def solve(problem: Problem) -> Solution:
    """The operations of every layer, by phase and kind, and their totals."""
    from hwsolve.kinds.complexity.page import Operations

    return Operations(problem).solution()
