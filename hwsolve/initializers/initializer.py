"""What every initializer is: a rule of torch.nn.init with its arguments and defaults, a seed, and NumPy's generator.

A drawn number is rounded to four significant digits and is exact from there on, so that it can be written down and
checked: the rules are torch.nn.init's, the numbers are not.
"""

from __future__ import annotations

from math import gcd, prod
from typing import Any, ClassVar

import msgspec

from hwsolve.formula.evaluate import evaluate, no_names
from hwsolve.formula.tree import Formula, Number
from hwsolve.language import Message, say

SIGNIFICANT = 4  # digits of a drawn number
MOST_AXES = 9

Array = Any  # an ndarray of float64
Shape = tuple[int, ...]


class Initializer(msgspec.Struct, frozen=True, kw_only=True):
    """How the numbers of a parameter are drawn, as a spec states it."""

    RANDOM: ClassVar[bool] = True  # whether a seed plays a part
    AXES: ClassVar[tuple[int, int]] = (0, MOST_AXES)  # of the arrays that it is for
    MEANINGS: ClassVar[dict[str, Message]] = {
        "gain": say("a factor for the standard deviation"),
        "mean": say("the mean"),
        "std": say("the standard deviation"),
        "a": say("the lower end"),
        "b": say("the upper end"),
    }

    def fits(self, shape: Shape) -> bool:
        """Whether it is for arrays with so many axes."""
        least, most = self.AXES
        return least <= len(shape) <= most

    def drawn(self, random: Any, shape: Shape) -> Array:
        """An array of this shape from a generator of NumPy."""
        raise NotImplementedError

    def values(self, shape: Shape, seed: int) -> tuple[Formula, ...]:
        """The numbers of a parameter of this shape, in the order of its elements."""
        import numpy as np

        found = self.drawn(np.random.default_rng(seed), shape).reshape(-1).tolist()
        return tuple(map(rounded, found))


def rounded(v: float) -> Number:
    """The rational with so many significant digits."""
    mantissa, exponent = f"{v:.{SIGNIFICANT - 1}e}".split("e")
    digits, places = int(mantissa.replace(".", "")), SIGNIFICANT - 1 - int(exponent)
    if places <= 0:
        return Number(digits * 10**-places)
    power: int = 10**places
    common = gcd(digits, power)
    return Number(digits // common, power // common)


def real(f: Formula) -> float:
    """An argument in float64."""
    return float(evaluate(f, no_names))


def fans(shape: Shape) -> tuple[int, int]:
    """fan_in and fan_out of a weight (out, in, kernel…), as torch.nn.init counts them."""
    if len(shape) < 2:
        return (shape[0], shape[0]) if shape else (1, 1)
    field = prod(shape[2:])
    return shape[1] * field, shape[0] * field
