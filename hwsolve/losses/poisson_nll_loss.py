"""Negative log likelihood of counts with a Poisson law (torch.nn.functional.poisson_nll_loss)."""

from __future__ import annotations

from typing import ClassVar

from hwsolve.formula.tree import Formula, Number
from hwsolve.language import Message, say
from hwsolve.losses.loss import Loss
from hwsolve.spec.fields import Decimal, Flag

STIRLING = "if(t[*] > 1, t[*]*log(t[*]) - t[*] + log(2*pi*t[*])/2, 0)"  # ln t!, nearly


class PoissonNLLLoss(Loss, frozen=True, kw_only=True):
    """Poisson loss: eʸ − t y of the logarithm y of a rate, y − t ln(y + ε) of the rate itself, their mean."""

    log_input: Flag = True
    full: Flag = False
    eps: Decimal = Number(1, 10**8)

    MEANINGS: ClassVar[dict[str, Message]] = {
        "log_input": say("whether the output is the logarithm of the rate, or the rate itself"),
        "full": say("whether Stirling's approximation of ln t! is added for targets above 1"),
        "eps": say("ε, which is added to a rate before its logarithm is taken; 0 for none"),
    }

    def element(self) -> tuple[str, str]:
        """Of the rate or of its logarithm."""
        rate = "x[*] + eps" if self.guarded() else "x[*]"
        each, slope = f"x[*] - t[*]*log({rate})", f"1 - t[*]/({rate})"
        if self.log_input:
            each, slope = "exp(x[*]) - t[*]*x[*]", "exp(x[*]) - t[*]"
        return f"{each} + {STIRLING}" if self.full else each, slope

    def guarded(self) -> bool:
        """Whether ε is there."""
        return not self.log_input and self.eps != Number(0)

    def settings(self) -> dict[str, Formula]:
        """ε, where it is there."""
        return {"eps": self.eps} if self.guarded() else {}
