"""Pooling by hand: forward, and how the error passes back.

A maximum sends it to the cell that has it; an average sends an equal part to every cell; what overlapping windows send
adds up.  (Goodfellow, Bengio, Courville, Deep Learning, section 9.3.)
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.kinds.backprop.upstream import Upstream
from hwsolve.kinds.convolution.build import Task, prepare
from hwsolve.kinds.convolution.layer_graph import PoolingGraph
from hwsolve.kinds.convolution.page import LayerWorker
from hwsolve.kinds.convolution.single_layer import OneLayerProblem
from hwsolve.language import Message, say
from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.base import Layer
from hwsolve.proof import proven
from hwsolve.solution import Note, Solution
from hwsolve.spec import terms
from hwsolve.spec.fields import Array, Choice
from hwsolve.spec.named import NamedField
from hwsolve.spec.report import Report

EXAMPLE = "homework-2/2.5-max-pooling.yaml"

STARTER = """\
# Pooling by hand: solve it with `hwsolve solve THIS-FILE`.
kind: pooling
title: The largest value of each 2×2 window

layer: {max_pool2d: {kernel_size: 2, stride: 1}}   # avg_pool2d, adaptive_avg_pool2d …; a size K: the general case
input: [[1, 5, 2], [4, 3, 6], [0, 8, 7]]
upstream: [[1, 2], [3, 4]]              # dL/dy; leave it out for the forward pass alone
# ties: first                           # first (as PyTorch) | all | split: who gets it, of several largest cells

# expect: {y: [[5, 6], [8, 8]]}
"""

POOLINGS: dict[str, type[Layer]] = {name: layer_class(name) for name in LAYERS if "_pool" in name}


class Problem(OneLayerProblem, kw_only=True):
    """Pooling by hand: forward, and how the error passes back."""

    layer: Annotated[Any, NamedField(terms.POOLING, POOLINGS)]
    ties: Annotated[str, Choice("first", "all", "split")] = "first"
    MEANINGS: ClassVar[dict[str, Message]] = {
        "ties": say("who gets the error, of several largest cells: the first as in PyTorch, all, or each a part"),
    }
    task: Task | None = None

    def check(self, report: Report) -> None:
        """Shapes, and the graph with its numbers."""
        self.task = prepare(self, report, build)
        self.computation = self.task.computation if self.task else None


def build(problem: Any, report: Report, layer: Any, x: Array, upstream: Upstream | None) -> PoolingGraph:
    """The graph of the layer."""
    graph = PoolingGraph(problem, report, layer, x, upstream)
    graph.ties = problem.ties
    return graph


def work(problem: Problem) -> Solution:
    """The solution at the precision that is set, with the convention for ties."""
    assert problem.task is not None
    worker = LayerWorker(problem, problem.task)
    found = worker.solution()
    operation = worker.graph.nodes[worker.graph.output].operation
    remark = operation.tie_remark() if operation is not None else None
    if remark is None or any(n.text == remark for n in found.notes):
        return found
    return msgspec.structs.replace(found, notes=(*found.notes, Note("info", remark)))


def solve(problem: Problem) -> Solution:
    """The worked solution, every printed digit proven."""
    return proven(problem, work)
