"""The normal distribution (torch.nn.init.normal_)."""

from __future__ import annotations

from typing import Any

from hwsolve.formula.tree import ONE, ZERO
from hwsolve.initializers.initializer import Array, Initializer, Shape, real
from hwsolve.spec.fields import Decimal


class Normal(Initializer, frozen=True, kw_only=True):
    """Normal distribution."""

    mean: Decimal = ZERO
    std: Decimal = ONE

    def drawn(self, random: Any, shape: Shape) -> Array:
        """Each element by itself."""
        return random.normal(real(self.mean), real(self.std), shape)
