"""Convolution by hand: forward, the gradients of input, kernel and bias, and the recursion of the error over indices.

y[p,q] = Σ over u and v of w[u,v]·x[p + u − 1, q + v − 1] is a cross-correlation; with `flip` the kernel is turned round
first, which is the convolution of signal processing.
(Goodfellow, Bengio, Courville, Deep Learning, section 9.1; arXiv 1603.07285, Dumoulin and Visin.)
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.formula.differentiate import differentiate
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Formula, Ref, substitute
from hwsolve.kinds.backprop.upstream import Upstream
from hwsolve.kinds.convolution.build import Task, prepare
from hwsolve.kinds.convolution.layer_graph import ConvolutionGraph
from hwsolve.kinds.convolution.page import Before, LayerWorker
from hwsolve.kinds.convolution.single_layer import OneLayerProblem
from hwsolve.language import Message, say
from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.activation import Activation, ReLU
from hwsolve.layers.base import Layer
from hwsolve.layers.convolution import Conv1d, Conv2d, Conv3d
from hwsolve.layers.transposed_convolution import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from hwsolve.proof import proven
from hwsolve.solution import Solution
from hwsolve.spec import terms
from hwsolve.spec.field import field_of
from hwsolve.spec.fields import Array, Flag, Word
from hwsolve.spec.named import NamedField
from hwsolve.spec.nodes import Node, Scalar
from hwsolve.spec.report import Path, Report, suggest

EXAMPLE = "homework-2/2.4-convolution-gradient.yaml"

STARTER = """\
# A convolution by hand: solve it with `hwsolve solve THIS-FILE`.
kind: convolution
title: A 2×2 kernel over a 3×3 map

layer:
  conv2d:
    out_channels: 1
    kernel_size: 2                      # a name such as K makes it the general case
    stride: 1
    padding: 0
    weight: [[0, 1], [2, 3]]            # leading axes of length 1 may be left out
    bias: [1]                           # or false

input: [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
upstream: [[1, 0], [0, 1]]              # dL/dy; leave it out for the forward pass alone
# activation: relu                      # a = f(z) in front of the layer
# flip: true                            # true convolution: the kernel turned round

# expect: {y: [[20, 26], [38, 44]]}
"""

CONVOLUTIONS: dict[str, type[Layer]] = {
    "conv1d": Conv1d,
    "conv2d": Conv2d,
    "conv3d": Conv3d,
    "conv_transpose1d": ConvTranspose1d,
    "conv_transpose2d": ConvTranspose2d,
    "conv_transpose3d": ConvTranspose3d,
}


class ActivationField(NamedField):
    """An activation by name, or a letter for any function."""

    def __init__(self) -> None:
        names = (name for name in LAYERS if LAYERS[name].startswith("hwsolve.layers.activation:"))
        super().__init__(terms.ACTIVATION, {name: layer_class(name) for name in names})
        self.expected = say("an activation such as `relu`, or a letter for any function")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """The record, or the letter."""
        if not isinstance(node, Scalar) or not node.text.isidentifier() or node.text in self.classes:
            return super().read(node, report, path)
        letter = len(node.text) <= 3 or suggest(node.text, self.classes) is None
        return node.text if letter else super().read(node, report, path)

    def schema(self) -> dict[str, Any]:
        """The activations, and names."""
        return {"anyOf": [super().schema(), field_of(Word).schema()]}


class Problem(OneLayerProblem, kw_only=True):
    """Convolution by hand: forward, gradients, and the recursion of the error."""

    layer: Annotated[Any, NamedField(terms.CONVOLUTION, CONVOLUTIONS)]
    activation: Annotated[Any, ActivationField()] = None
    flip: Flag = False
    MEANINGS: ClassVar[dict[str, Message]] = {
        "activation": say("the function in front of the layer: an activation, or a letter for any"),
        "flip": say("whether the kernel is turned round: true convolution"),
    }
    task: Task | None = None

    def check(self, report: Report) -> None:
        """Shapes, and the graph with its numbers."""
        self.task = prepare(self, report, build)
        self.computation = self.task.computation if self.task else None


def build(problem: Any, report: Report, layer: Any, x: Array, upstream: Upstream | None) -> ConvolutionGraph:
    """The graph of the layer, and of f in front of it; any function f stands as ReLU where numbers are needed."""
    graph = ConvolutionGraph(problem, report, layer, x, upstream)
    graph.flip = problem.flip
    if problem.activation is not None:
        graph.function = function_name(problem.activation)
    graph.activation = ReLU() if isinstance(problem.activation, str) else problem.activation
    return graph


def before(activation: Activation | str | None) -> Before | None:
    """The activation in front of the layer, as a function of z."""
    if activation is None:
        return None
    if isinstance(activation, str):
        return Before(activation, Call(f"d_{activation}", (Ref("z"),)))
    text = parse(activation.formula_text())
    f = substitute(text, {"x": Ref("z"), **activation.settings()})
    slope: Formula = differentiate(f, Ref("z"))
    return Before(function_name(activation), slope, f)


def function_name(activation: Activation | str) -> str:
    """What an activation is called."""
    if isinstance(activation, str):
        return activation
    return next(name for name, cls in ActivationField().classes.items() if type(activation) is cls)


def work(problem: Problem) -> Solution:
    """The solution at the precision that is set."""
    assert problem.task is not None
    return LayerWorker(problem, problem.task, before(problem.activation)).solution()


def solve(problem: Problem) -> Solution:
    """The worked solution, every printed digit proven."""
    return proven(problem, work)
