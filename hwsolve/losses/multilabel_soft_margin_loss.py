"""Binary cross entropy of several classes at once (torch.nn.functional.multilabel_soft_margin_loss)."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import Operation
from hwsolve.language import Message, say
from hwsolve.losses.element_weights import WEIGHT, WeighedElements
from hwsolve.losses.loss import Target


class MultilabelSoftMarginLoss(WeighedElements, frozen=True, kw_only=True):
    """Multi-label soft margin loss: −(t ln σ(z) + (1 − t) ln σ(−z)), its mean over classes, averaged over samples."""

    MEANINGS: ClassVar[dict[str, Message]] = {"weight": WEIGHT}
    by_sample: ClassVar[bool] = True
    takes: ClassVar[frozenset[str]] = frozenset({"numbers", "activations"})
    wants: ClassVar[Message | None] = say("numbers of any size, and applies a `sigmoid` itself")
    holds: ClassVar[str] = "sigmoid"

    def operation(
        self, builder: Builder, y: str, target: Target, rank: int, divisor: int
    ) -> tuple[Operation, tuple[str, ...]]:
        """By the formula alone."""
        each = "-{w}(t[*]*log(sigmoid(x[*])) + (1 - t[*])*log(sigmoid(-x[*])))"
        operation, read = self.weighed(builder, y, target, each, "{w}(sigmoid(x[*]) - t[*])", divisor)
        axes = operation.axes
        summed = (axes - 1,) if self.reduction == "none" else tuple(range(axes))
        return msgspec.structs.replace(operation, summed=summed, shared=True), read
