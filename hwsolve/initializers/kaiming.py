"""Kaiming (K. He et al. 2015; torch.nn.init.kaiming_uniform_, kaiming_normal_)."""

from __future__ import annotations

from math import sqrt
from typing import Annotated, Any, ClassVar

from hwsolve.formula.tree import ZERO
from hwsolve.initializers.initializer import Array, Initializer, Shape, fans, real
from hwsolve.language import Message, say
from hwsolve.spec.fields import Choice, Decimal

KNOWN = (  # that torch.nn.init.calculate_gain knows
    *("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"),
    *("sigmoid", "tanh", "relu", "leaky_relu", "selu"),
)
GAINS = {"tanh": 5 / 3, "relu": sqrt(2), "selu": 3 / 4}


class KaimingNormal(Initializer, frozen=True, kw_only=True):
    """Kaiming (He): normal with the variance gain²/fan."""

    a: Decimal = ZERO
    mode: Annotated[str, Choice("fan_in", "fan_out")] = "fan_in"
    nonlinearity: Annotated[str, Choice(*KNOWN)] = "leaky_relu"

    MEANINGS: ClassVar[dict[str, Message]] = {
        "a": say("the slope of a leaky ReLU for x < 0"),
        "mode": say("whether the signals keep their variance, or the gradients"),
        "nonlinearity": say("the activation whose gain is taken"),
    }

    def deviation(self, shape: Shape) -> float:
        """The standard deviation gain/√fan; a leaky ReLU of slope a has the gain √(2/(1 + a²))."""
        fan_in, fan_out = fans(shape)
        leaky = sqrt(2 / (1 + real(self.a) ** 2))
        gain = leaky if self.nonlinearity == "leaky_relu" else GAINS.get(self.nonlinearity, 1.0)
        return gain / sqrt(fan_out if self.mode == "fan_out" else fan_in)

    def drawn(self, random: Any, shape: Shape) -> Array:
        """Each element by itself."""
        return random.normal(0.0, self.deviation(shape), shape)


class KaimingUniform(KaimingNormal, frozen=True, kw_only=True):
    """Kaiming (He): uniform with the variance gain²/fan."""

    def drawn(self, random: Any, shape: Shape) -> Array:
        """The bound is √3 times the standard deviation."""
        r = sqrt(3) * self.deviation(shape)
        return random.uniform(-r, r, shape)
