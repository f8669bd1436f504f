"""Big operators as array code: an operation along the last axis; a float64 sum of products is one of matrices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from math import prod
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
    """A sum in float64 whose bounds are numbers, by its factors: as a product of matrices, or an `einsum`."""
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
    shapes = [tuple(p.shape[k] for k in axes) for p, axes in zip(parts, used, strict=True)]
    product = contraction(used, shapes, sorted(k for k in varied if k < outer))
    shape = tuple(lengths[k] if k in varied else 1 for k in range(outer))
    runs = [p.run for p in parts]

    def run(arrays: Arrays) -> Array:
        found = product(*[np.reshape(read(arrays), s) for read, s in zip(runs, shapes, strict=True)])
        return (found * times if times != 1 else found).reshape(shape)[()]

    return Part(run, shape)


def contraction(used: list[list[int]], shapes: list[Sizes], kept: list[int]) -> Callable[..., Array]:
    """The sum of a product of arrays over all axes but the kept ones; `used` has the axes of each array, in order."""
    if len(used) == 1:
        along = tuple(at for at, k in enumerate(used[0]) if k not in kept)
        return lambda a: np.add.reduce(a, axis=along)
    shared = [k for k in used[0] if k in used[-1] and k not in kept]
    summed = {k for axes in used for k in axes} - set(kept)
    if len(used) == 2 and shared and summed == set(shared):
        return matrices(used, shapes, kept, shared)
    written = ["".join(ascii_letters[k] for k in axes) for axes in used]
    text = f"{','.join(written)}->{''.join(ascii_letters[k] for k in kept)}"
    path: Any = np.einsum_path(text, *(np.broadcast_to(0.0, s) for s in shapes), optimize="greedy")[0]
    return lambda *read: np.einsum(text, *read, optimize=path)


def matrices(used: list[list[int]], shapes: list[Sizes], kept: list[int], shared: list[int]) -> Callable[..., Array]:
    """The same of two arrays, which are summed over the axes that they share, as a product of matrices."""
    a, b = used
    size = dict(zip([*a, *b], [*shapes[0], *shapes[1]], strict=True))
    batch = [k for k in a if k in b and k in kept]
    left, right = ([k for k in axes if k not in batch and k not in shared] for axes in used)
    first, second = [a.index(k) for k in batch + left + shared], [b.index(k) for k in batch + shared + right]
    front = [size[k] for k in batch]
    wide, deep, high = (prod(size[k] for k in axes) for axes in (left, shared, right))
    one, other = [*front, *([wide] if left or batch else []), deep], [*front, deep, *([high] if right or batch else [])]
    made = batch + left + right
    shape, order = [size[k] for k in made], [made.index(k) for k in kept]

    turned, crossed = laid(first, shapes[0], one), laid(second, shapes[1], other)
    ready = laid(order, shape, [shape[k] for k in order])
    return lambda x, y: ready((turned(x) @ crossed(y)).reshape(shape))


def laid(order: list[int], before: Sequence[int], after: Sequence[int]) -> Callable[[Array], Array]:
    """What turns the axes of an array of the shape `before`, and then gives it the shape `after`."""
    turns, fits = order != sorted(order), [before[k] for k in order] == list(after)
    if turns:
        return (lambda x: x.transpose(order)) if fits else (lambda x: x.transpose(order).reshape(after))
    return (lambda x: x) if fits else (lambda x: x.reshape(after))
