"""Which element of a quantity has no value, and what of its formula keeps it from one: a divisor that is 0."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hwsolve.formula.evaluate import Lookup, evaluate
from hwsolve.formula.germs import written_out
from hwsolve.formula.instantiate import instantiate
from hwsolve.formula.notation import unicode
from hwsolve.formula.operators import NoValue
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref, call, children, transform
from hwsolve.graph.elements import Indices, elements
from hwsolve.graph.explain.parts import parts_of
from hwsolve.graph.graph import Graph
from hwsolve.language import Message, say
from hwsolve.numbers import NotFinite, Undecided
from hwsolve.numbers.identity import plain

MOST = 2000  # elements that are tried
UNROLL = 8


def failing(graph: Graph, name: str, values: dict[str, Any]) -> tuple[Message, str] | None:
    """What has no value in the first such element of a quantity, and what this element is called."""

    def read(of: str, at: Indices) -> Any:
        value = values[of]
        return plain(value[tuple(i - 1 for i in at)] if at else value, {})

    node = graph.nodes[name]
    known = {n: v for n, v in values.items() if v is not None}
    for part in parts_of(graph, node, frozenset(), lambda _: [], {}):
        if not set(part.names.values()) <= known.keys():
            continue
        shapes = {n: graph.nodes[n].shape for n in part.names.values()}
        for at in elements(node.shape, MOST):
            f = instantiate(part.over_nodes, dict(zip(part.indices, at, strict=True)), shapes, UNROLL)
            try:
                found = next(culprits(f, read), None)
            except (Undecided, LookupError, NoValue):  # what is looked for may not be found
                return None
            if found is not None:
                return found_in(graph, *found), unicode(named(graph, Ref(name, tuple(map(Number, at)))))
    return None


def culprits(f: Formula, read: Lookup) -> Iterator[tuple[Formula, Message | None]]:
    """The innermost parts of a formula that have no value while all within them has; None: too large for a number."""
    if isinstance(f, BigOperator):
        for term in written_out(f, read):
            yield from culprits(term, read)
        return
    if not isinstance(f, Call):
        return
    if f.name == "if":
        condition, then, other = f.args
        yield from culprits(condition, read)
        yield from culprits(then if evaluate(condition, read) else other, read)
        return
    for part in children(f):
        yield from culprits(part, read)
    if f.name == "/" and evaluate(f.args[1], read) == 0:
        yield f if isinstance(f.args[1], Number) else call("==", f.args[1], 0), say("division by zero")
        return
    try:
        value = evaluate(f, read)
    except NotFinite as why:
        yield f, why.what
    else:
        if hasattr(value, "is_finite") and not value.is_finite():
            yield f, None


def found_in(graph: Graph, part: Formula, what: Message | None) -> Message:
    """What is said of such a part."""
    shown = unicode(named(graph, part))
    if what is None:
        return say("a number that is too large: {part}", part=shown)
    return say("{what}: {part}", what=what, part=shown)


def named(graph: Graph, f: Formula) -> Formula:
    """The formula over the names that a reader knows."""

    def key(node: Formula) -> Formula:
        if not isinstance(node, Ref) or node.name not in graph.labels:
            return node
        label = graph.labels[node.name]
        at = tuple(i.numerator for i in node.indices if isinstance(i, Number))
        if at in label.elements:
            return Ref(label.elements[at])
        return Ref(label.symbol, label.at(node.indices, label.clock))

    return transform(f, key)
