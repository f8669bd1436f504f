"""Convolution layers: every output channel is a bank of kernels slid over the input's channels.

y[o,p] = b[o] + Σ over c and u of w[o,c,u]·x[c, S(p − 1) + D(u − 1) + 1 − P], a cross-correlation, along each axis.
Source: PyTorch, torch.nn.Conv1d, Conv2d and Conv3d; arXiv 1603.07285 (Dumoulin, Visin), section 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import msgspec

from hwsolve.language import Message, say
from hwsolve.layers import base, window
from hwsolve.layers.base import NotComputed, Shape, ShapeError, StatedMap
from hwsolve.layers.connections import check_connections
from hwsolve.layers.cost import NOT_COUNTED, SIDES_UNKNOWN, NotCounted, Operations
from hwsolve.layers.meanings import ARGUMENTS, DRAWN_HINTS
from hwsolve.layers.parameter import DEFAULT, Parameter, ParameterField, ParameterSpec, owned
from hwsolve.layers.products import sums_of_products, with_bias
from hwsolve.layers.reached import copied, tracks
from hwsolve.spec.fields import Choice, CountField, EachAxis, ListOf, OneOf, Size, SizeOrZero

if TYPE_CHECKING:
    from hwsolve.graph.graph import Builder
    from hwsolve.layers.correlation import Correlation


class KernelLayer(window.OverMap, frozen=True):
    """What convolutions and their transposes share: banks of kernels that slide over a map."""

    out_channels: Size
    kernel_size: Annotated[Shape, EachAxis(Size)]
    stride: Annotated[Shape, EachAxis(Size)] = (1,)
    if TYPE_CHECKING:  # their places among the arguments are PyTorch's, and differ
        dilation: Shape = ()
        groups: Size = 1
        in_channels: Size | None = None

    ALONE: ClassVar[tuple[str, ...]] = ("out_channels",)
    INCOMING: ClassVar[dict[str, tuple[int, int]]] = {"in_channels": (0, 0)}
    CATEGORY: ClassVar[str] = "convolution"
    MULTIPLIES: ClassVar[Message | None] = say("convolutions")
    GIVES: ClassVar[str] = "numbers"
    HINTS: ClassVar[dict[str, Message]] = DRAWN_HINTS
    WEIGHTS: ClassVar[tuple[str, str]]  # how many there are for each cell of a kernel, in one group and in several

    def check(self, x: Shape) -> None:
        """Refuse settings that PyTorch refuses."""
        base.positive("out_channels", self.out_channels)
        base.positive("groups", self.groups)
        window.check_window(self.kernel_size, self.stride, self.dilation)
        window.check_map(x, self.AXES)
        for count, field in ((x[0], "groups"), (self.out_channels, "out_channels")):
            if isinstance(count, int) and isinstance(self.groups, int) and count % self.groups:
                raise ShapeError(
                    say("{n} channels can't be split into {groups} groups.", n=count, groups=self.groups), field
                )

    def places(self, x: Shape) -> Shape:
        """How many places the window has along each axis."""
        raise NotImplementedError

    def sizes(self, x: Shape) -> dict[str, base.Size]:
        """Channels in and out, groups, the kernel's sides and the places of the window."""
        sizes = {"in": x[0], "out": self.out_channels, "groups": self.groups}
        sizes |= dict(zip(window.kernel_names(self.kernel_size), self.kernel_size, strict=True))
        if not isinstance(x, StatedMap):
            sizes |= dict(zip(window.SIDES[self.AXES], self.places(x), strict=True))
        return sizes

    def products(self, x: Shape) -> dict[str, str]:
        """kernel·kernel times the weights of a cell; a bias for each channel that comes out."""
        kernel = window.kernel_names(self.kernel_size)
        return {"weight": "*".join((*kernel, self.WEIGHTS[self.groups != 1])), "bias": "out"}

    def macs(self, x: Shape) -> str | NotCounted:
        """Every weight at every place of the window; unknown where the sides are."""
        if isinstance(x, StatedMap):
            return SIDES_UNKNOWN
        return "*".join((self.products(x)["weight"], *window.SIDES[self.AXES]))

    def connection_text(self, x: Shape) -> str:
        """Every weight, and the bias of every map, at each place of the window."""
        texts = self.products(x)
        both = [texts[name] for name, p in self.parameters(x).items() if not p.spec.shared]
        return "" if isinstance(x, StatedMap) else "*".join((f"({' + '.join(both)})", *window.SIDES[self.AXES]))

    def build(self, builder: Builder, x: str, **options: Any) -> tuple[str, ...]:
        """One operation, its parameters named by the layer's number; `options` are those of `build_kernels`."""
        from hwsolve.layers.kernels import build_kernels

        return (build_kernels(self, builder, x, **options),)


class Convolution(KernelLayer, frozen=True):
    """What convolutions of 1, 2 and 3 axes share.

    x: (C_in, …), w: (C_out, C_in/groups, K, …), b: (C_out), y: (C_out, …).
    """

    padding: Annotated[Shape | str, OneOf(Choice("same", "valid"), EachAxis(SizeOrZero))] = (0,)
    dilation: Annotated[Shape, EachAxis(Size)] = (1,)
    groups: Size = 1
    padding_mode: Annotated[str, Choice("zeros", "reflect", "replicate", "circular")] = "zeros"
    weight: Annotated[ParameterSpec, ParameterField()] = DEFAULT
    bias: Annotated[ParameterSpec, ParameterField(allow_flag=True)] = DEFAULT
    connections: Annotated[tuple[tuple[int, ...], ...] | None, ListOf(ListOf(CountField(1), minimum=1), minimum=1)] = (
        None
    )
    in_channels: Size | None = None

    WEIGHTS: ClassVar[tuple[str, str]] = ("in*out", "in/groups*out")
    MEANINGS: ClassVar[dict[str, Message]] = ARGUMENTS | {
        "connections": say(
            "which input channels each output channel sees, from 1, as `{form}`", form="[[1, 2], [2, 3]]"
        ),
    }

    @property
    def links(self) -> int:
        """How many pairs of an input and an output channel there are, where they are listed."""
        return sum(len(seen) for seen in self.connections or ())

    def sizes(self, x: Shape) -> dict[str, base.Size]:
        """The pairs of channels too, where they are listed."""
        return super().sizes(x) | ({"links": self.links} if self.connections else {})

    def products(self, x: Shape) -> dict[str, str]:
        """kernel·kernel times the pairs of channels that are connected."""
        if self.connections is None:
            return super().products(x)
        return {"weight": "*".join((*window.kernel_names(self.kernel_size), "links")), "bias": "out"}

    def pads(self, x: Shape) -> tuple[tuple[base.Size, base.Size], ...]:
        """The padding before and after the map, per axis.  'same' puts the odd cell behind, as PyTorch does."""
        if self.padding == "valid":
            return ((0, 0),) * self.AXES
        if self.strides_over and not isinstance(x, StatedMap):
            sides = zip(x[1:], self.kernel_size, self.stride, self.dilation, strict=True)
            return tuple(window.same_pads(*side) for side in sides)
        if not isinstance(self.padding, str):
            return tuple((p, p) for p in self.padding)
        both = [base.total((window.reach(k, d), -1)) for k, d in zip(self.kernel_size, self.dilation, strict=True)]
        halves = [base.floor_quotient(b, 2) for b in both]
        return tuple((half, base.simplified(b - half)) for b, half in zip(both, halves, strict=True))

    def output(self, x: Shape) -> Shape:
        """(C_in, n…) → (C_out, floor((n + 2P − D(K − 1) − 1)/S) + 1 …)."""
        self.check(x)
        if isinstance(x, StatedMap):
            return StatedMap(self.out_channels, self.stated(x))
        if self.strides_over:
            return (self.out_channels, *(window.same_places(n, s) for n, s in zip(x[1:], self.stride, strict=True)))
        sizes = zip(x[1:], self.kernel_size, self.stride, self.pads(x), self.dilation, strict=True)
        return (self.out_channels, *(window.places(n, k, s, base.total(p), d) for n, k, s, p, d in sizes))

    @property
    def strides_over(self) -> bool:
        """Whether the padding `same` goes with a stride, as in Keras."""
        return self.framework == "keras" and self.padding == "same" and any(s != 1 for s in self.stride)

    def stated(self, x: StatedMap) -> base.Size | None:
        """What comes out of a map whose sides are unknown: as many values per channel where the padding keeps them."""
        if x.features is None:
            return None
        pairs = zip(self.pads(x), self.kernel_size, self.dilation, strict=True)
        keeps = all(base.total(p) == base.total((window.reach(k, d), -1)) for p, k, d in pairs)
        one = base.quotient(x.features, x[0])
        if not keeps or any(s != 1 for s in self.stride) or not base.is_whole(one):
            return None
        return base.product((one, self.out_channels))

    def build(self, builder: Builder, x: str, **options: Any) -> tuple[str, ...]:
        """A padding by copies is an operation of its own in front."""
        if self.connections is not None:
            said = say("`{layer}` with `{key}` can be counted, but not yet computed by hand.",
                       layer=builder.path, key="connections")  # fmt: skip
            raise NotComputed(said)
        if not self.copies:
            return KernelLayer.build(self.inner, builder, x, **options)
        from hwsolve.layers.moved import padded

        pads = [(int(str(p)), int(str(q))) for p, q in self.pads((1, *builder.sample(x)[-self.AXES :]))]
        return KernelLayer.build(self.inner, builder, padded(builder, x, pads, self.padding_mode), **options)

    @property
    def copies(self) -> bool:
        """Whether cells around the map are copies of its own."""
        return self.padding_mode != "zeros" and self.padding not in ("valid", (0,) * self.AXES)

    @property
    def inner(self) -> Convolution:
        """The layer over the map with its padding, where the padding is copies of cells; else the layer itself."""
        if self.padding_mode == "zeros":
            return self
        return msgspec.structs.replace(self, padding=(0,) * self.AXES, padding_mode="zeros")

    def check(self, x: Shape) -> None:
        """Refuse settings that PyTorch refuses."""
        super().check(x)
        if self.padding == "same" and any(s != 1 for s in self.stride) and not self.strides_over:
            raise ShapeError(
                say("`same` padding needs a stride of 1 in PyTorch; `{keras}` allows one.",
                    keras="count: {framework: keras}"), "padding",
            )  # fmt: skip
        if self.connections is not None:
            check_connections(self.connections, self, x)
        for pair in self.pads(x):
            base.positive("padding", pair[0], 0)
        window.check_copies(x, self.pads(x), self.padding_mode)

    def parameters(self, x: Shape) -> dict[str, Parameter]:
        """w: (C_out, C_in/groups, K, …), b: (C_out)."""
        banks = (self.out_channels, base.quotient(x[0], self.groups)) if self.connections is None else (self.links,)
        shape = (*banks, *self.kernel_size)
        return owned(
            weight=Parameter(shape, "weight", self.weight),
            bias=Parameter((self.out_channels,), "bias", self.bias),
        )

    def places(self, x: Shape) -> Shape:
        """Those of the map that comes out."""
        return self.output(x)[1:]

    def operations(self, x: Shape) -> Operations | NotCounted:
        """A sum of products for each output value; its products again for the error, added in the cells they came from.

        Zeros of the padding are cells like others; a padding of copies is the map's own cells.
        """
        if self.connections is not None:
            return NOT_COUNTED
        weights, places = self.products(x)["weight"], "*".join(window.SIDES[self.AXES])
        outputs, inputs = f"out*{places}", f"in*{self.reached(x)[0]}"
        return with_bias(sums_of_products(f"{weights}*{places}", outputs, weights, inputs), outputs, outputs, self.bias)

    def cost_sizes(self, x: Shape) -> dict[str, base.Size]:
        """The steps of the window too."""
        return self.sizes(x) | self.reached(x)[1]

    def reached(self, x: Shape) -> tuple[str, dict[str, base.Size]]:
        """How many cells of one channel the windows reach, as a text, and the values of its names."""
        sides = window.SIDES[self.AXES]
        axes, values = tracks(sides, self.output(x)[1:], self.kernel_size, self.stride, self.dilation)
        if self.padding_mode == "zeros":
            return "*".join(axis.text() for axis in axes), values
        for side, n, pads, axis in zip(sides, x[1:], self.pads(x), axes, strict=True):
            values[f"{side}_reached"] = n if axis.is_dense() else copied(axis, n, pads[0], self.padding_mode)
        return "*".join(f"{side}_reached" for side in sides), values

    def axes(self, x: Shape) -> dict[int, tuple[str, dict[str, base.Size]]]:
        """How many places the window has along each axis of the map."""
        if isinstance(x, StatedMap):
            return {}
        if self.strides_over:
            return window.same_axes(self.AXES, x, self.stride)
        return {
            axis: window.window_formula(window.AXES[self.AXES][axis - 1], n, k, s, p, d)
            for axis, (n, k, s, p, d) in enumerate(
                zip(x[1:], self.kernel_size, self.stride, self.pads(x), self.dilation, strict=True), 1
            )
        }

    def operation(self, x: Shape) -> Correlation:
        """The correlation of a map `x` with the kernels, every axis written."""
        from hwsolve.layers.axes import Frame, Sliding
        from hwsolve.layers.correlation import Correlation

        before = [p for p, _ in self.pads(x)]
        sizes = zip(x[1:], self.output(x)[1:], self.kernel_size, self.stride, before, self.dilation, strict=True)
        return Correlation(Frame(tuple(Sliding(*s) for s in sizes)), x[0], self.out_channels, self.groups)


class Conv1d(Convolution, frozen=True):
    """Convolution of a sequence: (C_in, L) → (C_out, L').

    (K·…·C_in/groups + 1)·C_out parameters.  Source: PyTorch, torch.nn.Conv1d.
    """

    AXES: ClassVar[int] = 1


class Conv2d(Convolution, frozen=True):
    """Convolution of a map: (C_in, H, W) → (C_out, H', W').

    (K·…·C_in/groups + 1)·C_out parameters.  Source: PyTorch, torch.nn.Conv2d.
    """

    AXES: ClassVar[int] = 2


class Conv3d(Convolution, frozen=True):
    """Convolution of a volume: (C_in, D, H, W) → (C_out, D', H', W').

    (K·…·C_in/groups + 1)·C_out parameters.  Source: PyTorch, torch.nn.Conv3d.
    """

    AXES: ClassVar[int] = 3
