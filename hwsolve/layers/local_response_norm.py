"""Local response normalisation: each value over a power of the squares of the channels around it.

y[c] = x[c]/(k + alpha/size·Σ x[c']²)^beta, the sum over `size` channels around c.
Source: PyTorch, torch.nn.LocalResponseNorm; Krizhevsky and others 2012, section 3.3, where alpha is not divided.
"""

from __future__ import annotations

from typing import ClassVar

from hwsolve.formula.tree import Number
from hwsolve.language import Message, say
from hwsolve.layers import base
from hwsolve.layers.base import Layer, Shape, ShapeError, StatedMap
from hwsolve.layers.cost import SIDES_UNKNOWN, NotCounted
from hwsolve.layers.meanings import ARGUMENTS
from hwsolve.spec.fields import Decimal, Size


class LocalResponseNorm(Layer, frozen=True):
    """Local response normalisation over `size` channels: (C, …), keeps the shape, owns no parameters."""

    size: Size
    alpha: Decimal = Number(1, 10_000)
    beta: Decimal = Number(3, 4)
    k: Decimal = Number(1)

    CATEGORY: ClassVar[str] = "normalization"
    EQUATION: ClassVar[str] = "y[c] = x[c]/(k + α/size·Σ x[c′]²)^β"
    MEANINGS: ClassVar[dict[str, Message]] = ARGUMENTS | {
        "size": say("over how many channels the squares are added"),
        "alpha": say("the factor of the squares"),
        "beta": say("the exponent"),
        "k": say("what is added to the squares"),
    }

    def output(self, x: Shape) -> Shape:
        """The same shape."""
        base.positive("size", self.size)
        if not isinstance(x, StatedMap) and len(x) < 2:
            raise ShapeError(say("Expected an input {wanted}, got {shape}.", wanted="(C, …)", shape=base.shape_text(x)))
        return x

    def macs(self, x: Shape) -> str | NotCounted:
        """One for each value, as for other normalisations."""
        return SIDES_UNKNOWN if base.values_in(x) is None else "values"

    def sizes(self, x: Shape) -> dict[str, base.Size]:
        """The values that are normalised."""
        values = base.values_in(x)
        return {} if values is None else {"values": values}
