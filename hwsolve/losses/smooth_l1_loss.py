"""Smooth mean absolute error (R. Girshick 2015; torch.nn.functional.smooth_l1_loss)."""

from __future__ import annotations

from typing import ClassVar

from hwsolve.formula.tree import Formula, Number
from hwsolve.language import Message, say
from hwsolve.losses.loss import Loss
from hwsolve.spec.amounts import first_negative
from hwsolve.spec.fields import Decimal


class SmoothL1Loss(Loss, frozen=True, kw_only=True):
    """Smooth mean absolute error: (y − t)²/(2β) up to a distance β of output and target, and |y − t| − ½β beyond it."""

    beta: Decimal = Number(1)

    MEANINGS: ClassVar[dict[str, Message]] = {"beta": say("β, the distance from which on the loss is linear")}
    each: ClassVar[str] = "if(abs(x[*] - t[*]) < beta, (x[*] - t[*])**2/(2*beta), abs(x[*] - t[*]) - beta/2)"
    slope: ClassVar[str] = "if(abs(x[*] - t[*]) < beta, (x[*] - t[*])/beta, sign(x[*] - t[*]))"

    def element(self) -> tuple[str, str]:
        """The absolute error alone where it is nowhere smoothed."""
        return ("abs(x[*] - t[*])", "") if self.beta == Number(0) else super().element()

    def settings(self) -> dict[str, Formula]:
        """β where it is read."""
        return {} if self.beta == Number(0) else super().settings()

    def wrong(self) -> tuple[str, Message] | None:
        """A distance."""
        return first_negative(self)
