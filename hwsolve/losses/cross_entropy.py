"""Cross entropy of logits (torch.nn.functional.cross_entropy; C. Bishop, eq. 4.108)."""

from __future__ import annotations

from typing import Any, ClassVar

from hwsolve import numbers
from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import Array, Operation, Sizes
from hwsolve.language import Message, say
from hwsolve.layers.softmax import SoftmaxOperation, log_softmax
from hwsolve.losses.loss import Loss, Target
from hwsolve.losses.reduced import Reduced, at, over, part


class CrossEntropyOperation(Reduced, frozen=True):
    """−Σ t ln p over classes, p = softmax of the logits x.

    The gradient of the logits is p Σt − t, which is p − t where the targets of every sample sum to 1 (`unit`)
    (Bishop, eq. 4.109).
    """

    unit: bool = True

    inputs = ("x", "t", "p")
    batched = ("x", "t", "p")
    kept: ClassVar[int] = 1

    def text(self) -> str:
        """The formula over the probabilities."""
        return over(f"-{self.summed('t[*]*log(p[*])')}", self.divisor)

    def gradients(self) -> dict[str, str]:
        """g (p − t)."""
        inner = self.inner()
        weight = "" if self.unit else at("*Sum(t[*], c, 1, C)", (*inner[:-1], "c"))
        return {"x": over(f"g*({at(f'p[*]{weight} - t[*]', inner)})", self.divisor)}

    def gradient_remark(self) -> Message:
        """Two derivatives in one, and what the mean divides by."""
        both = say("softmax and cross-entropy together")
        return both if self.divisor == 1 else say("{both}; mean over {n} samples", both=both, n=self.divisor)

    def sizes(self, *shapes: Sizes) -> dict[str, Any]:
        """The length of every axis that is summed over, the classes also as C."""
        return super().sizes(*shapes) | {"C": shapes[0][-1]}

    def forward(self, x: Array, t: Array, p: Array) -> Array:
        """The loss."""
        if numbers.is_float(x):
            return self.reduce(-t * log_softmax(x))
        return self.reduce(-part(t, numbers.log, p, 1))

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """The gradient of the logits, in their shape."""
        _, t, p = arrays
        whole = 1 if self.unit else t.sum(axis=-1, keepdims=True)
        if not numbers.is_float(p):
            return self.spread(g, p * whole - t)
        large = 2 * p > 1  # there p is 1 less the others: p − t of two numbers near 1 would cancel
        others = numbers.where(large, 0 * p, p).sum(axis=-1, keepdims=True)
        return self.spread(g, numbers.where(large, (whole - t) - whole * others, p * whole - t))


class CrossEntropy(Loss, frozen=True, kw_only=True):
    """Cross entropy of logits: −ln p of the class with p = softmax(z), averaged over samples."""

    classes: ClassVar[bool] = True
    probabilities: ClassVar[bool] = True
    takes: ClassVar[frozenset[str]] = frozenset({"numbers", "activations"})
    wants: ClassVar[Message | None] = say("numbers of any size, and applies a `softmax` itself")
    holds: ClassVar[str] = "softmax"

    def operation(
        self, builder: Builder, y: str, target: Target, rank: int, divisor: int
    ) -> tuple[Operation, tuple[str, ...]]:
        """The softmax as a quantity of its own, and the loss over it."""
        p = builder.forward(SoftmaxOperation(), (y,), self.symbols.probability or "p", layer="softmax")
        return CrossEntropyOperation(self.rank(rank), divisor, target.unit), (y, target.name, p)
