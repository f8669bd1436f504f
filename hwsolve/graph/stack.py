"""The steps of a sequence as one array: what a layer behind them reads; its elements are those of the steps."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from hwsolve.formula.tree import Call, Formula, Number
from hwsolve.graph.graph import Graph, Node
from hwsolve.graph.operation import Array, Operation, Sizes


class Stack(Operation, frozen=True):
    """y[t,i] = s_t[i], the states of all steps; without `times` y[i] = s[i], that of one step alone.

    `widths`: of the states of each direction, which stand one behind the other.  `lead`: whether samples come first.
    `bare`: each state is a number, not an array.
    """

    times: int
    widths: Sizes
    lead: bool = False
    bare: bool = False

    view: ClassVar[bool] = True

    @property
    def inputs(self) -> tuple[str, ...]:  # type: ignore[override]
        """The states: those of one direction in the order of time, then those of the other."""
        return tuple(f"s{k}" for k in range(1, len(self.widths) * max(self.times, 1) + 1))

    @property
    def batched(self) -> tuple[str, ...]:  # type: ignore[override]
        """All of them, where there are samples."""
        return self.inputs if self.lead else ()

    def output_indices(self) -> tuple[str, ...]:
        """The time and the unit."""
        return ("t", "i") if self.times else ("i",)

    def text(self) -> str:
        """The state that stands there."""
        return " + ".join(self.term(slot) for slot in range(len(self.inputs)))

    def term(self, slot: int) -> str:
        """One of the states, where it is the one."""
        direction, time = divmod(slot, max(self.times, 1))
        before = sum(self.widths[:direction])
        at = f"i - {before}" if before else "i"
        here = f"s{slot + 1}" if self.bare else f"s{slot + 1}[{at}]"
        return f"delta(t, {time + 1})*{here}" if self.times else here

    def shape(self, *shapes: Sizes) -> Sizes:
        """Samples, steps, units."""
        return (*shapes[0][: int(self.lead)], *((self.times,) if self.times else ()), sum(self.widths))

    def ranges(self, *shapes: Sizes) -> dict[str, int]:
        """How far the time and the units run."""
        return {"t": self.times, "i": sum(self.widths)}

    def source(self, indices: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
        """Which of the states an element is one of, and its place there."""
        *lead, unit = indices
        time = lead.pop() if self.times else 1
        direction = 0
        while unit > self.widths[direction]:
            unit -= self.widths[direction]
            direction += 1
        return direction * max(self.times, 1) + time - 1, (*lead, *(() if self.bare else (unit,)))

    def place(self, slot: int, indices: tuple[Any, ...], rank: int) -> tuple[tuple[Formula, ...], tuple[str, ...]]:
        """Where an element of a state, which has so many indices, stands; and the names of its own indices."""
        direction, time = divmod(slot, max(self.times, 1))
        before = sum(self.widths[:direction])
        lead, unit = indices[: int(self.lead)], indices[-1]
        own = Number(1) if self.bare else Call("+", (unit, Number(before))) if before else unit
        kept = (*lead, *(() if self.bare else (unit,)))
        assert len(kept) == rank
        return (*lead, *((Number(time + 1),) if self.times else ()), own), tuple(i.name for i in kept)

    def forward(self, *arrays: Array) -> Array:
        """One beside the other."""
        units = [np.expand_dims(np.asarray(a), -1) if self.bare else a for a in arrays]
        steps = max(self.times, 1)
        sides = [units[k : k + steps] for k in range(0, len(units), steps)]
        if not self.times:
            return np.concatenate([side[0] for side in sides], axis=-1)
        return np.concatenate([np.stack(side, axis=-2) for side in sides], axis=-1)

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """The part of g that belongs to the state."""
        direction, time = divmod(slot, max(self.times, 1))
        before = sum(self.widths[:direction])
        here = g[..., time, :] if self.times else g
        return here[..., 0][()] if self.bare else here[..., before : before + self.widths[direction]]


def stands_apart(graph: Graph, name: str) -> bool:
    """Whether a stack has a name that no state has: it is of several directions, or one that the problem gives it."""
    node = graph.nodes[name]
    return isinstance(node.operation, Stack) and graph.symbol(name) != graph.symbol(node.inputs[0])


def stands_alone(graph: Graph, name: str) -> bool:
    """Whether a quantity is such a stack, and read by something, or the gradient of one."""
    if graph.nodes[name].role == "gradient":
        return graph.nodes[name].of in graph.nodes and stands_alone(graph, graph.nodes[name].of)
    if not stands_apart(graph, name):
        return False
    return name in (graph.output, *graph.heads) or any(name in other.inputs for other in graph.nodes.values())


def is_stack(graph: Graph, name: str) -> bool:
    """Whether a quantity, or what it is the gradient of, is a stack: it has no name of its own."""
    node = graph.nodes[name]
    of = graph.nodes.get(node.of) if node.role == "gradient" else node
    return of is not None and isinstance(of.operation, Stack)


def begins(graph: Graph, node: Node) -> bool:
    """Whether a quantity is a state before the first step of a sequence, or the gradient of one."""
    return graph.nodes.get(node.of, node).of in ("initial", "start")
