"""General lines of whole arrays: their form and their values, where no line of their own has both."""

from __future__ import annotations

from hwsolve.formula.tree import Call, Formula, Number, call
from hwsolve.formula.whole_arrays import whole
from hwsolve.graph.elements import count, elements
from hwsolve.graph.explain.contraction import head_by_head
from hwsolve.graph.explain.lines import Writer
from hwsolve.graph.explain.matrix import Matrix
from hwsolve.graph.explain.matrix_lines import listed_rows, literal, nested
from hwsolve.graph.explain.room import WRITTEN
from hwsolve.graph.graph import Node
from hwsolve.quantities import alike, small_fractions
from hwsolve.solution import Form, Stage


def form_of(writer: Writer, node: Node, matrix: Matrix) -> Form:
    """The form of an array; of not too many elements with their values."""
    key = whole(writer.key(node.name, ()).name)
    if parts := head_by_head(matrix.shown):
        return of_heads(writer, node, key, parts)
    stages = Stage("", key), Stage("=", matrix.shown)
    return Form(stages if count(node.shape) > WRITTEN else (*stages, Stage(*values(writer, node))))


def of_heads(writer: Writer, node: Node, key: Formula, parts: tuple[Formula, ...]) -> Form:
    """The parts of an array that its second index chooses, beside each other: w[·, 1, ·], w[·, 2, ·]."""
    heads = range(1, len(parts) + 1)
    own = tuple([Call("part", (call("T", key), Number(h))) for h in heads])
    stages = Stage("", Call("tuple", own)), Stage("=", Call("tuple", parts))
    if count(node.shape) > WRITTEN:
        return Form(stages)
    relation, rows = values(writer, node)
    assert isinstance(rows, Call)
    turned = [Call("[]", tuple([row.args[h] for row in rows.args if isinstance(row, Call)])) for h in range(len(parts))]
    return Form((*stages, Stage(relation, Call("tuple", tuple(turned)))))


def of_values(writer: Writer, node: Node) -> Form:
    """All elements of an array together."""
    return Form((Stage("", whole(writer.key(node.name, ()).name)), Stage(*values(writer, node))))


def values(writer: Writer, node: Node) -> tuple[str, Formula]:
    """The relation of an array to its values, and they as a formula."""
    shown = [writer.shown(node.name, at) for at in elements(node.shape)]
    relation = "≈" if any(q.relation == "≈" for q in shown) else "="
    if relation == "≈" and (fractions := small_fractions(shown)):
        return "=", listed_rows(fractions, node.shape)
    return relation, literal(alike(nested(shown, node.shape), writer.digits))
