"""Sizes that others decide, as names of an argument: where a mean is over cells of the map, only windows that are there
have a divisor, so the number of places is no free number, and the padding is at most half of the window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hwsolve.formula.tree import Formula, Ref, call, formula
from hwsolve.layers.axes import Sliding
from hwsolve.layers.pooling_operations import Mean

Named = tuple[Ref, Formula]


def counts_cells(operation: Any) -> bool:
    """Whether the divisor of a mean depends on its place."""
    return isinstance(operation, Mean) and operation.over in ("inside", "padded")


def windows(operation: Any) -> Iterator[Named]:
    """Kernels that are at least twice their padding, else paddings that are at most half of the kernel."""
    if not counts_cells(operation):
        return
    slides = [a for a in operation.frame.axes if isinstance(a, Sliding)]
    least: dict[Ref, list[Formula]] = {}
    most: dict[Ref, list[Formula]] = {}
    for a in slides:
        if isinstance(a.kernel, Ref):
            least.setdefault(a.kernel, []).append(call("*", 2, formula(a.before)))
        elif isinstance(a.before, Ref):
            most.setdefault(a.before, []).append(call("floor", call("/", formula(a.kernel), 2)))
    for bounds, choose in ((least, "max"), (most, "min")):
        for name, found in bounds.items():
            if needed := [f for f in dict.fromkeys(found) if f != formula(0)]:
                yield name, call(choose, Ref(f"any_{name.name}"), *needed)


def places(operation: Any, outputs: Mapping[str, Formula]) -> Iterator[Named]:
    """How many places there are, by the names that stand for it."""
    if counts_cells(operation):
        yield from ((Ref(name), f) for name, f in outputs.items())
