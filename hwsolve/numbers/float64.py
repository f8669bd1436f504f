"""The primitive functions by their names, on float64 arrays: plain NumPy, digits not proven.

Each takes an array (or a float) and float parameters.  Whoever runs many of them sets `np.errstate` once around them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any

import numpy as np
from flint import arb

from hwsolve.numbers.measured import EPS, SALTS, Contrary
from hwsolve.numbers.powers import d_gamma


def choose(holds: Any, then: Any, other: Any) -> Any:
    """One of two, element by element; of many as a sum of products with the condition, which is faster."""
    if np.size(holds) < MANY:
        return np.where(holds, then, other)[()]
    asked = holds.astype(np.float64)
    found = asked if is_number(then, 1) else then * asked
    found = found + 0.0 if is_number(other, 0) else found - other * (asked - 1)  # 0, not -0
    return found if np.isfinite(found.sum()) else np.where(holds, then, other)


def is_number(x: Any, n: int) -> bool:
    """Whether it is this one number, and no array."""
    return isinstance(x, int | float) and x == n


def elementwise(function: Callable[[float], float]) -> Callable[[Any], Any]:
    """A function of one float on arrays, for what NumPy does not have."""
    of_each = np.frompyfunc(function, 1, 1)
    return lambda x: np.asarray(of_each(x), dtype=np.float64)


MANY = 512  # elements

PLAIN: dict[str, Callable[..., Any]] = {
    "exp": np.exp, "expm1": np.expm1, "log": np.log, "log1p": np.log1p, "log2": np.log2, "log10": np.log10,
    "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos,
    "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
    "erf": elementwise(math.erf), "erfc": elementwise(math.erfc),
    "gamma": elementwise(math.gamma), "d_gamma": elementwise(lambda x: float(d_gamma(arb(x)))),
    "softplus": lambda x: np.logaddexp(0, x),  # e^x overflows
    "abs": np.abs, "sign": np.sign, "step": lambda x: (x > 0) * 1.0, "step0": lambda x: (x >= 0) * 1.0,
    "floor": np.floor, "ceil": np.ceil, "delta": lambda i, j: (i == j) * 1.0,
    "max": lambda *x: reduce(np.maximum, x), "min": lambda *x: reduce(np.minimum, x),
}  # fmt: skip
SHIFTS = (np.uint64(32), np.uint64(29))
MIXERS = np.array(SALTS, dtype=np.uint64).reshape(2, 1)
SIGN, FRACTION, HALF = np.uint64(1 << 63), np.uint64((1 << 52) - 1), np.uint64(0x3FE << 52)  # the bits of a float
BLOCK = 8192  # floats whose bits are mixed at once, in the memory that is near
STEPWISE = ("abs", "d_abs", "sign", "step", "step0", "floor", "ceil", "delta", "max", "min")


def noise(x: Any) -> Any:
    """For both copies numbers of a size between 1/2 and 1, the same for the same floats, of opposite signs: (2, …)."""
    flat = np.ascontiguousarray(x, dtype=np.float64).reshape(-1)
    if flat.size <= BLOCK:
        return mixed(flat).reshape(2, *np.shape(x))
    made = np.empty((2, flat.size))
    for at, block in blocks(flat):
        made[:, at] = block
    return made.reshape(2, *np.shape(x))


def blocks(flat: Any) -> Iterator[tuple[slice, Any]]:
    """The noise of a long row of floats block by block, with its place; a block lasts until the next one."""
    room = np.empty(5 * BLOCK, dtype=np.uint64)
    for start in range(0, flat.size, BLOCK):
        at = slice(start, min(start + BLOCK, flat.size))
        yield at, mixed(flat[at], room)


def mixed(flat: Any, room: Any = None) -> Any:
    """The numbers for a row of floats, in a room for five times as many: (2, n)."""
    floats, n = flat.view(np.uint64), flat.size
    room = np.empty(5 * n, dtype=np.uint64) if room is None else room
    bits, shifted, sign = room[: 2 * n].reshape(2, n), room[2 * n : 4 * n].reshape(2, n), room[4 * n : 5 * n]
    np.bitwise_xor(floats, np.right_shift(floats, SHIFTS[0], out=sign), out=sign)
    np.multiply(sign, MIXERS, out=bits)
    bits ^= np.right_shift(bits, SHIFTS[0], out=shifted)
    bits *= MIXERS
    bits ^= np.right_shift(bits, SHIFTS[1], out=shifted)
    np.bitwise_and(bits[0], SIGN, out=sign)
    bits &= FRACTION
    bits |= HALF
    bits[0] |= sign
    sign ^= SIGN
    bits[1] |= sign
    return bits.view(np.float64)


def shaken(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose result is off by some rounding errors while copies run."""

    def either(x: Any, *parameters: Any) -> Any:
        y = function(x, *parameters)
        return y if Contrary.salt is None else y * (1 + 4 * EPS * noise(x)[SALTS.index(Contrary.salt)])

    return either


FLOAT64 = {name: f if name in STEPWISE else shaken(f) for name, f in PLAIN.items()}
