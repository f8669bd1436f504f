"""Half squared error (C. Bishop, Pattern Recognition and Machine Learning, eq. 5.11)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.losses.loss import Loss
from hwsolve.losses.mse_loss import SquaredError
from hwsolve.losses.reduced import Reduced
from hwsolve.spec.fields import Choice


class HalfSquaredError(Loss, frozen=True, kw_only=True):
    """Half squared error: ½ Σ (y − t)²; reduction: sum."""

    reduction: Annotated[str, Choice("sum", "mean", "none", "batchmean")] = "sum"
    half: ClassVar[int] = 2
    made: ClassVar[type[Reduced]] = SquaredError
