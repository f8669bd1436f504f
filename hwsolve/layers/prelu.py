"""Parametric ReLU: a ReLU whose slope below 0 is learned, one for all channels or one for each.

Source: PyTorch, torch.nn.PReLU; arXiv 1502.01852.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.formula.tree import Number
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.graph import Builder
from hwsolve.language import say
from hwsolve.layers import base
from hwsolve.layers.activation import Activation
from hwsolve.layers.base import Shape, ShapeError
from hwsolve.layers.cost import Operations, elementwise
from hwsolve.layers.elementwise import Elementwise
from hwsolve.layers.parameter import DEFAULT, Parameter, ParameterField, ParameterSpec, owned
from hwsolve.spec.fields import Decimal, Size


class PReLU(Activation, frozen=True):
    """Parametric ReLU: y = x for x > 0, else a·x with a learned slope a, one for all channels or one for each."""

    num_parameters: Size | None = None
    init: Decimal = Number(1, 4)
    weight: Annotated[ParameterSpec, ParameterField()] = DEFAULT
    function: ClassVar[str] = "prelu(x, weight)"
    slope: ClassVar[str] = "if(x > 0, 1, weight)"
    COUNTS: ClassVar[dict[str, str]] = {"weight": "slopes"}
    ALONE: ClassVar[tuple[str, ...]] = ("num_parameters", "init")  # `prelu: 3`, as in torch.nn; `prelu: 0.25`

    @property
    def by_element(self) -> bool:
        """Whether each element has a slope, as in Keras unless the number of slopes is told."""
        return self.framework == "keras" and self.num_parameters is None

    @property
    def slopes(self) -> Size:
        """How many slopes there are unless each element has one."""
        return 1 if self.num_parameters is None else self.num_parameters

    def output(self, x: Shape) -> Shape:
        """The same shape; as many slopes as channels, or one."""
        base.positive("num_parameters", self.slopes)
        if self.slopes != 1 and (not x or x[0] != self.slopes):
            channels = base.size_text(x[0]) if x else "0"
            raise ShapeError(
                say("Expected 1 or the number of channels, {channels}.", channels=channels), "num_parameters"
            )
        return x

    def parameters(self, *shapes: Shape) -> dict[str, Parameter]:
        """The slopes: (num_parameters,); in Keras one for each element."""
        slopes = shapes[0] if self.by_element else (self.slopes,)
        return owned(weight=Parameter(slopes, "weight", self.weight))

    def operations(self, x: Shape) -> Operations:
        """The gradient of a slope is the sum of g·x where x < 0."""
        gradient = {"mul": "values", "sum": "values - slopes"}
        return elementwise(self.function, self.slope) | {"gradient.weight": gradient}

    def sizes(self, x: Shape) -> dict[str, base.Size]:
        """The number of slopes."""
        return {"slopes": base.product(x) if self.by_element else self.slopes}

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """One operation with its learned slope; `init` is its value unless `weight` gives one."""
        own, alpha = self.parameters()["weight"], builder.free_symbol("alpha")
        if self.slopes != 1 and not self.weight.shared:
            letters = ("k", "i", "j", "l")[: len(builder.sample(x))]
            each = ByFormula(f"prelu(x[{','.join(letters)}], w[k])", ("x", "w"), ("x",), letters)
            return (builder.forward(each, (x, builder.own(self, "weight", own, alpha, None, self.init))),)
        a = builder.own(self, "weight", own, alpha, (), self.init)
        return (builder.forward(Elementwise("prelu(x, weight)", ("weight",)), (x, a)),)
