"""Sizes of numbers that know no minus: what cancels in a run is as large among them as it was before.

Array code that runs on them shows how large the numbers become that it adds.  (The a priori bound of a rounding error:
Higham, Accuracy and Stability of Numerical Algorithms, chapter 3.)
"""

from __future__ import annotations

from typing import Any

import numpy as np

SUMS = {np.add, np.subtract, np.matmul}
QUOTIENTS = {np.true_divide, np.reciprocal, np.sqrt}
SIZES = {np.negative, np.positive, np.absolute, np.rint, np.floor, np.ceil}
COMPUTED = SUMS | QUOTIENTS | SIZES | {np.multiply, np.square, np.power, np.maximum, np.minimum}
INSTEAD = dict.fromkeys(SIZES, np.absolute) | {np.subtract: np.add}


class Met:
    """What a computation has met."""

    largest = 0.0
    fraction = False  # a number that need not be whole
    rounded = False  # such a number was added to


class Magnitudes(np.ndarray):
    """An array of sizes, whose differences are sums, and of two that are compared either may be the greater."""

    def __getitem__(self, at: Any) -> Any:
        return np.asarray(super().__getitem__(at)).view(Magnitudes)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **settings: Any) -> Any:
        sized = [of_input(ufunc, method, k, x) for k, x in enumerate(inputs)]
        if out is not None:
            settings["out"] = tuple(map(unmarked, out))
        found = getattr(INSTEAD.get(ufunc, ufunc), method)(*sized, **settings)
        found = np.asarray(sized[0] if method == "at" else found)
        if found.dtype == bool:
            return found | True
        if ufunc not in COMPUTED:
            found = np.ones(found.shape)  # of a function, which is as far off as it is by itself
        Met.rounded |= Met.fraction and ufunc in SUMS
        Met.fraction |= ufunc in QUOTIENTS or ufunc not in COMPUTED or not all(map(is_whole, sized))
        return None if method == "at" else noted(found)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function is np.where and len(args) == 3:
            return np.add(noted(np.abs(unmarked(args[1]))), args[2])
        found = super().__array_function__(function, types, args, kwargs)
        Met.rounded |= Met.fraction and function is np.einsum
        return noted(found) if isinstance(found, np.ndarray) and found.dtype == np.float64 else found


def of_input(ufunc: Any, method: str, place: int, x: Any) -> Any:
    """What a ufunc takes: sizes; exponents and indices are as they are."""
    if place == 1 and (ufunc is np.power or method in ("at", "reduceat")):
        return unmarked(x)
    return unmarked(x) if isinstance(x, Magnitudes) else np.abs(x)


def unmarked(x: Any) -> Any:
    """An array as one of NumPy's own."""
    return x.view(np.ndarray) if isinstance(x, Magnitudes) else x


def is_whole(x: Any) -> bool:
    """Whether what a ufunc takes is whole, or no array of floats."""
    return isinstance(x, tuple) or bool((x == np.rint(x)).all())


def noted(found: Any) -> Magnitudes:
    """An array of sizes, the largest of which is remembered."""
    sizes = np.asarray(found)
    Met.largest = max(Met.largest, float(sizes.max(initial=0)))
    return sizes.view(Magnitudes)


def sizes_within(function: Any, arguments: Any) -> Any:
    """Of what array code gives for some arguments, the sizes; `Met` then says what it has met."""
    Met.largest, Met.fraction, Met.rounded = 0.0, False, False
    found = function(*[noted(np.abs(np.asarray(x, dtype=np.float64))) for x in arguments])
    return np.abs(np.asarray(found, dtype=np.float64))
