"""Layers that make maps larger without parameters: upsampling, and pixel shuffle.

Source: PyTorch, torch.nn.Upsample and torch.nn.PixelShuffle; arXiv 1609.05158.
"""

from __future__ import annotations

from typing import Annotated

from hwsolve.formula.tree import Formula, Number
from hwsolve.language import say
from hwsolve.layers import base
from hwsolve.layers.base import Layer, Shape, ShapeError, StatedMap
from hwsolve.layers.cost import Operations
from hwsolve.spec.fields import Choice, Decimal, Flag, ListOf, Size

NEIGHBOURS = {"nearest": 1, "linear": 2, "bilinear": 4, "bicubic": 16, "trilinear": 8}


class Upsample(Layer, frozen=True):
    """Upsampling to `size`, or by `scale_factor`: (C, n…) → (C, floor(n·scale_factor)…)."""

    size: Annotated[Shape, ListOf(Size, minimum=1, single=True)] | None = None
    scale_factor: Annotated[tuple[Formula, ...], ListOf(Decimal, minimum=1, single=True)] | None = None
    mode: Annotated[str, Choice("nearest", "linear", "bilinear", "bicubic", "trilinear")] = "nearest"
    align_corners: Flag = False

    def output(self, x: Shape) -> Shape:
        """(C, n…) → (C, larger n…)."""
        if (self.size is None) == (self.scale_factor is None):
            raise ShapeError(say("One of `size` and `scale_factor` must be given."))
        if isinstance(x, StatedMap):
            return StatedMap(x[0], None)
        if len(x) < 2:
            raise ShapeError(say("Expected an input {wanted}, got {shape}.", wanted="(C, …)", shape=base.shape_text(x)))
        given: tuple[base.Size, ...] = self.size or self.scale_factor or ()
        sizes = given * (len(x) - 1) if len(given) == 1 else given
        if len(sizes) != len(x) - 1:
            raise ShapeError(
                say("Expected one size, or one for each of {n} axes.", n=len(x) - 1),
                "size" if self.size else "scale_factor",
            )
        return (x[0], *(sizes if self.size else (scaled(n, f) for n, f in zip(x[1:], sizes, strict=True))))

    def operations(self, x: Shape) -> Operations:
        """Each new value is a sum of its neighbours, with known weights; back, they share its gradient."""
        n = NEIGHBOURS[self.mode]
        if n == 1:
            return {"error": {"add": "outputs"}}
        products = f"{n}*outputs"
        return {"forward": {"mul": products, "sum": f"{n - 1}*outputs"}, "error": {"mul": products, "sum": products}}

    def cost_sizes(self, x: Shape) -> dict[str, base.Size]:
        """The values that come out."""
        return {"outputs": base.product(self.output(x))}


def scaled(n: base.Size, factor: base.Size) -> base.Size:
    """floor(n·factor)."""
    if isinstance(n, int) and isinstance(factor, Number):
        if n * factor.numerator < factor.denominator:
            raise ShapeError(say("Nothing is left of an axis of {n}.", n=n), "scale_factor")
        return n * factor.numerator // factor.denominator
    if isinstance(factor, Number):
        return base.floor_quotient(base.product((n, factor.numerator)), factor.denominator)
    raise ShapeError(say("Expected a decimal or a fraction."), "scale_factor")


class PixelShuffle(Layer, frozen=True):
    """Pixel shuffle: r² channels become a map r times as high and wide, (C·r², H, W) → (C, H·r, W·r)."""

    upscale_factor: Size

    def output(self, x: Shape) -> Shape:
        """(C·r², H, W) → (C, H·r, W·r)."""
        r = self.upscale_factor
        base.positive("upscale_factor", r)
        if isinstance(x, StatedMap):
            return StatedMap(base.quotient(x[0], base.product((r, r))), x.features)
        base.need_rank(x, (3,), "(C, H, W)")
        channels = base.quotient(x[0], base.product((r, r)))
        if not base.whole(channels):
            raise ShapeError(say("{n} channels can't be split into {r}·{r} parts.", n=x[0], r=r), "upscale_factor")
        return (channels, base.product((x[1], r)), base.product((x[2], r)))
