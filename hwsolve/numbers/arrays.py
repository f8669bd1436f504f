"""The functions and decisions on arrays: float64 arrays, and object arrays of rationals and balls.

Layers and the graph take every function from here, so that one text computes in all three number systems.  A float64
array goes to NumPy unchanged.  An element of an object array is looked at once, by its type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb, fmpq

from hwsolve.language import say
from hwsolve.numbers import decisions, formed
from hwsolve.numbers.decisions import settled
from hwsolve.numbers.float64 import FLOAT64
from hwsolve.numbers.formed import remembers
from hwsolve.numbers.functions import EXACT, in_exact
from hwsolve.numbers.measured import EPS, Contrary
from hwsolve.numbers.systems import MAX_RATIONAL_BITS, NotFinite, Scalar, failed

NEAR = 64 * EPS
Array = Any  # ndarray of float64, or of objects: flint's classes have no annotations


def is_float(x: Array) -> bool:
    """Whether an array or scalar is in float64, or in float32 as a copy of a run is."""
    return x.dtype.char in "df" if isinstance(x, np.ndarray) else isinstance(x, float | np.float32)


def once_for_each(function: Callable[[Scalar], Scalar], of_each: Callable[[Array], Array], x: Array) -> Array:
    """The function of every element; equal rationals get one ball, which is then known to be equal to itself."""
    values = x.ravel().tolist()
    if len(values) < 2 or type(values[0]) is arb or len(set(map(key_of, values))) == len(values):
        return of_each(x)
    found: dict[Scalar, Scalar] = {}
    made = np.empty(len(values), dtype=object)
    for k, v in enumerate(values):
        key = key_of(v)
        if key not in found:
            found[key] = function(v)
        made[k] = found[key]
    return made.reshape(x.shape)


def key_of(v: Scalar) -> Scalar:
    """What two values share that are surely equal: a rational itself, or the one object."""
    return id(v) if type(v) is arb else v


def in_float64(parameter: Array) -> Array:
    """A parameter as float or array of floats."""
    if isinstance(parameter, np.ndarray):
        return parameter if parameter.dtype.char in "df" else parameter.astype(np.float64)
    return float(parameter)


def on_arrays(name: str, in_floats: Callable[..., Array], exactly: Callable[..., Scalar]) -> Callable[..., Array]:
    """The function of an array (or scalar) and its parameters, element by element, chosen by the dtypes alone."""

    of_each = np.frompyfunc(exactly, 1, 1)

    def function(x: Array, *parameters: Array) -> Array:
        if not parameters and isinstance(x, np.ndarray):
            return once_for_each(exactly, of_each, x) if x.dtype.char == "O" else in_floats(x)
        if is_float(x):
            return in_floats(x, *map(in_float64, parameters))
        if any(map(is_float, parameters)):
            raise TypeError(f"{name}: a float cannot stand among exact values")
        if any(isinstance(a, np.ndarray) for a in (x, *parameters)):
            return np.frompyfunc(exactly, 1 + len(parameters), 1)(x, *parameters)
        return exactly(in_exact(x), *map(in_exact, parameters))

    function.__name__, function.__doc__ = name, f"The function {name} of every element."
    return function


exp, log, sqrt, tanh, erf, absolute, sign, positive = (
    on_arrays(name, FLOAT64[name], EXACT[name]) for name in ("exp", "log", "sqrt", "tanh", "erf", "abs", "sign", "step")
)
step = positive
SIGN_APART = np.frompyfunc(decisions.sign_apart, 2, 1)
LARGER = np.frompyfunc(decisions.larger, 2, 1)
LESS = np.frompyfunc(decisions.less, 2, 1)
APART = np.frompyfunc(decisions.difference, 2, 1)


def sign_apart(a: Array, b: Array) -> Array:
    """The sign of a − b, element by element."""
    return sign(a - b) if is_float(a) else SIGN_APART(a, b)


def apart(a: Array, b: Array) -> Array:
    """a − b, element by element; of one ball in two places 0."""
    return a - b if is_float(a) else APART(a, b)


def quotient(a: Array, b: Array) -> Array:
    """a/b, element by element; of floats by 0 it is infinite."""
    return a / (np.float64(b) if type(b) is float else b)


def below(a: Array, b: Array) -> Array:
    """Whether a < b, element by element."""
    return np.asarray(a < b if is_float(a) or is_float(b) else LESS(a, b), dtype=bool)


def log1p(x: Array) -> Array:
    """ln(1 + x) of every element."""
    return FLOAT64["log1p"](x) if is_float(x) else log(1 + x)


def expm1(x: Array) -> Array:
    """e^x − 1 of every element."""
    return FLOAT64["expm1"](x) if is_float(x) else exp(x) - 1


def maximum(x: Array, axis: int | None = None, keepdims: bool = False) -> Array:
    """The greatest value along an axis, or of all."""
    return x.max(axis=axis, keepdims=keepdims) if is_float(x) else LARGER.reduce(x, axis=axis, keepdims=keepdims)


def winner(x: Array, axis: int = -1) -> Array:
    """The index, from 0, of the first greatest value along an axis."""
    if is_float(x):
        return contrary_winner(x, axis) if Contrary.salt is not None else x.argmax(axis=axis)
    rows = np.moveaxis(x, axis, -1)
    found = [first_greatest(row) for row in rows.reshape(-1, rows.shape[-1])]
    return np.array(found, dtype=np.intp).reshape(rows.shape[:-1])


def contrary_winner(x: Array, axis: int) -> Array:
    """The last value that is less than the greatest by no more than rounding; the first greatest, if there is none."""
    near = nearly(x, x.max(axis=axis, keepdims=True)) & (x != x.max(axis=axis, keepdims=True))
    last = x.shape[axis] - 1 - np.flip(near, axis=axis).argmax(axis=axis)
    return np.where(near.any(axis=axis), last, x.argmax(axis=axis))


def nearly(a: Array, b: Array) -> Array:
    """Whether floats agree to rounding."""
    return abs(a - b) <= NEAR * abs(b)


def same(a: Array, b: Array) -> Array:
    """Whether values are equal, element by element."""
    if is_float(a):
        return np.asarray(nearly(a, b) if Contrary.salt is not None else a == b)
    return np.asarray(EQUAL(a, b), dtype=bool)


EQUAL: Callable[[Array, Array], Array] = np.frompyfunc(decisions.equal, 2, 1)


def first_greatest(values: Array) -> int:
    """The index of the first greatest of some values."""
    best = 0
    for k in range(1, len(values)):
        if decisions.less(values[best], values[k]):
            best = k
    return best


def where(mask: Array, a: Array, b: Array) -> Array:
    """a where the mask holds (is not 0), else b."""
    return np.where(np.asarray(mask, dtype=bool), a, b)


def power(x: Array, y: Array) -> Array:
    """x to the power y, element by element."""
    if is_float(x) or is_float(y):
        return np.power(x, in_float64(y))
    return POWER(x, y) if isinstance(x, np.ndarray) or isinstance(y, np.ndarray) else power_of(x, y)


def power_of(x: Scalar, y: Scalar) -> Scalar:
    """x to the power y."""
    return formed.power(in_exact(x), in_exact(y))


POWER = np.frompyfunc(power_of, 2, 1)


def quiet() -> np.errstate:
    """NumPy says nothing of floats that overflow; a value that is not finite is refused where it matters."""
    return np.errstate(all="ignore")


def finite(x: Array) -> Array:
    """The array (or scalar) as it is; raises where an element is no number."""
    if not is_float(x):
        return tidy(x)
    if not np.isfinite(x).all():
        raise NotFinite(say("a value that overflows or does not exist"))
    return x


def tidy(x: Array) -> Array:
    """The array (or scalar) with every value in its own system; raises where an element is no number.

    A rational above 4,096 bits becomes a ball, and a ball of radius 0, as 0 times anything, the rational that it is.
    """
    if is_float(x):
        return finite(x)
    stays = True
    for v in x.ravel().tolist() if isinstance(x, np.ndarray) else (x,):
        if type(v) is arb:
            if not v.is_finite():
                raise failed(v, say("a value that does not exist, or whose divisor may be zero"))
            stays = stays and not v.is_exact()
        elif type(v) is fmpq:
            stays = stays and v.height_bits() <= MAX_RATIONAL_BITS
    return x if stays else SETTLE(x)


def settle(v: Scalar) -> Scalar:
    """A value in the system that it belongs to."""
    v = settled(v)
    return OVERLONG(v) if type(v) is fmpq and v.height_bits() > MAX_RATIONAL_BITS else v


OVERLONG = remembers("rational", arb)
SETTLE = np.frompyfunc(settle, 1, 1)
