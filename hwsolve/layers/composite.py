"""Layers made of layers as operations: the sum of a residual, the product and the joining of branches."""

from __future__ import annotations

from typing import Any

from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import Array, Operation, Sizes
from hwsolve.layers.base import NotComputed
from hwsolve.layers.inference import Item

LETTERS = ("c", "i", "j", "k", "l", "q")


class Add(Operation, frozen=True):
    """y = x + s, element by element."""

    inputs = ("x", "s")
    batched = ("x", "s")
    formula = "x + s"


class Multiply(Operation, frozen=True):
    """y = x · s, element by element; of two axes, one of length 1 is repeated along the other.

    `sides` holds the own axes of x and of s, without leading ones.
    """

    sides: tuple[Sizes, Sizes]

    inputs = ("x", "s")
    batched = ("x", "s")

    def output_indices(self) -> tuple[str, ...]:
        """All axes; none are written where both have the same."""
        return LETTERS[: len(self.sides[0])] if self.sides[0] != self.sides[1] else ()

    def text(self) -> str:
        """The product of the elements that meet."""
        return "*".join(self.element(name, own) for name, own in zip(self.inputs, self.sides, strict=True))

    def element(self, name: str, own: Sizes) -> str:
        """`x[c,1]` where an axis of length 1 is repeated."""
        indices = self.output_indices()
        at = (i if n == m else "1" for i, n, m in zip(indices, own, self.repeated(), strict=False))
        return f"{name}[{','.join(at)}]" if indices else name

    def repeated(self) -> Sizes:
        """The own axes of y."""
        return tuple(max(pair) for pair in zip(*self.sides, strict=True))


class Concatenate(Operation, frozen=True):
    """y = x and then s along the first axis: y[c] = x[c] for c ≤ A, s[c − A] behind; what lies outside is absent."""

    axes: int  # of the map, without leading ones

    inputs = ("x", "s")
    batched = ("x", "s")

    def output_indices(self) -> tuple[str, ...]:
        """The channel and the place."""
        return LETTERS[: self.axes]

    def text(self) -> str:
        """The two parts."""
        rest = "".join(f",{letter}" for letter in LETTERS[1 : self.axes])
        return f"x[c{rest}] + s[c - A{rest}]"

    def shape(self, *shapes: Sizes) -> Sizes:
        """(…, A + B, …)."""
        x, s = shapes
        at = len(x) - self.axes
        return (*x[:at], x[at] + s[at], *x[at + 1 :])

    def sizes(self, *shapes: Sizes) -> dict[str, Any]:
        """A channels of the first part."""
        return {"A": shapes[0][len(shapes[0]) - self.axes]}

    def forward(self, x: Array, s: Array) -> Array:
        """Both parts together."""
        import numpy as np

        return np.concatenate([x, s], axis=-self.axes)

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """The part of g that belongs to each."""
        here = arrays[0].shape[-self.axes]
        part = slice(None, here) if slot == 0 else slice(here, None)
        return g[(..., part, *(slice(None),) * (self.axes - 1))]


def build_items(items: tuple[Item, ...], builder: Builder, x: str) -> str:
    """Write a sequence of layers into the graph; gives the name of what comes out."""
    for item in items:
        x = build_item(item, builder, x)
    return x


def build_item(item: Item, builder: Builder, x: str) -> str:
    """Write one layer or composite into the graph."""
    if item.layer is not None:
        try:
            return item.layer.build(builder, x, item.path)
        except NotComputed as why:
            why.layer = item.path
            raise
    ends = [build_items(branch, builder, x) for _, branch in item.branches]
    out = ends[0]
    for end in ends[1:]:
        out = builder.forward(joining(item, builder.sample(out), builder.sample(end)), (out, end), item.path)
    return out


def joining(item: Item, x: Sizes, s: Sizes) -> Operation:
    """How two branches of a composite come together."""
    if item.type == "multiply":
        return Multiply((x, s))
    return Add() if item.type == "residual" else Concatenate(len(x))
