"""How far float64 can be trusted, as a copy in float32 shows it: rounded as the run is, 2²⁹ times as coarsely.

As long as it stays so near that all goes in proportion, the run is off by 2⁻²⁹ of how far the copy comes away.  Short
arrays of the copy are kept in float64 and shaken by as much: in float32 a difference is often 0 by chance.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import sqrt
from typing import Any

import numpy as np

from hwsolve.numbers.rounding import is_whole, starts_whole, with_errors

Array = Any
LONG = 10**5  # elements
MARGIN = 2.0**-19  # of the distance of the copy: 2⁻²⁹, and as one copy may be near by chance, 2¹⁰
NEAR = 2.0**-9  # of that distance: how near to a kink, or to 0, a number may lie; as large as what MARGIN leaves
STRAYED = 0.01  # of the size of an array: how far a copy may come away
HALF_UNIT = 2.0**-24  # of a number in float32
SHAKE, TINY = 2.0**-21, 1e-37  # how far off a result is; what may be lost where it is next to nothing
Place = tuple[float, float]  # and how far rounding usually brings numbers about it, by the size of an array
Places = frozenset[Place]


class Unclear(Exception):
    """The copy does not show how far off the run is."""


def is_long(x: Array) -> bool:
    """Whether an array of the copy is in float32."""
    return bool(np.size(x) > LONG)


def measured(value: Array, copy: Array) -> Array:
    """An array (or scalar) with its errors."""
    return with_errors(value, MARGIN * distance(value, copy))


def be_near(base: Array, copy: Array) -> None:
    """Refuse a copy that has come far away."""
    if not np.abs(base - copy).sum() <= STRAYED * np.abs(base).sum():
        raise Unclear


def narrowed(x: Array) -> Array:
    """An array as one of float32, or a number as one of these."""
    return x.astype(np.float32, copy=False) if np.shape(x) else float(np.float32(x))


def coarse(found: Array, base: Array, smooth: bool, vanishes: bool) -> Array:
    """What the copy found, off as a result in float32 is: a long array is so itself, what is short is shaken.

    A whole number that is exact in both stays so, unless a function gave it.
    """
    if not is_long(found) and not smooth and starts_whole(found) and is_exact(found, base):
        return found
    shape, long = np.shape(found), is_long(found)
    found = narrowed(found) if long else found
    if smooth or not long:
        factors, least = noise_for(shape, long)
        found = found * factors + least if vanishes else found * factors
    return found if shape else float(found)


def is_exact(found: Array, base: Array) -> bool:
    """Whether whole numbers are the same in both."""
    return is_whole(np.asarray(found)) and np.array_equal(found, base)


def distance(base: Array, copy: Array) -> Array:
    """How far the copy is from the run; in long arrays at least as far as rounding usually brings it."""
    off = np.abs(base - copy)
    return np.where(off + np.abs(base) > 0, np.maximum(off, HALF_UNIT * size_of(base)), 0) if is_long(base) else off


def size_of(base: Array) -> float:
    """Of a long array the root of the mean square; a short one is shaken, and does not come near by chance."""
    return float(np.linalg.norm(base)) / sqrt(np.size(base)) if is_long(base) else 0.0


def on_its_side(base: Array, copy: Array, places: Iterable[Place]) -> Array:
    """The copy, turned round the run where it went to the other side of one of these places.

    A number that is so near to one that the run itself may be on the wrong side is not clear.
    """
    base = base.astype(copy.dtype, copy=False) if np.shape(base) else base
    off = copy - base
    far, size = np.abs(off), size_of(base)
    for place, by_chance in places:
        apart = np.abs(base - place)
        close = apart <= np.maximum(far, by_chance * size)
        if not np.any(close):
            continue
        close &= (far > 0) | (apart > 0)
        if np.any(close & (apart <= NEAR * np.maximum(far, by_chance * size))):
            raise Unclear
        copy = np.where(close & ((base > place) != (copy > place)), base - off, copy)[()]
    return copy


@lru_cache(maxsize=256)
def noise_for(shape: tuple[int, ...], narrow: bool) -> tuple[Array, Array]:
    """By what results are multiplied, and what is added where 0 may be a number that is too small."""
    dice = np.random.default_rng(29)
    drawn = dice.uniform(0.5, 1, shape) * dice.choice((-1.0, 1.0), shape)
    factors, least = 1 + SHAKE * drawn, TINY * drawn
    return (narrowed(factors), narrowed(least)) if narrow else (factors, least)
