"""Weights that are drawn: the functions of torch.nn.init, with NumPy's generator and a seed.

A drawn number is rounded to four significant digits and is exact from there on, so that it can be written down and
checked.
"""

from __future__ import annotations

from fractions import Fraction
from math import prod

from hwsolve.formula.evaluate import evaluate, no_names
from hwsolve.formula.tree import ONE, ZERO, Formula, Number
from hwsolve.language import say
from hwsolve.layers.base import NotComputed
from hwsolve.layers.parameter import Initializer
from hwsolve.numbers.drawing import AXES, drawn


def draw(init: Initializer, shape: tuple[int, ...], seed: int) -> tuple[Formula, ...]:
    """The numbers of a parameter of this shape, in the order of its elements."""
    constant = {"constant": init.arguments.get("val", ZERO), "ones": ONE, "zeros": ZERO}.get(init.name)
    if isinstance(constant, Formula):
        return (constant,) * prod(shape)
    least, most = AXES.get(init.name, (0, 9))
    if not least <= len(shape) <= most:
        raise NotComputed(say("`{name}` is not for an array with {n} axes.", name=init.name, n=len(shape)))
    given = {k: v if isinstance(v, str) else float(evaluate(v, no_names)) for k, v in init.arguments.items()}
    return tuple(Number(*Fraction(text).as_integer_ratio()) for text in drawn(init.name, given, shape, seed))
