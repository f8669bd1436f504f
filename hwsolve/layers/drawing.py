"""Weights that are drawn: the functions of torch.nn.init, with NumPy's generator and a seed.

A drawn number is rounded to four decimals and is exact from there on, so that it can be written down and checked.
"""

from __future__ import annotations

from math import gcd
from typing import Any

from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.tree import Formula, Number
from hwsolve.language import say
from hwsolve.layers.base import NotComputed
from hwsolve.layers.parameter import Initializer
from hwsolve.numbers.drawing import UNIT, drawn


def draw(init: Initializer, shape: tuple[int, ...], seed: int) -> tuple[Formula, ...]:
    """The numbers of a parameter of this shape, in the order of its elements."""
    given = {k: v if isinstance(v, str) else float(evaluate(v, nothing)) for k, v in init.arguments.items()}
    values = drawn(init.name, given, shape, seed)
    if values is None:
        raise NotComputed(say("Weights drawn by `{name}` are not supported yet.", name=init.name))
    return tuple(ratio(value) for value in values)


def nothing(name: str, indices: tuple[int, ...]) -> Any:
    """The look-up of a formula without names."""
    raise KeyError(name)


def ratio(parts: int) -> Number:
    """So many parts of 1/UNIT, as an exact number."""
    common = gcd(parts, UNIT)
    return Number(parts // common, UNIT // common)
