"""Functions of whole arrays in definitions: the shape that each gives, and its element over those of its arguments.

`w` is what knows the shapes and elements of the parts, `at` the indices of the element.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import prod
from typing import Protocol

import msgspec

from hwsolve.formula.misfits import sizes, turned_round, unequal
from hwsolve.formula.notation.plain import plain
from hwsolve.formula.tree import ONE, BigOperator, Call, Formula, Number, Ref, call, formula
from hwsolve.language import Message, say

Sizes = tuple[int, ...]
Index = tuple[Formula, ...]


class Unfit(Exception):
    """A definition that means nothing: why, the part of it that is at fault, and the names that may be meant by it.

    `hint`: what would be right, where that is known.
    """

    def __init__(self, message: Message, part: Formula, known: Iterable[str] = (), hint: Message | None = None) -> None:
        super().__init__(message)
        self.message, self.part, self.known, self.hint = message, part, tuple(known), hint


class Parts(Protocol):
    """What knows the shapes and elements of the parts of a definition."""

    def fresh(self) -> str:
        """A letter for one more index."""

    def shape(self, f: Formula) -> Sizes:
        """The shape of a part."""

    def element(self, f: Formula, at: Index) -> Formula:
        """Its element."""

    def check_index(self, i: Formula) -> None:
        """Refuse an index that nothing gives."""

    def part(self, f: Formula, at: Index) -> Index:
        """The indices that belong to its axes, the last ones."""

    def axis(self, f: Formula, axis: Formula | None, default: int) -> int:
        """An axis as it is written, from 1, as one from 0."""

    def over_all(self, op: str, f: Formula, change: Callable[[Formula], Formula]) -> Formula:
        """A big operator over all elements."""

    def over_axis(self, op: str, f: Formula, axis: int, at: Index, change: Callable[[Formula], Formula]) -> Formula:
        """A big operator over one axis."""


def big(op: str, body: Formula, index: str, n: int) -> Formula:
    """A big operator from 1 to n."""
    return BigOperator(op, body, index, ONE, formula(n))


class Along(msgspec.Struct, frozen=True):
    """A function of whole arrays: the shape that it gives, and its element."""

    shape: Callable[..., Sizes]
    element: Callable[..., Formula]
    least: int = 1  # arguments
    most: int = 1


def product_shape(w: Parts, f: Formula, a: Formula, b: Formula) -> Sizes:
    """Of `A @ B`: rows times columns; an array with one axis is a row on the left and a column on the right."""
    p, q = w.shape(a), w.shape(b)
    fits = bool(p) and bool(q) and p[-1] == q[-2 if len(q) > 1 else -1] and max(len(p), len(q)) <= 3
    if fits and len(p) > 2 and len(q) > 2:
        fits = p[0] == q[0]
    if not fits or (len(q) > 2 and len(p) < 3):
        raise Unfit(unequal(f, [p or (1,), q or (1,)], (a, b)), f, hint=turned_round(a, b, p, q))
    return (*p[:-1], *(q[-1:] if len(q) > 1 else ()))


def product_element(w: Parts, at: Index, a: Formula, b: Formula) -> Formula:
    """Σ over the common axis."""
    p, q = w.shape(a), w.shape(b)
    letter = w.fresh() if p[-1] != 1 else ""
    between: Formula = Ref(letter) if letter else ONE
    right = (*at[: len(q) - 2], between, at[-1]) if len(q) > 1 else (between,)
    body = Call("*", (w.element(a, (*at[: len(p) - 1], between)), w.element(b, right)))
    return big("Sum", body, letter, p[-1]) if letter else body


def turned_shape(w: Parts, f: Formula, a: Formula) -> Sizes:
    """The last two axes in each other's place."""
    p = w.shape(a)
    if len(p) < 2:
        hint = say("An array of one axis is a row in front of `{at}` and a column behind it, as it stands.", at="@")
        raise Unfit(say("`{part}` has no two axes to turn.", part=plain(a)), f, hint=hint if p else None)
    return (*p[:-2], p[-1], p[-2])


def reduced_shape(w: Parts, f: Formula, a: Formula, axis: Formula | None = None) -> Sizes:
    """One number, or all axes but one."""
    own = w.shape(a)
    if axis is None:
        return ()
    k = w.axis(a, axis, 0)
    return own[:k] + own[k + 1 :]


def kept_shape(w: Parts, f: Formula, a: Formula, axis: Formula | None = None) -> Sizes:
    """The same shape; there must be an axis."""
    own = w.shape(a)
    if not own:
        raise Unfit(say("`{part}` is a number, and an array belongs here.", part=plain(a)), f)
    w.axis(a, axis, 0)
    return own


def reducing(op: str, change: Callable[[Formula], Formula], finish: Callable[[Formula, int], Formula]) -> Along:
    """A sum, mean, norm or the largest over everything or along one axis."""

    def element(w: Parts, at: Index, a: Formula, axis: Formula | None = None) -> Formula:
        own = w.shape(a)
        if axis is None:
            return finish(w.over_all(op, a, change), prod(own))
        k = w.axis(a, axis, 0)
        return finish(w.over_axis(op, a, k, at, change), own[k])

    return Along(reduced_shape, element, 1, 2)


def normalizing(finish: Callable[[Formula, Formula], Formula]) -> Along:
    """A softmax or its logarithm along the last axis, or another one."""

    def element(w: Parts, at: Index, a: Formula, axis: Formula | None = None) -> Formula:
        k = w.axis(a, axis, len(w.shape(a)) - 1)
        total = w.over_axis("Sum", a, k, at[:k] + at[k + 1 :], lambda x: call("exp", x))
        return finish(w.element(a, at), total)

    return Along(kept_shape, element, 1, 2)


def running_sum(w: Parts, at: Index, a: Formula, axis: Formula | None = None) -> Formula:
    """The sum up to an element."""
    k = w.axis(a, axis, 0)
    letter = w.fresh()
    return BigOperator("Sum", w.element(a, (*at[:k], Ref(letter), *at[k + 1 :])), letter, ONE, at[k])


def same(x: Formula) -> Formula:
    """An element as it is."""
    return x


def vectors(w: Parts, f: Formula, *parts: Formula) -> list[Sizes]:
    """The shapes of vectors."""
    found = [w.shape(p) for p in parts]
    for part, shape in zip(parts, found, strict=True):
        if len(shape) != 1:
            raise Unfit(say("`{part}` is no vector: its shape is {shape}.", part=plain(part), shape=sizes(shape)), f)
    return found


def dot_shape(w: Parts, f: Formula, a: Formula, b: Formula) -> Sizes:
    """One number."""
    p, q = vectors(w, f, a, b)
    if p != q:
        raise Unfit(unequal(f, [p, q], (a, b)), f)
    return ()


def joined_shape(w: Parts, f: Formula, *parts: Formula) -> Sizes:
    """The first axes together, the others alike."""
    found = [w.shape(p) or (1,) for p in parts]
    for part, shape in zip(parts, found, strict=True):
        if shape[1:] != found[0][1:]:
            raise Unfit(unequal(f, [found[0], shape], (parts[0], part)), f)
    return (sum(shape[0] for shape in found), *found[0][1:])


def joined_element(w: Parts, at: Index, *parts: Formula) -> Formula:
    """The element of the part that the first index falls in."""
    ends = [sum((w.shape(p) or (1,))[0] for p in parts[: k + 1]) for k in range(len(parts))]
    pieces = []
    for k, part in enumerate(parts):
        first = call("-", at[0], formula(ends[k - 1])) if k else at[0]
        pieces.append(w.element(part, w.part(part, (first, *at[1:]))))
    found = pieces[-1]
    for piece, end in zip(reversed(pieces[:-1]), reversed(ends[:-1]), strict=True):
        found = call("if", call("<=", at[0], formula(end)), piece, found)
    return found


def listed_shape(w: Parts, f: Formula, *items: Formula) -> Sizes:
    """As many as there are, each of one shape."""
    found = [w.shape(item) for item in items]
    for item, shape in zip(items, found, strict=True):
        if shape != found[0]:
            raise Unfit(say("`{a}` and `{b}` are not of one shape.", a=plain(items[0]), b=plain(item)), f)
    return (len(items), *found[0])


def listed_element(w: Parts, at: Index, *items: Formula) -> Formula:
    """The one that the first index says."""
    if isinstance(at[0], Number):
        return w.element(items[at[0].numerator - 1], at[1:])
    return chosen([w.element(item, at[1:]) for item in items], at[0], 1)


def chosen(items: list[Formula], index: Formula, first: int) -> Formula:
    """That of the items, numbered from `first`, which an index says; by halves, so that many are not nested deep."""
    if all(item == items[0] for item in items):
        return items[0]
    half = len(items) // 2
    low, high = chosen(items[:half], index, first), chosen(items[half:], index, first + half)
    return call("if", call("<=", index, first + half - 1), low, high)


def picked_shape(w: Parts, f: Formula, a: Formula, *indices: Formula) -> Sizes:
    """What is left of an array behind its first indices: `softmax(z)[2]`."""
    own = w.shape(a)
    if len(indices) > len(own):
        raise Unfit(say("`{part}` has the shape {shape}.", part=plain(a), shape=sizes(own)), f)
    for i, n in zip(indices, own, strict=False):
        if isinstance(i, Number) and not (i.denominator == 1 and 1 <= i.numerator <= n):
            raise Unfit(say("`{part}`: the index runs from 1 to {n}.", part=plain(f), n=n), f)
        w.check_index(i)
    return own[len(indices) :]


def squared(x: Formula) -> Formula:
    """x²."""
    return call("**", x, 2)


ALONG: dict[str, Along] = {
    "@": Along(product_shape, product_element, 2, 2),
    "T": Along(turned_shape, lambda w, at, a: w.element(a, (*at[:-2], at[-1], at[-2]))),
    "sum": reducing("Sum", same, lambda x, n: x),
    "mean": reducing("Sum", same, lambda x, n: call("/", x, n) if n != 1 else x),
    "amax": reducing("Max", same, lambda x, n: x),
    "amin": reducing("Min", same, lambda x, n: x),
    "norm": reducing("Sum", squared, lambda x, n: call("sqrt", x)),
    "logsumexp": reducing("Sum", lambda x: call("exp", x), lambda x, n: call("log", x)),
    "softmax": normalizing(lambda x, total: call("/", call("exp", x), total)),
    "log_softmax": normalizing(lambda x, total: call("-", x, call("log", total))),
    "cumsum": Along(kept_shape, running_sum, 1, 2),
    "dot": Along(dot_shape, lambda w, at, a, b: w.over_all("Sum", call("*", a, b), same), 2, 2),
    "outer": Along(
        lambda w, f, a, b: (vectors(w, f, a)[0][0], vectors(w, f, b)[0][0]),
        lambda w, at, a, b: call("*", w.element(a, w.part(a, at[:1])), w.element(b, w.part(b, at[1:]))),
        2,
        2,
    ),
    "concat": Along(joined_shape, joined_element, 2, 99),
    "[]": Along(listed_shape, listed_element, 1, 1_000),
    "element": Along(picked_shape, lambda w, at, a, *indices: w.element(a, (*indices, *at)), 2, 9),
}
