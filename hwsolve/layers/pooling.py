"""Pooling: each window of a channel's map gives one value; here the largest one.

y[c,p] = max over u of x[c, S(p − 1) + D(u − 1) + 1 − P].  No parameters.
With `ceil_mode` the last window must start in the map or before it.
Source: PyTorch, torch.nn.MaxPool2d.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from hwsolve.language import Message, say
from hwsolve.layers import base, window
from hwsolve.layers.base import NotComputed, Shape, ShapeError, StatedMap
from hwsolve.layers.cost import NotCounted, Nothing, Operations
from hwsolve.layers.idle_arguments import INDICES
from hwsolve.layers.reached import Track, meeting, tracks
from hwsolve.layers.stated_size import stated_size_warnings
from hwsolve.spec.field import Field
from hwsolve.spec.fields import Choice, EachAxis, Flag, OneOf, Size, SizeOrZero

if TYPE_CHECKING:
    from hwsolve.graph.graph import Builder
    from hwsolve.layers.axes import Frame
    from hwsolve.layers.pooling_operations import Pooled

COMPARED = Nothing(say("no multiply-adds: values are compared"))
MEANS = say("average pooling (one for each cell of a window)")
TOGETHER = say("the largest values of overlapping windows are taken to lie in as few cells as they can.")


class Pooling(window.OverMap, frozen=True):
    """What pooling layers share: (C, n…) → (C, places of the window …).

    `features` states how many values come out in all, in place of a window: the sides of the map are then unknown.
    """

    kernel_size: Annotated[Shape, EachAxis(Size)] | None = None
    stride: Annotated[Shape, EachAxis(Size)] | None = None
    padding: Annotated[Shape | str, OneOf(Choice("same", "valid"), EachAxis(SizeOrZero))] = (0,)
    ceil_mode: Flag = False
    features: Size | None = None

    ALONE: ClassVar[tuple[str, ...]] = ("kernel_size",)
    CATEGORY: ClassVar[str] = "pooling"

    @property
    def dilations(self) -> Shape:
        """How far apart the cells of the window lie, per axis."""
        return (1,) * self.AXES

    @property
    def strides(self) -> Shape:
        """The stride per axis; none is that of the kernel."""
        return self.stride or self.kernel_size or ()

    @property
    def strides_over(self) -> bool:
        """Whether the map has as many places as strides, as in Keras."""
        return self.padding == "same"

    def pads(self, x: Shape) -> Shape:
        """The padding in front of each axis."""
        if self.strides_over and not isinstance(x, StatedMap):
            sides = zip(x[1:], self.kernel_size or (), self.strides, self.dilations, strict=True)
            return tuple(window.same_pads(*side)[0] for side in sides)
        return (0,) * self.AXES if isinstance(self.padding, str) else self.padding

    def output(self, x: Shape) -> Shape:
        """(C, n…) → (C, floor((n + 2P − D(K − 1) − 1)/S) + 1 …)."""
        window.check_map(x, self.AXES)
        if self.features is not None:
            return self.stated(x)
        if self.kernel_size is None:
            raise ShapeError(say("`kernel_size` is missing: the window, or `features`, what comes out in all."))
        self.check(self.kernel_size, self.pads(x))
        if self.strides_over and not isinstance(x, StatedMap):
            return (x[0], *(window.same_places(n, s) for n, s in zip(x[1:], self.strides, strict=True)))
        if isinstance(x, StatedMap):
            return StatedMap(x[0], None)
        settings = (x[1:], self.kernel_size, self.strides, self.pads(x), self.dilations)
        return (x[0], *(self.places(*sizes) for sizes in zip(*settings, strict=True)))

    def places(
        self, n: base.Size, kernel: base.Size, stride: base.Size, padding: base.Size, dilation: base.Size
    ) -> base.Size:
        """The places of the window along one axis."""
        if self.ceil_mode:
            return window.places_rounded_up(n, kernel, stride, padding, dilation)
        return window.places(n, kernel, stride, base.total((padding, padding)), dilation)

    def check(self, kernel: Shape, pads: Shape) -> None:
        """Refuse settings that PyTorch refuses."""
        if isinstance(self.padding, str) and self.framework != "keras":
            raise ShapeError(
                say("Pooling has no padding `{padding}` in PyTorch; `{keras}` allows it.",
                    padding=self.padding, keras="count: {framework: keras}"), "padding",
            )  # fmt: skip
        window.check_window(kernel, self.strides, self.dilations)
        for p, k in zip(pads, kernel, strict=True):
            if isinstance(p, int) and isinstance(k, int) and p > k // 2:
                message = say("Expected at most half of the window, {half}, got {p}.", half=k // 2, p=p)
                raise ShapeError(message, "padding")

    def stated(self, x: Shape) -> Shape:
        """A map of unknown sides that holds the stated number of values."""
        if self.kernel_size is not None:
            raise ShapeError(
                say("`kernel_size` and `features` can't both be given: a window decides what comes out."), "features"
            )
        held = base.values_in(x)
        if isinstance(held, int) and isinstance(self.features, int) and self.features > held:
            raise ShapeError(
                say("Pooling can't make {held} values into {more}.", held=held, more=self.features), "features"
            )
        return StatedMap(x[0], self.features)

    def axes(self, x: Shape) -> dict[int, tuple[str, dict[str, base.Size]]]:
        """How many places the window has along each axis of the map."""
        if isinstance(x, StatedMap) or self.kernel_size is None:
            return {}
        if self.strides_over:
            return window.same_axes(self.AXES, x, self.strides)
        settings = (x[1:], self.kernel_size, self.strides, self.pads(x), self.dilations)
        made = window.rounded_up_formula if self.ceil_mode else window.window_formula
        axes = window.AXES[self.AXES]
        return {
            a: made(axes[a - 1], n, k, s, (p, p), d) for a, (n, k, s, p, d) in enumerate(zip(*settings, strict=True), 1)
        }

    def frame(self, x: Shape) -> Frame:
        """The window's places over a map `x`."""
        from hwsolve.layers.axes import Frame, Sliding

        if self.kernel_size is None:
            raise NotComputed(say("A pooling layer without a window can be counted, but not computed."))
        settings = (self.kernel_size, self.strides, self.pads(x), self.dilations)
        return Frame(tuple(Sliding(*s) for s in zip(x[1:], self.output(x)[1:], *settings, strict=True)))

    def operation(self, x: Shape) -> Pooled:
        """One value for every place of the window."""
        raise NotImplementedError

    def build(self, builder: Builder, x: str, **options: Any) -> tuple[str, ...]:
        """One operation, `options` those of `build_pooled`."""
        from hwsolve.layers.pooling_operations import build_pooled

        return (build_pooled(self, builder, x, **options),)

    def sizes(self, x: Shape) -> dict[str, base.Size]:
        """The kernel's sides, the channels, and the output's sides."""
        if self.kernel_size is None or isinstance(x, StatedMap):
            return {}
        sizes = {"channels": x[0]} | dict(zip(window.kernel_names(self.kernel_size), self.kernel_size, strict=True))
        return sizes | dict(zip(window.SIDES[self.AXES], self.output(x)[1:], strict=True))

    def cost_sizes(self, x: Shape) -> dict[str, base.Size]:
        """The steps of the window too, and the fewest cells that can hold the largest values of all windows."""
        values = [self.tracks(x)[1], *(sizes for _, sizes in self.met(x))]
        return self.sizes(x) | {name: size for sizes in values for name, size in sizes.items()}

    def tracks(self, x: Shape) -> tuple[list[Track], dict[str, base.Size]]:
        """The axes of the map under the window, and the values of the names in their texts."""
        sides = window.SIDES[self.AXES]
        return tracks(sides, self.output(x)[1:], self.kernel_size or (), self.strides, self.dilations)

    def met(self, x: Shape) -> list[tuple[str, dict[str, base.Size]]]:
        """Per axis the fewest cells that hold the largest values, as a text, and the values of its names."""
        return [meeting(*axis) for axis in zip(self.tracks(x)[0], x[1:], self.pads(x), strict=True)]

    def overlaps(self, x: Shape) -> bool:
        """Whether windows may meet in a cell."""
        return not all(axis.apart() for axis in self.tracks(x)[0])

    def cells_and_outputs(self) -> tuple[str, str]:
        """The cells of a window, and the values that come out, as products."""
        sides = ("channels", *window.SIDES[self.AXES])
        return "*".join(window.kernel_names(self.kernel_size or ())), "*".join(sides)

    def warnings(self, x: Shape) -> list[Message]:
        """A stated number of values that no map of this many channels holds."""
        if not isinstance(self.features, int) or not isinstance(x[0], int) or x[0] == 0:
            return []
        return stated_size_warnings(self.features, x[0]) if self.AXES == 2 else []


class MaxPooling(Pooling, frozen=True):
    """Max pooling: the largest value of each window."""

    dilation: Annotated[Shape, EachAxis(Size)] = (1,)

    IDLE: ClassVar[dict[str, Field]] = INDICES
    MACS: ClassVar[str | Nothing | NotCounted] = COMPARED

    @property
    def dilations(self) -> Shape:
        """As given."""
        return self.dilation

    def operations(self, x: Shape) -> Operations:
        """One comparison less than cells; back, the gradients of windows with one largest cell are added there.

        How many windows share it depends on the numbers: as many as can be, as of two branches the costlier one.
        """
        cells, outputs = self.cells_and_outputs()
        fewest = "*".join(text for text, _ in self.met(x))
        error = {"add": f"{outputs} - channels*{fewest}"} if self.overlaps(x) else {}
        return {"forward": {"cmp": f"({cells} - 1)*{outputs}"}, "error": error}

    def assumption(self, x: Shape, back: bool) -> Message | None:
        """Where the largest values of windows are."""
        return TOGETHER if back and self.overlaps(x) else None

    def operation(self, x: Shape) -> Pooled:
        """The maximum of every window; of equal ones the first, as PyTorch takes it."""
        from hwsolve.layers.pooling_operations import Maximum

        frame = self.frame(x)
        if any(set(row) == {-1} for axis in frame.axes if axis.is_known() for row in axis.cells()):
            raise NotComputed(say("A window lies in the padding alone: it has no maximum."))
        return Maximum(frame, border=self.ceil_mode or any(p != 0 for p in self.pads(x)))


class MaxPool1d(MaxPooling, frozen=True):
    """Max pooling of a sequence: (C, L) → (C, L'); the largest value of each window."""

    AXES: ClassVar[int] = 1


class MaxPool2d(MaxPooling, frozen=True):
    """Max pooling of a map: (C, H, W) → (C, H', W'); the largest value of each window."""

    AXES: ClassVar[int] = 2


class MaxPool3d(MaxPooling, frozen=True):
    """Max pooling of a volume: (C, D, H, W) → (C, D', H', W'); the largest value of each window."""

    AXES: ClassVar[int] = 3
