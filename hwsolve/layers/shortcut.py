"""The shortcut of a residual that owns nothing: every s-th cell of the map, and zeros for the missing channels.

y[c,p] = x[c, s(p − 1) + 1] for c ≤ C, else 0.  Source: arXiv 1512.03385 (He and others), section 3.3, option A.
"""

from __future__ import annotations

from typing import ClassVar

from hwsolve.formula.tree import Number
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.graph import Builder
from hwsolve.language import say
from hwsolve.layers.base import Layer, Shape, ShapeError, StatedMap, shape_text
from hwsolve.layers.cost import MOVED, NotCounted, Nothing, Operations
from hwsolve.layers.reach_of_layer import Readings, Window

LETTERS = ("k", "i", "j", "l")


class ZeroPad(Layer, frozen=True):
    """Shortcut without parameters: (C, H, W) → `target`, subsampled, and padded with zero channels."""

    target: Shape

    CATEGORY: ClassVar[str] = "view"
    MACS: ClassVar[str | Nothing | NotCounted] = MOVED
    OPERATIONS: ClassVar[Operations | Nothing | NotCounted] = MOVED

    def stride(self, x: Shape) -> int | None:
        """The s for which every axis of the map becomes ceil(n/s); None where there is none."""
        if x[1:] == self.target[1:]:
            return 1
        low, high = 2, max((n for n in x[1:] if isinstance(n, int)), default=1)
        for n, m in zip(x[1:], self.target[1:], strict=True):
            if not isinstance(n, int) or not isinstance(m, int) or m < 1:
                return None
            low = max(low, -(-n // m))  # n ≤ m·s
            high = min(high, (n - 1) // (m - 1)) if m > 1 else high  # (m − 1)·s < n
        return low if low <= high else None

    def reads(self, x: Shape) -> tuple[Readings, ...]:
        """Every s-th cell."""
        s = self.stride(x)
        return (None if s is None else (Window(stride=s),) * (len(x) - 1),)

    def output(self, x: Shape) -> Shape:
        """The target, which must have at least the channels, and a map that is a subsample."""
        if isinstance(x, StatedMap) or isinstance(self.target, StatedMap):
            return self.target
        fits = len(x) == len(self.target) and bool(x)
        if fits and isinstance(x[0], int) and isinstance(self.target[0], int):
            fits = x[0] <= self.target[0]
        if not fits or self.stride(x) is None:
            source, target = shape_text(x), shape_text(self.target)
            raise ShapeError(
                say("Zeros can't make {source} into {target}, what the body gives.", source=source, target=target)
            )
        return self.target

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """Every s-th cell of the channels that are there, and zeros in the others."""
        own = builder.sample(x)
        shape, s = tuple(int(str(n)) for n in self.target), self.stride(own)
        if own == shape:
            return (x,)
        channel, *sides = LETTERS[: len(shape)] if len(shape) > 1 else LETTERS[1:2]
        places = [i if s == 1 else f"{s}*({i} - 1) + 1" for i in sides]
        inside = f"x[{','.join((channel, *places))}]"
        text = f"if({channel} <= {own[0]}, {inside}, v)"
        operation = ByFormula(text, ("x", "v"), ("x",), (channel, *sides), shape, constants=(1,))
        return (builder.forward(operation, (x, builder.constant(Number(0)))),)
