"""Multi-class margin loss (torch.nn.functional.multi_margin_loss)."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import Operation
from hwsolve.language import Message, say
from hwsolve.losses.loss import Target
from hwsolve.losses.margins import MEANING, MarginLoss
from hwsolve.spec.fields import Array, ArrayField, CountField


class MultiMarginLoss(MarginLoss, frozen=True, kw_only=True):
    """Multi-class margin loss: max(0, margin + yⱼ − y of the class)ᵖ, over the other classes, divided by C."""

    p: Annotated[int, CountField(1, 2)] = 1
    weight: Annotated[Array | None, ArrayField()] = None

    MEANINGS: ClassVar[dict[str, Message]] = {
        "p": say("the power, 1 or 2"),
        "margin": MEANING,
        "weight": say("a weight for each class, of the samples that have it"),
    }
    ALONE: ClassVar[tuple[str, ...]] = ("p",)

    def operation(
        self, builder: Builder, y: str, target: Target, rank: int, divisor: int
    ) -> tuple[Operation, tuple[str, ...]]:
        """All other scores against that of the class."""
        operation, read = self.compared(builder, y, target, self.p, divisor)
        return msgspec.structs.replace(operation, shared=True), read
