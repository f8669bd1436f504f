"""Which quantities follow from a trained parameter, whose gradient training needs, and which from parameters alone."""

from __future__ import annotations

from collections.abc import Iterable

from hwsolve.layers.items import Item


def with_gradient(items: Iterable[Item]) -> frozenset[str]:
    """The wires whose gradient is needed, by name."""
    found: set[str] = set()
    follow(items, found)
    return frozenset(found)


def follow(items: Iterable[Item], found: set[str]) -> None:
    """Add the wires of a sequence."""
    for item in items:
        for branch in item.branches:
            follow(branch.items, found)
        if item.layer is not None:
            needed = any(wire.name in found for wire in item.inputs) or bool(item.layer.learned(*item.shapes))
        else:
            needed = any(branch.end.name in found for branch in item.branches)
        if needed:
            found |= {wire.name for wire in item.outputs}


def standing(items: Iterable[Item], found: set[str] | None = None) -> set[str]:
    """The wires that follow from nothing that comes in: free parameters, constants, and what is made of them."""
    found = set() if found is None else found
    for item in items:
        for branch in item.branches:
            standing(branch.items, found)
        ends = item.inputs if item.layer is not None else [branch.end for branch in item.branches]
        if all(wire.name in found for wire in ends):
            found |= {wire.name for wire in item.outputs}
    return found
