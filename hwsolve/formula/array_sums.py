"""Big operators as array code: an operation along the last axis, and a float64 sum of products as an `einsum`."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from string import ascii_letters
from typing import Any, NamedTuple, Protocol

import numpy as np

from hwsolve.formula.array_indices import Sizes
from hwsolve.formula.function_code import apply
from hwsolve.formula.tree import ONE, BigOperator, Call, Formula, Number

Array = Any
Arrays = dict[str, Array]
Run = Callable[[Arrays], Array]


class Part(NamedTuple):
    """A formula over axes: what computes it, its length along each (1 where it is the same all along), and where it is.

    `there` is None for everywhere; an element that is not there has some number that nobody may look at.
    """

    run: Run
    shape: Sizes
    there: Array | None = None


def both(a: Array | None, b: Array | None) -> Array | None:
    """Where two are there."""
    return b if a is None else a if b is None else a & b


def broadcast(parts: list[Part]) -> Sizes:
    """The shape of what is made of parts."""
    return np.broadcast_shapes(*(p.shape for p in parts))


class Scope(Protocol):
    """What a sum needs of the indices in force."""

    @property
    def rank(self) -> int:
        """The number of axes."""

    def deeper(self, name: str, low: int, high: int) -> Scope:
        """With one more index."""

    def part(self, f: Formula) -> Part:
        """The code of a formula."""

    def bound(self, f: Formula) -> Array:
        """A bound as whole numbers over the axes."""

    def instead(self, part: Part, number: int) -> Part:
        """A number where the part is absent."""

    def number(self, numerator: int, denominator: int = 1) -> Any:
        """A number of the system."""


def along_last(scope: Scope, op: str, body: Part, terms: int) -> Part:
    """A big operator over the last axis of its body."""
    if op in ("Sum", "Prod"):
        filled = scope.instead(body, int(op == "Prod"))
        whole = (*filled.shape[:-1], terms)
        add = np.add if op == "Sum" else np.multiply
        return Part(lambda arrays: add.reduce(spread(filled.run(arrays), whole), axis=-1), whole[:-1])
    name, there = op.lower(), body.there
    shape = body.shape if there is None else np.broadcast_shapes(body.shape, there.shape)
    first = None if there is None else np.broadcast_to(there, shape).argmax(axis=-1)[..., None]

    def run(arrays: Arrays) -> Array:
        found = spread(body.run(arrays), shape)
        if there is not None and first is not None:  # in the place of what is absent, an element that is there
            found = np.where(there, found, np.take_along_axis(found, first, axis=-1))
        return reduce(lambda a, b: apply(name, a, b), (found[..., k] for k in range(shape[-1])))

    return Part(run, shape[:-1], None if there is None else np.broadcast_to(there, shape).any(axis=-1))


def spread(found: Array, shape: Sizes) -> Array:
    """An array, or a number, along all axes."""
    return np.broadcast_to(found if isinstance(found, np.ndarray) else in_array(found), shape)


def in_array(value: Any) -> Array:
    """A number as an array without axes."""
    if isinstance(value, float):
        return np.asarray(value)
    made = np.empty((), dtype=object)
    made[()] = value
    return made


def factors(f: Formula) -> list[Formula]:
    """What a product is made of."""
    match f:
        case Call("*", args):
            return [x for a in args for x in factors(a)]
        case Call("neg", (a,)):
            return [Number(-1), *factors(a)]
        case Call("/", (a, b)):
            return [*factors(a), Call("/", (ONE, b))]
    return [f]


def contracted(f: BigOperator, scope: Scope) -> Part:
    """A sum in float64 whose bounds are numbers, by `einsum` over the factors of what is summed."""
    inner, outer = scope, scope.rank
    body: Formula = f
    while isinstance(body, BigOperator) and body.op == "Sum":
        low, high = inner.bound(body.low), inner.bound(body.high)
        if not low.size == high.size == 1 or high.item() < low.item():
            break
        inner, body = inner.deeper(body.index, low.item(), high.item()), body.body
    lengths = [high - low + 1 for _, low, high in inner.indices.axes]  # type: ignore[attr-defined]
    parts = [inner.instead(inner.part(x), 0) for x in factors(body)]
    used = [[k for k, n in enumerate(p.shape) if n > 1] for p in parts]
    varied = {k for axes in used for k in axes}
    times = scope.number(int(np.prod([n for k, n in enumerate(lengths) if k >= outer and k not in varied])))
    written = ["".join(ascii_letters[k] for k in axes) for axes in used]
    kept = "".join(ascii_letters[k] for k in sorted(varied) if k < outer)
    text = f"{','.join(written)}->{kept}"
    shapes = [tuple(p.shape[k] for k in axes) for p, axes in zip(parts, used, strict=True)]
    path: Any = np.einsum_path(text, *(np.broadcast_to(0.0, s) for s in shapes), optimize="greedy")[0]
    shape = tuple(lengths[k] if k in varied else 1 for k in range(outer))

    def run(arrays: Arrays) -> Array:
        read = [np.reshape(p.run(arrays), s) for p, s in zip(parts, shapes, strict=True)]
        found = np.einsum(text, *read, optimize=path)
        return (found * times if times != 1 else found).reshape(shape)[()]

    return Part(run, shape)
