"""Units that fire or do not: the step and the sign function, flat on both sides of 0.

Source: McCulloch and Pitts 1943; Rosenblatt 1958.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.graph.graph import Builder
from hwsolve.language import Message, say
from hwsolve.layers.base import Layer, Shape
from hwsolve.layers.cost import NotCounted, Nothing, Operations, operations_in, times
from hwsolve.layers.elementwise import Elementwise
from hwsolve.spec.fields import CountField


class Threshold(Layer, frozen=True):
    """What both share: a function of each element by itself, and a warning that no gradient passes."""

    CATEGORY: ClassVar[str] = "activation"
    KEEPS: ClassVar[str] = ""  # its gradient is 0
    GIVES: ClassVar[str] = "activations"
    MACS: ClassVar[str | Nothing | NotCounted] = Nothing(say("no multiply-adds: a function of the values"))
    MEANINGS: ClassVar[dict[str, Message]] = Layer.MEANINGS | {"at_zero": say("the value at 0")}

    def formula_text(self) -> str:
        """The function, by its value at 0."""
        raise NotImplementedError

    def operations(self, x: Shape) -> Operations | Nothing | NotCounted:
        """The comparisons of each value; back, nothing is left."""
        return {"forward": times(operations_in(self.formula_text()))}

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """One operation."""
        builder.warn(
            say(
                "`{layer}` is flat on both sides of 0: its gradient is 0, and nothing in front of it can learn.",
                layer=builder.path,
            )
        )
        return (builder.forward(Elementwise(self.formula_text()), (x,)),)


class Step(Threshold, frozen=True):
    """Step function: y = 1 for x > 0, else 0; `at_zero` is its value at 0."""

    at_zero: Annotated[int, CountField(0, 1)] = 0

    def formula_text(self) -> str:
        """By its value at 0."""
        return "step0(x)" if self.at_zero else "step(x)"


class Sign(Threshold, frozen=True):
    """Sign function: y = 1 for x > 0, −1 for x < 0; `at_zero` is its value at 0."""

    at_zero: Annotated[int, CountField(-1, 1)] = 0

    def formula_text(self) -> str:
        """By its value at 0."""
        return {0: "sign(x)", 1: "if(x >= 0, 1, -1)", -1: "if(x > 0, 1, -1)"}[self.at_zero]
