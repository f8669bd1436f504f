"""What every loss is: one number for how far the output is from the target, as a sum or mean over all elements.

A loss is the formula of one element, over x (the output), t (the target) and its settings; one that has array code of
its own has an operation of its own.
"""

from __future__ import annotations

from math import prod
from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.formula.tree import Formula
from hwsolve.graph.graph import Builder
from hwsolve.graph.label import Label
from hwsolve.graph.operation import Operation, Sizes
from hwsolve.language import Message, say
from hwsolve.layers.meanings import SYMBOLS
from hwsolve.losses.reduced import LossByFormula, Reduced
from hwsolve.spec.fields import Array, Choice, RecordField, Word

LETTERS = ("L", "E", "J", "C")  # of a loss; the first that is free


class LossSymbols(msgspec.Struct, frozen=True, kw_only=True):
    """The letters a problem uses for the loss, and for the probabilities of a cross entropy."""

    output: Word | None = None
    probability: Word | None = None

    MEANINGS: ClassVar[dict[str, Message]] = SYMBOLS


class Target(msgspec.Struct, frozen=True):
    """What a loss needs to know of its target: whether every sample's sums to 1, as where it selects a class.

    `along`: the axis of the classes; `counted`: the samples whose class counts, where classes are given; `arrays`: the
    nodes of what the loss states for every class or element.
    """

    name: str
    unit: bool
    along: int = -1
    counted: int | None = None
    ignores: bool = False
    arrays: dict[str, str] = {}


class Loss(msgspec.Struct, frozen=True, kw_only=True):
    """A loss as a spec states it."""

    reduction: Annotated[str, Choice("mean", "sum", "none", "batchmean")] = "mean"
    symbols: Annotated[LossSymbols, RecordField(LossSymbols)] = LossSymbols()

    MEANINGS: ClassVar[dict[str, Message]] = {
        "reduction": say("the mean over all elements, their sum, the mean over samples alone, or none of these"),
        "symbols": say("the letters for the loss, and for the probabilities of a cross entropy"),
    }
    QUANTITIES: ClassVar[dict[str, Any]] = {}  # what its quantities are called, by their usual letters
    OUTPUTS: ClassVar[tuple[str, ...]] = ("y",)  # what it is of, in this order
    compares: ClassVar[bool] = True  # has a target
    by_sample: ClassVar[bool] = False  # its mean is that over samples
    half: ClassVar[int] = 1
    each: ClassVar[str] = ""  # the formula of an element, as `(x[*] - t[*])**2`
    slope: ClassVar[str] = ""  # and its derivative by x as a textbook writes it, where the rules write it longer
    made: ClassVar[type[Reduced] | None] = None  # its operation over the output and the target, where it has its own
    classes: ClassVar[bool] = False  # takes class targets
    probabilities: ClassVar[bool] = False  # takes a probability for each class too
    chances: ClassVar[str] = ""  # targets are probabilities, "each" by itself or those of a "row" together
    holds: ClassVar[str] = ""  # the layer that the loss itself begins with
    takes: ClassVar[frozenset[str]] = frozenset()  # what the last layer may give (Layer.GIVES); anything for none
    wants: ClassVar[Message | None] = None  # the same in words
    sequence: ClassVar[bool] = False  # takes a sequence of classes that may be shorter than the steps
    signs: ClassVar[bool] = False  # takes the numbers 1 and -1 in place of a class
    domain: ClassVar[Message | None] = None  # what its logarithms need of the output

    def build(self, builder: Builder, outputs: tuple[str, ...], target: Target | None, samples: int) -> str:
        """Write the loss of its outputs into the graph; `samples` is the length of the batch, 1 for none."""
        (y,) = outputs
        assert target is not None
        shape = builder.shape(y)
        operation, inputs = self.operation(builder, y, target, len(shape), self.divided_by(target, shape, samples))
        symbol = (self.symbols.output if self.symbols else None) or builder.free_symbol(*LETTERS)
        of = operation.shape(*(builder.shape(i) for i in inputs))
        builder.graph.loss = builder.graph.add(Label(symbol), of, "loss", operation, inputs=inputs, layer="loss")
        return builder.graph.loss

    def operation(
        self, builder: Builder, y: str, target: Target, rank: int, divisor: int
    ) -> tuple[Operation, tuple[str, ...]]:
        """The loss as an operation, and what it reads."""
        if self.made is not None:
            return self.made(self.rank(rank), divisor), (y, target.name)
        settings = self.settings()
        constants = tuple(builder.constant(value) for value in settings.values())
        operation = LossByFormula(self.rank(rank), divisor, *self.element(), tuple(settings))
        return operation, (y, target.name, *constants)

    def target_shape(self, shape: Sizes) -> Sizes:
        """That of the target, by the shape of the output."""
        return shape

    def fits(self, shape: Sizes, first: Sizes) -> bool:
        """Whether an output of a shape stands beside the first one."""
        return shape == first

    def element(self) -> tuple[str, str]:
        """The formula of an element that these settings choose, and the stated derivative."""
        return self.each, self.slope

    def settings(self) -> dict[str, Formula]:
        """The numbers that the formula reads, by their names there."""
        found = {key: getattr(self, key) for key in self.__struct_fields__}
        return {key: value for key, value in found.items() if isinstance(value, Formula)}

    def arrays(self) -> dict[str, tuple[str, Array]]:
        """What is stated for every class or element: the symbol and the numbers, by field."""
        return {}

    def refuses(self, target: Array) -> Message | None:
        """What is wrong with targets that are numbers."""
        return None

    def wrong(self) -> tuple[str, Message] | None:
        """A setting that makes no sense, and why."""
        return None

    def rank(self, rank: int) -> int:
        """The axes that are summed over."""
        return 0 if self.reduction == "none" else rank

    def divided_by(self, target: Target, shape: Sizes, samples: int) -> int:
        """What the sum is divided by, for this target."""
        return self.divisor(shape, samples)

    def divisor(self, shape: Sizes, samples: int) -> int:
        """What the sum is divided by."""
        parts = {"mean": prod(shape[:-1]) if self.classes or self.by_sample else prod(shape), "batchmean": samples}
        return self.half * parts.get(self.reduction, 1)
