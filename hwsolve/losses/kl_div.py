"""Kullback-Leibler divergence of log-probabilities from a target (torch.nn.functional.kl_div)."""

from __future__ import annotations

from typing import ClassVar

from hwsolve.formula.tree import Number
from hwsolve.language import Message, say
from hwsolve.losses.loss import Loss
from hwsolve.spec.fields import Array, Flag


class KLDiv(Loss, frozen=True, kw_only=True):
    """Kullback-Leibler divergence: t (ln t − y) of log-probabilities y, averaged over all elements, or over samples."""

    log_target: Flag = False

    MEANINGS: ClassVar[dict[str, Message]] = {"log_target": say("whether the targets are logarithms too")}
    takes: ClassVar[frozenset[str]] = frozenset({"log distribution"})
    wants: ClassVar[Message | None] = say("logarithms of probabilities, as of a `log_softmax`")
    domain: ClassVar[Message | None] = say("The targets of `kl_div` are probabilities, unless `log_target` is true.")
    each: ClassVar[str] = "if(0 == t[*], 0, t[*]*(log(t[*]) - x[*]))"
    slope: ClassVar[str] = "-t[*]"

    def refuses(self, target: Array) -> Message | None:
        """Probabilities below 0."""
        below = next((v for v in target.values if isinstance(v, Number) and v.numerator < 0), None)
        if self.log_target or below is None:
            return None
        return say(
            "The targets of `kl_div` are probabilities, got {value}; of logarithms state `log_target`.", value=below
        )

    def element(self) -> tuple[str, str]:
        """With exponentials of the targets where these are logarithms."""
        return ("exp(t[*])*(t[*] - x[*])", "-exp(t[*])") if self.log_target else super().element()
