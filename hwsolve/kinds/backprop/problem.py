"""The record of a backprop problem: what a spec may state."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.kinds.backprop.target import TargetField
from hwsolve.kinds.backprop.upstream import Upstream, UpstreamField
from hwsolve.language import Message, say
from hwsolve.layers.items import Network
from hwsolve.layers.network import BlocksField, NetworkField
from hwsolve.losses import LOSSES
from hwsolve.losses.loss import Loss
from hwsolve.optimizers import OPTIMIZERS
from hwsolve.optimizers.optimizer import Optimizer
from hwsolve.spec import problem as base
from hwsolve.spec.fields import Array, ArrayField, CountField, Flag
from hwsolve.spec.named import NamedField
from hwsolve.spec.terms import LOSS, OPTIMIZER


class Problem(base.Problem, kw_only=True):
    """Backpropagation by hand: forward pass, loss, every gradient, updates."""

    blocks: Annotated[Any, BlocksField()] = None
    network: Annotated[Network, NetworkField()]
    input: Annotated[Array | None, ArrayField()] = None
    target: Annotated[Any, TargetField()] = None
    loss: Annotated[Loss | None, NamedField(LOSS, LOSSES)] = None
    upstream: Annotated[Upstream | None, UpstreamField()] = None
    optimizer: Annotated[Optimizer | None, NamedField(OPTIMIZER, OPTIMIZERS)] = None
    steps: Annotated[int, CountField(1, 1_000_000)] = 1
    full: Flag = False
    NOTATION: ClassVar[tuple[str, ...]] = ("count_from", "units", "gradients")
    MEANINGS: ClassVar[dict[str, Message]] = {
        "blocks": say("bodies of layers by name, to be used like layers"),
        "network": say("the shape that comes in, and the layers"),
        "input": say("the numbers that go in; one more axis in front makes a batch"),
        "target": say("what the loss compares the output with: numbers, or classes"),
        "loss": say("the loss; without one there is only a forward pass"),
        "upstream": say("the gradient of the output, in place of a loss"),
        "optimizer": say("how gradients change parameters; without one there are only gradients"),
        "steps": say("how many updates are made"),
        "full": say("whether large arrays are written out too"),
    }
