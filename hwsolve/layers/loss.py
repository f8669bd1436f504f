"""Losses: one number for how far the output is from the target, as a sum or mean over all elements.

Element by element, with output y and target t: squared error (y − t)², absolute error |y − t|, binary cross entropy
−(t ln y + (1 − t) ln(1 − y)); over classes, with p = softmax(z): cross entropy −Σ t ln p, and −Σ t z where z are
logarithms already.
Names, arguments and defaults are those of torch.nn.functional; `half_squared_error` is ½ Σ (y − t)² (Bishop, Pattern
Recognition and Machine Learning, eq. 5.11).
"""

from __future__ import annotations

from math import prod
from typing import Annotated, ClassVar

import msgspec

from hwsolve.graph.graph import Builder, Label
from hwsolve.graph.operation import Operation, Sizes
from hwsolve.language import Message, say
from hwsolve.layers.elementwise import SigmoidOperation
from hwsolve.layers.loss_operation import BinaryOfSigmoid, CrossEntropyOperation, ElementLoss, LogLikelihoodLoss
from hwsolve.layers.meanings import SYMBOLS
from hwsolve.layers.softmax import SoftmaxOperation
from hwsolve.spec.fields import Choice, RecordField, Word


class LossSymbols(msgspec.Struct, frozen=True, kw_only=True):
    """The letters a problem uses for the loss, and for the probabilities of a cross entropy."""

    output: Word | None = None
    probability: Word | None = None

    MEANINGS: ClassVar[dict[str, Message]] = SYMBOLS


class Target(msgspec.Struct, frozen=True):
    """What a loss needs to know of its target: whether it selects a class, and whether every sample's sums to 1."""

    name: str
    selects: bool
    unit: bool


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """A loss as a spec states it."""

    reduction: Annotated[str, Choice("mean", "sum", "none", "batchmean")] = "mean"
    symbols: Annotated[LossSymbols, RecordField(LossSymbols)] = LossSymbols()

    MEANINGS: ClassVar[dict[str, Message]] = {
        "reduction": say("the mean over all elements, their sum, the mean over samples alone, or none of these"),
        "symbols": say("the letters for the loss, and for the probabilities of a cross entropy"),
    }
    half: ClassVar[int] = 1
    element: ClassVar[str] = ""
    classes: ClassVar[bool] = False  # takes class targets
    holds: ClassVar[str] = ""  # the layer that the loss itself begins with
    takes: ClassVar[frozenset[str]] = frozenset()  # what the last layer may give (Layer.GIVES); anything for none
    wants: ClassVar[Message | None] = None  # the same in words
    domain: ClassVar[Message | None] = None  # what its logarithms need of the output

    def build(self, builder: Builder, y: str, target: Target, samples: int) -> str:
        """Write the loss of output `y` into the graph; `samples` is the length of the batch, 1 for none."""
        shape = builder.shape(y)
        operation, inputs = self.operation(builder, y, target, len(shape), self.divisor(shape, samples))
        symbol = (self.symbols.output if self.symbols else None) or "L"
        of = operation.shape(*(builder.shape(i) for i in inputs))
        builder.graph.loss = builder.graph.add(Label(symbol), of, "loss", operation, inputs=inputs, layer="loss")
        return builder.graph.loss

    def operation(
        self, builder: Builder, y: str, target: Target, rank: int, divisor: int
    ) -> tuple[Operation, tuple[str, ...]]:
        """The loss as an operation, and what it reads."""
        made = LogLikelihoodLoss if self.classes else ElementLoss
        return made(self.rank(rank), divisor, self.element), (y, target.name)

    def rank(self, rank: int) -> int:
        """The axes that are summed over."""
        return 0 if self.reduction == "none" else rank

    def divisor(self, shape: Sizes, samples: int) -> int:
        """What the sum is divided by."""
        parts = {"mean": prod(shape[:-1]) if self.classes else prod(shape), "batchmean": samples}
        return self.half * parts.get(self.reduction, 1)


class HalfSquaredError(Loss, frozen=True, kw_only=True):
    """Half squared error: ½ Σ (y − t)²; reduction: sum."""

    reduction: Annotated[str, Choice("sum", "mean", "none", "batchmean")] = "sum"
    half: ClassVar[int] = 2
    element: ClassVar[str] = "squared"


class MSELoss(Loss, frozen=True, kw_only=True):
    """Mean squared error: (y − t)², averaged over all elements."""

    element: ClassVar[str] = "squared"


class L1Loss(Loss, frozen=True, kw_only=True):
    """Mean absolute error: |y − t|, averaged over all elements."""

    element: ClassVar[str] = "absolute"


class BinaryCrossEntropy(Loss, frozen=True, kw_only=True):
    """Binary cross entropy of probabilities: −(t ln y + (1 − t) ln(1 − y)), averaged."""

    element: ClassVar[str] = "binary"
    takes: ClassVar[frozenset[str]] = frozenset({"probabilities"})
    wants: ClassVar[Message | None] = say("a probability for each output by itself, as of a `sigmoid`")
    domain: ClassVar[Message | None] = say("`binary_cross_entropy` takes numbers between 0 and 1, as of a `sigmoid`.")

    def operation(
        self, builder: Builder, y: str, target: Target, rank: int, divisor: int
    ) -> tuple[Operation, tuple[str, ...]]:
        """Behind a sigmoid, the loss also reads the logits."""
        node = builder.graph.nodes[y]
        if isinstance(node.operation, SigmoidOperation):
            return BinaryOfSigmoid(self.rank(rank), divisor), (y, target.name, *node.inputs)
        return super().operation(builder, y, target, rank, divisor)


class BinaryCrossEntropyWithLogits(Loss, frozen=True, kw_only=True):
    """Binary cross entropy of logits: the same with y = σ(z)."""

    element: ClassVar[str] = "logits"
    takes: ClassVar[frozenset[str]] = frozenset({"numbers", "activations"})
    wants: ClassVar[Message | None] = say("numbers of any size, and applies a `sigmoid` itself")
    holds: ClassVar[str] = "sigmoid"


class NLLLoss(Loss, frozen=True, kw_only=True):
    """Negative log likelihood: minus the log-probability of the class, averaged over samples."""

    element: ClassVar[str] = "negative"
    takes: ClassVar[frozenset[str]] = frozenset({"log distribution"})
    wants: ClassVar[Message | None] = say("logarithms of probabilities, as of a `log_softmax`")
    classes: ClassVar[bool] = True


class CrossEntropy(Loss, frozen=True, kw_only=True):
    """Cross entropy of logits: −ln p of the class with p = softmax(z), averaged over samples."""

    classes: ClassVar[bool] = True
    takes: ClassVar[frozenset[str]] = frozenset({"numbers", "activations"})
    wants: ClassVar[Message | None] = say("numbers of any size, and applies a `softmax` itself")
    holds: ClassVar[str] = "softmax"

    def operation(
        self, builder: Builder, y: str, target: Target, rank: int, divisor: int
    ) -> tuple[Operation, tuple[str, ...]]:
        """The softmax as a quantity of its own, and the loss over it."""
        p = builder.forward(SoftmaxOperation(), (y,), self.symbols.probability or "p", layer="softmax")
        return CrossEntropyOperation(self.rank(rank), divisor, target.unit), (y, target.name, p)


LOSSES: dict[str, type[Loss]] = {
    "half_squared_error": HalfSquaredError,
    "mse_loss": MSELoss,
    "l1_loss": L1Loss,
    "cross_entropy": CrossEntropy,
    "nll_loss": NLLLoss,
    "binary_cross_entropy": BinaryCrossEntropy,
    "binary_cross_entropy_with_logits": BinaryCrossEntropyWithLogits,
}
