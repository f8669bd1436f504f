"""Negative log likelihood of a normal law whose variance is learned too (torch.nn.functional.gaussian_nll_loss)."""

from __future__ import annotations

from typing import ClassVar

from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import Sizes
from hwsolve.language import Message, say
from hwsolve.losses.element_weights import places
from hwsolve.losses.joint import JointLoss
from hwsolve.spec.fields import Flag


class GaussianNLLLoss(JointLoss, frozen=True, kw_only=True):
    """Gaussian loss: ½ (ln σ² + (t − μ)²/σ²) of two outputs, the mean μ and the variance σ²."""

    full: Flag = False

    MEANINGS: ClassVar[dict[str, Message]] = {"full": say("whether the constant ½ ln 2π is added")}
    OUTPUTS: ClassVar[tuple[str, ...]] = ("mean", "variance")
    domain: ClassVar[Message | None] = say("The second output of `gaussian_nll_loss` is a variance, greater than 0.")

    def fits(self, shape: Sizes, first: Sizes) -> bool:
        """One variance for each mean, or for each row of them."""
        return shape in (first, (*first[:-1], 1))

    def terms(self, builder: Builder, outputs: tuple[str, ...]) -> tuple[str, dict[str, str]]:
        """The formula; one variance for a whole row has an axis of length 1."""
        mean, variance = map(builder.shape, outputs)
        v = f"v{places(variance, len(mean))}"
        each = f"(log({v}) + (x[*] - t[*])**2/{v})/2"
        return f"{each} + log(2*pi)/2" if self.full else each, dict(zip(("x", "v"), outputs, strict=True))
