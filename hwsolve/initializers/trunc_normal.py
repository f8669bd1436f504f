"""The truncated normal distribution (torch.nn.init.trunc_normal_)."""

from __future__ import annotations

from typing import Any

from hwsolve.formula.tree import Number
from hwsolve.initializers.initializer import Array, Shape, real
from hwsolve.initializers.normal import Normal
from hwsolve.spec.fields import Decimal

TRIES = 1000


class TruncNormal(Normal, frozen=True, kw_only=True):
    """Normal distribution from which values outside [a, b] are drawn again."""

    a: Decimal = Number(-2)
    b: Decimal = Number(2)

    def drawn(self, random: Any, shape: Shape) -> Array:
        """What is outside after many tries stands at the end."""
        import numpy as np

        low, high = real(self.a), real(self.b)
        values = super().drawn(random, shape)
        for _ in range(TRIES):
            outside = (values < low) | (values > high)
            if not outside.any():
                return values
            values[outside] = super().drawn(random, (int(outside.sum()),))
        return np.clip(values, low, high)
