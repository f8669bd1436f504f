"""Gated linear unit without weights: one half of an axis through a sigmoid is the gate of the other.

y[i] = x[i]·σ(x[i + n]), n half the axis.  Source: PyTorch, torch.nn.GLU; arXiv 1612.08083.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.graph import Builder
from hwsolve.language import say
from hwsolve.layers import base
from hwsolve.layers.base import Layer, Shape, ShapeError
from hwsolve.layers.cost import NotCounted, Nothing, Operations
from hwsolve.layers.dimension import axis_of
from hwsolve.layers.reach_of_layer import Readings, unmoved
from hwsolve.spec.fields import CountField

LETTERS = ("k", "i", "j", "l")


class GLU(Layer, frozen=True):
    """Gated linear unit: the first half of the axis `dim` times the sigmoid of the second; no parameters."""

    dim: Annotated[int, CountField(None)] = -1

    CATEGORY: ClassVar[str] = "activation"
    KEEPS: ClassVar[str] = "x"
    GIVES: ClassVar[str] = "activations"
    EQUATION: ClassVar[str] = "y[i] = x[i]·σ(x[i + n])"
    MACS: ClassVar[str | Nothing | NotCounted] = Nothing(say("no multiply-adds: a function of the values"))

    def output(self, x: Shape) -> Shape:
        """Half the axis."""
        axis = axis_of(self.dim, x)
        half = base.quotient(x[axis], 2)
        if not base.is_whole(half):
            raise ShapeError(say("An axis of {n} has no two halves.", n=base.size_text(x[axis])), "dim")
        return (*x[:axis], half, *x[axis + 1 :])

    def reads(self, x: Shape) -> tuple[Readings, ...]:
        """The channels in its place; along another axis both halves meet."""
        return (None if axis_of(self.dim, x) else unmoved(x),)

    def operations(self, x: Shape) -> Operations:
        """A sigmoid and a product; back, g·s for one half and g·x·s·(1 − s) for the other."""
        forward = {"exp": "halves", "add": "halves", "div": "halves", "mul": "halves"}
        return {"forward": forward, "error": {"mul": "4*halves", "add": "halves"}}

    def cost_sizes(self, x: Shape) -> dict[str, base.Size]:
        """The values that come out."""
        return {"halves": base.product(self.output(x))}

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """One operation."""
        own = builder.sample(x)
        axis, shape = axis_of(self.dim, own), tuple(int(str(n)) for n in self.output(own))
        letters = LETTERS[: len(own)]
        gate = ",".join(f"{i} + {shape[axis]}" if n == axis else i for n, i in enumerate(letters))
        text = f"x[{','.join(letters)}]*sigmoid(x[{gate}])"
        return (builder.forward(ByFormula(text, ("x",), ("x",), letters, shape), (x,)),)
