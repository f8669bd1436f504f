"""Losses: one number for how far the output is from the target, as a sum or mean over all elements.

Element by element, with output y and target t: squared error (y − t)², absolute error |y − t|, binary cross entropy
−(t ln y + (1 − t) ln(1 − y)); over classes, with p = softmax(z): cross entropy −Σ t ln p, and −Σ t z where z are logarithms already.
Names, arguments and defaults are those of torch.nn.functional; `half_squared_error` is ½ Σ (y − t)² (Bishop, Pattern
Recognition and Machine Learning, eq. 5.11).
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve import numbers
from hwsolve.graph.graph import Builder, Label, Node
from hwsolve.graph.operation import INNER, Array, Operation, Sizes
from hwsolve.layers.softmax import SoftmaxOperation
from hwsolve.spec.fields import Choice, RecordField, Word

LETTERS = ("i", "j", "k", "l", "q", "r")


def at(text: str, letters: tuple[str, ...]) -> str:
    """A formula whose `[*]` stands for these indices."""
    return text.replace("[*]", f"[{','.join(letters)}]" if letters else "")


def over(text: str, divisor: int) -> str:
    """Divided by a number other than 1."""
    return text if divisor == 1 else f"({text})/{divisor}"


class Reduced(Operation, frozen=True):
    """A loss over outputs x and targets t: summed over all `rank` axes and divided; `rank` 0 leaves it unreduced."""

    rank: int
    divisor: int = 1

    inputs = ("x", "t")
    batched = ("x", "t")
    kept: ClassVar[int] = 0  # axes that are summed over even where nothing is reduced: that of the classes

    def letters(self) -> tuple[str, ...]:
        """The index variables of the axes that are summed over."""
        return LETTERS[: self.rank or self.kept]

    def summed(self, body: str) -> str:
        """The body with its indices, summed over all of them, the last one innermost."""
        letters = self.letters()
        text = at(body, letters)
        for letter in reversed(letters):
            text = f"Sum({text}, {letter}, 1, {letter.upper()})"
        return text

    def inner(self) -> tuple[str, ...]:
        """The index variables of an element of the gradient."""
        return INNER[: len(self.letters())]

    def fixed(self) -> tuple[int, ...]:
        """All but the output."""
        return tuple(range(1, len(self.inputs)))

    def shape(self, *shapes: Sizes) -> Sizes:
        """A scalar, or an array over what is not summed."""
        return () if self.rank else shapes[0][: len(shapes[0]) - self.kept]

    def sizes(self, *shapes: Sizes) -> dict[str, Any]:
        """The length of every axis that is summed over."""
        letters = self.letters()
        axes = shapes[0][len(shapes[0]) - len(letters) :]
        return {letter.upper(): n for letter, n in zip(letters, axes, strict=True)}

    def reduce(self, values: Array) -> Array:
        """The values as the loss that is asked for."""
        if self.rank:
            values = values.sum()
        elif self.kept:
            values = values.sum(axis=-1)
        return values if self.divisor == 1 else values / self.divisor

    def spread(self, g: Array, each: Array, factor: int = 1) -> Array:
        """The gradient of every output: g times its own slope, which is `factor` times `each`."""
        if not isinstance(g, int):
            each = (g[..., None] if not self.rank and self.kept else g) * each
        if factor != self.divisor:
            each = factor * each / self.divisor
        return each


class Element(msgspec.Struct, frozen=True):
    """A loss of one element: its formula, array code, and the gradient where a textbook writes it more simply."""

    text: str
    value: Callable[[Array, Array], Array]
    slope: Callable[[Array, Array], Array]
    stated: str = ""
    factor: int = 1  # a number that the slope has in front


def times_log(t: Array, p: Array) -> Array:
    """t ln p, which is 0 where t is, whatever p is."""
    nothing = t == 0
    return numbers.where(nothing, 0 * t, t * numbers.log(numbers.where(nothing, 0 * t + 1, p)))


def binary_cross_entropy(y: Array, t: Array) -> Array:
    """−(t ln y + (1 − t) ln(1 − y)), skipping a logarithm whose factor is 0."""
    return -(times_log(t, y) + times_log(1 - t, 1 - y))


ELEMENTS: dict[str, Element] = {
    "squared": Element("(x[*] - t[*])**2", lambda x, t: (x - t) * (x - t), lambda x, t: x - t, factor=2),
    "absolute": Element("abs(x[*] - t[*])", lambda x, t: numbers.absolute(x - t), lambda x, t: numbers.sign(x - t)),
    "binary": Element(
        "-(t[*]*log(x[*]) + (1 - t[*])*log(1 - x[*]))",
        binary_cross_entropy,
        lambda x, t: (x - t) / (x * (1 - x)),
        "(x[*] - t[*])/(x[*]*(1 - x[*]))",
    ),
    "logits": Element(
        "-(t[*]*log(sigmoid(x[*])) + (1 - t[*])*log(sigmoid(-x[*])))",
        lambda x, t: numbers.softplus(x) - t * x,
        lambda x, t: numbers.sigmoid(x) - t,
        "sigmoid(x[*]) - t[*]",
    ),
    "negative": Element("-t[*]*x[*]", lambda x, t: -(t * x), lambda x, t: -t + 0 * x),
}


class ElementLoss(Reduced, frozen=True):
    """A loss element by element."""

    element: str = "squared"

    def text(self) -> str:
        """The formula of the loss, or of one element of it."""
        return over(self.summed(ELEMENTS[self.element].text), self.divisor)

    def gradients(self) -> dict[str, str]:
        """The stated gradient of the output, where there is one."""
        stated = ELEMENTS[self.element].stated
        return {"x": over(f"g*({at(stated, self.inner())})", self.divisor)} if stated else {}

    def forward(self, x: Array, t: Array) -> Array:
        """The loss."""
        return self.reduce(ELEMENTS[self.element].value(x, t))

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """The gradient of the output, in its shape."""
        element = ELEMENTS[self.element]
        return self.spread(g, element.slope(*arrays), element.factor)


class LogLikelihoodLoss(ElementLoss, frozen=True):
    """−Σ t x over classes, x logarithms of probabilities."""

    kept: ClassVar[int] = 1


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

    def sizes(self, *shapes: Sizes) -> dict[str, Any]:
        """The length of every axis that is summed over, the classes also as C."""
        return super().sizes(*shapes) | {"C": shapes[0][-1]}

    def forward(self, x: Array, t: Array, p: Array) -> Array:
        """The loss."""
        return self.reduce(-times_log(t, p))

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """The gradient of the logits, in their shape."""
        _, t, p = arrays
        return self.spread(g, p - t if self.unit else p * t.sum(axis=-1, keepdims=True) - t)


class LossSymbols(msgspec.Struct, frozen=True, kw_only=True):
    """The letters a problem uses for the loss, and for the probabilities of a cross entropy."""

    output: Word | None = None
    probability: Word | None = None


class Target(msgspec.Struct, frozen=True):
    """What a loss needs to know of its target: whether it selects a class, and whether every sample's sums to 1."""

    name: str
    selects: bool
    unit: bool


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """A loss as a spec states it."""

    reduction: Annotated[str, Choice("mean", "sum", "none", "batchmean")] = "mean"
    symbols: Annotated[LossSymbols, RecordField(LossSymbols)] = LossSymbols()

    half: ClassVar[int] = 1
    element: ClassVar[str] = ""
    classes: ClassVar[bool] = False  # takes class targets

    def build(self, builder: Builder, y: str, target: Target, samples: int) -> str:
        """Write the loss of output `y` into the graph; `samples` is the length of the batch, 1 for none."""
        shape = builder.shape(y)
        operation, inputs = self.operation(builder, y, target, len(shape), self.divisor(shape, samples))
        symbol = (self.symbols.output if self.symbols else None) or "L"
        of = operation.shape(*(builder.shape(i) for i in inputs))
        builder.graph.loss = builder.add(Node(symbol, of, "loss", operation, inputs, layer="loss"), Label(symbol))
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


class BinaryCrossEntropyWithLogits(Loss, frozen=True, kw_only=True):
    """Binary cross entropy of logits: the same with y = σ(z)."""

    element: ClassVar[str] = "logits"


class NLLLoss(Loss, frozen=True, kw_only=True):
    """Negative log likelihood: minus the log-probability of the class, averaged over samples."""

    element: ClassVar[str] = "negative"
    classes: ClassVar[bool] = True


class CrossEntropy(Loss, frozen=True, kw_only=True):
    """Cross entropy of logits: −ln p of the class with p = softmax(z), averaged over samples."""

    classes: ClassVar[bool] = True

    def operation(
        self, builder: Builder, y: str, target: Target, rank: int, divisor: int
    ) -> tuple[Operation, tuple[str, ...]]:
        """The softmax as a quantity of its own, and the loss over it."""
        p = builder.forward(SoftmaxOperation(), (y,), "softmax", self.symbols.probability or "p")
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
