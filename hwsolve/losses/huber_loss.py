"""Huber's loss (P. Huber 1964; torch.nn.functional.huber_loss)."""

from __future__ import annotations

from typing import ClassVar

from hwsolve.formula.tree import Number
from hwsolve.language import Message, say
from hwsolve.losses.loss import Loss
from hwsolve.spec.fields import Decimal


class HuberLoss(Loss, frozen=True, kw_only=True):
    """Huber's loss: ½(y − t)² up to a distance δ of output and target, and δ(|y − t| − ½δ) beyond it."""

    delta: Decimal = Number(1)

    MEANINGS: ClassVar[dict[str, Message]] = {"delta": say("δ, the distance from which on the loss is linear")}
    each: ClassVar[str] = "if(abs(x[*] - t[*]) < delta, (x[*] - t[*])**2/2, delta*(abs(x[*] - t[*]) - delta/2))"
    slope: ClassVar[str] = "if(abs(x[*] - t[*]) < delta, x[*] - t[*], delta*sign(x[*] - t[*]))"

    def wrong(self) -> tuple[str, Message] | None:
        """At a distance of 0 nothing would be left."""
        if isinstance(self.delta, Number) and self.delta.numerator <= 0:
            return "delta", say("`{key}` must be greater than 0.", key="delta")
        return None
