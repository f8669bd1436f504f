"""The record of a count-params problem: what a spec may state."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.language import Message, say
from hwsolve.layers.items import Network
from hwsolve.layers.network import BlocksField, NetworkField
from hwsolve.spec import problem as base
from hwsolve.spec.fields import Choice, ListOf, RecordField

COLUMNS = ("params", "activations", "macs", "flops", "trainable")
DTYPES = ("float64", "float32", "float16", "bfloat16", "int8")


class Count(msgspec.Struct, frozen=True):
    """The conventions of counting; one that is stated is shown."""

    activations: Annotated[str, Choice("cs231n", "outputs")] | None = None
    macs: Annotated[str, Choice("matmul", "all")] | None = None
    dtype: Annotated[str, Choice(*DTYPES)] = "float32"

    MEANINGS: ClassVar[dict[str, Message]] = {
        "activations": say("which outputs are stored: of input, convolution, pooling and dense layers, or of all"),
        "macs": say("whose multiply-adds count: of convolution, dense and attention layers, or of all"),
        "dtype": say("the type of a stored number, for bytes"),
    }


class Problem(base.Problem, kw_only=True):
    """Parameters, output shapes, activations and multiply-adds of a network, layer by layer."""

    blocks: Annotated[Any, BlocksField()] = None
    network: Annotated[Network, NetworkField()]
    count: Annotated[Count, RecordField(Count)] = Count()
    columns: Annotated[tuple[str, ...], ListOf(Choice(*COLUMNS))] = ()

    MEANINGS: ClassVar[dict[str, Message]] = {
        "blocks": say("bodies of layers by name, to be used like layers"),
        "network": say("the shape that comes in, and the layers"),
        "count": say("which activations and multiply-adds count"),
        "columns": say("the columns of the table of layers"),
    }
