"""The record of a complexity problem: what a spec may state."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.language import Message, say
from hwsolve.layers.items import Network
from hwsolve.layers.network import BlocksField, NetworkField
from hwsolve.spec import problem as base
from hwsolve.spec.fields import Choice, CountField, Flag, RecordField


class Count(msgspec.Struct, frozen=True):
    """The conventions of counting."""

    multiply_add: Annotated[int, CountField(1, 2)] = 2
    bias: Flag = True
    activations: Flag = False
    slopes: Flag = True
    input_gradient: Flag = False

    MEANINGS: ClassVar[dict[str, Message]] = {
        "multiply_add": say("whether an addition along with its multiplication is an operation of its own: 2, or 1"),
        "bias": say("whether the additions of the bias count"),
        "activations": say("whether evaluating activation functions counts"),
        "slopes": say("whether working out the slopes of activation functions counts"),
        "input_gradient": say("whether the gradient of the network's input is worked out"),
    }


class Problem(base.Problem, kw_only=True):
    """Multiplications and additions of a forward pass, of backpropagation and of an update."""

    blocks: Annotated[Any, BlocksField()] = None
    network: Annotated[Network, NetworkField()]
    loss: Annotated[str, Choice("half_squared_error", "mse_loss", "cross_entropy")] | None = None
    count: Annotated[Count, RecordField(Count)] = Count()

    NOTATION: ClassVar[tuple[str, ...]] = ("layers",)
    MEANINGS: ClassVar[dict[str, Message]] = {
        "blocks": say("bodies of layers by name, to be used like layers"),
        "network": say("the shape that comes in, and the layers"),
        "loss": say("the loss whose operations are counted too"),
        "count": say("the conventions of counting"),
    }
