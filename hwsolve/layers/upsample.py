"""Layers that make maps larger without parameters: upsampling, and pixel shuffle.

Source: PyTorch, torch.nn.Upsample and torch.nn.PixelShuffle; arXiv 1609.05158.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor, gcd, prod
from typing import Annotated, Any, ClassVar

from hwsolve.formula.tree import Formula, Number, Ref, call
from hwsolve.graph.graph import Builder
from hwsolve.language import Message, say
from hwsolve.layers import base
from hwsolve.layers.base import Layer, NotComputed, Shape, ShapeError, StatedMap
from hwsolve.layers.cost import MOVED, SIDES_UNKNOWN, NotCounted, Nothing, Operations
from hwsolve.layers.idle_arguments import AGAIN
from hwsolve.layers.reach_of_layer import Reading, Readings, Sampled, Window, whole
from hwsolve.spec.amounts import CONSTANTS
from hwsolve.spec.field import Field
from hwsolve.spec.fields import Choice, DecimalField, Flag, ListOf, Size, SizeField
from hwsolve.spec.nodes import Node, Scalar
from hwsolve.spec.report import Path, Report

AXES = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}
MOST_CELLS = 1_000_000  # that are followed one by one
NEAREST = ("nearest", "nearest-exact")
NEIGHBOURS = {"nearest": 1, "nearest-exact": 1, "linear": 2, "bilinear": 4, "bicubic": 16, "trilinear": 8}


class ScaleField(DecimalField):
    """A number, or a name for a whole one."""

    def __init__(self) -> None:
        super().__init__()
        self.expected = say("a number, or a name for a whole one")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """The number, or the name."""
        named = isinstance(node, Scalar) and node.text.isidentifier() and node.text not in CONSTANTS
        return SizeField().read(node, report, path) if named else super().read(node, report, path)

    def schema(self) -> dict[str, Any]:
        """Both."""
        return {"anyOf": [super().schema(), SizeField().schema()]}


class Upsample(Layer, frozen=True):
    """Upsampling to `size`, or by `scale_factor`: (C, n…) → (C, floor(n·scale_factor)…).

    `nearest` takes the cell that the start of a new one lies in, `nearest-exact` the one that its middle lies in.
    """

    size: Annotated[Shape, ListOf(Size, minimum=1, single=True)] | None = None
    scale_factor: Annotated[tuple[Formula, ...], ListOf(ScaleField(), minimum=1, single=True)] | None = None
    mode: Annotated[str, Choice(*NEIGHBOURS)] = "nearest"
    align_corners: Flag = False

    IDLE: ClassVar[dict[str, Field]] = AGAIN
    CATEGORY: ClassVar[str] = "interpolation"
    MULTIPLIES: ClassVar[Message | None] = say("interpolation (one for each neighbour of a new value)")
    COUNTED: ClassVar[Nothing] = Nothing(
        say("none where values are copied; between cells one for each neighbour of a new value ({modes}), with "
            "`macs: all`",
            modes=", ".join(f"{mode}: {n}" for mode, n in NEIGHBOURS.items() if n > 1))
    )  # fmt: skip

    def output(self, x: Shape) -> Shape:
        """(C, n…) → (C, larger n…)."""
        base.one_of(self, "size", "scale_factor")
        if self.align_corners and self.mode in NEAREST:
            message = say(
                "`{key}` is for the modes between cells, not for `{mode}`.", key="align_corners", mode=self.mode
            )
            raise ShapeError(message, "align_corners")
        if isinstance(x, StatedMap):
            return StatedMap(x[0], None)
        if len(x) < 2:
            raise ShapeError(say("Expected an input {wanted}, got {shape}.", wanted="(C, …)", shape=base.shape_text(x)))
        axes = AXES.get(self.mode, len(x) - 1)
        if axes != len(x) - 1:
            wanted, shape = base.MAPS[axes + 1], base.shape_text(x)
            raise ShapeError(
                say("`{mode}` is for an input {wanted}, got {shape}.", mode=self.mode, wanted=wanted, shape=shape),
                "mode",
            )
        given: tuple[base.Size, ...] = self.size or self.scale_factor or ()
        sizes = given * (len(x) - 1) if len(given) == 1 else given
        if len(sizes) != len(x) - 1:
            raise ShapeError(
                say("Expected one size, or one for each of {n} axes.", n=len(x) - 1),
                "size" if self.size else "scale_factor",
            )
        return (x[0], *(sizes if self.size else (scaled(n, f) for n, f in zip(x[1:], sizes, strict=True))))

    def warnings(self, x: Shape) -> list[Message]:
        """A size that makes nothing larger is often meant as a factor."""
        if self.size is None or isinstance(x, StatedMap):
            return []
        sides = list(zip(x[1:], self.output(x)[1:], strict=True))
        if any(not isinstance(n, int) or not isinstance(m, int) or m > n for n, m in sides):
            return []
        said = {"size": base.shape_text(self.size), "before": base.shape_text(x[1:])}
        return [
            say(
                "The size {size} makes no axis of {before} longer; `scale_factor` says how many times as long "
                "each becomes.",
                **said,
            )
        ]

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """Each new value is the nearest old one, or a sum of its neighbours with known weights."""
        from hwsolve.layers.moved import nearest, weighed

        sample = builder.sample(x)
        shape = tuple(int(str(n)) for n in self.output(sample))
        if prod(shape) > MOST_CELLS:
            known = {"n": f"{prod(shape):,}", "most": f"{MOST_CELLS:,}"}
            raise NotComputed(say("The map that comes out has {n} cells; by hand there are at most {most}.", **known))
        steps = self.steps(sample[1:], shape[1:])
        if self.mode in NEAREST:
            return (nearest(builder, x, shape, steps, middle=self.mode != "nearest"),)
        sides = zip(sample[1:], shape[1:], steps, strict=True)
        return (weighed(builder, x, [self.weights(int(str(n)), m, *step) for n, m, step in sides]),)

    def steps(self, before: Shape, after: Shape) -> list[tuple[int, int]]:
        """Per axis p and q, where new cells lie p/q of the old ones apart."""
        scales = self.scale_factor or ()
        scales = scales * len(before) if len(scales) == 1 else scales
        found = [(s.denominator, s.numerator) for s in scales if isinstance(s, Number)]
        sides = zip(before, after, strict=True)
        return found or [reduced(n, m) for n, m in sides if isinstance(n, int) and isinstance(m, int)]

    def reads(self, x: Shape) -> tuple[Readings, ...]:
        """Each new cell the nearest old one, or its neighbours."""
        y = self.output(x)
        pairs = list(zip(x[1:], y[1:], strict=True))
        if self.mode in NEAREST:
            scaled_by = [base.quotient(m, n) for n, m in pairs]
            if all(map(whole, scaled_by)):  # each old cell is spread over so many new ones
                return (tuple([Window(kernel=n, stride=n, spread=True) for n in scaled_by]),)
        steps = self.steps(x[1:], y[1:])
        if len(steps) < len(pairs):
            return (None,)
        around = 0 if self.mode in NEAREST else 2 if self.mode == "bicubic" else 1
        made: list[Reading] = [Sampled(p, q, around, centred=self.mode != "nearest") for p, q in steps]
        if self.align_corners:
            if not all(isinstance(n, int) and isinstance(m, int) for n, m in pairs):
                return (None,)
            ends = [(int(str(n)) - 1, int(str(m)) - 1) for n, m in pairs]
            made = [Sampled(n, m, around, centred=False) if m else Sampled(0, 1) for n, m in ends]
        return (tuple(made),)

    def weights(self, n: int, m: int, p: int, q: int) -> list[list[Fraction]]:
        """How much of each of an axis' n cells is in each of the m new ones, q for p of the old."""
        rows = []
        for k in range(m):
            at = Fraction(k * (n - 1), max(m - 1, 1)) if self.align_corners else Fraction((2 * k + 1) * p - q, 2 * q)
            at = at if self.mode == "bicubic" or self.align_corners else max(at, Fraction(0))
            row = [Fraction(0)] * n
            for u in range(-1, 3):
                cell = floor(at) + u
                row[min(max(cell, 0), n - 1)] += share(at - cell, self.mode == "bicubic")
            rows.append(row)
        return rows

    def macs(self, x: Shape) -> str | Nothing | NotCounted:
        """One for each neighbour of a new value."""
        if self.mode in NEAREST:
            return Nothing(say("no multiply-adds: values are copied"))
        return SIDES_UNKNOWN if isinstance(x, StatedMap) else "neighbours*outputs"

    def sizes(self, x: Shape) -> dict[str, base.Size]:
        """How many values come out, of how many neighbours each."""
        if isinstance(x, StatedMap):
            return {}
        return {"neighbours": NEIGHBOURS[self.mode], "outputs": base.product(self.output(x))}

    def operations(self, x: Shape) -> Operations:
        """Each new value is a sum of neighbours with known weights; back, the shares that meet in a cell are added."""
        n = NEIGHBOURS[self.mode]
        if n == 1:
            return {"error": {"add": "outputs - reached"}}
        products = f"{n}*outputs"
        forward = {"mul": products, "sum": f"{n - 1}*outputs"}
        return {"forward": forward, "error": {"mul": products, "sum": f"{products} - reached"}}

    def cost_sizes(self, x: Shape) -> dict[str, base.Size]:
        """The values that come out, and the cells that they are made of."""
        y = self.output(x)
        scales = self.scale_factor or (None,) * (len(x) - 1)
        scales = scales * (len(x) - 1) if len(scales) == 1 else scales
        sides = [self.read(n, m, s) for n, m, s in zip(x[1:], y[1:], scales, strict=True)]
        return {"outputs": base.product(y), "reached": base.product((x[0], *sides))}

    def read(self, n: base.Size, m: base.Size, scale: base.Size | None) -> base.Size:
        """How many of an axis' n cells the m new ones are made of."""
        up = n == m or (isinstance(n, int) and isinstance(m, int) and n <= m)
        up = up or isinstance(scale, Ref)
        up = up or (isinstance(scale, Number) and scale.numerator >= scale.denominator)
        if self.mode in NEAREST and scale is None:
            return m if not up and isinstance(n, int) and isinstance(m, int) else n if up else call("min", n, m)
        if self.mode in NEAREST and isinstance(scale, Number):
            if not up or scale.denominator == 1:
                return n if up else m
            last, twice = (m - 1, 1) if self.mode == "nearest" else (2 * m - 1, 2)  # half a cell further to its middle
            return base.total((base.floor_quotient(last * scale.denominator, twice * scale.numerator), 1))
        if (up and n == 1) or (up and not (self.align_corners and m == 1)):
            return n
        if not isinstance(n, int) or not isinstance(m, int) or m > MOST_CELLS:
            raise ShapeError(say("Additions are counted here where the sizes are numbers, or the map grows."))
        return len({cell for k in range(m) for cell in self.neighbours(k, n, m, scale)})

    def neighbours(self, k: int, n: int, m: int, scale: base.Size | None) -> list[int]:
        """The cells, from 0, that the new cell k is made of; what lies outside is the cell at the edge."""
        around = range(-1, 3) if self.mode == "bicubic" else range(2)
        if self.align_corners:
            at = k * (n - 1) // (m - 1) if m > 1 else 0
        else:
            p, q = (scale.denominator, scale.numerator) if isinstance(scale, Number) else (n, m)
            at = ((2 * k + 1) * p - q) // (2 * q)  # (k + 1/2)·p/q − 1/2
        return [min(max(at + u, 0), n - 1) for u in around]


def share(apart: Fraction, cubic: bool) -> Fraction:
    """The weight of a cell so far from a new one: 1 − d, or R. Keys' cubic (1981) with a = −3/4."""
    d, a = abs(apart), Fraction(-3, 4)
    if not cubic:
        return max(1 - d, Fraction(0))
    if d <= 1:
        return (a + 2) * d**3 - (a + 3) * d**2 + 1
    return a * (d**3 - 5 * d**2 + 8 * d - 4) if d < 2 else Fraction(0)


def reduced(n: int, m: int) -> tuple[int, int]:
    """A ratio in lowest terms."""
    common = gcd(n, m)
    return n // common, m // common


def scaled(n: base.Size, factor: base.Size) -> base.Size:
    """floor(n·factor)."""
    if isinstance(n, int) and isinstance(factor, Number):
        if n * factor.numerator < factor.denominator:
            raise ShapeError(say("Nothing is left of an axis of {n}.", n=n), "scale_factor")
        return n * factor.numerator // factor.denominator
    if isinstance(factor, Number):
        return base.floor_quotient(base.product((n, factor.numerator)), factor.denominator)
    if isinstance(factor, Ref):
        return base.simplified(base.product((n, factor)))
    raise ShapeError(say("Expected a decimal or a fraction."), "scale_factor")


class PixelShuffle(Layer, frozen=True):
    """Pixel shuffle: r² channels become a map r times as high and wide, (C·r², H, W) → (C, H·r, W·r)."""

    upscale_factor: Size

    KEEPS: ClassVar[str] = ""  # values are moved
    MACS: ClassVar[str | Nothing | NotCounted] = MOVED
    OPERATIONS: ClassVar[Operations | Nothing | NotCounted] = MOVED

    def output(self, x: Shape) -> Shape:
        """(C·r², H, W) → (C, H·r, W·r)."""
        r = self.upscale_factor
        base.positive("upscale_factor", r)
        if isinstance(x, StatedMap):
            return StatedMap(base.quotient(x[0], base.product((r, r))), x.features)
        base.need_rank(x, 3)
        channels = base.quotient(x[0], base.product((r, r)))
        if not base.is_whole(channels):
            raise ShapeError(say("{n} channels can't be split into {r}·{r} parts.", n=x[0], r=r), "upscale_factor")
        return (channels, base.product((x[1], r)), base.product((x[2], r)))

    def reads(self, x: Shape) -> tuple[Readings, ...]:
        """Each square of r × r cells reads one."""
        r = self.upscale_factor
        return ((Window(kernel=r, stride=r, spread=True),) * 2,)

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """The same values in other places."""
        from hwsolve.layers.moved import shuffled

        shape = tuple(int(str(n)) for n in self.output(builder.sample(x)))
        return (shuffled(builder, x, shape, int(str(self.upscale_factor))),)
