"""How far float64 can be trusted: the computation runs twice more, each result shaken by some rounding errors.

So are the functions within (`numbers.float64`).  How far the copies come away from the run itself shows which of its
digits are right.  (Stochastic arithmetic, Vignes 1993, "A stochastic arithmetic for reliable scientific computation".)
Equal numbers are shaken alike, so that ties stay ties, and one copy up where the other goes down: a number that may lie
on either side of a kink has a copy on each.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hwsolve.numbers.float64 import BLOCK, blocks, noise
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


class Shaking:
    """What shakes the results of a pass: for all short ones by noise that is made in one go, long ones by blocks."""

    def __init__(self, like: list[Array], smooth: list[bool]) -> None:
        """`like` has arrays in the shapes of the results; one that is `smooth` is irrational, whatever is read."""
        self.smooth = smooth
        self.short = [k for k, x in enumerate(like) if np.size(x) <= BLOCK]
        self.long: dict[int, Array] = dict.fromkeys(k for k, x in enumerate(like) if np.size(x) > BLOCK)
        sizes = [np.size(like[k]) for k in self.short]
        self.starts = np.cumsum([0, *sizes])[:-1]
        self.flat = np.empty(sum(sizes))
        self.factors, self.least = np.empty((2, sum(sizes))), np.empty((2, sum(sizes)))
        where = zip(self.short, self.starts, sizes, strict=True)
        places = [(k, slice(n, n + size), np.shape(like[k])) for k, n, size in where]
        self.views = [self.flat[at].reshape(shape) for _, at, shape in places]
        self.by = {
            k: (self.factors[:, at].reshape(2, *shape), self.least[:, at].reshape(2, *shape) if smooth[k] else None)
            for k, at, shape in places
        }

    def draw(self, like: list[Array]) -> list[bool]:
        """Make the noise, the same for what is alike; which of these arrays hold nothing but whole numbers."""
        if not self.long:
            return self.draw_short(like)
        for k in self.long:
            self.long[k] = np.ascontiguousarray(like[k], dtype=np.float64)
        whole = dict(zip(self.short, self.draw_short([like[k] for k in self.short]), strict=True))
        return [whole[k] if k in whole else starts_whole(x) and is_whole(x) for k, x in enumerate(like)]

    def draw_short(self, like: list[Array]) -> list[bool]:
        """The same for those that are short."""
        if not like:
            return []
        for view, x in zip(self.views, like, strict=True):
            view[...] = x
        made = noise(self.flat)
        np.multiply(made, SMALLEST, out=self.least)
        np.multiply(made, SHAKE * EPS, out=self.factors)
        self.factors += 1
        whole = self.flat == np.rint(self.flat)
        if not whole.any():
            return [False] * len(like)
        whole &= np.abs(self.flat) < LARGEST
        found: list[bool] = np.logical_and.reduceat(whole, self.starts).tolist()
        return found

    def shaken(self, k: int, copies: Array) -> Array:
        """Both copies of result number k, shaken."""
        if k in self.long:
            return by_blocks(self.long[k], copies, self.smooth[k])
        factors, least = self.by[k]
        return copies * factors if least is None else copies * factors + least


def by_blocks(like: Array, copies: Array, smooth: bool) -> Array:
    """Both copies of a long result, shaken by the noise of what it is like."""
    made = np.empty((2, like.size))
    rows = np.ascontiguousarray(copies).reshape(2, like.size)
    for at, drawn in blocks(like.reshape(-1)):
        block = np.multiply(drawn, SHAKE * EPS, out=made[:, at])
        block += 1
        block *= rows[:, at]
        if smooth:
            drawn *= SMALLEST
            block += drawn
    return made.reshape(2, *like.shape)


def starts_whole(x: Array) -> bool:
    """Whether the first number of an array is whole."""
    return bool(is_whole(np.asarray(x).flat[0]))


def same(base: Array, copies: Array) -> bool:
    """Whether what a run read is whole, and the same for both copies."""
    whole = np.size(base) <= BLOCK or starts_whole(base)  # a long array is seldom looked at
    return whole and is_whole(np.asarray(base)) and bool(np.all(copies == base))


def copies_of(value: Array) -> Array:
    """Both copies of a number, or an array, that is given: (2, …)."""
    base = np.asarray(value, dtype=np.float64)
    copies = np.stack([base, base])
    return copies if is_whole(base) else off_kinks(base, copies * (1 + SHAKE * EPS * noise(base)))


def shaken_copies(base: Array) -> Array:
    """Both copies of what is exact itself, where what is made of it is not."""
    base = np.asarray(base, dtype=np.float64)
    return base * (1 + SHAKE * EPS * noise(base))


def by_size(copies: Array, base: Array, size: Array) -> Array:
    """The copies of a result, as far off as rounding brings numbers of this size."""
    return copies + SHAKE * EPS * size * noise(base)


def off_kinks(base: Array, copies: Array) -> Array:
    """The copies, one of them on each side of a kink where the number may lie on either."""
    off = MARGIN * distance(base, copies)
    if not may_lie_near(base, off):
        return copies
    near = (np.abs(base[..., None] - KINKS) <= off[..., None]) & (off > 0)[..., None]
    if near.any():
        for k, kink in enumerate(KINKS):
            one_sided = near[..., k] & ((copies[0] < kink) == (copies[1] < kink))
            if one_sided.any():
                copies = np.where(one_sided, np.stack([base + off, base - off]), copies)
    return copies


def may_lie_near(base: Array, off: Array) -> bool:
    """Whether a number may lie so near to a kink."""
    if np.size(base) <= BLOCK:
        return True
    apart = np.abs(base)
    least = apart.copy()
    for kink in sorted(set(np.abs(KINKS[1:]).tolist())):
        np.minimum(least, np.abs(apart - kink), out=least)
    return bool(((least <= off) & (off > 0)).any())


def distance(base: Array, copies: Array) -> Array:
    """How far the copies are from the run itself."""
    return np.abs(copies - base).max(axis=0)


def measured(value: Array, copies: Array) -> Array:
    """An array (or scalar) with its errors."""
    return with_errors(value, MARGIN * distance(value, copies))


def with_errors(value: Array, error: Array) -> Array:
    """An array (or scalar) that is so far off, and by the rounding of its own."""
    error = error + 4 * EPS * np.abs(value)
    error = np.where(np.isnan(error), np.inf, error)
    if not isinstance(value, np.ndarray):
        return Measured(value, float(error))
    made = value.view(Rounded)
    made.error = error
    return made
