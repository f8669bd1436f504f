"""The record of a perceptron: what a spec may state."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.formula.tree import Call, Formula, Number, Ref
from hwsolve.kinds.backprop.target import TargetField
from hwsolve.kinds.perceptron.activation import ACTIVATIONS, Threshold
from hwsolve.language import Message, say
from hwsolve.spec import problem as base
from hwsolve.spec.fields import (
    Array,
    ArrayField,
    Choice,
    CountField,
    Decimal,
    DecimalField,
    Flag,
    FlagField,
    ListOf,
    OneOf,
)
from hwsolve.spec.named import NamedField
from hwsolve.spec.nodes import Mapping
from hwsolve.spec.records import RecordField
from hwsolve.spec.terms import ACTIVATION

MOST_EPOCHS = 10_000
MOST_CLASSES = 20


class Beside(msgspec.Struct, frozen=True):
    """A bias or a threshold that may stay as it is."""

    value: Decimal
    trainable: Flag = True
    MEANINGS: ClassVar[dict[str, Message]] = {
        "value": say("the number at the start"),
        "trainable": say("whether it is learned; `false`: it stays as it is"),
    }


class Problem(base.Problem, kw_only=True):
    """A perceptron by hand: net inputs, outputs, errors and weights, sample by sample."""

    input: Annotated[Array, ArrayField()]
    target: Annotated[Any, TargetField()]
    weight: Annotated[Array | None, ArrayField()] = None
    bias: Annotated[Any, OneOf(FlagField(), DecimalField(), RecordField(Beside), ArrayField())] = None
    classes: Annotated[int | None, CountField(2, MOST_CLASSES)] = None
    threshold: Annotated[Any, OneOf(DecimalField(), RecordField(Beside))] = None
    activation: Annotated[Threshold | None, NamedField(ACTIVATION, ACTIVATIONS)] = None
    rule: Annotated[str, Choice("error", "mistakes")] = "error"
    lr: Decimal = Number(1)
    epochs: Annotated[int, CountField(1, MOST_EPOCHS)] = 100
    order: Annotated[tuple[int, ...], ListOf(CountField(1), minimum=1)] = ()
    DATA: ClassVar[tuple[str, ...]] = ("input",)
    MEANINGS: ClassVar[dict[str, Message]] = {
        "input": say("the samples, a row for each"),
        "target": say(
            "the class of each sample: 1 and 0 with `step`, 1 and -1 with `sign`; of several classes `{form}`",
            form="{class: [1, 3]}",
        ),
        "weight": say("the weights at the start, 0 unless given; of several classes a row for each"),
        "bias": say(
            "the bias at the start, 0 unless given; `false` for none; of several classes a list; with "
            "`trainable: false` it stays as it is"
        ),
        "classes": say("how many classes there are; the largest one of the targets unless given"),
        "threshold": say(
            "the threshold at the start, in place of a bias: it is compared with the weighted sum; with "
            "`trainable: false` it stays as it is"
        ),
        "activation": say("`step` or `sign`, and what it gives at 0; by the targets unless given"),
        "rule": say("what is learned from: the error t − o, or mistakes, where t times the net input is not positive"),
        "lr": say("the learning rate, 1 unless given"),
        "epochs": say("how often all samples are presented at most; it ends after an epoch without mistakes"),
        "order": say("the samples in the order in which an epoch presents them"),
    }

    @property
    def default_rate(self) -> Message | None:
        """What is said of a learning rate that is not stated."""
        stated = isinstance(self.node, Mapping) and "lr" in self.node.entries
        return None if stated else say("{rate}, as none is stated.", rate=Call("==", (Ref("lr"), self.lr)))

    @property
    def offset(self) -> tuple[str, Formula] | None:
        """What stands beside the weighted sum: its key, and its number at the start; None for nothing."""
        if self.threshold is not None:
            return "theta", self.start(self.threshold)
        if self.bias is False:
            return None
        return "b", Number(0) if self.bias is None else self.start(self.bias)

    @staticmethod
    def start(stated: Any) -> Any:
        """The number at the start, which may stand in a mapping."""
        return stated.value if isinstance(stated, Beside) else stated

    @property
    def fixed(self) -> bool:
        """Whether the bias or the threshold stays as it is."""
        return any(isinstance(one, Beside) and not one.trainable for one in (self.bias, self.threshold))
