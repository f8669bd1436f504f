"""Which consumers add to an element of a gradient at all: rows of packed weights are read by one gate alone."""

from __future__ import annotations

from typing import NamedTuple

from hwsolve.formula.instantiate import instantiate
from hwsolve.formula.tree import ZERO
from hwsolve.graph.elements import Indices
from hwsolve.graph.explain.parts import Part
from hwsolve.graph.graph import Graph

Kind = tuple[int, tuple[tuple[str, int], ...]]


class Kinds(NamedTuple):
    """The parts of a quantity, the kind of each, and the first part of each kind."""

    parts: list[Part]
    of: list[int]
    first: list[tuple[Part, int]]


class Present:
    """Remembers it by the formulas of operations, which all steps of a sequence share."""

    def __init__(self) -> None:
        self.kinds: dict[Kind, int] = {}
        self.known: dict[int, Kinds] = {}  # by the identity of a list of parts, which is kept in it
        self.absent: dict[tuple[int, Indices], bool] = {}

    def of(self, parts: list[Part], indices: Indices, graph: Graph, unroll: int) -> list[Part]:
        """The parts that are not 0 whatever the values are; the first of them where all are."""
        if len(parts) == 1:
            return parts
        kinds = self.kinds_of(parts, graph)
        absent = {kind: self.is_absent(kind, part, indices, graph, unroll) for part, kind in kinds.first}
        return [p for p, kind in zip(parts, kinds.of, strict=True) if not absent[kind]] or parts[:1]

    def kinds_of(self, parts: list[Part], graph: Graph) -> Kinds:
        """The kinds of all parts of one quantity."""
        if id(parts) not in self.known:
            of = [self.kind(part) for part in parts]
            first = {kind: part for part, kind in reversed(list(zip(parts, of, strict=True)))}
            self.known[id(parts)] = Kinds(parts, of, [(part, kind) for kind, part in first.items()])
        return self.known[id(parts)]

    def is_absent(self, kind: int, part: Part, indices: Indices, graph: Graph, unroll: int) -> bool:
        """Whether no index of a part of a kind fits an element."""
        if (kind, indices) not in self.absent:
            shapes = {own: graph.nodes[name].shape for own, name in part.names.items()}
            made = instantiate(part.own, dict(zip(part.indices, indices, strict=True)), shapes, unroll)
            self.absent[kind, indices] = made == ZERO
        return self.absent[kind, indices]

    def kind(self, part: Part) -> int:
        """One number for all parts of one formula and the same shapes."""
        return self.kinds.setdefault((id(part.kind), part.late), len(self.kinds))
