"""How far float64 can be trusted: the computation runs twice more, each result shaken by some rounding errors.

So are the functions within (`numbers.float64`).
How far the copies come away from the run itself shows which of its digits are right.  (Stochastic arithmetic, Vignes
1993, "A stochastic arithmetic for reliable scientific computation".)  Equal numbers are shaken alike, so that ties stay
ties; a number that is 0 as far as anyone knows is shaken to both sides of 0, so that the copies disagree on its sign.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from hwsolve.numbers.float64 import noise
from hwsolve.numbers.measured import EPS, SALTS, Measured

Array = Any
SHAKE = 8  # half units in the last place by which a result is shaken, at most
MARGIN = 16  # how much farther off than the farthest copy the true value may lie
SMALLEST = 1e-290  # what may be lost where a result is too small for a float
LARGEST = 2.0**53  # whole numbers below it are floats


class Rounded(np.ndarray):
    """An array of float64 with the error of each element; its scalars are `Measured`."""

    error: Array = None

    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return Measured(found, self.error[at]) if isinstance(found, float) and self.error is not None else found


def whole(x: Array) -> bool:
    """Whether all numbers are whole, and small enough to be exact."""
    return bool(((x == np.rint(x)) & (np.abs(x) < LARGEST)).all())


def shake(found: list[Array], read: Iterable[Array], smooth: bool) -> list[Array]:
    """The results of a call, those of the copies shaken.

    `found` has that of the run itself and those of the copies; `read` is what the run itself read, and `smooth` says
    that a result is irrational, whatever is read.
    """
    base = np.asarray(found[0], dtype=np.float64)
    if not smooth and whole(base) and all(map(whole, read)):
        return found
    first = next(iter(read))
    like = first if smooth and np.shape(first) == base.shape else base
    made = [base]
    for copy, salt in zip(found[1:], SALTS, strict=True):
        made.append(copy + (np.abs(copy) * (SHAKE * EPS) + smooth * SMALLEST) * noise(like, salt))
    off = MARGIN * distance(made)
    zero = (np.abs(base) <= off) & (off > 0)
    if zero.any():
        made[1:] = [np.where(zero, base + off, made[1]), np.where(zero, base - off, made[2])]
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
