"""Layer scale: each channel times a number of its own that is learned, small at first.

Source: arXiv 2103.17239, section 2.3; timm's LayerScale; torchvision's ConvNeXt.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.formula.tree import Number
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.graph import Builder
from hwsolve.language import Message, say
from hwsolve.layers import base
from hwsolve.layers.base import Layer, Shape, StatedMap
from hwsolve.layers.cost import NotCounted, Nothing, Operations
from hwsolve.layers.dimension import axis_of
from hwsolve.layers.meanings import ARGUMENTS
from hwsolve.layers.parameter import DEFAULT, Parameter, ParameterField, ParameterSpec, owned
from hwsolve.layers.reach_of_layer import Readings, unmoved
from hwsolve.layers.saves import Keeps, X
from hwsolve.spec.fields import CountField, Decimal

LETTERS = ("k", "i", "j", "l")


class LayerScale(Layer, frozen=True):
    """Layer scale y = γ⊙x: a number for each channel of a map, or for each place of a row; keeps the shape."""

    init_values: Decimal = Number(1, 100_000)
    dim: Annotated[int | None, CountField(None)] = None
    weight: Annotated[ParameterSpec, ParameterField()] = DEFAULT

    EQUATION: ClassVar[str] = "y = γ⊙x"
    COUNTS: ClassVar[dict[str, str]] = {"weight": "channels"}
    MACS: ClassVar[str | Nothing | NotCounted] = Nothing(say("no multiply-adds: values are multiplied"))
    MEANINGS: ClassVar[dict[str, Message]] = ARGUMENTS | {
        "init_values": say("the number that learning starts from"),
        "dim": say("the axis that has a number for each place; of a map the channels, else the last one"),
    }

    def axis(self, x: Shape) -> int:
        """The axis, from 0."""
        if self.dim is not None:
            return axis_of(self.dim, x)
        return 0 if isinstance(x, StatedMap) or len(x) > 2 else axis_of(-1, x)

    def output(self, x: Shape) -> Shape:
        """The same shape."""
        self.axis(x)
        return x

    def parameters(self, x: Shape) -> dict[str, Parameter]:
        """γ: as long as the axis."""
        return owned(weight=Parameter((x[self.axis(x)],), "gain", self.weight))

    def sizes(self, x: Shape) -> dict[str, base.Size]:
        """The length of the axis."""
        return {"channels": x[self.axis(x)]}

    def reads(self, x: Shape) -> tuple[Readings, ...]:
        """The value in its place."""
        return (unmoved(x),)

    def operations(self, x: Shape) -> Operations:
        """A product for each value, and for its gradient; that of γ is a sum of products."""
        return {"forward": {"mul": "values"}, "error": {"mul": "values"},
                "gradient.weight": {"mul": "values", "sum": "values - channels"}}  # fmt: skip

    def keeps(self, x: Shape, needed: frozenset[str], learned: list[str]) -> Keeps:
        """x, for the gradient of γ."""
        return (X,) if learned else ()

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """One operation."""
        own = builder.sample(x)
        letters = LETTERS[: len(own)]
        scaled = ByFormula(f"w[{letters[self.axis(own)]}]*x[{','.join(letters)}]", ("w", "x"), ("x",), letters)
        gamma = builder.own(
            self, "weight", self.parameters(own)["weight"], builder.free_symbol("gamma"), None, self.init_values
        )
        return (builder.forward(scaled, (gamma, x)),)
