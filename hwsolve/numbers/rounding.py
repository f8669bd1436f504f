"""How far float64 can be trusted: the computation runs twice more, each result shaken by some rounding errors.

So are the functions within (`numbers.float64`).  How far the copies come away from the run itself shows which of its
digits are right.  (Stochastic arithmetic, Vignes 1993, "A stochastic arithmetic for reliable scientific computation".)
Equal numbers are shaken alike, so that ties stay ties, and one copy up where the other goes down: a number that may lie
on either side of a kink has a copy on each.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hwsolve.numbers.float64 import noise
from hwsolve.numbers.measured import EPS, Measured

Array = Any
SHAKE = 8  # half units in the last place by which a result is shaken, at most
MARGIN = 16  # how much farther off than the farthest copy the true value may lie
SMALLEST = 1e-290  # what may be lost where a result is too small for a float
KINKS = np.array([0.0, 1, -1, 3, -3, 6])  # where the functions of layers have them
LARGEST = 2.0**53  # whole numbers below it are floats


class Rounded(np.ndarray):
    """An array of float64 with the error of each element; its scalars are `Measured`."""

    error: Array = None

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return Measured(found, self.error[at]) if isinstance(found, float) and self.error is not None else found


def is_whole(x: Array) -> bool:
    """Whether all numbers are whole, and small enough to be exact."""
    return bool(((x == np.rint(x)) & (np.abs(x) < LARGEST)).all())


def exact(read: list[list[Array]]) -> bool:
    """Whether what the runs read is whole, and the same for all."""
    base, *copies = read
    return all(map(is_whole, base)) and all(
        np.array_equal(a, b) for copy in copies for a, b in zip(base, copy, strict=True)
    )


def shake(found: list[Array], read: list[list[Array]], smooth: bool) -> list[Array]:
    """The results of a call, those of the copies shaken.

    `found` has that of the run itself and those of the copies, `read` what each of them read; `smooth` says that a
    result is irrational, whatever is read.
    """
    base = np.asarray(found[0], dtype=np.float64)
    if not smooth and is_whole(base) and exact(read):
        return found
    like = read[0][0] if smooth and np.shape(read[0][0]) == base.shape else base
    size = SHAKE * EPS
    made = [base]
    for copy, by in zip(found[1:], noise(like), strict=True):
        made.append(copy + (np.abs(copy) * size + smooth * SMALLEST) * by)
    off = MARGIN * distance(made)
    near = (np.abs(base[..., None] - KINKS) <= off[..., None]) & (off > 0)[..., None]
    if near.any():
        for k, kink in enumerate(KINKS):
            one_sided = near[..., k] & ((made[1] < kink) == (made[2] < kink))
            if one_sided.any():
                made[1:] = [np.where(one_sided, base + off, made[1]), np.where(one_sided, base - off, made[2])]
    return [found[0], *(m[()] for m in made[1:])]


def distance(found: list[Array]) -> Array:
    """How far the copies are from the run itself."""
    return np.maximum(*(np.abs(copy - found[0]) for copy in found[1:]))


def measured(values: list[Array]) -> Array:
    """An array (or scalar) with its errors."""
    error = MARGIN * distance(values) + 4 * EPS * np.abs(values[0])
    error = np.where(np.isnan(error), np.inf, error)
    if not isinstance(values[0], np.ndarray):
        return Measured(values[0], float(error))
    made = values[0].view(Rounded)
    made.error = error
    return made
