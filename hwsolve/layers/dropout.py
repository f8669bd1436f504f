"""Dropout: while training, values are set to 0 with probability p and the others divided by 1 − p; keeps the shape.

Source: PyTorch, torch.nn.Dropout; JMLR 15 (2014), Srivastava and others.
"""

from __future__ import annotations

from typing import ClassVar

from hwsolve.formula.tree import Number
from hwsolve.graph.graph import Builder
from hwsolve.language import Message, say
from hwsolve.layers.base import Layer, Shape, ShapeError
from hwsolve.layers.cost import NotCounted, Nothing, Operations
from hwsolve.spec.fields import Decimal


class Dropout(Layer, frozen=True):
    """Dropout of single values with probability p; keeps the shape, owns no parameters."""

    p: Decimal = Number(1, 2)

    MACS: ClassVar[str | Nothing | NotCounted] = Nothing(say("no multiply-adds at inference"))

    def output(self, x: Shape) -> Shape:
        """The same shape."""
        if isinstance(self.p, Number) and not 0 <= self.p.numerator <= self.p.denominator:
            raise ShapeError(say("A probability is between 0 and 1."), "p")
        return x

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """What goes in: nothing is dropped when a trained network is used, and a drawn mask is no homework."""
        return (x,)

    def idle(self, path: str) -> Message | None:
        """Nothing is dropped in a computation; with p = 0 nothing ever is."""
        if self.p == Number(0):
            return None
        return say("`{layer}` is taken as in evaluation: nothing is dropped, and what goes in comes out.", layer=path)

    def operations(self, x: Shape) -> Operations:
        """In training, each value is multiplied by 0 or 1/(1 − p), and so is its gradient."""
        return {"forward": {"mul": "values"}, "error": {"mul": "values"}}

    def assumption(self, x: Shape, back: bool) -> Message:
        """That the operations are those of training."""
        return say("counted as in training: a mask times each value, and times its error on the way back.")


class Dropout1d(Dropout, frozen=True):
    """Dropout of whole channels of a sequence."""


class Dropout2d(Dropout, frozen=True):
    """Dropout of whole channels of a map."""


class Dropout3d(Dropout, frozen=True):
    """Dropout of whole channels of a volume."""
