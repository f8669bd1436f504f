"""Hinge embedding loss of distances (torch.nn.functional.hinge_embedding_loss)."""

from __future__ import annotations

from typing import ClassVar

from hwsolve.formula.tree import Number
from hwsolve.language import Message, say
from hwsolve.losses.signed import SignedLoss
from hwsolve.spec.fields import Decimal


class HingeEmbeddingLoss(SignedLoss, frozen=True, kw_only=True):
    """Hinge embedding loss: y for a target of 1, and max(0, margin − y) for one of −1, averaged over all elements."""

    margin: Decimal = Number(1)

    MEANINGS: ClassVar[dict[str, Message]] = {"margin": say("the distance from which on pairs are far enough apart")}
    each: ClassVar[str] = "if(t[*] > 0, x[*], if(x[*] <= margin, margin - x[*], 0))"
    slope: ClassVar[str] = "if(t[*] > 0, 1, if(x[*] <= margin, -1, 0))"
