"""Which consumers add to an element of a gradient at all: rows of packed weights are read by one gate alone."""

from __future__ import annotations

from typing import Any

from hwsolve.formula.instantiate import instantiate
from hwsolve.formula.tree import ZERO, Formula
from hwsolve.graph.elements import Indices
from hwsolve.graph.explain.parts import Part
from hwsolve.graph.graph import Graph

Kind = tuple[Formula, tuple[str, ...], tuple[tuple[str, Any], ...]]


class Present:
    """Remembers it by the formulas of operations, which all steps of a sequence share."""

    def __init__(self) -> None:
        self.kinds: dict[Kind, int] = {}
        self.kind_of: dict[int, tuple[Part, int]] = {}  # by the identity of a part, which is kept beside it
        self.absent: dict[tuple[int, Indices], bool] = {}

    def of(self, parts: list[Part], indices: Indices, graph: Graph, unroll: int) -> list[Part]:
        """The parts that are not 0 whatever the values are; the first of them where all are."""
        if len(parts) == 1:
            return parts
        return [p for p in parts if not self.is_absent(p, indices, graph, unroll)] or parts[:1]

    def is_absent(self, part: Part, indices: Indices, graph: Graph, unroll: int) -> bool:
        """Whether no index of a part fits an element."""
        kind = self.kind(part, graph)
        if (kind, indices) not in self.absent:
            shapes = {own: graph.nodes[name].shape for own, name in part.names.items()}
            made = instantiate(part.own, dict(zip(part.indices, indices, strict=True)), shapes, unroll)
            self.absent[kind, indices] = made == ZERO
        return self.absent[kind, indices]

    def kind(self, part: Part, graph: Graph) -> int:
        """One number for all parts of one formula and the same shapes."""
        if id(part) not in self.kind_of:
            shapes = tuple((own, graph.nodes[name].shape) for own, name in part.names.items())
            key = (part.own, part.indices, shapes)
            self.kind_of[id(part)] = (part, self.kinds.setdefault(key, len(self.kinds)))
        return self.kind_of[id(part)][1]
