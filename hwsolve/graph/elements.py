"""The elements of a quantity, by their indices."""

from __future__ import annotations

from itertools import islice, product
from math import prod

Indices = tuple[int, ...]


def count(shape: tuple[int, ...]) -> int:
    """The number of elements of a shape."""
    return prod(shape)


def elements(shape: tuple[int, ...], most: int | None = None) -> list[Indices]:
    """The indices of the elements, counted from 1, the last axis fastest."""
    return list(islice(product(*(range(1, n + 1) for n in shape)), most))


def position(indices: Indices, shape: tuple[int, ...]) -> int:
    """How many elements stand before one."""
    at = 0
    for i, n in zip(indices, shape, strict=True):
        at = at * n + i - 1
    return at
