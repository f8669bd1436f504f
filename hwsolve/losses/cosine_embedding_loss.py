"""Loss of pairs of vectors by the angle between them (torch.nn.functional.cosine_embedding_loss)."""

from __future__ import annotations

from typing import ClassVar

from hwsolve.formula.tree import Number
from hwsolve.graph.graph import Builder
from hwsolve.language import Message, say
from hwsolve.losses.joint import JointLoss, of_vectors
from hwsolve.losses.signed import no_sign
from hwsolve.spec.fields import Array, Decimal

COSINE = "Sum(x[*]*z[*], i, 1, I)/(sqrt(Sum(x[*]**2, i, 1, I))*sqrt(Sum(z[*]**2, i, 1, I)))"


class CosineEmbeddingLoss(JointLoss, frozen=True, kw_only=True):
    """Cosine embedding loss: 1 − cos(a, b) for pairs with the target 1, max(0, cos(a, b) − margin) for −1."""

    margin: Decimal = Number(0)

    MEANINGS: ClassVar[dict[str, Message]] = {"margin": say("the cosine up to which pairs that differ cost nothing")}
    OUTPUTS: ClassVar[tuple[str, ...]] = ("a", "b")
    vectors: ClassVar[bool] = True
    signs: ClassVar[bool] = True

    def refuses(self, target: Array) -> Message | None:
        """Numbers other than 1 and -1."""
        return no_sign(target)

    def terms(self, builder: Builder, outputs: tuple[str, ...]) -> tuple[str, dict[str, str]]:
        """The cosine as a quantity of its own, and the loss of it."""
        over = "s[*] - margin" if self.margin != Number(0) else "s[*]"
        s = of_vectors(builder, COSINE, outputs, "s")
        return f"if(t[*] > 0, 1 - s[*], if({over} >= 0, {over}, 0))", {"s": s}
