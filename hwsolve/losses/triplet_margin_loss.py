"""Loss of an anchor, a positive and a negative example (F. Schroff et al. 2015; torch.nn.functional)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.formula.tree import Number
from hwsolve.graph.graph import Builder
from hwsolve.language import Message, say
from hwsolve.losses.joint import JointLoss, of_vectors
from hwsolve.spec.fields import CountField, Decimal, Flag


class TripletMarginLoss(JointLoss, frozen=True, kw_only=True):
    """Triplet margin loss: max(0, d(a, p) − d(a, n) + margin) for the distances of an anchor to two examples."""

    margin: Decimal = Number(1)
    p: Annotated[int, CountField(1)] = 2
    eps: Decimal = Number(1, 10**6)
    swap: Flag = False

    MEANINGS: ClassVar[dict[str, Message]] = {
        "margin": say("by how much the negative example is to be farther away"),
        "p": say("the norm of the distance: 1 sums absolute values, 2 is the Euclidean one"),
        "eps": say("ε, which PyTorch adds to every difference; 0 for the distance of a textbook"),
        "swap": say("whether the distance of the two examples counts where it is smaller than that to the anchor"),
    }
    OUTPUTS: ClassVar[tuple[str, ...]] = ("anchor", "positive", "negative")
    vectors: ClassVar[bool] = True
    compares: ClassVar[bool] = False

    def terms(self, builder: Builder, outputs: tuple[str, ...]) -> tuple[str, dict[str, str]]:
        """The distances as quantities of their own, and the loss of them."""
        anchor, positive, negative = outputs
        pairs = {"p": (anchor, positive), "n": (anchor, negative)} | ({"s": (positive, negative)} if self.swap else {})
        names = {key: self.distance(builder, pair, f"d_{key}") for key, pair in pairs.items()}
        far = "if(s[*] < n[*], s[*], n[*])" if self.swap else "n[*]"
        lead = f"p[*] - {far} + margin"
        return f"if({lead} >= 0, {lead}, 0)", names

    def distance(self, builder: Builder, pair: tuple[str, ...], symbol: str) -> str:
        """That of two vectors."""
        guard = {"eps": builder.constant(self.eps)} if self.eps != Number(0) else {}
        if guard:
            message = say(
                "ε = {eps} is added to every difference in a distance, as in PyTorch; `{off}` leaves it out.",
                eps=self.eps,
                off="eps: 0",
            )
            builder.remark(message)
        apart = "x[*] - z[*] + eps" if guard else "x[*] - z[*]"
        if self.p == 1:
            text = f"Sum(abs({apart}), i, 1, I)"
        elif self.p == 2:
            text = f"sqrt(Sum(({apart})**2, i, 1, I))"
        else:
            text = f"Sum(abs({apart})**{self.p}, i, 1, I)**(1/{self.p})"
        return of_vectors(builder, text, pair, symbol, **guard)
