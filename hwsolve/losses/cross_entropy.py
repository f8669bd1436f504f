"""Cross entropy of logits (torch.nn.functional.cross_entropy; C. Bishop, eq. 4.108)."""

from __future__ import annotations

from typing import Any, ClassVar

from hwsolve import numbers
from hwsolve.formula.tree import Number
from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import Array, Operation, Sizes
from hwsolve.language import Message, say
from hwsolve.layers.softmax import SoftmaxOperation, log_softmax
from hwsolve.losses.class_loss import CountedLoss
from hwsolve.losses.loss import Target
from hwsolve.losses.reduced import Reduced, at, over, part
from hwsolve.losses.spelled import Spelled
from hwsolve.spec.fields import Decimal

BOTH = say("softmax and cross-entropy together")


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
        return BOTH if self.divisor == 1 else say("{both}; mean over {n} samples", both=BOTH, n=self.divisor)

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


class OfProbabilities(Spelled, frozen=True):
    """The same by its formula alone, with weights, shares or classes along any axis."""

    def gradient_remark(self) -> Message:
        """Two derivatives in one."""
        return BOTH


class CrossEntropy(CountedLoss, frozen=True, kw_only=True):
    """Cross entropy of logits: −ln p of the class with p = softmax(z), averaged over samples."""

    label_smoothing: Decimal = Number(0)

    MEANINGS: ClassVar[dict[str, Message]] = {
        "label_smoothing": say("the part of the target that all classes share, from 0 to 1"),
    }
    probabilities: ClassVar[bool] = True
    chances: ClassVar[str] = "row"
    takes: ClassVar[frozenset[str]] = frozenset({"numbers", "activations"})
    wants: ClassVar[Message | None] = say("numbers of any size, and applies a `softmax` itself")
    holds: ClassVar[str] = "softmax"

    def operation(
        self, builder: Builder, y: str, target: Target, rank: int, divisor: int
    ) -> tuple[Operation, tuple[str, ...]]:
        """The softmax as a quantity of its own, and the loss over it."""
        behind = len(builder.shape(y)) - 1 - target.along % len(builder.shape(y))
        p = builder.forward(
            SoftmaxOperation(behind),
            (y,),
            self.symbols.probability or builder.free_symbol("p", "q", "s"),
            layer="softmax",
        )
        smooth = self.label_smoothing != Number(0)
        if self.plain(builder, y, target) and not smooth:
            return CrossEntropyOperation(self.rank(rank), divisor, target.unit), (y, target.name, p)
        names = {"s": self.smoothed(builder, y, target), "p": p} if smooth else {"p": p}
        t, w = "s" if smooth else "t", "w[c]*" if target.arrays else ""
        each = f"-{w}{t}[*]*log(p[*])"
        if w:
            slope = f"p[*]*Sum(w[~]*{t}[*~], c, 1, C) - w[c]*{t}[*]"
        else:
            slope = f"p[*] - {t}[*]" if target.unit else f"p[*]*Sum(t[*~], c, 1, C) - {t}[*]"
        return self.spelled(builder, y, target, each, slope, names, divisor, OfProbabilities)

    def smoothed(self, builder: Builder, y: str, target: Target) -> str:
        """The target of which all classes have a share, as a quantity."""
        shape = builder.shape(y)
        share = f"eps/{shape[target.along]}"
        each = f"(1 - eps)*t[*] + {share}" + ("*Sum(t[*~], c, 1, C)" if target.ignores else "")
        operation = Spelled(each, ("t", "eps"), len(shape), (), along=target.along % len(shape))
        eps = builder.constant(self.label_smoothing)
        return builder.forward(operation, (target.name, eps), builder.free_symbol("s"), layer="loss")

    def wrong(self) -> tuple[str, Message] | None:
        """The share of all classes is a part of 1."""
        share = self.label_smoothing
        if isinstance(share, Number) and not 0 <= share.numerator <= share.denominator:
            return "label_smoothing", say("`{key}` lies between 0 and 1.", key="label_smoothing")
        return None
