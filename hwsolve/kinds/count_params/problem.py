"""Counting: output shapes, parameters, stored activations and multiply-adds of a network, layer by layer.

A dense layer owns (in + 1)·out parameters, a convolution (K·K·in/groups + 1)·out.  Source: PyTorch's layers; for
activations the table of CS231n's notes on convolutional networks ("VGGNet in detail").
"""

from __future__ import annotations

import sys
from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.errors import CallError
from hwsolve.language import Message, say
from hwsolve.layers.items import Network
from hwsolve.layers.names import note_reserved
from hwsolve.layers.network import BlocksField, NetworkField
from hwsolve.layers.size_names import check_size_names
from hwsolve.solution import Solution
from hwsolve.spec import problem as base
from hwsolve.spec.fields import Choice, ListOf, RecordField
from hwsolve.spec.report import Report

sys.set_int_max_str_digits(
    0
)  # counts are whole numbers of any length; what a spec may state is bounded where it is read

EXAMPLE = "homework-1/1.1-fully-connected.yaml"

STARTER = """\
# How many parameters has a network?  Solve it with `hwsolve solve THIS-FILE`.
kind: count-params
title: A small convolutional network

network:
  input: [1, 28, 28]                     # channels first, no batch; a plain number for features
  layers:                                # named as in torch.nn, in snake case: `hwsolve layers` lists them
    - conv2d: {out_channels: 8, kernel_size: 5, padding: same}
    - relu
    - max_pool2d: 2
    - flatten
    - linear: 10                         # `bias: false` leaves the bias out

count:                                   # optional: which activations and multiply-adds count
  activations: cs231n                    # input, convolution, pooling and dense outputs | outputs: of every layer
  macs: matmul                           # convolution, dense, attention | all
  dtype: float32

# expect: {params: 15898}                # what should come out; `hwsolve batch` checks it
"""

RESERVED = frozenset({"input", "weight", "bias", "trainable", "bytes"})
KEYS = frozenset({"params", "activations", "macs", "flops", "shape"})
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

    def check(self, report: Report) -> None:
        """The names of layers must not be those of other keys."""
        note_reserved(self.network.items, RESERVED, report)
        check_size_names(self.network, KEYS, report)


def solve(problem: Problem) -> Solution:
    """Every layer's shape, parameters, activations and multiply-adds, and their totals."""
    from hwsolve.kinds.count_params.page import Counting

    for column in problem.columns:
        if column not in COLUMNS:
            known = ", ".join(COLUMNS)
            raise CallError(say("There is no column `{column}`; known are {known}.", column=column, known=known))
    return Counting(problem).solution()
