"""The record of a backprop problem: what a spec may state."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.kinds.backprop.input_field import InputField
from hwsolve.kinds.backprop.loss_terms import LossField
from hwsolve.kinds.backprop.target import TargetField
from hwsolve.kinds.backprop.upstream import UpstreamField
from hwsolve.language import Message, say
from hwsolve.layers.items import Network
from hwsolve.layers.network import BlocksField, NetworkField
from hwsolve.optimizers import OPTIMIZERS
from hwsolve.optimizers.optimizer import Optimizer
from hwsolve.spec import problem as base
from hwsolve.spec.fields import Choice, CountField, Flag, ListOf
from hwsolve.spec.named import NamedField
from hwsolve.spec.terms import OPTIMIZER


class Problem(base.Problem, kw_only=True):
    """Backpropagation by hand: forward pass, loss, every gradient, updates."""

    blocks: Annotated[Any, BlocksField()] = None
    network: Annotated[Network, NetworkField()]
    input: Annotated[Any, InputField()] = None
    target: Annotated[Any, TargetField()] = None
    loss: Annotated[Any, LossField()] = None
    upstream: Annotated[Any, UpstreamField()] = None
    optimizer: Annotated[Optimizer | None, NamedField(OPTIMIZER, OPTIMIZERS)] = None
    steps: Annotated[int, CountField(1, 1_000_000)] = 1
    epochs: Annotated[int, CountField(1, 1_000_000)] | None = None
    batch_size: Annotated[int, CountField(1)] | None = None
    order: Annotated[tuple[int, ...], ListOf(CountField(1), minimum=1)] | None = None
    batches: Annotated[tuple[tuple[int, ...], ...], ListOf(ListOf(CountField(1), minimum=1), minimum=1)] | None = None
    mode: Annotated[str | None, Choice("train", "eval")] = None
    figure: Annotated[str | None, Choice("circuit")] = None
    full: Flag = False
    DATA: ClassVar[tuple[str, ...]] = ("input",)
    NOTATION: ClassVar[tuple[str, ...]] = ("count_from", "units", "gradients")
    HINTS: ClassVar[dict[str, Message]] = {
        "seed": say("As `{form}`.", form="weight: {init: normal, seed: 7}"),
        "lr": say("As `{form}`.", form="optimizer: {sgd: {lr: 0.1}}"),
        "learning_rate": say("As `{form}`.", form="optimizer: {sgd: {lr: 0.1}}"),
    }
    MEANINGS: ClassVar[dict[str, Message]] = {
        "blocks": say("bodies of layers by name, to be used like layers"),
        "network": say("the shape that comes in, and the layers"),
        "input": say(
            "the numbers that go in; one more axis in front makes a batch; "
            "what an embedding reads is `{class: [3, 1]}` or `{index: [2, 0]}`"
        ),
        "target": say("what the loss compares the output with: numbers, or classes"),
        "loss": say(
            "the loss, or losses and penalties in a list, which add up; without it there is only a forward pass"
        ),
        "upstream": say("the gradient of the output, in place of a loss"),
        "optimizer": say("how gradients change parameters; without one there are only gradients"),
        "steps": say("how many updates are made"),
        "epochs": say("how often training goes through all samples, in place of `steps`"),
        "batch_size": say("how many samples an update sees, in their order"),
        "order": say("the samples, counted from 1, in the order in which training takes them"),
        "batches": say("the samples, counted from 1, of each update of an epoch"),
        "mode": say("`train` or `eval`: whether dropout and batch normalisation are as in training or evaluation"),
        "figure": say("`circuit`: the page draws it too, values and gradients beside its quantities"),
        "full": say("whether large arrays are written out too"),
    }
