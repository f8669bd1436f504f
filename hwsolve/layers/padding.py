"""Layers that add cells around a map, or cut them off.

Source: PyTorch, torch.nn.ZeroPad2d, ConstantPad2d, ReflectionPad2d, ReplicationPad2d and CircularPad2d, and their forms
in 1 and 3 axes; torchvision.transforms.CenterCrop.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.formula.tree import Number
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.graph import Builder
from hwsolve.language import Message, say
from hwsolve.layers import base, window
from hwsolve.layers.base import NotComputed, Shape, ShapeError, StatedMap
from hwsolve.layers.cost import MOVED, NotCounted, Nothing, Operations
from hwsolve.layers.meanings import ARGUMENTS
from hwsolve.layers.reach_of_layer import Readings, Window
from hwsolve.spec.fields import CountField, Decimal, EachAxis, ListOf, Size, SizeField

AROUND = say("cells on each side, or for each end of each axis, the last axis first: left, right, top, bottom")


class Around(window.OverMap, frozen=True):
    """What layers share that add or cut off cells at the ends of the axes of a map."""

    CATEGORY: ClassVar[str] = "view"
    MACS: ClassVar[str | Nothing | NotCounted] = MOVED

    def ends(self, x: Shape) -> list[tuple[Any, Any]]:
        """Per axis of the map the cells that are added in front and behind."""
        raise NotImplementedError

    def output(self, x: Shape) -> Shape:
        """(C, n…) → (C, n + before + behind …)."""
        window.check_map(x, self.AXES)
        if isinstance(x, StatedMap):
            return StatedMap(x[0], None)
        sides = [base.simplified(base.total((n, *ends))) for n, ends in zip(x[1:], self.ends(x), strict=True)]
        for side in sides:
            if isinstance(side, int) and side < 1:
                raise ShapeError(say("Nothing is left of an axis: its side would be {side}.", side=side))
        return (x[0], *sides)

    def axes(self, x: Shape) -> dict[int, tuple[str, dict[str, base.Size]]]:
        """The sum of the old side and what is added."""
        if isinstance(x, StatedMap):
            return {}
        names = window.AXES[self.AXES]
        return {
            k: (f"{name}_in + before + behind", {f"{name}_in": n, "before": before, "behind": behind})
            for k, (name, n, (before, behind)) in enumerate(zip(names, x[1:], self.ends(x), strict=True), 1)
        }

    def reads(self, x: Shape) -> tuple[Readings, ...]:
        """Each cell that so many cells in front have moved."""
        return (tuple([Window(padding=before) for before, _ in self.ends(x)]),)

    def numbers(self, builder: Builder, x: str) -> list[tuple[int, int]]:
        """The ends of a map in a graph."""
        return [(int(str(a)), int(str(b))) for a, b in self.ends(builder.sample(x))]


class Pad(Around, frozen=True):
    """What layers that add cells around a map share."""

    padding: Annotated[Shape, ListOf(SizeField(None), minimum=1, single=True)]

    OPERATIONS: ClassVar[Operations | Nothing | NotCounted] = MOVED
    MEANINGS: ClassVar[dict[str, Message]] = ARGUMENTS | {"padding": AROUND}
    FILLED: ClassVar[str] = "zeros"

    @classmethod
    def for_axes(cls, value: Any) -> Any:
        """A single number holds for both ends of all axes."""
        return value * (2 * cls.AXES) if type(value) is tuple and len(value) == 1 else value

    def ends(self, x: Shape) -> list[tuple[Any, Any]]:
        """Per axis of the map; PyTorch states the last axis first."""
        given = self.padding
        if len(given) != 2 * self.AXES:
            raise ShapeError(say("Expected one number, or {n}: two for each axis.", n=2 * self.AXES), "padding")
        return [(given[2 * k], given[2 * k + 1]) for k in range(self.AXES - 1, -1, -1)]

    def output(self, x: Shape) -> Shape:
        """A reflection or the other end can't be longer than the map."""
        y = super().output(x)
        window.check_copies(x, self.ends(x), self.FILLED)
        return y

    def operations(self, x: Shape) -> Operations | Nothing | NotCounted:
        """None forward; back, the gradients of copies are added to that of their original."""
        copies = self.FILLED in ("reflect", "replicate", "circular")
        return {"error": {"add": "outputs - values"}} if copies else self.OPERATIONS

    def cost_sizes(self, x: Shape) -> dict[str, base.Size]:
        """The values that come in and out."""
        return {"values": base.product(x), "outputs": base.product(self.output(x))}

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """Copies of cells are the map's own."""
        from hwsolve.layers.moved import padded

        ends = self.numbers(builder, x)
        if self.FILLED == "zeros":
            return (self.filled(builder, x, ends),)
        if any(end < 0 for pair in ends for end in pair):
            raise NotComputed(say("`{layer}` is computed by hand where no cells are cut off.", layer=builder.path))
        return (padded(builder, x, ends, self.FILLED, port=0),)

    def filled(self, builder: Builder, x: str, ends: list[tuple[int, int]]) -> str:
        """The cells of x where they are, and one number around them."""
        own = builder.sample(x)
        shape = tuple(int(str(n)) for n in self.output(own))
        letters = ("k", "i", "j", "l")[: len(own)]
        places = [f"{i} - {before}" for i, (before, _) in zip(letters[1:], ends, strict=True)]
        inside = f"x[{','.join(('k', *places))}]"
        for i, n, (before, _) in zip(letters[1:], own[1:], ends, strict=True):
            inside = f"if({i} > {before}, if({i} <= {n + before}, {inside}, v), v)"
        operation = ByFormula(inside, ("x", "v"), ("x",), letters, shape, constants=(1,))
        return builder.forward(operation, (x, builder.constant(getattr(self, "value", Number(0)))))


class Zeros(Pad, frozen=True):
    """Padding with zeros."""


class Constants(Pad, frozen=True):
    """Padding with one number."""

    value: Decimal = Number(0)

    MEANINGS: ClassVar[dict[str, Message]] = {"value": say("the number in the cells that are added")}


class Reflected(Pad, frozen=True):
    """Padding with the cells next to the edge, the nearest first."""

    FILLED: ClassVar[str] = "reflect"


class Replicated(Pad, frozen=True):
    """Padding with the cells at the edge."""

    FILLED: ClassVar[str] = "replicate"


class Circular(Pad, frozen=True):
    """Padding with the cells at the other end."""

    FILLED: ClassVar[str] = "circular"


class ZeroPad1d(Zeros, frozen=True):
    """Padding of a sequence with zeros: (C, L) → (C, L + before + behind)."""

    AXES: ClassVar[int] = 1


class ZeroPad2d(Zeros, frozen=True):
    """Padding of a map with zeros: (C, H, W) → (C, H + …, W + …)."""

    AXES: ClassVar[int] = 2


class ZeroPad3d(Zeros, frozen=True):
    """Padding of a volume with zeros: (C, D, H, W) → (C, D + …, H + …, W + …)."""

    AXES: ClassVar[int] = 3


class ConstantPad1d(Constants, frozen=True):
    """Padding of a sequence with one number, `value`: (C, L) → (C, L + before + behind)."""

    AXES: ClassVar[int] = 1


class ConstantPad2d(Constants, frozen=True):
    """Padding of a map with one number, `value`: (C, H, W) → (C, H + …, W + …)."""

    AXES: ClassVar[int] = 2


class ConstantPad3d(Constants, frozen=True):
    """Padding of a volume with one number, `value`: (C, D, H, W) → (C, D + …, H + …, W + …)."""

    AXES: ClassVar[int] = 3


class ReflectionPad1d(Reflected, frozen=True):
    """Padding of a sequence with reflected cells: (C, L) → (C, L + before + behind)."""

    AXES: ClassVar[int] = 1


class ReflectionPad2d(Reflected, frozen=True):
    """Padding of a map with reflected cells: (C, H, W) → (C, H + …, W + …)."""

    AXES: ClassVar[int] = 2


class ReflectionPad3d(Reflected, frozen=True):
    """Padding of a volume with reflected cells: (C, D, H, W) → (C, D + …, H + …, W + …)."""

    AXES: ClassVar[int] = 3


class ReplicationPad1d(Replicated, frozen=True):
    """Padding of a sequence with the cells at the edge: (C, L) → (C, L + before + behind)."""

    AXES: ClassVar[int] = 1


class ReplicationPad2d(Replicated, frozen=True):
    """Padding of a map with the cells at the edge: (C, H, W) → (C, H + …, W + …)."""

    AXES: ClassVar[int] = 2


class ReplicationPad3d(Replicated, frozen=True):
    """Padding of a volume with the cells at the edge: (C, D, H, W) → (C, D + …, H + …, W + …)."""

    AXES: ClassVar[int] = 3


class CircularPad1d(Circular, frozen=True):
    """Padding of a sequence with the cells at the other end: (C, L) → (C, L + before + behind)."""

    AXES: ClassVar[int] = 1


class CircularPad2d(Circular, frozen=True):
    """Padding of a map with the cells at the other end: (C, H, W) → (C, H + …, W + …)."""

    AXES: ClassVar[int] = 2


class CircularPad3d(Circular, frozen=True):
    """Padding of a volume with the cells at the other end: (C, D, H, W) → (C, D + …, H + …, W + …)."""

    AXES: ClassVar[int] = 3


class Crop(Around, frozen=True):
    """Crop of a map to `size`, in the middle, or by `cells` at its ends: (C, H, W) → (C, H′, W′).

    Where an odd number of cells is cut off, torchvision's rule (half, rounded to even) says how many in front.
    """

    size: Annotated[Shape | None, EachAxis(Size)] = None
    cells: Annotated[tuple[int, ...] | None, ListOf(CountField(0), minimum=1, single=True)] = None

    OPERATIONS: ClassVar[Operations | Nothing | NotCounted] = MOVED
    AXES: ClassVar[int] = 2
    MEANINGS: ClassVar[dict[str, Message]] = ARGUMENTS | {
        "cells": say("how many cells are cut off, in the order left, right, top, bottom, or one number for all"),
    }

    def ends(self, x: Shape) -> list[tuple[Any, Any]]:
        """Per axis what is cut off, as negative numbers."""
        base.one_of(self, "size", "cells")
        if self.cells is not None:
            given = self.cells * 4 if len(self.cells) == 1 else self.cells
            if len(given) != 4:
                raise ShapeError(say("Expected one number, or {n}: two for each axis.", n=4), "cells")
            return [(-given[2], -given[3]), (-given[0], -given[1])]
        found = []
        for n, m in zip(x[1:], self.size or (), strict=True):
            over = base.simplified(n - m)
            if isinstance(over, int) and over < 0:
                raise ShapeError(say("Expected at most the side of the map, {n}, got {got}.", n=n, got=m), "size")
            if not isinstance(over, int):
                found.append((0, base.simplified(m - n)))
                continue
            before = round(over / 2)
            found.append((-before, before - over))
        return found

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """The cells that are left."""
        from hwsolve.layers.moved import moved

        shape = tuple(int(str(n)) for n in self.output(builder.sample(x)))
        cells = [letter if before == 0 else f"{letter} + {-before}"
                 for letter, (before, _) in zip(("i", "j"), self.numbers(builder, x), strict=True)]  # fmt: skip
        return (moved(builder, x, shape, ["k", *cells]),)
