"""A graph with the numbers that are put into it: what a solution is worked out from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from hwsolve.graph.graph import Graph
from hwsolve.graph.run import Feed
from hwsolve.kinds.backprop.input_arrays import Given, array, number
from hwsolve.language import Message


class Data(msgspec.Struct, frozen=True):
    """The numbers that differ from step to step, and the graph of each; the graph `whole` is that of `every` number.

    The loss of `whole` is wanted after each of so many updates, `wholes`.
    """

    given: Callable[[int], dict[str, Given]]
    graph: Callable[[int], Graph]
    wholes: frozenset[int] = frozenset()
    whole: Graph | None = None
    every: dict[str, Given] = {}


class Computation(msgspec.Struct):
    """A graph and the numbers put into it; what else is stated, what to know, and what looks like a mistake."""

    graph: Graph
    givens: dict[str, Given]
    stated: list[Message]
    remarks: list[Message]
    warnings: list[Message]
    operations: int = 0  # element operations of one pass, about
    data: Data | None = None
    plan: Any = None  # of the batches, where there are some

    def values(self, exact: bool) -> dict[str, Any]:
        """The numbers of all givens, as arrays of the number system that is set."""
        made = {name: array(g, exact) for name, g in self.givens.items()}
        return made | {name: number(f, exact) for name, f in self.graph.numbers.items()}

    def feed(self, exact: bool) -> Feed | None:
        """What differs from step to step, as arrays of the number system that is set."""
        data = self.data
        if data is None:
            return None

        def given(step: int) -> dict[str, Any]:
            return {name: array(g, exact) for name, g in data.given(step).items()}

        def every() -> dict[str, Any]:
            return {name: array(g, exact) for name, g in data.every.items()}

        return Feed(given, data.graph, data.wholes, data.whole, every)
