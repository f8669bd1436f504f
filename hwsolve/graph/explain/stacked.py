"""The lines of what comes out of several directions: elements of states, which have names of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hwsolve.derivation.lines import value_line
from hwsolve.derivation.substitution import substituted
from hwsolve.formula.tree import Number, Ref
from hwsolve.graph.elements import elements
from hwsolve.graph.explain.origin import origin
from hwsolve.graph.stack import stands_alone
from hwsolve.solution import Line

if TYPE_CHECKING:
    from hwsolve.graph.explain.lines import Writer
    from hwsolve.graph.graph import Node


def stacked(writer: Writer, node: Node) -> Iterator[Line]:
    """`out[1,2] = h_reverse[1,1] = 0.2`, or what comes back to it, beside the page, behind what no line wrote."""
    if not stands_alone(writer.graph, node.name):
        return
    name, asked = writer.key(node.name, ()).name, writer.asked.of(writer.step, node.name)
    if node.role == "gradient":
        yield from writer.lines(node.name, len(asked))
        return
    places = [] if writer.asked.alone else elements(node.shape, None if writer.is_whole(node) else writer.most)
    for at in dict.fromkeys([*places, *asked]):
        key, state = Ref(name, tuple(map(Number, at))), writer.key(node.name, at)
        yield from writer.carry({state: (node.name, at)})
        seen = substituted(Ref(node.name, key.indices), writer.number, state)
        of, value = origin(writer.graph, node.name), writer.shown(node.name, at)
        yield value_line(key, state, value, seen, origin=of, aside=at not in asked)
