"""Loss of a ranking of pairs (torch.nn.functional.margin_ranking_loss)."""

from __future__ import annotations

from typing import ClassVar

from hwsolve.formula.tree import Number
from hwsolve.graph.graph import Builder
from hwsolve.language import Message, say
from hwsolve.losses.joint import JointLoss
from hwsolve.losses.signed import no_sign
from hwsolve.spec.fields import Array, Decimal


class MarginRankingLoss(JointLoss, frozen=True, kw_only=True):
    """Margin ranking loss: max(0, margin − t (y₁ − y₂)); a target of 1 wants y₁ above y₂, one of −1 below."""

    margin: Decimal = Number(0)

    MEANINGS: ClassVar[dict[str, Message]] = {"margin": say("by how much the higher output is to lie above the other")}
    OUTPUTS: ClassVar[tuple[str, ...]] = ("y1", "y2")
    signs: ClassVar[bool] = True

    def refuses(self, target: Array) -> Message | None:
        """Numbers other than 1 and -1."""
        return no_sign(target)

    def terms(self, builder: Builder, outputs: tuple[str, ...]) -> tuple[str, dict[str, str]]:
        """The margin less the lead."""
        short = "margin - t[*]*(x[*] - z[*])" if self.margin != Number(0) else "-t[*]*(x[*] - z[*])"
        return f"if({short} >= 0, {short}, 0)", dict(zip(("x", "z"), outputs, strict=True))
