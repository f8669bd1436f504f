"""Binary cross entropy of logits (torch.nn.functional.binary_cross_entropy_with_logits)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.formula.function_code import sigmoid, softplus
from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import Operation
from hwsolve.language import Message, say
from hwsolve.losses.element_weights import WEIGHT, WeighedElements
from hwsolve.losses.loss import Target
from hwsolve.losses.reduced import ElementLoss, Reduced
from hwsolve.spec.fields import Array, ArrayField


def of_logits(z: Any, t: Any) -> Any:
    """−(t ln σ(z) + (1 − t) ln σ(−z)): no large terms that cancel."""
    return t * softplus(-z) + (1 - t) * softplus(z)


class BinaryOfLogits(ElementLoss, frozen=True):
    """−(t ln σ(x) + (1 − t) ln σ(−x)), with the slope σ(x) − t."""

    each: ClassVar[str] = "-(t[*]*log(sigmoid(x[*])) + (1 - t[*])*log(sigmoid(-x[*])))"
    slope_of_each: ClassVar[str] = "sigmoid(x[*]) - t[*]"

    def value(self, x: Any, t: Any) -> Any:
        """The same shape."""
        return of_logits(x, t)

    def slope(self, x: Any, t: Any) -> Any:
        """(1 − t)σ(x) − tσ(−x) = σ(x) − t."""
        return (1 - t) * sigmoid(x) - t * sigmoid(-x)


class BinaryCrossEntropyWithLogits(WeighedElements, frozen=True, kw_only=True):
    """Binary cross entropy of logits: the same with y = σ(z)."""

    pos_weight: Annotated[Array | None, ArrayField()] = None

    MEANINGS: ClassVar[dict[str, Message]] = {
        "weight": WEIGHT,
        "pos_weight": say("a weight of the part for positive targets, for each output"),
    }

    made: ClassVar[type[Reduced]] = BinaryOfLogits
    chances: ClassVar[str] = "each"
    takes: ClassVar[frozenset[str]] = frozenset({"numbers", "activations"})
    wants: ClassVar[Message | None] = say("numbers of any size, and applies a `sigmoid` itself")
    holds: ClassVar[str] = "sigmoid"

    def arrays(self) -> dict[str, tuple[str, Array]]:
        """The weights, and those of positive targets."""
        found = super().arrays()
        return found if self.pos_weight is None else found | {"pos_weight": ("rho", self.pos_weight)}

    def operation(
        self, builder: Builder, y: str, target: Target, rank: int, divisor: int
    ) -> tuple[Operation, tuple[str, ...]]:
        """With weights, by the formula alone."""
        if not target.arrays:
            return super().operation(builder, y, target, rank, divisor)
        each = "-{w}({q}t[*]*log(sigmoid(x[*])) + (1 - t[*])*log(sigmoid(-x[*])))"
        slope = "{w}((1 - t[*])*sigmoid(x[*]) - {q}t[*]*sigmoid(-x[*]))"
        if "pos_weight" not in target.arrays:
            slope = "{w}(sigmoid(x[*]) - t[*])"
        return self.weighed(builder, y, target, each, slope, divisor)
