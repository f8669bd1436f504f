"""The answers of a computation: every quantity, whole, or by its elements where these have names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from hwsolve.graph.elements import count, elements
from hwsolve.graph.explain.lines import Writer
from hwsolve.graph.explain.room import FIRST
from hwsolve.graph.graph import Node
from hwsolve.language import Message, say
from hwsolve.quantities import alike
from hwsolve.selection import Ranges, Selection
from hwsolve.solution import Answer, Line

MOST_ANSWERED = 100_000  # elements of a quantity that nobody asked for


class Answers:
    """Enters quantities at the writer's step; `named` are the keys that the problem names."""

    def __init__(self, writer: Writer, named: list[Selection], is_main: Callable[[Node], bool]) -> None:
        self.writer, self.named, self.is_main = writer, named, is_main
        self.left_out: list[Message] = []

    def enter(self, node: Node, found: dict[str, Answer]) -> Iterator[Line]:
        """Enter a quantity among those found.

        Elements of a long quantity that are not written out are carried over.  Of one that would fill the machine,
        only the first few are there, and a note says so, unless the spec names it.
        """
        writer = self.writer
        key = writer.key(node.name, ()).name
        main = self.is_main(node)
        if writer.graph.labels[node.name].elements:
            for indices in elements(node.shape):
                found[writer.key(node.name, indices).name] = Answer(self.part(node, indices), main)
            return
        size = count(node.shape)
        asked = [one for one in self.named if one.name == key]
        if size > MOST_ANSWERED and all(one.ranges and one.elements(node.shape, 1) for one in asked):
            first = (Selection(key, tuple((i, i) for i in at)) for at in elements(node.shape, FIRST))
            for one in (*first, *asked):
                found[str(one)] = Answer(self.part(node, (), one.ranges))
            what = say("Only {n} of the {size} elements of `{key}` are among the answers.", n=FIRST, size=size, key=key)
            self.left_out.append(what)
            return
        if not (writer.is_whole(node) or writer.asked.alone):
            yield from writer.carry({writer.key(node.name, i): (node.name, i) for i in elements(node.shape)})
        found[key] = Answer(self.part(node, ()), main)

    def part(self, node: Node, indices: tuple[int, ...], ranges: Ranges = ()) -> Any:
        """The part of an array behind some leading indices, as nested tuples of quantities; of its axes, the ranges."""
        if len(indices) == len(node.shape):
            return self.writer.shown(node.name, indices)
        first, last = ranges[0] if ranges else (1, None)
        axis = range(first, min(last or node.shape[len(indices)], node.shape[len(indices)]) + 1)
        parts = tuple(self.part(node, (*indices, k), ranges[1:]) for k in axis)
        return parts[0] if first == last else alike(parts, self.writer.digits)
