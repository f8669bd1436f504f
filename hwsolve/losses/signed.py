"""What losses of two classes share whose targets are the numbers 1 and -1."""

from __future__ import annotations

from typing import ClassVar

from hwsolve.formula.tree import Number
from hwsolve.language import Message, say
from hwsolve.losses.loss import Loss
from hwsolve.spec.fields import Array

SIGNS = (Number(1), Number(-1))


class SignedLoss(Loss, frozen=True, kw_only=True):
    """A loss that compares an output with 1 or -1."""

    signs: ClassVar[bool] = True

    def refuses(self, target: Array) -> Message | None:
        """Any other number."""
        return no_sign(target)


def no_sign(target: Array) -> Message | None:
    """That a target is neither 1 nor -1."""
    other = next((v for v in target.values if v not in SIGNS), None)
    return None if other is None else say("The targets are 1 and −1 here, got {value}.", value=other)
