"""Transposed convolution: the map of gradients of a convolution, used as a layer that makes maps larger.

y[o, S(p − 1) + D(u − 1) + 1 − P] collects w[c,o,u]·x[c,p]; an axis of n becomes one of
S(n − 1) − 2P + D(K − 1) + output padding + 1.
Source: PyTorch, torch.nn.ConvTranspose1d, 2d and 3d; arXiv 1603.07285, section 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from hwsolve.formula.tree import Call, formula
from hwsolve.language import Message, say
from hwsolve.layers import base, window
from hwsolve.layers.base import Shape, ShapeError, StatedMap
from hwsolve.layers.convolution import KernelLayer
from hwsolve.layers.cost import Operations
from hwsolve.layers.parameter import ABSENT, DEFAULT, Parameter, ParameterField, ParameterSpec, owned
from hwsolve.layers.products import sums_of_products, with_bias
from hwsolve.layers.reached import Track, kept, tracks
from hwsolve.spec.fields import Choice, EachAxis, OneOf, Size, SizeOrZero

if TYPE_CHECKING:
    from hwsolve.layers.correlation import TransposedCorrelation


class TransposedConvolution(KernelLayer, frozen=True):
    """What transposed convolutions of 1, 2 and 3 axes share.

    x: (C_in, …), w: (C_in, C_out/groups, K, …), b: (C_out), y: (C_out, …).
    """

    padding: Annotated[Shape | str, OneOf(Choice("same", "valid"), EachAxis(SizeOrZero))] = (0,)
    output_padding: Annotated[Shape, EachAxis(SizeOrZero)] = (0,)
    groups: Size = 1
    bias: Annotated[ParameterSpec, ParameterField(allow_flag=True)] = DEFAULT
    dilation: Annotated[Shape, EachAxis(Size)] = (1,)
    padding_mode: Annotated[str, Choice("zeros")] = "zeros"
    weight: Annotated[ParameterSpec, ParameterField()] = DEFAULT
    in_channels: Size | None = None

    WEIGHTS: ClassVar[tuple[str, str]] = ("in*out", "in*out/groups")

    @property
    def pads(self) -> Shape:
        """The padding of each axis."""
        return tuple([p for p, _ in self.ends]) if isinstance(self.padding, str) else self.padding

    @property
    def extras(self) -> Shape:
        """The cells added on one side of each axis."""
        return tuple([extra for _, extra in self.ends]) if isinstance(self.padding, str) else self.output_padding

    @property
    def ends(self) -> list[tuple[base.Size, base.Size]]:
        """Both, where Keras finds them: with `same` S·n cells come out, with `valid` at least as many."""
        sides = zip(self.kernel_size, self.stride, self.dilation, strict=True)
        over = [base.simplified(window.reach(k, d) - s) for k, s, d in sides]
        found: list[tuple[base.Size, base.Size]] = []
        for n in over:
            if not isinstance(n, int):
                raise ShapeError(say("The window and the stride must be numbers here."), "padding")
            same = (-(-n // 2), n % 2) if self.padding == "same" else (0, 0)
            found.append(same if n >= 0 else (0, -n))
        return found

    def output(self, x: Shape) -> Shape:
        """(C_in, n…) → (C_out, S(n − 1) − 2P + D(K − 1) + output padding + 1 …)."""
        self.check(x)
        if isinstance(x, StatedMap):
            return StatedMap(self.out_channels, None)
        settings = (x[1:], self.kernel_size, self.stride, self.pads, self.dilation, self.extras)
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
        if isinstance(self.padding, str) and self.framework != "keras":
            raise ShapeError(
                say("A transposed convolution has no padding `{padding}` in PyTorch; `{keras}` allows it.",
                    padding=self.padding, keras="count: {framework: keras}"), "padding",
            )  # fmt: skip
        super().check(x)
        given = () if isinstance(self.padding, str) else zip(self.extras, self.stride, self.dilation, strict=True)
        for extra, s, d in given:
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

    def places(self, x: Shape) -> Shape:
        """Those of the map that comes in: each of its cells meets the kernels of its group."""
        return x[1:]

    def assumption(self, x: Shape, back: bool) -> Message:
        """From which side the products are counted."""
        return self.counted_from(x)

    def counted_from(self, x: Shape) -> Message:
        """Why the products are so many: no condition on an index is left, as each cell that comes in is multiplied."""
        factors = (*self.kernel_size, base.quotient(self.out_channels, self.groups))
        whole = formula(base.product(factors))
        written = Call("*", tuple(map(formula, factors)))
        known = {"weights": written if isinstance(whole, Call) else Call("==", (written, whole))}
        if isinstance(self.padding, str) or any(p != 0 for p in self.pads):
            return say("each cell that comes in is multiplied by {weights} weights, whatever stride and dilation are; "
                       "what falls on the padding is cut off behind that.", **known)  # fmt: skip
        return say(
            "each cell that comes in is multiplied by {weights} weights, whatever stride and dilation are.", **known
        )

    def operations(self, x: Shape) -> Operations:
        """A convolution's error as the forward pass, and its forward pass as the error.

        The products that meet in a cell are added, and the bias where there are any; the padding is cut off behind it.
        """
        weights, sides = self.products(x)["weight"], window.SIDES[self.AXES]
        places, after = "*".join(sides), "*".join(f"{side}_out" for side in sides)
        reached = "*".join(axis.text() for axis in self.tracks(x)[0])
        operations = sums_of_products(f"{weights}*{places}", f"out*{reached}", weights, f"in*{places}")
        if self.bias is ABSENT:
            return operations
        kept = "*".join(text for text, _ in self.kept(x))
        return with_bias(operations, f"out*{kept}", f"out*{after}", self.bias)

    def tracks(self, x: Shape) -> tuple[list[Track], dict[str, base.Size]]:
        """The axes of the map that comes out, before the padding is cut off."""
        return tracks(window.SIDES[self.AXES], x[1:], self.kernel_size, self.stride, self.dilation)

    def kept(self, x: Shape) -> list[tuple[str, dict[str, base.Size]]]:
        """Per axis the cells that are reached and not cut off, as a text, and the values of its names."""
        settings = (self.tracks(x)[0], self.output(x)[1:], self.pads, self.extras)
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
        settings = (x[1:], self.kernel_size, self.stride, self.pads, self.dilation, self.extras)
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

        sizes = zip(self.output(x)[1:], x[1:], self.kernel_size, self.stride, self.pads, self.dilation, strict=True)
        return TransposedCorrelation(Frame(tuple(Sliding(*s) for s in sizes)), x[0], self.out_channels, self.groups)


class ConvTranspose1d(TransposedConvolution, frozen=True):
    """Transposed convolution of a sequence: (C_in, L) → (C_out, L')."""

    AXES: ClassVar[int] = 1


class ConvTranspose2d(TransposedConvolution, frozen=True):
    """Transposed convolution of a map: (C_in, H, W) → (C_out, H', W')."""

    AXES: ClassVar[int] = 2


class ConvTranspose3d(TransposedConvolution, frozen=True):
    """Transposed convolution of a volume: (C_in, D, H, W) → (C_out, D', H', W')."""

    AXES: ClassVar[int] = 3
