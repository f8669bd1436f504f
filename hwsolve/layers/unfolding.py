"""Unfold and fold: the windows of a map as columns (im2col), and columns added up to a map again (col2im).

Source: PyTorch, torch.nn.Unfold and torch.nn.Fold.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.language import say
from hwsolve.layers import base, window
from hwsolve.layers.base import Shape, ShapeError, StatedMap
from hwsolve.layers.cost import MOVED, NotCounted, Nothing
from hwsolve.spec.fields import EachAxis, Size, SizeOrZero


class Windows(window.OverMap, frozen=True, kw_only=True):
    """What both share: a window over a map."""

    kernel_size: Annotated[Shape, EachAxis(Size)]
    dilation: Annotated[Shape, EachAxis(Size)] = (1,)
    padding: Annotated[Shape, EachAxis(SizeOrZero)] = (0,)
    stride: Annotated[Shape, EachAxis(Size)] = (1,)

    ALONE: ClassVar[tuple[str, ...]] = ("kernel_size",)
    AXES: ClassVar[int] = 2

    def places(self, sides: Shape) -> base.Size:
        """How many places the window has over a map of these sides."""
        window.check_window(self.kernel_size, self.stride, self.dilation)
        each = zip(sides, self.kernel_size, self.stride, self.padding, self.dilation, strict=True)
        return base.product([window.places(n, k, s, base.total((p, p)), d) for n, k, s, p, d in each])


class Unfold(Windows, frozen=True, kw_only=True):
    """Unfold: the windows of a map as columns, (C, H, W) → (C·K·K, places)."""

    CATEGORY: ClassVar[str] = "view"
    MACS: ClassVar[str | Nothing | NotCounted] = MOVED

    def output(self, x: Shape) -> Shape:
        """(C, H, W) → (C·K·K, places)."""
        if isinstance(x, StatedMap):
            raise ShapeError(say("Which axes come in is not known: the sides of the map are not stated."))
        base.need_rank(x, 3)
        return (base.product((x[0], *self.kernel_size)), self.places(x[1:]))


class Fold(Windows, frozen=True, kw_only=True):
    """Fold: columns are added up where their windows lie in a map of `output_size`, (C·K·K, places) → (C, H, W)."""

    output_size: Annotated[Shape, EachAxis(Size)]

    ALONE: ClassVar[tuple[str, ...]] = ("output_size",)
    KEEPS: ClassVar[str] = ""  # values are added up
    MACS: ClassVar[str | Nothing | NotCounted] = Nothing(say("no multiply-adds: numbers are added"))

    def output(self, x: Shape) -> Shape:
        """(C·K·K, places) → (C, output_size)."""
        if isinstance(x, StatedMap) or len(x) != 2:
            wanted = "(C·K·K, places)"
            raise ShapeError(say("Expected an input {wanted}, got {shape}.", wanted=wanted, shape=base.shape_text(x)))
        cells, places = base.product(self.kernel_size), self.places(self.output_size)
        channels = base.quotient(x[0], cells)
        if not base.is_whole(channels):
            n, each = base.size_text(x[0]), base.size_text(cells)
            raise ShapeError(
                say("{n} rows are no whole number of windows of {cells} cells.", n=n, cells=each), "kernel_size"
            )
        if base.simplified(places) != base.simplified(x[1]):
            wanted, got = base.size_text(places), base.size_text(x[1])
            raise ShapeError(
                say("The window has {wanted} places in this map, got {got}.", wanted=wanted, got=got), "output_size"
            )
        return (channels, *self.output_size)
