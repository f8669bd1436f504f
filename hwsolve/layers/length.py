"""How long sizes may be written: layer upon layer they can double, as numbers and as formulas."""

from __future__ import annotations

from hwsolve.formula.tree import Formula, Number, walk
from hwsolve.layers.base import Shape, Size

LONGEST_SIZE = 300  # parts of a formula that gives a size
PLAIN_BITS = 64  # of a number that costs nothing to write
MOST_BITS = 1_000_000  # of all sizes of a network together, beyond these


def has_long_formula(shape: Shape) -> bool:
    """Whether a size is a formula that nobody can read."""
    named = [size for size in shape if isinstance(size, Formula)]
    return bool(named) and any(sum(1 for _ in walk(size)) > LONGEST_SIZE for size in named)


def long_bits(shape: Shape) -> int:
    """The bits of the sizes that are beyond those of a plain number; of one with names, those of its numbers."""
    long = [size for size in shape if type(size) is not int or size.bit_length() > PLAIN_BITS]
    return sum([max(n.bit_length() - PLAIN_BITS, 0) for size in long for n in numbers_of(size)])


def numbers_of(size: Size) -> tuple[int, ...]:
    """The whole numbers that are written in a size."""
    if isinstance(size, int):
        return (size,)
    return tuple([n for f in walk(size) if isinstance(f, Number) for n in (f.numerator, f.denominator)])
