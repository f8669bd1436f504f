"""Backpropagation by hand: forward pass, loss, gradients by the chain rule, updates, and the forward pass again.

(Goodfellow, Bengio, Courville, Deep Learning, section 6.5; Nielsen, Neural Networks and Deep Learning, chapter 2.)
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.kinds.backprop.build import Computation, build
from hwsolve.kinds.backprop.page import worked_out
from hwsolve.kinds.backprop.target import TargetField
from hwsolve.kinds.backprop.upstream import Upstream, UpstreamField
from hwsolve.language import Message, say
from hwsolve.layers.network import BlocksField, Network, NetworkField
from hwsolve.losses import LOSSES
from hwsolve.losses.loss import Loss
from hwsolve.optimizers import OPTIMIZERS
from hwsolve.optimizers.optimizer import Optimizer
from hwsolve.proof import proven
from hwsolve.solution import Solution
from hwsolve.spec import problem as base
from hwsolve.spec.fields import Array, ArrayField, CountField, Flag
from hwsolve.spec.named import NamedField
from hwsolve.spec.report import Report
from hwsolve.spec.terms import LOSS, OPTIMIZER

EXAMPLE = "homework-2/2.1-backprop.yaml"

STARTER = """\
# Backpropagation by hand: solve it with `hwsolve solve THIS-FILE`.
kind: backprop
title: A small network, one step of gradient descent

network:
  input: 2                              # two inputs, x[1] and x[2]
  layers:
    - linear:
        out_features: 2
        weight: [[0.1, 0.2], [0.3, 0.4]]   # a row for each output, as in z = W x + b
        bias: [0.5, 0.6]                   # or false
    - sigmoid
    - linear: {out_features: 1, weight: [[0.7, 0.8]], bias: [0.9]}

input: [1, 2]                           # one sample; a list of lists is a batch
target: [1]
loss: half_squared_error                # mse_loss, l1_loss, cross_entropy, binary_cross_entropy …
optimizer: {sgd: {lr: 0.1}}             # leave it out for the gradients alone
steps: 1

# expect: {L: 0.123}                    # what should come out; `hwsolve batch` checks it
"""


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
    computation: Computation | None = None

    def check(self, report: Report) -> None:
        """Shapes, names, and what must or must not stand together."""
        self.computation = build(self, report)


def solve(problem: Problem) -> Solution:
    """The worked solution, every printed digit proven."""
    return proven(problem, worked_out, problem.loss.domain if problem.loss is not None else None)
