"""Whether whole numbers stay exact within an operation, whose sums and products may be larger than what it gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from math import log2

import numpy as np

from hwsolve.formula.parse import parse
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, walk
from hwsolve.graph.calls import Step
from hwsolve.graph.operation import Array, Operation
from hwsolve.numbers.magnitudes import Met, sizes_within
from hwsolve.numbers.rounding import LARGEST, same

MANY = 1000  # factors


def inexact_within(step: Step, read: Sequence[Array], copies: Iterable[Array], large: bool = True) -> Array | None:
    """Of a call that reads exact whole numbers, the size of what it adds, where that is too large to be exact.

    None where they are exact all the way, and where there are none.  Where no number is `large`, quotients of whole
    numbers may yet be added to.
    """
    exact = map(same, read, copies)
    found = list(exact) if large else [all(exact)]
    if not any(found) or (surely_fits(step.operation, read) and not (all(found) and divides(step.operation))):
        return None
    size = sizes_within(step.function, read)
    return None if Met.largest < LARGEST and not (Met.rounded and all(found)) else size


def surely_fits(operation: Operation, read: Iterable[Array]) -> bool:
    """Whether no number is too large."""
    known = [np.asarray(x) for x in read]
    return largest_of(known) <= limit(operation, tuple([x.size for x in known]))


def largest_of(arrays: Iterable[Array]) -> float:
    """The largest size of a number in some arrays."""
    return max([float(np.abs(x).max(initial=0)) for x in arrays], default=0)


@cache
def limit(operation: Operation, sizes: tuple[int, ...]) -> float:
    """Up to which size of what is read whole numbers surely stay exact, by the degree and how long sums may be."""
    degree, largest = powers(operation)
    found = 2 ** ((log2(LARGEST) - sum(log2(max(n, 1)) for n in sizes)) / degree)
    return found if largest <= found else -1


@cache
def powers(operation: Operation) -> tuple[int, float]:
    """At most how many factors the terms of an operation have, and its largest number."""
    degree, largest = 2, float(1)
    for f in parts(operation):
        if isinstance(f, Number):
            largest = max(largest, abs(f.numerator / f.denominator))
        elif isinstance(f, BigOperator) and f.op == "Prod":
            degree = MANY
        elif isinstance(f, Call):
            degree += len(f.args) if f.name == "*" else exponent(f) if f.name == "**" else 0
    return degree, largest


@cache
def divides(operation: Operation) -> bool:
    """Whether an operation has quotients."""
    return any(
        f.denominator != 1 if isinstance(f, Number) else isinstance(f, Call) and f.name in ("/", "**")
        for f in parts(operation)
    )


def parts(operation: Operation) -> Iterator[Formula]:
    """Every part of the formulas of an operation."""
    return (f for text in (operation.text(), *operation.gradients().values()) for f in walk(parse(text)))


def exponent(f: Call) -> int:
    """The exponent of a power, or more than any."""
    return abs(f.args[1].numerator) if isinstance(f.args[1], Number) else MANY
