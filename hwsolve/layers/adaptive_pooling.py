"""Adaptive pooling: windows chosen so that a map of the wanted size comes out.

Cell p (from 0) of n_out pools the input's cells floor(p·n/n_out) to ceil((p + 1)·n/n_out) − 1.  No parameters.
Source: PyTorch, torch.nn.AdaptiveAvgPool2d.
"""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from hwsolve.formula.tree import Ref
from hwsolve.language import Message, say
from hwsolve.layers import base, window
from hwsolve.layers.base import Shape, ShapeError, StatedMap
from hwsolve.layers.cost import SIDES_UNKNOWN, NotCounted, Nothing, Operations
from hwsolve.layers.idle_arguments import INDICES
from hwsolve.layers.pooling import COMPARED, MEANS, TOGETHER
from hwsolve.layers.reach_of_layer import Readings, shared_out
from hwsolve.spec.fields import EachAxis, Field, SizeField
from hwsolve.spec.nodes import Node, Scalar, is_null
from hwsolve.spec.report import Path, Report

if TYPE_CHECKING:
    from hwsolve.graph.graph import Builder
    from hwsolve.layers.axes import Frame
    from hwsolve.layers.pooling_operations import Pooled

MOST_STEPS = 1_000_000  # windows that are followed one by one
NAMES = NotCounted(say("its windows are counted where the sizes are numbers"))
KEEP = -1  # stands for `null`: that axis stays as it is


class SideField(Field):
    """A size, or null for the size that comes in."""

    forms = (Scalar,)
    expected = SizeField().expected

    def read(self, node: Node, report: Report, path: Path) -> Any:
        return KEEP if is_null(node) else SizeField().read(node, report, path)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [SizeField().schema(), {"type": "null"}]}


def pooled_cells(n: base.Size, places: base.Size) -> base.Size:
    """The cells of all windows along an axis; overlapping ones count twice."""
    if places == 1 or places == n:
        return n
    if isinstance(n, int) and isinstance(places, int):
        return n + places - gcd(n, places)  # windows side by side share a cell, unless they meet at its edge
    if is_multiple(n, places):
        return n  # windows of one size side by side
    raise ShapeError(say("The windows can be counted where the sizes are numbers, or the output is 1."), "output_size")


def is_multiple(n: base.Size, places: base.Size) -> bool:
    """Whether it is known that one size is so many times another: 3m of 3 or of m."""
    from hwsolve.formula.simplify.polynomial import Atoms

    times = base.quotient(n, places)
    if isinstance(times, int):
        return True
    atoms = Atoms(times)
    named = all(isinstance(atom, Ref) for atom in atoms.list)
    return named and all(int(number.q) == 1 for number in atoms.value(times).to_dict().values())


def fewest_cells(n: base.Size, places: base.Size) -> base.Size:
    """The fewest cells along an axis such that every window holds one: from left to right, each as far as it can be."""
    if not isinstance(n, int) or not isinstance(places, int) or n % places == 0:
        return places  # one in each
    again = gcd(n, places)  # the windows lie alike in so many parts
    n, places = n // again, places // again
    if min(n, places) > MOST_STEPS:
        raise ShapeError(say("The map is too large to count where its windows overlap."), "output_size")
    count = p = 0
    while p < places:
        count += 1
        cell = -(-(p + 1) * n // places) - 1
        p = -(-(cell + 1) * places // n)
    return count * again


class AdaptivePooling(window.OverMap, frozen=True):
    """What adaptive pooling of 1, 2 and 3 axes shares: (C, n…) → (C, output_size…)."""

    output_size: Annotated[Shape, EachAxis(SideField())]

    ALONE: ClassVar[tuple[str, ...]] = ("output_size",)
    IDLE: ClassVar[dict[str, Field]] = INDICES
    CATEGORY: ClassVar[str] = "pooling"
    MACS: ClassVar[str | Nothing | NotCounted] = COMPARED

    def output(self, x: Shape) -> Shape:
        """(C, n…) → (C, output_size…)."""
        window.check_map(x, self.AXES)
        for side in self.output_size:
            if side != KEEP:
                base.positive("output_size", side)
        if isinstance(x, StatedMap):
            kept = any(side == KEEP for side in self.output_size)
            return StatedMap(x[0], None) if kept else (x[0], *self.output_size)
        return (x[0], *(n if side == KEEP else side for n, side in zip(x[1:], self.output_size, strict=True)))

    def reads(self, x: Shape) -> tuple[Readings, ...]:
        """Windows that share out the map."""
        return (shared_out(x[1:], self.output(x)[1:]),)

    def frame(self, x: Shape) -> Frame:
        """The places that share out a map `x`."""
        from hwsolve.layers.axes import Frame, SharedOut, Sliding

        pairs = list(zip(x[1:], self.output(x)[1:], strict=True))
        numbers = [(n, q) for n, q in pairs if isinstance(n, int) and isinstance(q, int) and n % q == 0]
        if len(numbers) == len(pairs):  # windows of one size, side by side
            return Frame(tuple(Sliding(n, q, n // q, n // q) for n, q in numbers))
        return Frame(tuple(SharedOut(n, q) for n, q in pairs))

    def operations(self, x: Shape) -> Operations | NotCounted:
        """One comparison less than cells; back, the gradients of windows with one largest cell are added there."""
        if not self.known(x):
            return NAMES
        return {"forward": {"cmp": "cells - outputs"}, "error": {"add": "outputs - fewest"} if self.overlaps(x) else {}}

    def known(self, x: Shape) -> bool:
        """Whether it is known how many cells the windows have."""
        try:
            self.cells(x)
        except ShapeError:
            return False
        return True

    def cost_sizes(self, x: Shape) -> dict[str, base.Size]:
        """The output values, the cells of all their windows, and the fewest cells that hold every maximum."""
        if not self.known(x):
            return {}
        fewest = [fewest_cells(n, q) for n, q in zip(x[1:], self.output(x)[1:], strict=True)]
        return self.cells(x) | {"fewest": base.product((x[0], *fewest))}

    def cells(self, x: Shape) -> dict[str, base.Size]:
        """The values before and after, and the cells of all windows."""
        sides = [pooled_cells(n, q) for n, q in zip(x[1:], self.output(x)[1:], strict=True)]
        values = {"inputs": base.product(x), "outputs": base.product(self.output(x))}
        return values | {"cells": base.product((x[0], *sides))}

    def overlaps(self, x: Shape) -> bool:
        """Whether a cell lies in two windows."""
        return any(pooled_cells(n, q) != n for n, q in zip(x[1:], self.output(x)[1:], strict=True))

    def assumption(self, x: Shape, back: bool) -> Message | None:
        """Where the largest values of windows are."""
        return TOGETHER if back and self.known(x) and self.overlaps(x) else None

    def operation(self, x: Shape) -> Pooled:
        """The largest value of every place; of equal ones the first, as PyTorch takes it."""
        from hwsolve.layers.pooling_operations import Maximum

        return Maximum(self.frame(x))

    def build(self, builder: Builder, x: str, **options: Any) -> tuple[str, ...]:
        """One operation, `options` those of `build_pooled`."""
        from hwsolve.layers.pooling_operations import build_pooled

        return (build_pooled(self, builder, x, **options),)


class AdaptiveAveragePooling(AdaptivePooling, frozen=True):
    """Adaptive average pooling; to 1×1 it is global average pooling."""

    MULTIPLIES: ClassVar[Message | None] = MEANS

    def operations(self, x: Shape) -> Operations | NotCounted:
        """A sum and a division; back, each gradient is divided, and the shares that meet in a cell are added."""
        if not self.known(x):
            return NAMES
        forward = {"add": "cells - outputs", "div": "outputs"}
        return {"forward": forward, "error": {"div": "outputs", "add": "cells - inputs"}}

    def cost_sizes(self, x: Shape) -> dict[str, base.Size]:
        """The values before and after, and the cells of all windows."""
        return self.cells(x) if self.known(x) else {}

    def assumption(self, x: Shape, back: bool) -> Message | None:
        """None: a mean goes back to all cells of its window."""
        return None

    def operation(self, x: Shape) -> Pooled:
        """The mean of every place."""
        from hwsolve.layers.pooling_operations import Mean

        return Mean(self.frame(x))

    def sizes(self, x: Shape) -> dict[str, base.Size]:
        """The values of the input, and the cells of all windows where they are known."""
        values = base.values_in(x)
        if values is None or isinstance(self.macs(x), NotCounted):
            return {}
        return {"inputs": values} if all(side == 1 for side in self.output_size) else self.cells(x)

    def macs(self, x: Shape) -> str | NotCounted:
        """Every cell of every window is added once: every input value, where the map becomes one cell."""
        if all(side == 1 for side in self.output_size):
            return SIDES_UNKNOWN if base.values_in(x) is None else "inputs"
        if isinstance(x, StatedMap):
            return SIDES_UNKNOWN
        return "cells" if self.known(x) else NAMES


class AdaptiveAvgPool1d(AdaptiveAveragePooling, frozen=True):
    """Adaptive average pooling of a sequence: (C, L) → (C, L'), to `output_size`."""

    AXES: ClassVar[int] = 1


class AdaptiveMaxPool1d(AdaptivePooling, frozen=True):
    """Adaptive max pooling of a sequence: (C, L) → (C, L'), to `output_size`."""

    AXES: ClassVar[int] = 1


class AdaptiveAvgPool2d(AdaptiveAveragePooling, frozen=True):
    """Adaptive average pooling of a map: (C, H, W) → (C, H', W'), to `output_size`."""

    AXES: ClassVar[int] = 2


class AdaptiveMaxPool2d(AdaptivePooling, frozen=True):
    """Adaptive max pooling of a map: (C, H, W) → (C, H', W'), to `output_size`."""

    AXES: ClassVar[int] = 2


class AdaptiveAvgPool3d(AdaptiveAveragePooling, frozen=True):
    """Adaptive average pooling of a volume: (C, D, H, W) → (C, D', H', W'), to `output_size`."""

    AXES: ClassVar[int] = 3


class AdaptiveMaxPool3d(AdaptivePooling, frozen=True):
    """Adaptive max pooling of a volume: (C, D, H, W) → (C, D', H', W'), to `output_size`."""

    AXES: ClassVar[int] = 3
