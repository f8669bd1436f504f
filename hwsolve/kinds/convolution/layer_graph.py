"""The graph of one layer: x, what the layer makes of it, and the gradients, by the letters of the exercise.

The channels of x, w and y are written where the problem writes them: leading axes of length 1 may be left out.
"""

from __future__ import annotations

from math import gcd, prod
from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve.formula.tree import Number
from hwsolve.kinds.backprop.build import NetworkConstruction
from hwsolve.kinds.backprop.input_arrays import Given
from hwsolve.kinds.backprop.loss_setup import LossSetup
from hwsolve.kinds.backprop.upstream import Upstream
from hwsolve.kinds.convolution.single_layer import SingleLayerProblem, fits
from hwsolve.language import say
from hwsolve.layers.activation import Activation
from hwsolve.layers.base import Layer, Shape, shape_text
from hwsolve.layers.correlation import Written
from hwsolve.layers.names import DIMENSION
from hwsolve.spec.fields import Array
from hwsolve.spec.nodes import Mapping
from hwsolve.spec.nodes import Node as Place
from hwsolve.spec.report import ROOT, Path, Report

if TYPE_CHECKING:
    from hwsolve.layers.convolution import Convolution
    from hwsolve.layers.transposed_convolution import TransposedConvolution


class LayerConstruction(NetworkConstruction):
    """Builds the graph of a problem about one layer."""

    def __init__(self, problem: SingleLayerProblem, report: Report, layer: Any, x: Array, upstream: Upstream | None):
        super().__init__(problem, report)
        self.layer, self.x, self.upstream = layer, x, upstream
        self.written = Written()

    @property
    def function_slope(self) -> str:
        """What the derivative of any function in front of the layer is called."""
        return ""

    @property
    def axes(self) -> int:
        """The axes of the map."""
        found: int = self.layer.AXES
        return found

    @property
    def name(self) -> str:
        """What the lines call the layer: its own name, or its type without the number of axes."""
        stated = self.problem.node.entries["layer"][1]
        kind = next(iter(stated.entries)) if isinstance(stated, Mapping) else getattr(stated, "text", "")
        return self.layer.name or DIMENSION.sub("", kind)

    def place_of(self, layer: str) -> tuple[Place, Path] | None:
        """Where the one layer's arguments stand, or the activation in front of it."""
        assert self.problem.node is not None
        key = "activation" if layer != self.name and "activation" in self.problem.node.entries else "layer"
        node, path = self.problem.node.entries[key][1], ROOT / key
        if isinstance(node, Mapping) and len(node.entries) == 1:
            ((name, (_, node)),) = node.entries.items()
            path = path / name
        return node, path

    def enter_input(self) -> str | None:
        """x as it is written: a map, with channels in front, or with samples in front of these."""
        shape = self.x.shape
        extra = len(shape) - self.axes
        if not 0 <= extra <= 2:
            message = say(
                "Expected a map of {n} axes, with channels, or samples and channels, in front; got the shape {shape}.",
                n=self.axes,
                shape=shape_text(shape),
            )
            self.wrong("input", message)
            return None
        one: Shape = shape[-self.axes - 1 :] if extra else (1, *shape)
        out = fits(self.problem, self.layer, one, self.report)
        if out is None:
            return None
        self.graph.batched = extra == 2
        self.written = self.axes_written(bool(extra), out)
        name = self.builder.given(self.input_symbol(), shape, "input")
        self.givens[name] = Given(shape, self.x.values)
        return name

    def input_symbol(self) -> str:
        """The letter of what is given."""
        return "x"

    def axes_written(self, x: bool, out: Shape) -> Written:
        """Which axes stand in front of the map's."""
        return Written(x, 0, x)

    def at_layer(self) -> None:
        """What is written from here on is the layer's."""
        output = self.layer.symbols.output
        self.builder.at(self.name, (output,) if output else ())

    def enter_end(self) -> str | None:
        """The upstream gradient, if one is given or made."""
        return LossSetup(self).enter_upstream(self.upstream) if self.upstream is not None else None

    @property
    def end_key(self) -> str:
        """There is no loss."""
        return "upstream"

    def enter_training(self) -> None:
        """Nothing is trained."""

    @property
    def samples(self) -> int:
        """The number of samples."""
        return self.x.shape[0] if self.graph.batched else 1


class ConvolutionGraph(LayerConstruction):
    """A convolution or transposed convolution, of x or of a = f(z)."""

    activation: Activation | None = None
    function: str = "f"
    flip: bool = False

    @property
    def function_slope(self) -> str:
        """da/dz."""
        return "da_dz" if self.activation is not None else ""

    def input_symbol(self) -> str:
        """z before an activation."""
        return "z" if self.activation is not None else "x"

    def axes_written(self, x: bool, out: Shape) -> Written:
        """Leading axes of length 1 are left out of w where its numbers do so, of y where upstream or all others do."""
        weight = self.layer.weight
        alone = out[0] == 1 and self.layer.groups == 1
        w = len(weight.values.shape) - self.axes if weight.values is not None else 0 if alone and not x else 2
        y = not alone or (x and w == 2)
        if alone and self.upstream is not None:
            rank = len(self.upstream.values.shape) - int(self.graph.batched)
            y = rank > self.axes
        return Written(x, w, y)

    def enter_layers(self, x: str) -> str | None:
        """f, and the convolution."""
        from hwsolve.layers.kernels import build_kernels

        if self.activation is not None:
            settings = tuple(self.builder.constant(v) for v in self.activation.settings().values())
            x = self.builder.forward(self.activation.operation(), (x, *settings), "a", layer=self.function)
        self.at_layer()
        return build_kernels(self.layer, self.builder, x, self.written, self.flip, numbered=False)


class PoolingGraph(LayerConstruction):
    """A pooling layer."""

    ties: str = "first"

    def enter_layers(self, x: str) -> str | None:
        """The pooling."""
        shape = self.builder.shape(x)
        one = shape[-self.axes - 1 :] if self.written.x else (1, *shape)
        operation = msgspec.structs.replace(self.layer.operation(one), channels=self.written.x)
        if hasattr(operation, "ties"):
            operation = msgspec.structs.replace(operation, ties=self.ties)
        self.at_layer()
        return self.builder.forward(operation, (x,), "y")


def made_up(shape: Shape, step: int, among: int, problem: SingleLayerProblem, lowest: int | None = None) -> Array:
    """Small whole numbers, about 0 unless they begin at `lowest`, `among` different ones, where nothing is stated."""
    assert problem.node is not None
    sizes = tuple(int(n) for n in shape)  # type: ignore[arg-type]
    while gcd(step, among) > 1:
        among += 1
    first = -(among // 2) if lowest is None else lowest
    values = tuple(Number((step * k + 3) % among + first) for k in range(prod(sizes)))
    return Array(sizes, values, problem.node)


def made_up_weight(layer: Convolution | TransposedConvolution, shape: Shape, problem: SingleLayerProblem) -> Layer:
    """The layer with small whole numbers for parameters of which nothing is stated."""
    changed = {}
    for name, parameter in layer.parameters(shape).items():
        spec, short = parameter.spec, parameter.shape
        if spec.values is None and spec.value is None and spec.init is None:
            while len(short) > layer.AXES and short[0] == 1 and parameter.role == "weight":
                short = short[1:]
            changed[name] = msgspec.structs.replace(spec, values=made_up(short, 5, 7, problem))
    return msgspec.structs.replace(layer, **changed)
