"""Quantities that stand by themselves in a network: a parameter of its own, or a constant; both read nothing.

What comes out does not become the stream; it is read by its name.  Source: PyTorch, torch.nn.Parameter and
torch.nn.Module.register_buffer.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.formula.tree import Number
from hwsolve.graph.graph import Builder
from hwsolve.initializers.initializer import Initializer
from hwsolve.language import Message, say
from hwsolve.layers.base import Layer, Shape, ShapeError
from hwsolve.layers.cost import MOVED, NotCounted, Nothing, Operations
from hwsolve.layers.meanings import ARGUMENTS
from hwsolve.layers.parameter import InitializerField, Parameter, ParameterSpec
from hwsolve.layers.saves import Keeps
from hwsolve.spec.fields import Array, ArrayField, Count, Decimal, ListOf, Size


class Source(Layer, frozen=True, kw_only=True):
    """What parameters and constants that stand by themselves share: their shape and their numbers."""

    shape: Annotated[Shape, ListOf(Size, single=True)] | None = None
    values: Annotated[Array | None, ArrayField()] = None
    value: Decimal | None = None

    INPUTS: ClassVar[tuple[str, ...]] = ()
    CATEGORY: ClassVar[str] = "other"
    MACS: ClassVar[str | Nothing | NotCounted] = MOVED
    OPERATIONS: ClassVar[Operations | Nothing | NotCounted] = MOVED
    ROLE: ClassVar[str] = "buffer"
    MEANINGS: ClassVar[dict[str, Message]] = ARGUMENTS | {
        "shape": say("the sizes of the array; none for a number"),
        "values": say("the numbers"),
        "value": say("one number for all elements"),
        "init": say("how the numbers are drawn"),
        "seed": say("where the drawing starts"),
        "weight_decay": say("the factor of its own that an optimizer takes in place of the common one"),
    }

    def output(self) -> Shape:
        """The shape that is stated, or that of the numbers."""
        given = [key for key in ("values", "value", "init") if getattr(self, key, None) is not None]
        if len(given) > 1:
            raise ShapeError(say("`{a}` and `{b}` can't both be given.", a=given[0], b=given[1]), given[1])
        if self.values is None:
            return () if self.shape is None else self.shape
        if self.shape is not None and self.shape != self.values.shape:
            found, stated = self.values.shape, self.shape
            raise ShapeError(
                say("The numbers have the shape {found}, not {shape}.", found=found, shape=stated), "values"
            )
        return self.values.shape

    def spec(self) -> ParameterSpec:
        """Where the numbers come from."""
        return ParameterSpec(values=self.values, value=self.value)

    def parameters(self) -> dict[str, Parameter]:
        """The array itself."""
        return {"value": Parameter(self.output(), self.ROLE, self.spec())}

    def keeps(self, needed: frozenset[str], learned: list[str]) -> Keeps:
        """Nothing: it reads nothing."""
        return ()

    def cost_sizes(self, *shapes: Any, **_: Any) -> dict[str, Any]:
        """Nothing comes in."""
        return {}


class FreeParameter(Source, frozen=True, kw_only=True):
    """A parameter that stands by itself, read by the name of its `output`."""

    init: Annotated[Initializer | None, InitializerField()] = None
    seed: Count | None = None
    weight_decay: Decimal | None = None

    EQUATION: ClassVar[str] = "y is a parameter"
    ROLE: ClassVar[str] = "weight"

    def spec(self) -> ParameterSpec:
        """Where the numbers come from, and how it takes part in training."""
        return ParameterSpec(
            values=self.values, value=self.value, init=self.init, seed=self.seed, weight_decay=self.weight_decay
        )

    def build(self, builder: Builder) -> tuple[str, ...]:
        """A parameter."""
        (parameter,) = self.parameters().values()
        return (builder.own(self, "value", parameter, builder.outputs[0] if builder.outputs else "p"),)


class Constant(Source, frozen=True, kw_only=True):
    """Numbers that stand by themselves and are not trained, read by the name of their `output`."""

    EQUATION: ClassVar[str] = "y is given"

    def whole(self) -> int | None:
        """The whole number that it is."""
        value = self.value if self.values is None else self.values.values[0]
        one = not self.output() and isinstance(value, Number) and value.denominator == 1
        return value.numerator if one and isinstance(value, Number) else None

    def build(self, builder: Builder) -> tuple[str, ...]:
        """A given quantity."""
        (parameter,) = self.parameters().values()
        return (builder.fixed(parameter, builder.outputs[0] if builder.outputs else "p"),)
