"""What is written on demand: the elements that keys name, and those that their lines read, back to the givens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from hwsolve.derivation.substitution import shorten
from hwsolve.derivation.text_values import Reads
from hwsolve.formula.tree import BigOperator, Number, references, walk
from hwsolve.graph.elements import Indices, count, position
from hwsolve.graph.explain.origin import by_itself
from hwsolve.graph.explain.room import LINES, WRITTEN, Asked, Places
from hwsolve.selection import Selection

if TYPE_CHECKING:
    from hwsolve.graph.explain.lines import Writer
    from hwsolve.graph.run import Trajectory


def named(writer: Writer, selections: Iterable[Selection], steps: Iterable[int]) -> Places:
    """The elements that are named, of quantities at these steps; of a long array as a whole the first ones."""
    wanted: dict[str, list[Selection]] = {}
    for one in selections:
        wanted.setdefault(one.name, []).append(one)
    places: Places = {}
    for step in sorted(steps) if wanted else ():
        for name, node in writer.graph.nodes.items():
            for indices in writer.graph.labels[name].elements:
                if writer.key(name, indices, step).name in wanted:
                    places.setdefault((step, name), {})[indices] = None
            for one in wanted.get(writer.key(name, (), step).name, ()):
                short = one.ranges or count(node.shape) <= WRITTEN
                found = one.elements(node.shape, LINES if short else WRITTEN)
                places.setdefault((step, name), {}).update(dict.fromkeys(found))
    return places


def of_elements(writer: Writer, asked: Iterable[Selection], others: Iterable[Selection], steps: Iterable[int]) -> Asked:
    """The single elements, or parts, that a problem asks for, and those that it names beside that."""
    wanted, kept = [one for one in asked if one.ranges], list(steps)
    every = [*wanted, *(one for one in others if one.ranges)]
    return Asked(named(writer, every, kept), first=named(writer, wanted, kept))


def needed(writer: Writer, trajectory: Trajectory, asked: Places, worked: set[int]) -> Places:
    """These elements and all that their lines read, and what those read: up to a limit, the nearest ones first.

    A value of the step before has its line there, where the updates of that step are written out.
    """
    graph, places = writer.graph, {key: dict(found) for key, found in asked.items()}
    updates = {node.follows: node.name for node in graph.nodes.values() if node.role == "update"}
    left = LINES
    for step in sorted(trajectory.kept, reverse=True):
        writer.at(step, trajectory)
        for name in reversed(graph.nodes):
            here, node = places.get((step, name), {}), graph.nodes[name]
            if name in updates and step - 1 in worked:
                places.setdefault((step - 1, updates[name]), {}).update(here)
            if not (node.operation or node.terms) or name not in writer.values:
                continue
            for indices in here:
                left -= 1
                for other, at in read_by(writer, name, indices) if left > 0 else ():
                    places.setdefault((step, other), {})[at] = None
    return places


def read_by(writer: Writer, name: str, indices: Indices) -> Iterator[tuple[str, Indices]]:
    """What the line of an element reads.

    Of a sum that is not written out these are the terms that a reader sees, and what has a line whatever is asked.
    """
    formula, nodes = writer.formula(name, indices), writer.graph.nodes
    formula = by_itself(writer.graph, name, formula) if isinstance(formula, Number) else formula
    for ref in references(shorten(formula)):
        at = tuple(i.numerator for i in ref.indices if isinstance(i, Number))
        if ref.name in nodes and len(at) == len(ref.indices):
            yield ref.name, at
    if any(isinstance(part, BigOperator) for part in walk(formula)):
        read = Reads(writer.key, writer.element)
        writer.evaluate(formula, read)
        yield from ((n, at) for n, at in read.seen.values() if position(at, nodes[n].shape) < WRITTEN)
