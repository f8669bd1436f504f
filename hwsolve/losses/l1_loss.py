"""Mean absolute error (torch.nn.functional.l1_loss)."""

from __future__ import annotations

from typing import ClassVar

from hwsolve import numbers
from hwsolve.graph.operation import Array
from hwsolve.losses.loss import Loss
from hwsolve.losses.reduced import ElementLoss, Reduced


class AbsoluteError(ElementLoss, frozen=True):
    """|x − t|, whose slope is 0 where x = t."""

    each: ClassVar[str] = "abs(x[*] - t[*])"

    def value(self, x: Array, t: Array) -> Array:
        """The same shape."""
        return numbers.absolute(x - t)

    def slope(self, x: Array, t: Array) -> Array:
        """The sign of x − t."""
        return numbers.sign_apart(x, t)


class L1Loss(Loss, frozen=True, kw_only=True):
    """Mean absolute error: |y − t|, averaged over all elements."""

    made: ClassVar[type[Reduced]] = AbsoluteError
