"""Unfold and fold: the windows of a map as columns (im2col), and columns added up to a map again (col2im).

Source: PyTorch, torch.nn.Unfold and torch.nn.Fold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from hwsolve.graph.graph import Builder
from hwsolve.language import Message, say
from hwsolve.layers import base, window
from hwsolve.layers.base import Shape, ShapeError, StatedMap
from hwsolve.layers.cost import MOVED, NotCounted, Nothing, Operations
from hwsolve.layers.products import less
from hwsolve.layers.reached import tracks
from hwsolve.spec.fields import EachAxis, Size, SizeOrZero

if TYPE_CHECKING:
    from hwsolve.layers.axes import Frame


class Windows(window.OverMap, frozen=True, kw_only=True):
    """What both share: a window over a map."""

    kernel_size: Annotated[Shape, EachAxis(Size)]
    dilation: Annotated[Shape, EachAxis(Size)] = (1,)
    padding: Annotated[Shape, EachAxis(SizeOrZero)] = (0,)
    stride: Annotated[Shape, EachAxis(Size)] = (1,)

    ALONE: ClassVar[tuple[str, ...]] = ("kernel_size",)
    AXES: ClassVar[int] = 2

    def each_places(self, sides: Shape) -> Shape:
        """How many places the window has along each side of a map."""
        window.check_window(self.kernel_size, self.stride, self.dilation)
        each = zip(sides, self.kernel_size, self.stride, self.padding, self.dilation, strict=True)
        return tuple([window.places(n, k, s, base.total((p, p)), d) for n, k, s, p, d in each])

    def frame(self, sides: Shape) -> Frame:
        """The window's places over a map of these sides."""
        from hwsolve.layers.axes import Frame, Sliding

        settings = (self.kernel_size, self.stride, self.padding, self.dilation)
        return Frame(tuple(Sliding(*s) for s in zip(sides, self.each_places(sides), *settings, strict=True)))

    def places(self, sides: Shape) -> base.Size:
        """How many places the window has over a map of these sides."""
        return base.product(self.each_places(sides))

    def padding_met(self, sides: Shape) -> Message | None:
        """That additions in the padding count, where there are any."""
        if all(p == 0 for p in self.padding) or not self.met(sides)[0]:
            return None
        return say("what meets on the padding is added up too, and cut off behind that.")

    def met(self, sides: Shape) -> tuple[str, dict[str, base.Size]]:
        """The additions where windows over a map meet in a cell, "" for none; and the sizes in that.

        The cells of the padding are added up like others, as in a transposed convolution.
        """
        places = self.each_places(sides)
        axes, sizes = tracks(window.SIDES[2], places, self.kernel_size, self.stride, self.dilation)
        kernel = window.kernel_names(self.kernel_size)
        moved = "*".join(("channels", *kernel, *window.SIDES[2]))
        reached = "*".join(("channels", *(axis.text() for axis in axes)))
        sizes |= dict(zip(kernel, self.kernel_size, strict=True)) | dict(zip(window.SIDES[2], places, strict=True))
        return less(moved, reached) if not all(axis.apart() for axis in axes) else "", sizes


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

    def operations(self, x: Shape) -> Operations:
        """Values are copied; back, the errors of all copies of a cell are added."""
        text, _ = self.met(x[1:])
        return {"error": {"add": text}} if text else {}

    def assumption(self, x: Shape, back: bool) -> Message | None:
        """What is added beyond the map."""
        return self.padding_met(x[1:]) if back else None

    def cost_sizes(self, x: Shape) -> dict[str, base.Size]:
        """The window and its places."""
        return {"channels": x[0]} | self.met(x[1:])[1]

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """The cells of the windows, each in its row and column."""
        from hwsolve.layers.unfolding_operations import Unfolding

        own = builder.sample(x)
        return (builder.forward(Unfolding(self.frame(own[1:]), own[0]), (x,)),)


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

    def operations(self, x: Shape) -> Operations:
        """What meets in a cell is added; back, each error is copied."""
        text, _ = self.met(self.output_size)
        return {"forward": {"add": text}} if text else {}

    def assumption(self, x: Shape, back: bool) -> Message | None:
        """What is added beyond the map."""
        return self.padding_met(self.output_size)

    def cost_sizes(self, x: Shape) -> dict[str, base.Size]:
        """The window and its places."""
        return {"channels": self.output(x)[0]} | self.met(self.output_size)[1]

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """The sums of what lies on each cell."""
        from hwsolve.layers.unfolding_operations import Folding

        channels = int(str(self.output(builder.sample(x))[0]))
        return (builder.forward(Folding(self.frame(self.output_size), channels), (x,)),)
