"""Layers that show the same values in other places: axes in another order, one place of an axis, another shape.

Axes are counted as in PyTorch, where the batch is axis 0.
Source: PyTorch, torch.permute, torch.select, torch.reshape, torch.nn.ChannelShuffle and torch.nn.PixelUnshuffle.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.graph.graph import Builder
from hwsolve.language import Message, say
from hwsolve.layers import base
from hwsolve.layers.base import Layer, Shape, ShapeError, StatedMap
from hwsolve.layers.cost import MOVED, NotCounted, Nothing, Operations
from hwsolve.layers.dimension import axis_of
from hwsolve.layers.meanings import ARGUMENTS
from hwsolve.layers.reach_of_layer import Readings, Window
from hwsolve.spec.fields import CountField, ListOf, Size, SizeField

LETTERS = ("k", "i", "j", "l", "q")


class Moving(Layer, frozen=True):
    """What layers that only move values share."""

    CATEGORY: ClassVar[str] = "view"
    PART: ClassVar[bool] = False  # whether what comes out is a part of what comes in
    MACS: ClassVar[str | Nothing | NotCounted] = MOVED
    OPERATIONS: ClassVar[Operations | Nothing | NotCounted] = MOVED

    def from_places(self, builder: Builder, x: str, indices: list[str]) -> tuple[str, ...]:
        """What has at (k, i, …) the element of x at the indices."""
        from hwsolve.layers.moved import moved

        shape = tuple(int(str(n)) for n in self.output(builder.sample(x)))
        return (moved(builder, x, shape, indices),)


class Permute(Moving, frozen=True):
    """Permute: axes in another order, `permute: [2, 1]` is (T, d) → (d, T); the batch, axis 0, stays in front."""

    dims: Annotated[tuple[int, ...], ListOf(CountField(None), minimum=1)]

    MEANINGS: ClassVar[dict[str, Message]] = ARGUMENTS | {
        "dims": say("the axes in their new order, from 1: axis 0 is the batch"),
    }

    def order(self, x: Shape) -> list[int]:
        """The axes of x, from 0, in their new order."""
        own = self.dims[1:] if self.dims[0] == 0 and len(self.dims) > 1 else self.dims
        found = [axis_of(dim, x, "dims") for dim in own]
        if sorted(found) != list(range(len(x))):
            raise ShapeError(say("Expected each of the {n} axes once.", n=len(x)), "dims")
        return found

    def output(self, x: Shape) -> Shape:
        """The same sizes in another order."""
        return tuple([x[axis] for axis in self.order(x)])

    def reads(self, x: Shape) -> tuple[Readings, ...]:
        """Nothing that is known by axes, unless they stay."""
        order = self.order(x)
        return ((Window(),) * (len(x) - 1) if order == sorted(order) else None,)

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """The same values."""
        order = self.order(builder.sample(x))
        return self.from_places(builder, x, [LETTERS[order.index(axis)] for axis in range(len(order))])


class Select(Moving, frozen=True):
    """Select: one place of an axis, `select: {dim: 1, index: 1}` is (T, d) → (d); the first place is 1."""

    dim: Annotated[int, CountField(None)] = 1
    index: Annotated[int, CountField(None)] = 1

    PART: ClassVar[bool] = True
    MEANINGS: ClassVar[dict[str, Message]] = ARGUMENTS | {
        "index": say("the place, from 1; −1 is the last (torch.select counts from 0)"),
    }

    def output(self, x: Shape) -> Shape:
        """Without the axis."""
        axis = axis_of(self.dim, x)
        n = x[axis]
        if self.index == 0 or (isinstance(n, int) and abs(self.index) > n):
            raise ShapeError(say("Places of this axis are {one} to {n}.", one=1, n=base.size_text(n)), "index")
        return (*x[:axis], *x[axis + 1 :])

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """The place."""
        own = builder.sample(x)
        axis = axis_of(self.dim, own)
        place = self.index if self.index > 0 else own[axis] + 1 + self.index
        rest = list(LETTERS[: len(own) - 1])
        return self.from_places(builder, x, [*rest[:axis], str(place), *rest[axis:]])


class Reshape(Moving, frozen=True):
    """Reshape: the same values, in their order, under another shape; one size may be −1, what is left."""

    shape: Annotated[Shape, ListOf(SizeField(-1), minimum=1, single=True)]

    MEANINGS: ClassVar[dict[str, Message]] = ARGUMENTS | {
        "shape": say("the new sizes, without the batch; −1 is what is left"),
    }

    def output(self, x: Shape) -> Shape:
        """The sizes that are stated."""
        held = base.values_in(x)
        if self.shape.count(-1) > 1:
            raise ShapeError(say("Only one size can be what is left."), "shape")
        for n in self.shape:
            if n != -1:
                base.positive("shape", n)
        stated = [n for n in self.shape if n != -1]
        left = 1 if held is None else base.quotient(held, base.product(stated))
        if held is None or not base.is_whole(left) or (len(stated) == len(self.shape) and left != 1):
            got, wanted = base.size_text(held), base.shape_text(tuple(stated))
            raise ShapeError(
                say("{size} does not hold the {held} values that come in.", size=wanted, held=got), "shape"
            )
        return tuple([left if n == -1 else n for n in self.shape])

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """As a row, and from there."""
        from hwsolve.layers.reshape import Flattening, Unflattening

        own = builder.sample(x)
        sides = tuple(int(str(n)) for n in self.output(own))
        if own == sides:
            return (x,)
        row = builder.forward(Flattening(own, 0, len(own) - 1), (x,), port=0 if len(sides) == 1 else -1)
        row = x if len(own) == 1 else row
        return (builder.forward(Unflattening(sides, 0, len(sides) - 1), (row,)) if len(sides) > 1 else row,)


class ChannelShuffle(Moving, frozen=True):
    """Channel shuffle: channels of different groups come to stand behind each other; keeps the shape (C, …)."""

    groups: Size

    def output(self, x: Shape) -> Shape:
        """The same shape."""
        base.positive("groups", self.groups)
        if not base.is_whole(base.quotient(x[0], self.groups)):
            n, groups = base.size_text(x[0]), base.size_text(self.groups)
            raise ShapeError(say("{n} channels can't be split into {groups} groups.", n=n, groups=groups), "groups")
        return x

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """y[k] is the channel of group ((k − 1) mod G) + 1 at its place ⌊(k − 1)/G⌋ + 1."""
        own, groups = builder.sample(x), int(str(self.groups))
        each = own[0] // groups
        group = f"(k - 1 - {groups}*floor((k - 1)/{groups}))"
        place = f"{each}*{group} + floor((k - 1)/{groups}) + 1"
        return self.from_places(builder, x, ["k" if 1 in (groups, each) else place, *LETTERS[1 : len(own)]])


class PixelUnshuffle(Moving, frozen=True):
    """Pixel unshuffle: each r × r square of cells becomes r² channels, (C, H·r, W·r) → (C·r², H, W)."""

    downscale_factor: Size

    MEANINGS: ClassVar[dict[str, Message]] = ARGUMENTS | {
        "downscale_factor": say("how many times as low and narrow the map becomes"),
    }

    def output(self, x: Shape) -> Shape:
        """(C, H·r, W·r) → (C·r², H, W)."""
        r = self.downscale_factor
        base.positive("downscale_factor", r)
        channels = base.product((x[0], r, r))
        if isinstance(x, StatedMap):
            return StatedMap(channels, x.features)
        base.need_rank(x, 3)
        sides = [base.quotient(n, r) for n in x[1:]]
        if not all(map(base.is_whole, sides)):
            map_of, by = base.shape_text(x[1:]), base.size_text(r)
            raise ShapeError(say("A map of {sides} can't be split into squares of {r}.", sides=map_of, r=by),
                             "downscale_factor")  # fmt: skip
        return (channels, *sides)

    def reads(self, x: Shape) -> tuple[Readings, ...]:
        """Each cell reads a square of r × r."""
        r = self.downscale_factor
        return ((Window(kernel=r, stride=r),) * 2,)

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """The same values in other places."""
        r = int(str(self.downscale_factor))
        if r == 1:
            return self.from_places(builder, x, list(LETTERS[:3]))
        rest = f"(k - 1 - {r * r}*floor((k - 1)/{r * r}))"
        row, column = f"floor({rest}/{r})", f"({rest} - {r}*floor({rest}/{r}))"
        return self.from_places(
            builder, x, [f"floor((k - 1)/{r * r}) + 1", f"{r}*(i - 1) + {row} + 1", f"{r}*(j - 1) + {column} + 1"]
        )


class Narrow(Moving, frozen=True):
    """Narrow: places along an axis, `narrow: {dim: 1, start: 3, length: 2}` is (C, H, W) → (2, H, W)."""

    dim: Annotated[int, CountField(None)]
    start: Annotated[int, CountField(1)]
    length: Annotated[int, CountField(1)]
    step: Annotated[int, CountField(1)] = 1

    PART: ClassVar[bool] = True
    MEANINGS: ClassVar[dict[str, Message]] = ARGUMENTS | {
        "start": say("the first place, from 1 (torch.narrow counts from 0)"),
        "length": say("how many places"),
        "step": say("how far the places are from each other"),
    }

    def output(self, x: Shape) -> Shape:
        """The axis is `length` long."""
        axis = axis_of(self.dim, x)
        n = x[axis]
        if isinstance(n, int) and self.start + (self.length - 1) * self.step > n:
            raise ShapeError(say("Places of this axis are {one} to {n}.", one=1, n=n), "length")
        return (*x[:axis], self.length, *x[axis + 1 :])

    def reads(self, x: Shape) -> tuple[Readings, ...]:
        """Along the axis every step-th cell from the first place on."""
        axis = axis_of(self.dim, x)
        cut = Window(stride=self.step, padding=1 - self.start)
        return (tuple([cut if axis == k else Window() for k in range(1, len(x))]),)

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """The same values in other places."""
        own = builder.sample(x)
        indices = list(LETTERS[: len(own)])
        axis = axis_of(self.dim, own)
        place = indices[axis] if self.step == 1 else f"{self.step}*({indices[axis]} - 1) + 1"
        indices[axis] = f"{place} + {self.start - 1}" if self.start > 1 else place
        return self.from_places(builder, x, indices)
