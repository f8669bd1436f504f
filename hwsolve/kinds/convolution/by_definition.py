"""The error of a cell a second way: what the output changes where the cell grows by 1, each change times its error."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from hwsolve.derivation.lines import Disagreement
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Formula, Number, call
from hwsolve.graph.elements import elements
from hwsolve.graph.explain.lines import Writer
from hwsolve.graph.explain.matrix_lines import listed_rows
from hwsolve.kinds.convolution.tried import in_row
from hwsolve.language import say
from hwsolve.numbers import exact, is_exact, parts
from hwsolve.quantities import put_in, small_fractions
from hwsolve.solution import Form, Group, Item, Sentence, Stage

MOST = 64  # outputs that are looked at
SHOWN = 16  # changes that stand on the page as an array


def by_definition(writer: Writer, error: str, at: tuple[int, ...], upstream: str, marked: bool) -> Iterator[Item]:
    """The forward pass once more with a greater cell; nothing where the output does not change evenly with it.

    `marked`: a cell may be one of several largest, which a convention decides.
    """
    graph = writer.graph
    node = graph.nodes[graph.output]
    if not writer.exact or prod(node.shape) > MOST:
        return
    changes = changed(writer, at, exact(1))
    if not (changes == 2 * changed(writer, at, exact(1, 2))).all():
        return
    errors = writer.values[upstream]
    places = [p for p in elements(node.shape) if element(changes, p) != 0]
    found, known = sum(element(errors, p) * element(changes, p) for p in places), writer.element(error, at)
    if not places or len(places) > SHOWN or found != known:
        if found != known and not marked:
            raise Disagreement(f"{plain(writer.key(error, at))}: {known} by the formulas, {found} by the definition")
        return
    x, y = writer.key(node.inputs[0], at), writer.key(graph.output, ())
    yield Sentence(say("The same by the definition: where {x} grows by {one}, {y} changes by", x=x, y=y, one=1))
    rows = listed_rows([number(element(changes, p)) for p in elements(node.shape)], node.shape)
    if prod(node.shape) <= SHOWN:
        yield Group((Form((Stage("", in_row(rows)),)),))
    products: list[Formula] = [
        call("*", put_in(writer.shown(upstream, p)), number(element(changes, p))) for p in places
    ]
    total = products[0] if len(products) == 1 else call("+", *products)
    value = writer.shown(error, at)
    exactly = small_fractions([value]) if value.relation == "≈" else None
    between = [Stage("=", exactly[0])] if exactly else []
    links = (Stage("", writer.key(error, at)), Stage("=", total), *between, Stage(value.relation, put_in(value)))
    yield Group((Form(links),), say("each error times the change of its output"))


def changed(writer: Writer, at: tuple[int, ...], by: Any) -> Any:
    """By what the output of the layer changes where one cell of what it reads is greater."""
    node = writer.graph.nodes[writer.graph.output]
    assert node.operation is not None
    x, *others = [writer.values[name] for name in node.inputs]
    moved = x.copy()
    moved[tuple([i - 1 for i in at])] += by
    return node.operation.forward(moved, *others) - writer.values[node.name]


def number(value: Any) -> Formula:
    """A change as it stands in a line."""
    return Number(*parts(value)) if is_exact(value) else put_in(value)


def element(array: Any, at: tuple[int, ...]) -> Any:
    """An element, counted from 1."""
    return array[tuple([i - 1 for i in at])]
