"""Layer normalisation: the last axes of each sample are shifted and scaled to mean 0 and variance 1, then by γ and β.

y = γ·(x − mean)/sqrt(var + eps) + β over `normalized_shape`.  Source: PyTorch, torch.nn.LayerNorm; arXiv 1607.06450.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.formula.tree import Number
from hwsolve.graph.graph import Builder
from hwsolve.language import Message, say
from hwsolve.layers import base
from hwsolve.layers.base import Layer, Shape, ShapeError
from hwsolve.layers.cost import NORMALISED, NotCounted, Nothing, Operations, normalisation
from hwsolve.layers.normalised import QUANTITIES, SIDES, Axes, learns, normalised, statistics
from hwsolve.layers.parameter import DEFAULT, Parameter, ParameterField, ParameterSpec, owned
from hwsolve.spec.fields import Choice, Decimal, Flag, ListOf, Size


class OverLastAxes(Layer, frozen=True):
    """What normalisations over the last axes, `normalized_shape`, share: as many γ as these have elements."""

    normalized_shape: Annotated[Shape, ListOf(Size, minimum=1, single=True)] | None = None
    eps: Decimal = Number(1, 100_000)
    elementwise_affine: Flag = True
    weight: Annotated[ParameterSpec, ParameterField(allow_flag=True)] = DEFAULT
    gradient: Annotated[str, Choice("terms", "short")] = "terms"

    ALONE: ClassVar[tuple[str, ...]] = ("normalized_shape",)
    CATEGORY: ClassVar[str] = "normalization"
    QUANTITIES: ClassVar[dict[str, Any]] = QUANTITIES
    MACS: ClassVar[str | Nothing | NotCounted] = "values"
    MULTIPLIES: ClassVar[Message | None] = NORMALISED

    def over(self, x: Shape) -> Shape:
        """The axes that are normalised."""
        return x[-1:] if self.normalized_shape is None else self.normalized_shape

    def output(self, x: Shape) -> Shape:
        """The same shape."""
        wanted = self.over(x)
        if isinstance(x, base.StatedMap) or len(wanted) > len(x) or tuple(x[len(x) - len(wanted) :]) != wanted or not x:
            got, last = base.shape_text(wanted), base.shape_text(x)
            raise ShapeError(
                say("Expected the last axes of {last}, got {got}.", last=last, got=got), "normalized_shape"
            )
        base.not_negative("eps", self.eps)
        return x

    def sizes(self, x: Shape) -> dict[str, base.Size]:
        """The elements of γ, and the values that are normalised."""
        return {"features": base.product(self.over(x)), "values": base.product(x)}

    def cost_sizes(self, x: Shape) -> dict[str, base.Size]:
        """The values, the groups that have a mean each, and the numbers of γ."""
        features = base.product(self.over(x))
        return {"values": base.product(x), "groups": base.quotient(base.product(x), features), "owned": features}


class LayerNorm(OverLastAxes, frozen=True):
    """Layer normalisation over the last axes, `normalized_shape` (the last one unless given); keeps the shape.

    As many γ, and as many β, as `normalized_shape` has elements.
    """

    bias: Annotated[ParameterSpec, ParameterField(allow_flag=True)] = DEFAULT

    EQUATION: ClassVar[str] = "y = γ·(x − mean)/√(var + eps) + β"
    COUNTS: ClassVar[dict[str, str]] = {"weight": "features", "bias": "features"}

    def parameters(self, x: Shape) -> dict[str, Parameter]:
        """γ and β: (normalized_shape)."""
        if not self.elementwise_affine:
            return {}
        over = self.over(x)
        return owned(weight=Parameter(over, "gain", self.weight), bias=Parameter(over, "shift", self.bias))

    def operations(self, x: Shape) -> Operations:
        """Mean and variance over the last axes; γ and β may be missing."""
        return normalisation(*learns(self, self.elementwise_affine))

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """Mean, variance, x̂ and y of each row."""
        letters = SIDES[: len(self.over(builder.sample(x)))]
        axes = Axes(letters, letters)
        return (normalised(builder, self, x, axes, statistics(builder, x, axes), letters, each=True),)
