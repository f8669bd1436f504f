"""Transposed convolution: the map of gradients of a convolution, used as a layer that makes maps larger.

y[o, S(p − 1) + D(u − 1) + 1 − P] collects w[c,o,u]·x[c,p]; an axis of n becomes one of
S(n − 1) − 2P + D(K − 1) + output padding + 1.
Source: PyTorch, torch.nn.ConvTranspose1d, 2d and 3d; arXiv 1603.07285, section 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from hwsolve.language import say
from hwsolve.layers import base, window
from hwsolve.layers.base import Layer, Shape, ShapeError, StatedMap
from hwsolve.layers.cost import SIDES_UNKNOWN, NotCounted, Operations
from hwsolve.layers.parameter import ABSENT, DEFAULT, Parameter, ParameterField, ParameterSpec, owned
from hwsolve.layers.reached import Track, kept, tracks
from hwsolve.spec.fields import Choice, PerAxis, Size, SizeOrZero

if TYPE_CHECKING:
    from hwsolve.graph.graph import Builder
    from hwsolve.layers.correlation import TransposedCorrelation


class TransposedConvolution(Layer, frozen=True):
    """What transposed convolutions of 1, 2 and 3 axes share.

    x: (C_in, …), w: (C_in, C_out/groups, K, …), b: (C_out), y: (C_out, …).
    """

    out_channels: Size
    kernel_size: Shape
    stride: Shape
    padding: Shape
    output_padding: Shape
    groups: Size = 1
    bias: ParameterSpec = DEFAULT
    dilation: Shape = ()
    padding_mode: str = "zeros"
    weight: ParameterSpec = DEFAULT

    CATEGORY: ClassVar[str] = "convolution"
    GIVES: ClassVar[str] = "numbers"
    AXES: ClassVar[int]

    def output(self, x: Shape) -> Shape:
        """(C_in, n…) → (C_out, S(n − 1) − 2P + D(K − 1) + output padding + 1 …)."""
        self.check(x)
        if isinstance(x, StatedMap):
            return StatedMap(self.out_channels, None)
        settings = (x[1:], self.kernel_size, self.stride, self.padding, self.dilation, self.output_padding)
        sides = [self.side(*sizes) for sizes in zip(*settings, strict=True)]
        for side in sides:
            if isinstance(side, int) and side < 1:
                raise ShapeError(
                    say("The padding takes away the whole map: its side would be {side}.", side=side), "padding"
                )
        return (self.out_channels, *sides)

    @staticmethod
    def side(
        n: base.Size, kernel: base.Size, stride: base.Size, padding: base.Size, dilation: base.Size, extra: base.Size
    ) -> base.Size:
        """S(n − 1) − 2P + D(K − 1) + output padding + 1."""
        return base.simplified((n - 1) * stride - 2 * padding + window.reach(kernel, dilation) + extra)

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
        for extra, s, d in zip(self.output_padding, self.stride, self.dilation, strict=True):
            if isinstance(extra, int) and isinstance(s, int) and isinstance(d, int) and extra >= max(s, d):
                raise ShapeError(
                    say("Expected less than the stride or the dilation, got {extra}.", extra=extra), "output_padding"
                )

    def parameters(self, x: Shape) -> dict[str, Parameter]:
        """w: (C_in, C_out/groups, K, …), b: (C_out)."""
        shape = (x[0], base.quotient(self.out_channels, self.groups), *self.kernel_size)
        return owned(
            weight=Parameter(shape, "weight", self.weight),
            bias=Parameter((self.out_channels,), "bias", self.bias),
        )

    def sizes(self, x: Shape) -> dict[str, base.Size]:
        """Channels in and out, groups, the kernel's sides and the input's."""
        sizes = {"in": x[0], "out": self.out_channels, "groups": self.groups}
        sizes |= dict(zip(window.kernel_names(self.kernel_size), self.kernel_size, strict=True))
        if not isinstance(x, StatedMap):
            sizes |= dict(zip(window.SIDES[self.AXES], x[1:], strict=True))
        return sizes

    def texts(self, x: Shape) -> dict[str, str]:
        """kernel·kernel·in·out/groups + out."""
        weight = self.weights()
        return {"weight": weight, "bias": "out", "params": f"{weight} + out"}

    def weights(self) -> str:
        """The number of weights."""
        kernel = "*".join(window.kernel_names(self.kernel_size))
        return f"{kernel}*in*out" if self.groups == 1 else f"{kernel}*in*out/groups"

    def macs(self, x: Shape) -> str | NotCounted:
        """Every input value meets one kernel per output channel of its group."""
        if isinstance(x, StatedMap):
            return SIDES_UNKNOWN
        return f"{self.weights()}*{'*'.join(window.SIDES[self.AXES])}"

    def multiply_adds(self, x: Shape) -> base.Size | None:
        """The weights, once for each cell of the input's map."""
        if isinstance(x, StatedMap):
            return None
        weights = (x[0], base.quotient(self.out_channels, self.groups), *self.kernel_size)
        return base.product(weights + x[1:])

    def operations(self, x: Shape) -> Operations:
        """A convolution's error as the forward pass, and its forward pass as the error.

        The products that meet in a cell are added, and the bias where there are any; the padding is cut off behind it.
        """
        places = "*".join(window.SIDES[self.AXES])
        after = "*".join(f"{side}_out" for side in window.SIDES[self.AXES])
        products, weights = f"{self.weights()}*{places}", self.weights()
        axes = self.tracks(x)[0]
        operations: Operations = {
            "forward": {"mul": products, "sum": f"{products} - out*{'*'.join(axis.text() for axis in axes)}"},
            "gradient.bias": {},
            "error": {"mul": products, "sum": f"({weights}/in - 1)*in*{places}"},
            "gradient.weight": {"mul": products, "sum": f"{weights}*({places} - 1)"},
        }
        if self.bias is not ABSENT:
            kept = "*".join(text for text, _ in self.kept(x))
            operations["forward"]["sum"] += f" + out*{kept}"
            operations["gradient.bias"]["add"] = f"out*{after} - 1" if self.bias.shared else f"out*({after} - 1)"
        return operations

    def tracks(self, x: Shape) -> tuple[list[Track], dict[str, base.Size]]:
        """The axes of the map that comes out, before the padding is cut off."""
        return tracks(window.SIDES[self.AXES], x[1:], self.kernel_size, self.stride, self.dilation)

    def kept(self, x: Shape) -> list[tuple[str, dict[str, base.Size]]]:
        """Per axis the cells that are reached and not cut off, as a text, and the values of its names."""
        settings = (self.tracks(x)[0], self.output(x)[1:], self.padding, self.output_padding)
        return [kept(*axis) for axis in zip(*settings, strict=True)]

    def cost_sizes(self, x: Shape) -> dict[str, base.Size]:
        """The sides after it, the steps of the window and what is cut off too."""
        names = (f"{side}_out" for side in window.SIDES[self.AXES])
        sizes = self.sizes(x) | dict(zip(names, self.output(x)[1:], strict=True)) | self.tracks(x)[1]
        for _, values in self.kept(x) if self.bias is not ABSENT else ():
            sizes |= values
        return sizes

    def axes(self, x: Shape) -> dict[int, tuple[str, dict[str, base.Size]]]:
        """The side of the larger map, per axis."""
        if isinstance(x, StatedMap):
            return {}
        found: dict[int, tuple[str, dict[str, base.Size]]] = {}
        settings = (x[1:], self.kernel_size, self.stride, self.padding, self.dilation, self.output_padding)
        for axis, (n, k, s, p, d, extra) in enumerate(zip(*settings, strict=True), 1):
            name = f"{window.AXES[self.AXES][axis - 1]}_in"
            values = {name: n, "S": s, "P": p, "K": k}
            reach = "K"
            if d != 1:
                reach, values["D"] = "D*(K - 1) + 1", d
            text = f"({name} - 1)*S - 2*P + {reach}"
            if extra != 0:
                text, values["P_out"] = f"{text} + P_out", extra
            found[axis] = (text, values)
        return found

    def operation(self, x: Shape) -> TransposedCorrelation:
        """The transposed correlation of a map `x` with the kernels; the window slides over the output."""
        from hwsolve.layers.axes import Frame, Sliding
        from hwsolve.layers.correlation import TransposedCorrelation

        sizes = zip(self.output(x)[1:], x[1:], self.kernel_size, self.stride, self.padding, self.dilation, strict=True)
        return TransposedCorrelation(Frame(tuple(Sliding(*s) for s in sizes)), x[0], self.out_channels, self.groups)

    def build(self, builder: Builder, x: str, **options: Any) -> tuple[str, ...]:
        """One transposed correlation, its parameters named by number; `options` are those of `build_kernels`."""
        from hwsolve.layers.kernels import build_kernels

        return (build_kernels(self, builder, x, **options),)


class ConvTranspose1d(TransposedConvolution, frozen=True):
    """Transposed convolution of a sequence: (C_in, L) → (C_out, L')."""

    out_channels: Size
    kernel_size: Annotated[Shape, PerAxis(1, Size)]
    stride: Annotated[Shape, PerAxis(1, Size)] = (1,)
    padding: Annotated[Shape, PerAxis(1, SizeOrZero)] = (0,)
    output_padding: Annotated[Shape, PerAxis(1, SizeOrZero)] = (0,)
    groups: Size = 1
    bias: Annotated[ParameterSpec, ParameterField(allow_flag=True)] = DEFAULT
    dilation: Annotated[Shape, PerAxis(1, Size)] = (1,)
    padding_mode: Annotated[str, Choice("zeros")] = "zeros"
    weight: Annotated[ParameterSpec, ParameterField()] = DEFAULT

    AXES: ClassVar[int] = 1


class ConvTranspose2d(TransposedConvolution, frozen=True):
    """Transposed convolution of a map: (C_in, H, W) → (C_out, H', W')."""

    out_channels: Size
    kernel_size: Annotated[Shape, PerAxis(2, Size)]
    stride: Annotated[Shape, PerAxis(2, Size)] = (1, 1)
    padding: Annotated[Shape, PerAxis(2, SizeOrZero)] = (0, 0)
    output_padding: Annotated[Shape, PerAxis(2, SizeOrZero)] = (0, 0)
    groups: Size = 1
    bias: Annotated[ParameterSpec, ParameterField(allow_flag=True)] = DEFAULT
    dilation: Annotated[Shape, PerAxis(2, Size)] = (1, 1)
    padding_mode: Annotated[str, Choice("zeros")] = "zeros"
    weight: Annotated[ParameterSpec, ParameterField()] = DEFAULT

    AXES: ClassVar[int] = 2


class ConvTranspose3d(TransposedConvolution, frozen=True):
    """Transposed convolution of a volume: (C_in, D, H, W) → (C_out, D', H', W')."""

    out_channels: Size
    kernel_size: Annotated[Shape, PerAxis(3, Size)]
    stride: Annotated[Shape, PerAxis(3, Size)] = (1, 1, 1)
    padding: Annotated[Shape, PerAxis(3, SizeOrZero)] = (0, 0, 0)
    output_padding: Annotated[Shape, PerAxis(3, SizeOrZero)] = (0, 0, 0)
    groups: Size = 1
    bias: Annotated[ParameterSpec, ParameterField(allow_flag=True)] = DEFAULT
    dilation: Annotated[Shape, PerAxis(3, Size)] = (1, 1, 1)
    padding_mode: Annotated[str, Choice("zeros")] = "zeros"
    weight: Annotated[ParameterSpec, ParameterField()] = DEFAULT

    AXES: ClassVar[int] = 3
