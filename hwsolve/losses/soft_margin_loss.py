"""Logistic loss of two classes (torch.nn.functional.soft_margin_loss)."""

from __future__ import annotations

from typing import ClassVar

from hwsolve.losses.signed import SignedLoss


class SoftMarginLoss(SignedLoss, frozen=True, kw_only=True):
    """Soft margin loss: ln(1 + exp(−t y)) for targets of ±1, averaged over all elements."""

    each: ClassVar[str] = "softplus(-t[*]*x[*])"
    slope: ClassVar[str] = "-t[*]*sigmoid(-t[*]*x[*])"
