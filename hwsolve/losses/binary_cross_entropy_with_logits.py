"""Binary cross entropy of logits (torch.nn.functional.binary_cross_entropy_with_logits)."""

from __future__ import annotations

from typing import ClassVar

from hwsolve.formula.function_code import sigmoid, softplus
from hwsolve.graph.operation import Array
from hwsolve.language import Message, say
from hwsolve.losses.loss import Loss
from hwsolve.losses.reduced import ElementLoss, Reduced


def of_logits(z: Array, t: Array) -> Array:
    """−(t ln σ(z) + (1 − t) ln σ(−z)): no large terms that cancel."""
    return t * softplus(-z) + (1 - t) * softplus(z)


class BinaryOfLogits(ElementLoss, frozen=True):
    """−(t ln σ(x) + (1 − t) ln σ(−x)), with the slope σ(x) − t."""

    each: ClassVar[str] = "-(t[*]*log(sigmoid(x[*])) + (1 - t[*])*log(sigmoid(-x[*])))"
    slope_of_each: ClassVar[str] = "sigmoid(x[*]) - t[*]"

    def value(self, x: Array, t: Array) -> Array:
        """The same shape."""
        return of_logits(x, t)

    def slope(self, x: Array, t: Array) -> Array:
        """(1 − t)σ(x) − tσ(−x) = σ(x) − t."""
        return (1 - t) * sigmoid(x) - t * sigmoid(-x)


class BinaryCrossEntropyWithLogits(Loss, frozen=True, kw_only=True):
    """Binary cross entropy of logits: the same with y = σ(z)."""

    made: ClassVar[type[Reduced]] = BinaryOfLogits
    takes: ClassVar[frozenset[str]] = frozenset({"numbers", "activations"})
    wants: ClassVar[Message | None] = say("numbers of any size, and applies a `sigmoid` itself")
    holds: ClassVar[str] = "sigmoid"
