"""One of several networks that are compared: its counts, and its lines under keys that begin with its letter."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Formula, Ref, references, transform
from hwsolve.kinds.count_params.counted import quantity_of
from hwsolve.kinds.count_params.page import Counting
from hwsolve.kinds.count_params.partial import Count
from hwsolve.kinds.count_params.places import INPUT
from hwsolve.kinds.count_params.problem import Problem
from hwsolve.layers.items import Item
from hwsolve.solution import Given, Identity, Line, Value


class Network:
    """`params.conv1` of network A is `A.params.conv1` here."""

    def __init__(self, letter: str, problem: Problem, quantities: tuple[str, ...]) -> None:
        self.letter, self.problem = letter, msgspec.structs.replace(problem, columns=quantities)
        self.counting = Counting(self.problem)
        self.solved = self.counting.solution()
        keyed = [x for x in self.solved.lines if isinstance(x, Value | Identity) and x.key is not None]
        self.lines = {plain(x.key): x for x in keyed if x.key is not None}
        self.given = {plain(x.key): x for x in self.solved.given}
        self.read: dict[str, None] = {}  # the givens that its lines read

    def entries(self) -> Iterator[Item]:
        """What comes in, as items of its own."""
        network = self.problem.network
        yield from (Item(key, INPUT, None, network.node, (), (wire,)) for key, wire in network.entries.items())

    def count(self, quantity: str, path: str = "") -> Count | None:
        """What is counted of a layer, or of all."""
        return self.counting.values[quantity].get(path)

    def named(self, f: Formula) -> Formula:
        """A formula with the names of its keys as they are here."""

        def change(part: Formula) -> Formula:
            if isinstance(part, Ref) and plain(part) in self.given:
                self.read[plain(part)] = None
            elif not isinstance(part, Ref) or plain(part) not in self.lines:
                return part
            return self.own(part)

        return transform(f, change)

    def own(self, key: Ref) -> Ref:
        """A key as it is here."""
        return Ref(f"{self.letter}.{key.name}", key.indices)

    def written(self, quantity: str) -> Iterator[Line]:
        """The lines of a quantity and of all that they read, in the order of the counts."""
        wanted = [key for key in self.lines if quantity_of(key) == quantity]
        reached: set[str] = set()
        while wanted:
            key = wanted.pop()
            if key in reached:
                continue
            reached.add(key)
            line = self.lines[key]
            read = map(plain, references(line.formula)) if isinstance(line, Value) else ()
            wanted += [key for key in read if key in self.lines]
        yield from (self.line(line) for key, line in self.lines.items() if key in reached)

    def line(self, line: Value | Identity) -> Line:
        """A line under its name here."""
        assert line.key is not None
        key = self.own(line.key)
        if isinstance(line, Identity):
            return msgspec.structs.replace(line, key=key, aside=True, rule="")
        stages = tuple([msgspec.structs.replace(s, formula=self.named(s.formula)) for s in line.stages])
        made = msgspec.structs.replace(line, key=key, formula=self.named(line.formula), stages=stages)
        return msgspec.structs.replace(made, aside=True, origin=None, rule="")

    def givens(self) -> Iterator[Given]:
        """The givens that its lines read."""
        yield from (msgspec.structs.replace(self.given[key], key=self.own(self.given[key].key)) for key in self.read)
