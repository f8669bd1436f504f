"""Operation counts: how many multiplications and additions a forward pass, backpropagation and an update take.

A layer z = W a + b of n inputs and m outputs takes n·m multiplications forward, n·m for the error Wᵀδ, n·m for the
gradient δaᵀ, and one for each parameter's update.  Sizes may be names; the counts are then polynomials.
(Nielsen, Neural Networks and Deep Learning, chapter 2, equations BP1 to BP4.)
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.language import Message, say
from hwsolve.layers.base import ShapeError, StatedMap
from hwsolve.layers.items import Item, Network
from hwsolve.layers.names import note_reserved
from hwsolve.layers.network import BlocksField, NetworkField
from hwsolve.layers.size_names import check_size_names
from hwsolve.solution import Solution
from hwsolve.spec import problem as base
from hwsolve.spec.fields import Choice, CountField, Flag, RecordField
from hwsolve.spec.nodes import Mapping
from hwsolve.spec.report import Report

EXAMPLE = "homework-2/2.3-complexity.yaml"

STARTER = """\
# How many operations does a network take?  Solve it with `hwsolve solve THIS-FILE`.
kind: complexity
title: L layers of n units

network:
  input: n                               # sizes may be names, or numbers
  layers:
    - repeat: {times: L, body: [linear: n, sigmoid]}

count:                                   # the conventions, as they are if you leave them out
  multiply_add: 2                        # 1: an addition along with its multiplication is one operation
  bias: true
  activations: false                     # whether evaluating activation functions counts
  input_gradient: false                  # whether the gradient of the network's input is worked out

# expect: {forward.mul: L*n**2}          # what should come out; `hwsolve batch` checks it
"""

RESERVED = frozenset({"loss"})
KEYS = frozenset({"forward", "backward", "update"})


class Count(msgspec.Struct, frozen=True):
    """The conventions of counting."""

    multiply_add: Annotated[int, CountField(1, 2)] = 2
    bias: Flag = True
    activations: Flag = False
    input_gradient: Flag = False

    MEANINGS: ClassVar[dict[str, Message]] = {
        "multiply_add": say("whether an addition along with its multiplication is an operation of its own: 2, or 1"),
        "bias": say("whether the additions of the bias count"),
        "activations": say("whether evaluating activation functions counts"),
        "input_gradient": say("whether the gradient of the network's input is worked out"),
    }


class Problem(base.Problem, kw_only=True):
    """Multiplications and additions of a forward pass, of backpropagation and of an update."""

    blocks: Annotated[Any, BlocksField()] = None
    network: Annotated[Network, NetworkField()]
    loss: Annotated[str, Choice("half_squared_error", "mse_loss", "cross_entropy")] | None = None
    count: Annotated[Count, RecordField(Count)] = Count()

    MEANINGS: ClassVar[dict[str, Message]] = {
        "blocks": say("bodies of layers by name, to be used like layers"),
        "network": say("the shape that comes in, and the layers"),
        "loss": say("the loss whose operations are counted too"),
        "count": say("the conventions of counting"),
    }

    def check(self, report: Report) -> None:
        """Every layer can be counted."""
        note_reserved(self.network.items, RESERVED, report)
        check_size_names(self.network, KEYS, report)
        self.countable(self.network.items, report)

    def countable(self, items: tuple[Item, ...], report: Report) -> None:
        """Note the layers that can't be."""
        for item in items:
            if any(isinstance(wire.shape, StatedMap) for wire in (*item.inputs, *item.outputs)):
                report.add(
                    item.node, item.where, say("Operations can't be counted: the sides of the map are not stated.")
                )
            elif item.layer is not None:
                self.countable_layer(item, report)
            for branch in item.branches:
                self.countable(branch.items, report)

    def countable_layer(self, item: Item, report: Report) -> None:
        """Note a layer whose rule does not reach its settings."""
        assert item.layer is not None
        try:
            item.layer.operations(*item.shapes)
            item.layer.cost_sizes(*item.shapes)
            for name, parameter in item.layer.parameters(*item.shapes).items():
                if parameter.spec.shared and not parameter.added:
                    raise ShapeError(say("Operations of a weight that all units share can't be counted."), name)
        except ShapeError as error:
            node, path = item.node, item.where
            if error.field and isinstance(node, Mapping) and error.field in node.entries:
                node, path = node.entries[error.field][1], path / error.field
            report.add(node, path, error.message)


def solve(problem: Problem) -> Solution:
    """The operations of every layer, by phase and kind, and their totals."""
    from hwsolve.kinds.complexity.page import Operations

    return Operations(problem).solution()
