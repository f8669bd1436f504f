"""Softmax and its logarithm: positive outputs that sum to 1 along one axis.

p[i] = exp(z[i]) / Σⱼ exp(z[j]).  Source: PyTorch, torch.nn.Softmax and torch.nn.LogSoftmax.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve import numbers
from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import Array, Operation, Sizes
from hwsolve.language import say
from hwsolve.layers.base import Layer, NotComputed, Shape, ShapeError, Size, product, quotient
from hwsolve.layers.cost import NotCounted, Nothing, Operations
from hwsolve.spec.fields import CountField


def axis_of(dim: int, x: Shape) -> int:
    """The axis (from 0) that `dim` names: negative from the last, else with the batch as axis 0, as in PyTorch."""
    axis = len(x) + dim if dim < 0 else dim - 1
    if not 0 <= axis < len(x):
        known = ", ".join(str(d) for d in (-1, *range(1, len(x) + 1)))
        raise ShapeError(say("There is no such axis; the batch is axis 0, the others are {known}.", known=known), "dim")
    return axis


def shifted(x: Array) -> Array:
    """x without a common part of each row, which a softmax does not see.

    It keeps exponentials in range, and equal logits exact.
    """
    if numbers.is_float(x):
        return x - numbers.maximum(x, -1, keepdims=True)
    z = x - x[..., :1]
    z[..., 0] = numbers.exact(0)  # of a ball and itself, which is only near 0
    return z


def softmax(x: Array) -> Array:
    """exp(x) / Σ exp(x) along the last axis."""
    e = numbers.exp(shifted(x))
    return e / e.sum(axis=-1, keepdims=True)


def log_softmax(x: Array) -> Array:
    """x − ln Σ exp(x) along the last axis."""
    z = shifted(x)
    if not numbers.is_float(x):
        return z - numbers.log(numbers.exp(z).sum(axis=-1, keepdims=True))
    import numpy as np

    others = numbers.exp(z)
    first = numbers.winner(x, -1)[..., None] == np.arange(x.shape[-1])
    others[first] = 0  # e⁰ of the largest is the 1 of ln(1 + Σ)
    return z - numbers.log1p(others.sum(axis=-1, keepdims=True))


class SoftmaxOperation(Operation, frozen=True):
    """p[i] = exp(x[i]) / Σⱼ exp(x[j]); ∂p[i]/∂x[m] = p[i](δ[i,m] − p[m]) (Bishop, eq. 4.106)."""

    indices = ("i",)
    formula = "exp(x[i])/Sum(exp(x[j]), j, 1, J)"
    stated = {"x": "Sum(g[i]*y[i]*(delta(i, m1) - y[m1]), i, 1, J)"}

    def sizes(self, *shapes: Sizes) -> dict[str, Any]:
        """J classes."""
        return {"J": shapes[0][-1]}

    def forward(self, x: Array) -> Array:
        """The same shape; every row of the last axis sums to 1."""
        return softmax(x)

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """y (g − Σ g y)."""
        return y * (g - (g * y).sum(axis=-1, keepdims=True))


class LogSoftmaxOperation(Operation, frozen=True):
    """y[i] = x[i] − ln Σⱼ exp(x[j]); ∂y[i]/∂x[m] = δ[i,m] − exp y[m]."""

    indices = ("i",)
    formula = "x[i] - log(Sum(exp(x[j]), j, 1, J))"
    stated = {"x": "g[m1] - exp(y[m1])*Sum(g[i], i, 1, J)"}

    def sizes(self, *shapes: Sizes) -> dict[str, Any]:
        """J classes."""
        return {"J": shapes[0][-1]}

    def forward(self, x: Array) -> Array:
        """The same shape."""
        return log_softmax(x)

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """g − exp(y) Σ g; of a probability near 1 without the cancellation."""
        p, whole = numbers.exp(y), g.sum(axis=-1, keepdims=True)
        if not numbers.is_float(y):
            return g - p * whole
        return numbers.where(2 * p > 1, (g - whole) - numbers.expm1(y) * whole, g - p * whole)


class Softmax(Layer, frozen=True):
    """Softmax: p[i] = exp(z[i]) / Σⱼ exp(z[j]) along `dim`, the last axis unless given."""

    dim: Annotated[int, CountField(None)] = -1
    PART: ClassVar[str] = "activation"
    GIVES: ClassVar[str] = "distribution"
    MACS: ClassVar[str | Nothing | NotCounted] = Nothing(say("no multiply-adds: a function of the values"))

    def output(self, x: Shape) -> Shape:
        """The same shape."""
        axis_of(self.dim, x)
        return x

    def build(self, builder: Builder, x: str, path: str) -> str:
        """One operation along the last axis."""
        if self.dim not in (-1, len(builder.shape(x)) - 1):
            raise NotComputed(say("`{layer}` is computed by hand along the last axis only.", layer=path))
        return builder.forward(self.operation(), (x,), path, self.symbols.output)

    def operation(self) -> Operation:
        """The softmax."""
        return SoftmaxOperation()

    def operations(self, x: Shape) -> Operations:
        """exp and a division for each value, a sum for each row; back, y(g − Σ g·y)."""
        return {
            "forward": {"exp": "values", "add": "values - rows", "div": "values"},
            "error": {"mul": "2*values", "add": "2*values - rows"},
        }

    def cost_sizes(self, x: Shape) -> dict[str, Size]:
        """The values, and the rows that sum to 1."""
        values = product(x)
        return {"values": values, "rows": quotient(values, x[axis_of(self.dim, x)])}


class LogSoftmax(Softmax, frozen=True):
    """Logarithm of the softmax: z[i] − ln Σⱼ exp(z[j]) along `dim`."""

    GIVES: ClassVar[str] = "log distribution"

    def operations(self, x: Shape) -> Operations:
        """exp of each value, a sum and a logarithm for each row; back, g − exp(y)·Σ g."""
        return {
            "forward": {"exp": "values", "add": "2*values - rows", "log": "rows"},
            "error": {"exp": "values", "mul": "values", "add": "2*values - rows"},
        }

    def operation(self) -> Operation:
        """Its logarithm."""
        return LogSoftmaxOperation()
