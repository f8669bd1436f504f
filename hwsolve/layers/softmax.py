"""Softmax and its logarithm: positive outputs that sum to 1 along one axis.

p[i] = exp(z[i]) / Σⱼ exp(z[j]).  Source: PyTorch, torch.nn.Softmax and torch.nn.LogSoftmax.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve import numbers
from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import INNER, Array, Operation, Sizes
from hwsolve.language import say
from hwsolve.layers.base import Layer, Shape, Size, need_rank, product, quotient
from hwsolve.layers.cost import NotCounted, Nothing, Operations
from hwsolve.layers.dimension import axis_of
from hwsolve.layers.elementwise import Elementwise
from hwsolve.layers.reach_of_layer import Readings, unmoved
from hwsolve.spec.fields import CountField

BEHIND = ("k", "l", "q", "r", "s")


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


class AlongAxis(Operation, frozen=True):
    """An operation along the axis i of x, which has `behind` more axes behind it."""

    behind: int = 0

    def output_indices(self) -> tuple[str, ...]:
        """The axis itself and those behind it."""
        return ("i", *BEHIND[: self.behind])

    def at(self, text: str, letters: tuple[str, ...]) -> str:
        """A formula over the axis alone, with the indices of the axes behind it."""
        return text.replace("]", f",{','.join(letters[: self.behind])}]") if self.behind else text

    def text(self) -> str:
        """The formula along the axis."""
        return self.at(self.formula, BEHIND)

    def gradients(self) -> dict[str, str]:
        """The stated gradient along the axis."""
        return {name: self.at(text, INNER[1:]) for name, text in self.stated.items()}

    def sizes(self, *shapes: Sizes) -> dict[str, Any]:
        """J classes."""
        return {"J": shapes[0][-1 - self.behind]}

    def forward(self, x: Array) -> Array:
        """The same shape."""
        return self.turned(self.along(self.turned(x)))

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """The same shape."""
        return self.turned(self.back(self.turned(g), self.turned(y)))

    def turned(self, x: Array) -> Array:
        """x with the axis and the last one in each other's place."""
        return x.swapaxes(-1, -1 - self.behind) if self.behind else x

    def along(self, x: Array) -> Array:
        """The values along the last axis."""
        raise NotImplementedError

    def back(self, g: Array, y: Array) -> Array:
        """The gradient along the last axis."""
        raise NotImplementedError


class SoftmaxOperation(AlongAxis, frozen=True):
    """p[i] = exp(x[i]) / Σⱼ exp(x[j]); ∂p[i]/∂x[m] = p[i](δ[i,m] − p[m]) (Bishop, eq. 4.106)."""

    formula = "exp(x[i])/Sum(exp(x[j]), j, 1, J)"
    stated = {"x": "Sum(g[i]*y[i]*(delta(i, m1) - y[m1]), i, 1, J)"}

    def along(self, x: Array) -> Array:
        """Every row sums to 1."""
        return softmax(x)

    def back(self, g: Array, y: Array) -> Array:
        """y (g − Σ g y)."""
        return y * (g - (g * y).sum(axis=-1, keepdims=True))


class LogSoftmaxOperation(AlongAxis, frozen=True):
    """y[i] = x[i] − ln Σⱼ exp(x[j]); ∂y[i]/∂x[m] = δ[i,m] − exp y[m]."""

    formula = "x[i] - log(Sum(exp(x[j]), j, 1, J))"
    stated = {"x": "g[m1] - exp(y[m1])*Sum(g[i], i, 1, J)"}

    def along(self, x: Array) -> Array:
        """The logarithm of a row that sums to 1."""
        return log_softmax(x)

    def back(self, g: Array, y: Array) -> Array:
        """g − exp(y) Σ g; of a probability near 1 without the cancellation."""
        p, whole = numbers.exp(y), g.sum(axis=-1, keepdims=True)
        if not numbers.is_float(y):
            return g - p * whole
        return numbers.where(2 * p > 1, (g - whole) - numbers.expm1(y) * whole, g - p * whole)


class Softmax(Layer, frozen=True):
    """Softmax: p[i] = exp(z[i]) / Σⱼ exp(z[j]) along `dim`, the last axis unless given."""

    dim: Annotated[int, CountField(None)] = -1
    CATEGORY: ClassVar[str] = "activation"
    GIVES: ClassVar[str] = "distribution"
    MACS: ClassVar[str | Nothing | NotCounted] = Nothing(say("no multiply-adds: a function of the values"))
    OPERATION: ClassVar[type[AlongAxis]] = SoftmaxOperation
    KEEPS: ClassVar[str] = "y"

    def output(self, x: Shape) -> Shape:
        """The same shape."""
        axis_of(self.dim, x)
        return x

    def reads(self, x: Shape) -> tuple[Readings, ...]:
        """The channels in its place; along another axis all cells meet."""
        return (None if axis_of(self.dim, x) else unmoved(x),)

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """One operation along the axis."""
        own = builder.sample(x)
        behind = len(own) - 1 - axis_of(self.dim, own)
        return (builder.forward(self.OPERATION(behind), (x,)),)

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
    OPERATION: ClassVar[type[AlongAxis]] = LogSoftmaxOperation

    def operations(self, x: Shape) -> Operations:
        """exp of each value, a sum and a logarithm for each row; back, g − exp(y)·Σ g."""
        return {
            "forward": {"exp": "values", "add": "2*values - rows", "log": "rows"},
            "error": {"exp": "values", "mul": "values", "add": "2*values - rows"},
        }


class Softmin(Softmax, frozen=True):
    """Softmin: the softmax of −z along `dim`, the last axis unless given."""

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """The sign, then the softmax."""
        turned = builder.forward(Elementwise("-x", ()), (x,), builder.free_symbol("zneg"), port=-1)
        return super().build(builder, turned)


class Softmax2d(Softmax, frozen=True):
    """Softmax over the channels of a map (C, H, W), at each place."""

    dim: Annotated[int, CountField(None)] = -3

    def output(self, x: Shape) -> Shape:
        """The same shape."""
        need_rank(x, 3)
        return super().output(x)
