"""Activation functions: each is applied to every element by itself, y = f(x), and keeps the shape.

A record states its function once, as a formula over `x` and its own settings; value, derivative and lines follow
from it.
Source: PyTorch, torch.nn, non-linear activations.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, ClassVar

from hwsolve.formula.tree import Formula, Number
from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import Operation
from hwsolve.language import Message, say
from hwsolve.layers.base import Layer, Shape, ShapeError
from hwsolve.layers.cost import MOVED, NOT_COUNTED, NotCounted, Nothing, Operations, elementwise
from hwsolve.layers.elementwise import Elementwise, ReLUOperation, SigmoidOperation, TanhOperation
from hwsolve.layers.idle_arguments import BEND, INPLACE
from hwsolve.spec.field import Field
from hwsolve.spec.fields import Choice, Decimal


class Activation(Layer, frozen=True):
    """y = f(x), element by element; `function` is f as a formula.

    `evaluation` (where f is not worked out as `function` says) and `slope` are what counting reads: the operations
    that f and its derivative take.  Beside x and the settings they read what the forward pass keeps: `y`, f(x); `p`,
    Φ(x) of GELU; `s`, σ(x) of SiLU; `t`, the tanh within f, of Mish and of the approximate GELU; and numbers that are
    known: `sqrt_2pi`, √(2π); `scale` and `scale_alpha`, λ and λα of SELU; `c`, √(2/π), `k`, 0.044715, and `k3`, 3k.
    """

    CATEGORY: ClassVar[str] = "activation"
    GIVES: ClassVar[str] = "activations"
    IDLE: ClassVar[dict[str, Field]] = INPLACE
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
    KEEPS: ClassVar[str] = "y"  # its sign is that of x

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

    IDLE: ClassVar[dict[str, Field]] = BEND

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
    """Piecewise linear tanh: y = x cut off at `min_val` and `max_val`, −1 and 1 unless given."""

    min_val: Decimal = Number(-1)
    max_val: Decimal = Number(1)

    ALSO: ClassVar[dict[str, str]] = {"min_value": "min_val", "max_value": "max_val"}
    function: ClassVar[str] = "hard_tanh(x)"
    slope: ClassVar[str] = "if(x > -1, if(x < 1, 1, 0), 0)"
    MEANINGS: ClassVar[dict[str, Message]] = Activation.MEANINGS | {
        "min_val": say("the least value that comes out"),
        "max_val": say("the largest value that comes out"),
    }

    def output(self, x: Shape) -> Shape:
        """The same shape."""
        low, high = (Fraction(n.numerator, n.denominator) for n in (self.min_val, self.max_val))  # type: ignore[attr-defined]
        if low >= high:
            raise ShapeError(say("`{low}` must be less than `{high}`.", low="min_val", high="max_val"), "min_val")
        return x

    def is_plain(self) -> bool:
        """Whether the bounds are those of the name."""
        return (self.min_val, self.max_val) == (Number(-1), Number(1))

    def settings(self) -> dict[str, Formula]:
        """The bounds."""
        return {} if self.is_plain() else {"low": self.min_val, "high": self.max_val}

    def formula_text(self) -> str:
        """With bounds of its own, piece by piece."""
        return self.function if self.is_plain() else "if(x <= low, low, if(x < high, x, high))"

    def operations(self, x: Shape) -> Operations | Nothing | NotCounted:
        """Two comparisons, forward and back."""
        return elementwise(self.formula_text(), self.slope)


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
