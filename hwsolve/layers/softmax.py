"""Softmax and its logarithm: positive outputs that sum to 1 along one axis.

p[i] = exp(z[i]) / Σⱼ exp(z[j]).  Source: PyTorch, torch.nn.Softmax and torch.nn.LogSoftmax.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.language import say
from hwsolve.layers.base import Layer, Shape, ShapeError
from hwsolve.spec.fields import Integer


def axis_of(dim: int, x: Shape) -> int:
    """The axis (from 0) that `dim` names: negative from the last, else with the batch as axis 0, as in PyTorch."""
    axis = len(x) + dim if dim < 0 else dim - 1
    if not 0 <= axis < len(x):
        known = ", ".join(str(d) for d in (-1, *range(1, len(x) + 1)))
        raise ShapeError(say("is no axis of this shape; the batch is axis 0, the others are {known}", known=known), "dim")
    return axis


class Softmax(Layer, frozen=True):
    """Softmax: p[i] = exp(z[i]) / Σⱼ exp(z[j]) along `dim`, the last axis unless given."""

    dim: Integer = -1
    PART: ClassVar[str] = "activation"

    def output(self, x: Shape) -> Shape:
        """The same shape."""
        axis_of(self.dim, x)
        return x


class LogSoftmax(Softmax, frozen=True):
    """Logarithm of the softmax: z[i] − ln Σⱼ exp(z[j]) along `dim`."""
