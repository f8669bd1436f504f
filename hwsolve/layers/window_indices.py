"""Which cells of a map each place of a window covers, and the array code that follows from it.

A map of one or more axes is seen as one row of cells.  `gather` reads the cells of every place of the window;
`scatter`, its adjoint, adds what every place sends back to its cells.  A cell outside the map reads as 0 and receives
nothing.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from hwsolve import numbers

Array = Any
Sizes = tuple[int, ...]
Axis = tuple[tuple[int, ...], ...]  # for each place of the window the cells it covers, from 0; outside is −1


def sliding(side: int, places: int, kernel: int, stride: int, before: int, dilation: int) -> Axis:
    """Along one axis, the cells S·p + D·u − P of the places p = 0 … and window cells u = 0 …."""
    return tuple(
        tuple(c if 0 <= (c := stride * p + dilation * u - before) < side else -1 for u in range(kernel))
        for p in range(places)
    )


def shared_out(side: int, places: int) -> Axis:
    """Along one axis, the cells floor(p·n/places) to ceil((p + 1)·n/places) − 1 of place p, filled up with −1."""
    rows = [range(p * side // places, -(-(p + 1) * side // places)) for p in range(places)]
    longest = max(map(len, rows))
    return tuple(tuple(row) + (-1,) * (longest - len(row)) for row in rows)


class Windows:
    """All places of a window over a map: `table` has for each (place, window cell) the map's cell, or `absent`."""

    def __init__(self, sides: Sizes, axes: tuple[Axis, ...]):
        self.sides, self.places = sides, tuple(len(a) for a in axes)
        self.absent = prod(sides)
        flat, inside = np.zeros((1, 1), dtype=np.intp), np.ones((1, 1), dtype=bool)
        for side, axis in zip(sides, axes, strict=True):
            cells = np.array(axis, dtype=np.intp)
            size = (flat.shape[0] * cells.shape[0], flat.shape[1] * cells.shape[1])
            flat = (flat[:, None, :, None] * side + cells[None, :, None, :]).reshape(size)
            inside = (inside[:, None, :, None] & (cells >= 0)[None, :, None, :]).reshape(size)
        self.inside = inside
        self.table = np.where(inside, flat, self.absent)

    def row(self, x: Array) -> Array:
        """The map as a row of cells, with the 0 of an absent cell behind them: (…, *sides) → (…, cells + 1)."""
        lead = x.shape[: x.ndim - len(self.sides)]
        return np.concatenate([x.reshape(*lead, self.absent), zeros((*lead, 1), x)], axis=-1)

    def gather(self, x: Array) -> Array:
        """The cells that every place covers: (…, *sides) → (…, places, window)."""
        return self.row(x)[..., self.table]

    def scatter(self, sent: Array) -> Array:
        """What every place sends to its cells, added up: (…, places, window) → (…, *sides)."""
        lead = sent.shape[:-2]
        row = zeros((*lead, self.absent + 1), sent)
        np.add.at(row, (..., self.table), sent)  # type: ignore[arg-type]
        return row[..., : self.absent].reshape(*lead, *self.sides)

    def greatest(self, x: Array) -> tuple[Array, Array]:
        """The largest value of every place, and which cell of its window has it first: both (…, places)."""
        order = np.arange(self.table.shape[1])
        first = np.where(self.inside, order, len(order)).min(axis=1)
        stand_in = np.take_along_axis(self.table, first[:, None], axis=1)  # for an absent cell, one that is there
        cells = self.row(x)[..., np.where(self.inside, self.table, stand_in)]
        best = numbers.winner(cells, -1)
        value = np.take_along_axis(cells, best[..., None], axis=-1)[..., 0]
        there = self.inside[np.arange(len(first)), best]
        return value, np.where(there, best, first)

    def equal_to(self, x: Array, value: Array) -> Array:
        """Which cells of every place have its value: (…, places, window) of truths."""
        cells, value = self.gather(x), value[..., None]
        return numbers.same(cells, value) & self.inside


@lru_cache(maxsize=256)
def windows(sides: Sizes, axes: tuple[Axis, ...]) -> Windows:
    """The windows over a map of these sides."""
    return Windows(sides, axes)


def zeros(shape: Sizes, like: Array) -> Array:
    """An array of 0 in the number system of another."""
    return np.zeros(shape) if numbers.is_float(like) else np.full(shape, numbers.exact(0), dtype=object)
