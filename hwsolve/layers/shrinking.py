"""Activation functions with a flat piece around 0 or below a threshold, and two of other ELUs and ReLUs.

Source: PyTorch, torch.nn.Hardshrink, Softshrink, Tanhshrink, Threshold, CELU (arXiv 1704.07483) and RReLU (arXiv
1505.00853).
"""

from __future__ import annotations

from typing import ClassVar

from hwsolve.formula.tree import Formula, Number, call
from hwsolve.graph.graph import Builder
from hwsolve.language import Message, say
from hwsolve.layers import base
from hwsolve.layers.activation import Activation
from hwsolve.layers.base import NotComputed, Shape, ShapeError
from hwsolve.spec.fields import Decimal

LAMBD: dict[str, Message] = {"lambd": say("half the length of the piece around 0 where nothing comes out")}


class CELU(Activation, frozen=True):
    """Continuously differentiable ELU: y = x for x > 0, else alpha·(exp(x/alpha) − 1)."""

    alpha: Decimal = Number(1)
    function: ClassVar[str] = "if(x > 0, x, alpha*(exp(x/alpha) - 1))"
    slope: ClassVar[str] = "if(x > 0, 1, y/alpha + 1)"

    def output(self, x: Shape) -> Shape:
        """The same shape."""
        if self.alpha == Number(0):
            raise ShapeError(say("`{key}` can't be 0.", key="alpha"), "alpha")
        return x

    def settings(self) -> dict[str, Formula]:
        """The scale of the negative side."""
        return {"alpha": self.alpha}


class Shrink(Activation, frozen=True):
    """What both shrinking functions share: a piece from −lambd to lambd that is 0."""

    lambd: Decimal = Number(1, 2)
    MEANINGS: ClassVar[dict[str, Message]] = Activation.MEANINGS | LAMBD

    def output(self, x: Shape) -> Shape:
        """The same shape."""
        base.not_negative("lambd", self.lambd)
        return x

    def settings(self) -> dict[str, Formula]:
        """Half the length of the piece."""
        return {"lambd": self.lambd}


class Hardshrink(Shrink, frozen=True):
    """Hard shrinkage: y = x for |x| > lambd, else 0."""

    function: ClassVar[str] = "if(x > lambd, x, if(x < -lambd, x, 0))"
    slope: ClassVar[str] = "if(x > lambd, 1, if(x < -lambd, 1, 0))"


class Softshrink(Shrink, frozen=True):
    """Soft shrinkage: y = x − lambd for x > lambd, x + lambd for x < −lambd, else 0."""

    function: ClassVar[str] = "if(x > lambd, x - lambd, if(x < -lambd, x + lambd, 0))"
    slope: ClassVar[str] = "if(x > lambd, 1, if(x < -lambd, 1, 0))"


class Tanhshrink(Activation, frozen=True):
    """What tanh takes away: y = x − tanh x."""

    function: ClassVar[str] = "x - tanh(x)"
    slope: ClassVar[str] = "(x - y)*(x - y)"


class Threshold(Activation, frozen=True):
    """Threshold: y = x for x > threshold, else value."""

    threshold: Decimal
    value: Decimal
    function: ClassVar[str] = "if(x > threshold, x, value)"
    slope: ClassVar[str] = "if(x > threshold, 1, 0)"
    MEANINGS: ClassVar[dict[str, Message]] = Activation.MEANINGS | {
        "threshold": say("what x must be larger than to come out"),
        "value": say("what comes out otherwise"),
    }

    def settings(self) -> dict[str, Formula]:
        """The threshold and the value."""
        return {"threshold": self.threshold, "value": self.value}


class RReLU(Activation, frozen=True):
    """Randomised leaky ReLU: y = x for x > 0, else a·x; a is drawn in training, (lower + upper)/2 in evaluation."""

    lower: Decimal = Number(1, 8)
    upper: Decimal = Number(1, 3)
    function: ClassVar[str] = "leaky_relu(x, a)"
    slope: ClassVar[str] = "if(x > 0, 1, a)"
    MEANINGS: ClassVar[dict[str, Message]] = Activation.MEANINGS | {
        "lower": say("the least slope that is drawn"),
        "upper": say("the largest slope that is drawn"),
    }

    def by_mode(self) -> bool:
        """A slope is drawn in training."""
        return True

    def settings(self) -> dict[str, Formula]:
        """The slope of evaluation."""
        from hwsolve.formula.simplify.polynomial import canonical

        return {"a": canonical(call("/", call("+", self.lower, self.upper), Number(2)))}

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """One operation, of evaluation."""
        if builder.mode == "train":
            raise NotComputed(say("`{layer}` draws its slopes in training: only `{mode}` is computed by hand.",
                                  layer=builder.path, mode="mode: eval"))  # fmt: skip
        return super().build(builder, x)
