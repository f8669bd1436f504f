"""Mean squared error (torch.nn.functional.mse_loss)."""

from __future__ import annotations

from typing import ClassVar

from hwsolve.graph.operation import Array
from hwsolve.losses.loss import Loss
from hwsolve.losses.reduced import ElementLoss, Reduced


class SquaredError(ElementLoss, frozen=True):
    """(x − t)², with the slope 2(x − t)."""

    each: ClassVar[str] = "(x[*] - t[*])**2"
    factor: ClassVar[int] = 2

    def value(self, x: Array, t: Array) -> Array:
        """The same shape."""
        return (x - t) * (x - t)

    def slope(self, x: Array, t: Array) -> Array:
        """Half of it."""
        return x - t


class MSELoss(Loss, frozen=True, kw_only=True):
    """Mean squared error: (y − t)², averaged over all elements."""

    made: ClassVar[type[Reduced]] = SquaredError
