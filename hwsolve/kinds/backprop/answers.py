"""The answers of a computation: every quantity, whole, or by its elements where these have names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from hwsolve.formula.notation import plain
from hwsolve.graph.elements import count, elements
from hwsolve.graph.explain.lines import Writer
from hwsolve.graph.explain.room import FIRST, WRITTEN
from hwsolve.graph.graph import Node
from hwsolve.graph.stack import begins, is_stack, stands_alone
from hwsolve.language import Message, say
from hwsolve.numbers.printing import full
from hwsolve.quantities import alike
from hwsolve.selection import Ranges, Selection
from hwsolve.solution import Answer, Line

MOST_ANSWERED = 100_000  # elements of a quantity that nobody asked for
FORESEEN = 1_000  # elements that are looked at before any line is made


class Answers:
    """Enters quantities at the writer's step; `named` are the keys that the problem names."""

    def __init__(self, writer: Writer, named: list[Selection], is_main: Callable[[Node], bool]) -> None:
        self.writer, self.named, self.is_main = writer, named, is_main
        self.left_out: list[Message] = []
        self.steps: dict[str, dict[int, Node]] = {}  # of sequences, by key
        self.counts: dict[int, Counter[tuple[str, str]]] = {}  # how many of each there are, by graph

    def enter(self, node: Node, found: dict[str, Answer]) -> Iterator[Line]:
        """Enter a quantity among those found.

        Elements of a long quantity that are not written out are carried over.  Of one that would fill the machine,
        only the first few are there, and a note says so, unless the spec names it.
        """
        writer = self.writer
        if is_stack(writer.graph, node.name) and not stands_alone(writer.graph, node.name):
            return
        if writer.graph.labels[node.name].time is not None:
            self.enter_step(node, found)
            return
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
        of = node.of if node.role == "gradient" else node.follows if node.role == "update" else node.name
        found[key] = Answer(self.part(node, ()), main, layout=writer.graph.stored.get(of, ()))

    def foresee(self, nodes: Iterable[Node]) -> None:
        """Raise Undecided where elements that will be carried over have too few digits: before lines are made."""
        writer, graph = self.writer, self.writer.graph
        if not writer.exact or writer.room.asked or writer.asked.alone:
            return
        for node in nodes:
            label, size = graph.labels[node.name], count(node.shape)
            if label.time is None and not label.elements and WRITTEN < size <= MOST_ANSWERED:
                asked = writer.asked.of(writer.step, node.name)
                for at in elements(node.shape, FORESEEN)[writer.most :]:
                    if at not in asked and not is_stack(graph, node.name):
                        full(writer.element(node.name, at))

    def enter_step(self, node: Node, found: dict[str, Answer]) -> None:
        """Enter a step of a sequence: with the others, once all are there; else by its elements."""
        writer = self.writer
        label, key = writer.graph.labels[node.name], writer.key(node.name, ()).name
        if begins(writer.graph, node):
            self.enter_elements(node, found)
            return
        known = self.steps.setdefault(key, {})
        known[label.time or 0] = node
        if len(known) < self.count(node):
            return
        if sorted(known) != list(range(1, len(known) + 1)):
            for step in known.values():
                self.enter_elements(step, found)
            return
        arrays = tuple(self.part(known[t], ()) for t in sorted(known))
        if label.lead:  # samples come first
            arrays = tuple(zip(*arrays, strict=True))
        found[key] = Answer(alike(arrays, writer.digits), self.is_main(node))

    def count(self, node: Node) -> int:
        """How many steps of a quantity there are."""
        graph = self.writer.graph
        if id(graph) not in self.counts:
            timed = [graph.nodes[name] for name, label in graph.labels.items() if label.time is not None]
            self.counts[id(graph)] = Counter(
                (graph.symbol(other.name), other.role) for other in timed if not begins(graph, other)
            )
        return self.counts[id(graph)][graph.symbol(node.name), node.role]

    def enter_elements(self, node: Node, found: dict[str, Answer]) -> None:
        """Enter each element by its key."""
        for at in elements(node.shape):
            found[plain(self.writer.key(node.name, at))] = Answer(self.part(node, at), False)

    def part(self, node: Node, indices: tuple[int, ...], ranges: Ranges = ()) -> Any:
        """The part of an array behind some leading indices, as nested tuples of quantities; of its axes, the ranges."""
        if len(indices) == len(node.shape):
            return self.writer.shown(node.name, indices)
        first, last = ranges[0] if ranges else (1, None)
        axis = range(first, min(last or node.shape[len(indices)], node.shape[len(indices)]) + 1)
        parts = tuple(self.part(node, (*indices, k), ranges[1:]) for k in axis)
        return parts[0] if first == last else alike(parts, self.writer.digits)
