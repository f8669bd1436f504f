"""Activation functions: each is applied to every element by itself, y = f(x), and keeps the shape.

A record states its function once, as a formula over `x` and its own settings; value, derivative and lines follow
from it.
Source: PyTorch, torch.nn, non-linear activations.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.formula.tree import Formula, Number
from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import Operation
from hwsolve.language import say
from hwsolve.layers import base
from hwsolve.layers.base import Layer, NotComputed, Shape, ShapeError
from hwsolve.layers.cost import MOVED, NOT_COUNTED, NotCounted, Nothing, Operations, elementwise
from hwsolve.layers.elementwise import Elementwise, ReLUOperation, SigmoidOperation, TanhOperation
from hwsolve.layers.parameter import DEFAULT, Parameter, ParameterField, ParameterSpec, owned
from hwsolve.spec.fields import Choice, Decimal, Size


class Activation(Layer, frozen=True):
    """y = f(x), element by element; `function` is f as a formula.

    `evaluation` (where f is not worked out as `function` says) and `slope` are what counting reads: the operations
    that f and its derivative take.  Beside x and the settings they read what the forward pass keeps: `y`, f(x); `p`,
    Φ(x) of GELU; `s`, σ(x) of SiLU; `t`, the tanh within f, of Mish and of the approximate GELU; and numbers that are
    known: `sqrt_2pi`, √(2π); `scale` and `scale_alpha`, λ and λα of SELU; `c`, √(2/π), `k`, 0.044715, and `k3`, 3k.
    """

    CATEGORY: ClassVar[str] = "activation"
    GIVES: ClassVar[str] = "activations"
    function: ClassVar[str] = "x"
    evaluation: ClassVar[str | None] = None
    slope: ClassVar[str | None] = None
    MACS: ClassVar[str | Nothing | NotCounted] = Nothing(say("no multiply-adds: a function of the values"))

    def settings(self) -> dict[str, Formula]:
        """The values of the names, other than x, that stand in `function`."""
        return {}

    def formula_text(self) -> str:
        """The function these settings choose."""
        return self.function

    def operations(self, x: Shape) -> Operations | Nothing | NotCounted:
        """Those of `evaluation` for every value; back, those of `slope` and a multiplication."""
        return NOT_COUNTED if self.slope is None else elementwise(self.evaluation or self.function, self.slope)

    def operation(self) -> Operation:
        """The function as array code and formula."""
        return Elementwise(self.formula_text(), tuple(self.settings()))

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """One operation; its settings are constants."""
        settings = tuple(builder.constant(v) for v in self.settings().values())
        return (builder.forward(self.operation(), (x, *settings)),)


class Identity(Activation, frozen=True):
    """Identity: y = x."""

    CATEGORY: ClassVar[str] = "view"
    GIVES: ClassVar[str] = ""
    slope: ClassVar[str | None] = "1"

    def operations(self, x: Shape) -> Operations | Nothing | NotCounted:
        """None."""
        return MOVED


class ReLU(Activation, frozen=True):
    """Rectified linear unit: y = max(0, x)."""

    function: ClassVar[str] = "relu(x)"
    slope: ClassVar[str] = "if(x > 0, 1, 0)"

    def operation(self) -> Operation:
        """Array code of its own: it is used most."""
        return ReLUOperation()


class LeakyReLU(Activation, frozen=True):
    """Leaky ReLU: y = x for x > 0, else negative_slope·x."""

    negative_slope: Decimal = Number(1, 100)
    function: ClassVar[str] = "leaky_relu(x, negative_slope)"
    slope: ClassVar[str] = "if(x > 0, 1, negative_slope)"

    def settings(self) -> dict[str, Formula]:
        """The slope."""
        return {"negative_slope": self.negative_slope}


class PReLU(Activation, frozen=True):
    """Parametric ReLU: y = x for x > 0, else a·x with a learned slope a, one for all channels or one for each."""

    num_parameters: Size = 1
    init: Decimal = Number(1, 4)
    weight: Annotated[ParameterSpec, ParameterField()] = DEFAULT
    function: ClassVar[str] = "prelu(x, weight)"
    slope: ClassVar[str] = "if(x > 0, 1, weight)"
    COUNTS: ClassVar[dict[str, str]] = {"weight": "slopes"}
    ALONE: ClassVar[tuple[str, ...]] = ("num_parameters", "init")  # `prelu: 3`, as in torch.nn; `prelu: 0.25`

    def output(self, x: Shape) -> Shape:
        """The same shape; as many slopes as channels, or one."""
        base.positive("num_parameters", self.num_parameters)
        if self.num_parameters != 1 and (not x or x[0] != self.num_parameters):
            channels = base.size_text(x[0]) if x else "0"
            raise ShapeError(
                say("Expected 1 or the number of channels, {channels}.", channels=channels), "num_parameters"
            )
        return x

    def parameters(self, *shapes: Shape) -> dict[str, Parameter]:
        """The slopes: (num_parameters,)."""
        return owned(weight=Parameter((self.num_parameters,), "weight", self.weight))

    def operations(self, x: Shape) -> Operations:
        """The gradient of a slope is the sum of g·x where x < 0."""
        gradient = {"mul": "values", "sum": "values - slopes"}
        return elementwise(self.function, self.slope) | {"gradient.weight": gradient}

    def sizes(self, x: Shape) -> dict[str, base.Size]:
        """The number of slopes."""
        return {"slopes": self.num_parameters}

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """One operation with its learned slope; `init` is its value unless `weight` gives one."""
        if self.num_parameters != 1 and not self.weight.shared:
            raise NotComputed(say("`{layer}` is computed by hand with one slope only.", layer=builder.path))
        a = builder.own(self, "weight", self.parameters()["weight"], builder.free_symbol("alpha"), (), self.init)
        return (builder.forward(Elementwise("prelu(x, weight)", ("weight",)), (x, a)),)


class Sigmoid(Activation, frozen=True):
    """Logistic function: y = 1/(1 + exp(−x))."""

    GIVES: ClassVar[str] = "probabilities"
    function: ClassVar[str] = "sigmoid(x)"
    slope: ClassVar[str] = "y*(1 - y)"

    def operation(self) -> Operation:
        """Array code of its own: it is used most."""
        return SigmoidOperation()


class Tanh(Activation, frozen=True):
    """Hyperbolic tangent: y = tanh x."""

    function: ClassVar[str] = "tanh(x)"
    slope: ClassVar[str] = "1 - y*y"

    def operation(self) -> Operation:
        """Array code of its own: it is used most."""
        return TanhOperation()


class Softplus(Activation, frozen=True):
    """Softplus: y = ln(1 + exp(beta·x))/beta."""

    beta: Decimal = Number(1)

    def settings(self) -> dict[str, Formula]:
        """The sharpness beta."""
        return {} if self.beta == Number(1) else {"beta": self.beta}

    def operations(self, x: Shape) -> Operations | Nothing | NotCounted:
        """With a sharpness, a multiplication and a division more."""
        if self.beta == Number(1):
            return super().operations(x)
        return elementwise("log(1 + exp(beta*x))/beta", "1/(1 + exp(-(beta*x)))")

    def formula_text(self) -> str:
        """ln(1 + exp x) for beta = 1."""
        return "softplus(x)" if self.beta == Number(1) else "softplus(beta*x)/beta"

    function: ClassVar[str] = "softplus(x)"
    slope: ClassVar[str] = "1/(1 + exp(-x))"


class GELU(Activation, frozen=True):
    """Gaussian error linear unit: y = x·Φ(x), or its tanh approximation."""

    approximate: Annotated[str, Choice("none", "tanh")] = "none"
    function: ClassVar[str] = "gelu(x)"
    slope: ClassVar[str] = "p + x*exp(-(x*x)/2)/sqrt_2pi"

    def operations(self, x: Shape) -> Operations | Nothing | NotCounted:
        """Φ(x) is kept; of the approximation, its tanh."""
        if self.approximate == "none":
            return super().operations(x)
        return elementwise("x*(1 + tanh(c*(x + k*x**3)))/2", "(1 + t)/2 + x*(1 - t*t)*c*(1 + k3*x**2)/2")

    def formula_text(self) -> str:
        """The exact function, or the approximation asked for."""
        return "gelu(x)" if self.approximate == "none" else "gelu_tanh(x)"


class SiLU(Activation, frozen=True):
    """Sigmoid linear unit, swish: y = x·σ(x)."""

    function: ClassVar[str] = "silu(x)"
    slope: ClassVar[str] = "s*(1 + x*(1 - s))"


class ELU(Activation, frozen=True):
    """Exponential linear unit: y = x for x > 0, else alpha·(exp x − 1)."""

    alpha: Decimal = Number(1)
    function: ClassVar[str] = "elu(x, alpha)"
    slope: ClassVar[str] = "if(x > 0, 1, y + alpha)"

    def settings(self) -> dict[str, Formula]:
        """The scale of the negative side."""
        return {"alpha": self.alpha}


class SELU(Activation, frozen=True):
    """Scaled ELU, with the two constants that keep mean 0 and variance 1."""

    function: ClassVar[str] = "selu(x)"
    evaluation: ClassVar[str] = "if(x > 0, scale*x, scale_alpha*(exp(x) - 1))"
    slope: ClassVar[str] = "if(x > 0, scale, y + scale_alpha)"


class Mish(Activation, frozen=True):
    """Mish: y = x·tanh(softplus x)."""

    function: ClassVar[str] = "mish(x)"
    slope: ClassVar[str] = "t + x*(1 - t*t)*(1/(1 + exp(-x)))"


class Softsign(Activation, frozen=True):
    """Softsign: y = x/(1 + |x|)."""

    function: ClassVar[str] = "softsign(x)"
    slope: ClassVar[str] = "1/(1 + abs(x))**2"


class ReLU6(Activation, frozen=True):
    """ReLU capped at 6: y = min(max(0, x), 6)."""

    function: ClassVar[str] = "relu6(x)"
    slope: ClassVar[str] = "if(x > 0, if(x < 6, 1, 0), 0)"


class HardTanh(Activation, frozen=True):
    """Piecewise linear tanh: y = x cut off at −1 and 1."""

    function: ClassVar[str] = "hard_tanh(x)"
    slope: ClassVar[str] = "if(x > -1, if(x < 1, 1, 0), 0)"


class HardSigmoid(Activation, frozen=True):
    """Piecewise linear sigmoid: y = (x + 3)/6 cut off at 0 and 1."""

    GIVES: ClassVar[str] = "probabilities"
    function: ClassVar[str] = "hard_sigmoid(x)"
    slope: ClassVar[str] = "if(x > -3, if(x < 3, 1/6, 0), 0)"


class HardSwish(Activation, frozen=True):
    """Hard swish: y = x·hard_sigmoid(x)."""

    function: ClassVar[str] = "hard_swish(x)"
    slope: ClassVar[str] = "if(x > -3, if(x < 3, (2*x + 3)/6, 1), 0)"


class LogSigmoid(Activation, frozen=True):
    """Logarithm of the sigmoid: y = ln σ(x)."""

    GIVES: ClassVar[str] = "log probabilities"
    function: ClassVar[str] = "log_sigmoid(x)"
    slope: ClassVar[str] = "1/(1 + exp(x))"
