"""Margin loss of several classes at once (torch.nn.functional.multilabel_margin_loss)."""

from __future__ import annotations

from typing import ClassVar

from hwsolve.formula.tree import Number
from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import Operation
from hwsolve.language import Message, say
from hwsolve.losses.loss import Loss, Target
from hwsolve.losses.spelled import Spelled
from hwsolve.spec.fields import Array

SHORT = "1 - x[*] + x[*~]"  # how much the score of a class that holds lacks over that of one that does not
OVER = "1 - x[*~] + x[*]"  # the same, seen from the other


class MultilabelMarginLoss(Loss, frozen=True, kw_only=True):
    """Multi-label margin loss: max(0, 1 − yⱼ + yᵢ) over classes j that hold and i that do not, divided by C."""

    by_sample: ClassVar[bool] = True

    def refuses(self, target: Array) -> Message | None:
        """What is neither 1 nor 0."""
        other = next((v for v in target.values if v not in (Number(1), Number(0))), None)
        if other is None:
            return None
        return say("The targets are 1 for each class that holds and 0 for the others here, got {value}.", value=other)

    def operation(
        self, builder: Builder, y: str, target: Target, rank: int, divisor: int
    ) -> tuple[Operation, tuple[str, ...]]:
        """Every class that holds against every one that does not."""
        each = f"if(t[*] > 0, Sum(if(t[*~] > 0, 0, if({SHORT} > 0, {SHORT}, 0)), c, 1, C), 0)"
        lower = f"-Sum(if(t[*~] > 0, 0, if({SHORT} > 0, 1, 0)), c, 1, C)"
        raised = f"Sum(if(t[*~] > 0, if({OVER} > 0, 1, 0), 0), c, 1, C)"
        slope = f"if(t[*] > 0, {lower}, {raised})"
        axes = len(builder.shape(y))
        summed = (axes - 1,) if self.reduction == "none" else tuple(range(axes))
        return Spelled(each, ("x", "t"), axes, summed, slope, -1, divisor, shared=True), (y, target.name)
