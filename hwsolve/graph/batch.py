"""The samples of a batch, and the rows of arrays that belong to them."""

from __future__ import annotations

from math import prod
from typing import Any

import msgspec

from hwsolve.graph.operation import Sizes


class Batch(msgspec.Struct, frozen=True):
    """Some samples, from 1, of so many; none: there are no batches."""

    samples: tuple[int, ...] = ()
    every: int = 0

    def of(self, shape: Sizes, values: tuple[Any, ...]) -> tuple[Sizes, tuple[Any, ...]]:
        """The rows of an array that belong to them, where it has one for each of all samples."""
        if not self.samples or shape[:1] != (self.every,):
            return shape, values
        return (len(self.samples), *shape[1:]), rows(values, shape, self.samples)


def rows(values: tuple[Any, ...], shape: Sizes, batch: tuple[int, ...]) -> tuple[Any, ...]:
    """The numbers of some samples, from those of all."""
    size = prod(shape[1:])
    return tuple(v for k in batch for v in values[(k - 1) * size : k * size])
