"""The numbers that a problem states, and the arrays that are made of them."""

from __future__ import annotations

from typing import Any

import msgspec

from hwsolve import numbers
from hwsolve.formula.evaluate import evaluate, no_names
from hwsolve.formula.tree import Formula, Number
from hwsolve.initializers import INITIALIZERS
from hwsolve.initializers.initializer import Initializer
from hwsolve.language import Message, say
from hwsolve.layers.given_numbers import fits


class Given(msgspec.Struct, frozen=True):
    """A quantity's numbers as the problem states them."""

    shape: tuple[int, ...]
    values: tuple[Formula, ...]


def array(given: Given, exact: bool) -> Any:
    """An array of rationals and balls, or of float64; a bare value where the shape is ()."""
    import numpy as np

    plain = exact and all([type(f) is Number for f in given.values])
    values = numbers.rationals(given.values) if plain else [number(f, exact) for f in given.values]
    if not given.shape:
        return values[0]
    made = np.empty(len(values), dtype=object if exact else np.float64)
    made[:] = values
    return made.reshape(given.shape)


def number(f: Formula, exact: bool) -> Any:
    """A typed number in the number system that is set."""
    if isinstance(f, Number):
        return numbers.exact(f.numerator, f.denominator) if exact else f.numerator / f.denominator
    value = evaluate(f, no_names)
    if isinstance(value, int):
        value = numbers.exact(value)
    return value if exact else float(value)


def stands_for(found: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether numbers in one shape may stand for those of another: axes of length 1 may be left out, or lead."""
    return fits(found, shape) or squeezed(found) == squeezed(shape)


def squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape without its leading axes of length 1."""
    while shape and shape[0] == 1:
        shape = shape[1:]
    return shape


def transposed(values: tuple[Formula, ...], shape: tuple[int, ...]) -> tuple[Formula, ...]:
    """The values of a matrix of the turned shape, in the order of this one."""
    rows, columns = shape
    return tuple(values[j * rows + i] for i in range(rows) for j in range(columns))


def zeros(shape: tuple[int, ...]) -> str:
    """An example of numbers in a shape."""
    text = "0"
    for n in reversed(shape):
        text = f"[{', '.join([text] * min(n, 2))}{', …' if n > 2 else ''}]"
    return text


def origin(symbol: str, init: Initializer, seed: int) -> Message:
    """Where the numbers of a parameter come from that the problem does not state one by one."""
    rule = INITIALIZERS.name_of(init)
    if not init.RANDOM:
        return say("{symbol} is filled by {rule}.", symbol=symbol, rule=rule)
    return say(
        "{symbol} is drawn by {rule} with seed {seed}, rounded to 4 significant digits.",
        symbol=symbol,
        rule=rule,
        seed=seed,
    )
