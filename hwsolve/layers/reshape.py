"""Flatten and unflatten: the same values under another shape.  Axes are counted as in PyTorch: the batch is axis 0.

Source: PyTorch, torch.nn.Flatten and torch.nn.Unflatten.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Annotated, ClassVar

from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import INNER, Array, Operation, Sizes
from hwsolve.language import say
from hwsolve.layers import base
from hwsolve.layers.base import Layer, Shape, ShapeError, StatedMap
from hwsolve.layers.cost import MOVED, NotCounted, Nothing, Operations
from hwsolve.layers.dimension import axis_of
from hwsolve.spec.fields import CountField, ListOf, Size

LETTERS = ("c", "h", "w", "d", "l", "k")


class Flattening(Operation, frozen=True):
    """y[…, i, …] = x[…, i1, i2 …, …]: the axes `first` to `last` of `sides` become one, the last index fastest."""

    sides: Sizes
    first: int
    last: int

    view = True

    @property
    def axes(self) -> int:
        """The axes of x, without leading ones."""
        return len(self.sides)

    def output_indices(self) -> tuple[str, ...]:
        """The axes that stay, and i in the place of the others."""
        return (*LETTERS[: self.first], "i", *LETTERS[self.last + 1 : self.axes])

    def step(self, k: int) -> int:
        """How many elements one step along axis k skips."""
        return prod(self.sides[k + 1 : self.last + 1])

    def text(self) -> str:
        """The element of x that stands at i."""
        return f"x[{','.join(self.apart('i', LETTERS))}]"

    def apart(self, i: str, letters: Sequence[str]) -> list[str]:
        """The indices of the axes, those in the row from the index i of the row."""
        indices = [*letters[: self.axes]]
        for k in range(self.first, self.last + 1):
            step, whole = self.step(k), self.step(k - 1) if k > self.first else 0
            row = i if step == 1 else f"floor(({i} - 1)/{step}) + 1"
            wraps = 0 < whole < prod(self.sides[self.first : self.last + 1])
            back = f" - {self.sides[k]}*floor(({i} - 1)/{whole})" if wraps else ""
            indices[k] = "1" if self.sides[k] == 1 else row + back
        return indices

    def gradients(self) -> dict[str, str]:
        """The same element of g, by the inverse of the index: the place of [i1, i2 …] in the row."""
        return {"x": f"g[{','.join(self.in_row(INNER))}]"}

    def in_row(self, letters: Sequence[str]) -> list[str]:
        """The indices where the axes are a row, from those of the axes."""
        row = [k for k in range(self.first, self.last + 1) if self.sides[k] > 1] or [self.last]
        place = " + ".join(f"{self.step(k)}*({letters[k]} - 1)" for k in row)
        unseen = [k for k in range(self.first, self.last + 1) if k not in row]  # an axis of length 1
        place += "".join(f" + {letters[k]} - 1" for k in unseen)
        return [*letters[: self.first], f"{place} + 1", *letters[self.last + 1 : self.axes]]

    def shape(self, *shapes: Sizes) -> Sizes:
        """The product in the place of the axes."""
        x = shapes[0]
        at = len(x) - self.axes
        joined = 1
        for n in x[at + self.first : at + self.last + 1]:
            joined *= n
        return (*x[: at + self.first], joined, *x[at + self.last + 1 :])

    def forward(self, x: Array) -> Array:
        """The same values."""
        return x.reshape(self.shape(x.shape))

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """The same values in the shape of x."""
        return g.reshape(arrays[0].shape)


class Unflattening(Flattening, frozen=True):
    """y[…, i1, i2 …, …] = x[…, i, …]: one axis becomes the axes `first` to `last` of `sides`."""

    def output_indices(self) -> tuple[str, ...]:
        """All axes."""
        return LETTERS[: self.axes]

    def text(self) -> str:
        """The element of the row that stands there."""
        return f"x[{','.join(self.in_row(LETTERS))}]"

    def gradients(self) -> dict[str, str]:
        """The element of g that an element of the row became."""
        letters = [*INNER[: self.first + 1], *("",) * (self.last - self.first), *INNER[self.first + 1 :]]
        indices = self.apart(INNER[self.first], letters)
        if self.step(self.first - 1) == 1:  # a row of one element, whose index must be read somewhere
            indices[self.first] = INNER[self.first]
        return {"x": f"g[{','.join(indices)}]"}

    def shape(self, *shapes: Sizes) -> Sizes:
        """The axes in the place of the one."""
        x = shapes[0]
        return (*x[: len(x) - self.axes + self.last - self.first], *self.sides)


class Flatten(Layer, frozen=True):
    """Flatten: the axes from `start_dim` to `end_dim` become one, (C, H, W) → (C·H·W)."""

    start_dim: Annotated[int, CountField(None)] = 1
    end_dim: Annotated[int, CountField(None)] = -1

    CATEGORY: ClassVar[str] = "view"
    MACS: ClassVar[str | Nothing | NotCounted] = MOVED
    OPERATIONS: ClassVar[Operations | Nothing | NotCounted] = MOVED

    def output(self, x: Shape) -> Shape:
        """The product of the axes in their place."""
        if isinstance(x, StatedMap):
            if x.features is None:
                raise ShapeError(say("How many values come in is not known: the sides of the map are not stated."))
            return (x.features,)
        if not x:
            return (1,)
        first, last = axis_of(self.start_dim, x, "start_dim"), axis_of(self.end_dim, x, "end_dim")
        if first > last:
            raise ShapeError(say("The axis `start_dim` stands behind `end_dim`."), "start_dim")
        return (*x[:first], base.product(x[first : last + 1]), *x[last + 1 :])

    def axes(self, x: Shape) -> dict[int, tuple[str, dict[str, base.Size]]]:
        """The product, written out."""
        if isinstance(x, StatedMap) or len(x) < 2:
            return {}
        first, last = axis_of(self.start_dim, x, "start_dim"), axis_of(self.end_dim, x, "end_dim")
        names = NAMES.get(len(x), tuple(f"n{k}" for k in range(1, len(x) + 1)))[first : last + 1]
        return {first: ("*".join(names), dict(zip(names, x[first : last + 1], strict=True)))} if first < last else {}

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """One operation; none where there is one axis already.  In a batch the sample's own axes are flattened."""
        own = builder.sample(x)
        first, last = axis_of(self.start_dim, own, "start_dim"), axis_of(self.end_dim, own, "end_dim")
        return (x if first == last else builder.forward(Flattening(own, first, last), (x,)),)


NAMES = {2: ("C", "L"), 3: ("C", "H", "W"), 4: ("C", "D", "H", "W")}


class Unflatten(Layer, frozen=True):
    """Unflatten: one axis, `dim`, becomes several, (C·H·W) → (C, H, W)."""

    dim: Annotated[int, CountField(None)]
    unflattened_size: Annotated[Shape, ListOf(Size, minimum=1)]

    CATEGORY: ClassVar[str] = "view"
    MACS: ClassVar[str | Nothing | NotCounted] = MOVED
    OPERATIONS: ClassVar[Operations | Nothing | NotCounted] = MOVED

    def output(self, x: Shape) -> Shape:
        """The sizes in the place of the axis."""
        axis = axis_of(self.dim, x, "dim")
        if isinstance(x, StatedMap) or base.product(self.unflattened_size) != x[axis]:
            held, size = base.size_text(x[axis]), base.shape_text(self.unflattened_size)
            raise ShapeError(
                say("{size} does not hold the {held} values of the axis.", size=size, held=held), "unflattened_size"
            )
        return (*x[:axis], *self.unflattened_size, *x[axis + 1 :])

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """The same values under another shape."""
        own = builder.sample(x)
        first = axis_of(self.dim, own, "dim")
        sides = tuple(int(str(n)) for n in self.output(own))
        return (builder.forward(Unflattening(sides, first, first + len(self.unflattened_size) - 1), (x,)),)
