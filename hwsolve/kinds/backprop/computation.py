"""A graph with the numbers that are put into it: what a solution is worked out from."""

from __future__ import annotations

from typing import Any

import msgspec

from hwsolve.graph.graph import Graph
from hwsolve.kinds.backprop.input_arrays import Given, array, number
from hwsolve.language import Message


class Computation(msgspec.Struct):
    """A graph and the numbers put into it; what else is stated, what to know, and what looks like a mistake."""

    graph: Graph
    givens: dict[str, Given]
    stated: list[Message]
    remarks: list[Message]
    warnings: list[Message]
    operations: int = 0  # element operations of one pass, about

    def values(self, exact: bool) -> dict[str, Any]:
        """The numbers of all givens, as arrays of the number system that is set."""
        made = {name: array(g, exact) for name, g in self.givens.items()}
        return made | {name: number(f, exact) for name, f in self.graph.numbers.items()}
