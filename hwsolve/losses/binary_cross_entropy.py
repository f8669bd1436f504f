"""Binary cross entropy of probabilities (torch.nn.functional.binary_cross_entropy)."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from hwsolve import numbers
from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import Array, Operation
from hwsolve.language import Message, say
from hwsolve.layers.elementwise import SigmoidOperation
from hwsolve.losses.binary_cross_entropy_with_logits import of_logits
from hwsolve.losses.element_weights import WeighedElements
from hwsolve.losses.loss import Target
from hwsolve.losses.reduced import ElementLoss, Reduced, part
from hwsolve.losses.spelled import Spelled


def probabilities(x: Array) -> None:
    """Refuse numbers that are surely below 0 or above 1, though a logarithm whose factor is 0 is not taken."""
    if any(v < 0 or v > 1 for v in x.flat):
        raise numbers.NotFinite(say("a number that is no probability"))


class BinaryLoss(ElementLoss, frozen=True):
    """−(t ln x + (1 − t) ln(1 − x)), with the slope (x − t)/(x(1 − x))."""

    each: ClassVar[str] = "-(if(0 == t[*], 0, t[*]*log(x[*])) + if(1 == t[*], 0, (1 - t[*])*log(1 - x[*])))"
    slope_of_each: ClassVar[str] = (
        "if(0 == t[*], 1/(1 - x[*]), if(1 == t[*], -1/x[*], (x[*] - t[*])/(x[*]*(1 - x[*]))))"
    )

    def value(self, x: Array, t: Array) -> Array:
        """The same shape, skipping a logarithm whose factor is 0."""
        probabilities(x)
        return -(part(t, numbers.log, x, 1) + part(1 - t, lambda v: numbers.log1p(-v), x, 0))

    def slope(self, x: Array, t: Array) -> Array:
        """(1 − t)/(1 − x) − t/x, skipping a quotient whose numerator is 0."""
        return part(1 - t, lambda v: 1 / (1 - v), x, 0) - part(t, lambda v: 1 / v, x, 1)


class WeighedBinaryLoss(Spelled, frozen=True):
    """The formula with weights, of outputs that are probabilities."""

    def forward(self, *arrays: Array) -> Array:
        """By the formula."""
        probabilities(arrays[self.names.index("x")])
        return super().forward(*arrays)


class BinaryOfSigmoid(BinaryLoss, frozen=True):
    """Binary cross entropy of x = σ(z), computed from z: 1 − σ(z) is lost in float64 where σ(z) is near 1."""

    inputs = ("x", "t", "z")
    batched = ("x", "t", "z")

    def forward(self, x: Array, t: Array, z: Array) -> Array:
        """The loss."""
        return self.reduce(of_logits(z, t) if numbers.is_float(z) else self.value(x, t))

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """The gradient of x, in its shape: (1 − t)/σ(−z) − t/σ(z)."""
        x, t, z = arrays
        if not numbers.is_float(z):
            return super().backward(slot, g, y, x, t)
        above, below = (part(a, lambda v: 1 + numbers.exp(-v), b, 0) for a, b in ((1 - t, -z), (t, z)))
        return self.spread(g, above - below)


class BinaryCrossEntropy(WeighedElements, frozen=True, kw_only=True):
    """Binary cross entropy of probabilities: −(t ln y + (1 − t) ln(1 − y)), averaged."""

    made: ClassVar[type[Reduced]] = BinaryLoss
    chances: ClassVar[str] = "each"
    takes: ClassVar[frozenset[str]] = frozenset({"probabilities"})
    wants: ClassVar[Message | None] = say("a probability for each output by itself, as of a `sigmoid`")
    domain: ClassVar[Message | None] = say("`binary_cross_entropy` takes numbers between 0 and 1, as of a `sigmoid`.")

    def operation(
        self, builder: Builder, y: str, target: Target, rank: int, divisor: int
    ) -> tuple[Operation, tuple[str, ...]]:
        """Behind a sigmoid, the loss also reads the logits."""
        if target.arrays:
            each, slope = BinaryLoss.each, BinaryLoss.slope_of_each
            made, read = self.weighed(builder, y, target, "-{w}" + each.removeprefix("-"), "{w}" + slope, divisor)
            return WeighedBinaryLoss(*msgspec.structs.astuple(made)), read
        node = builder.graph.nodes[y]
        if isinstance(node.operation, SigmoidOperation):
            return BinaryOfSigmoid(self.rank(rank), divisor), (y, target.name, *node.inputs)
        return super().operation(builder, y, target, rank, divisor)
