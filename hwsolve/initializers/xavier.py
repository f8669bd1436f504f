"""Xavier (X. Glorot, Y. Bengio 2010; torch.nn.init.xavier_uniform_, xavier_normal_)."""

from __future__ import annotations

from math import sqrt
from typing import Any

from hwsolve.formula.tree import ONE
from hwsolve.initializers.initializer import Array, Initializer, Shape, fans, real
from hwsolve.spec.fields import Decimal


class XavierNormal(Initializer, frozen=True, kw_only=True):
    """Xavier (Glorot): normal with the variance gain²·2/(fan_in + fan_out)."""

    gain: Decimal = ONE

    def deviation(self, shape: Shape) -> float:
        """The standard deviation gain·√(2/(fan_in + fan_out))."""
        return real(self.gain) * sqrt(2 / sum(fans(shape)))

    def drawn(self, random: Any, shape: Shape) -> Array:
        """Each element by itself."""
        return random.normal(0.0, self.deviation(shape), shape)


class XavierUniform(XavierNormal, frozen=True, kw_only=True):
    """Xavier (Glorot): uniform with the variance gain²·2/(fan_in + fan_out)."""

    def drawn(self, random: Any, shape: Shape) -> Array:
        """The bound is √3 times the standard deviation."""
        r = sqrt(3) * self.deviation(shape)
        return random.uniform(-r, r, shape)
