"""Negative log likelihood (torch.nn.functional.nll_loss)."""

from __future__ import annotations

from typing import ClassVar

from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import Array, Operation
from hwsolve.language import Message, say
from hwsolve.losses.class_loss import CountedLoss
from hwsolve.losses.loss import Target
from hwsolve.losses.reduced import ElementLoss, Reduced


class LogLikelihoodLoss(ElementLoss, frozen=True):
    """−Σ t x over classes, x logarithms of probabilities."""

    each: ClassVar[str] = "-t[*]*x[*]"
    kept: ClassVar[int] = 1

    def value(self, x: Array, t: Array) -> Array:
        """−t x."""
        return -(t * x)

    def slope(self, x: Array, t: Array) -> Array:
        """−t."""
        return -t + 0 * x


class NLLLoss(CountedLoss, frozen=True, kw_only=True):
    """Negative log likelihood: minus the log-probability of the class, averaged over samples."""

    made: ClassVar[type[Reduced]] = LogLikelihoodLoss
    takes: ClassVar[frozenset[str]] = frozenset({"log distribution"})
    wants: ClassVar[Message | None] = say("logarithms of probabilities, as of a `log_softmax`")

    def operation(
        self, builder: Builder, y: str, target: Target, rank: int, divisor: int
    ) -> tuple[Operation, tuple[str, ...]]:
        """With weights, or classes along another axis, by the formula alone."""
        if self.plain(builder, y, target):
            return super().operation(builder, y, target, rank, divisor)
        each = "-w[c]*t[*]" if target.arrays else "-t[*]"
        return self.spelled(builder, y, target, f"{each}*x[*]", each, {}, divisor)
