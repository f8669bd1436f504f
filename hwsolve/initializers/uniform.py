"""The uniform distribution (torch.nn.init.uniform_)."""

from __future__ import annotations

from typing import Any

from hwsolve.formula.tree import ONE, ZERO
from hwsolve.initializers.initializer import Array, Initializer, Shape, real
from hwsolve.spec.fields import Decimal


class Uniform(Initializer, frozen=True, kw_only=True):
    """Uniform distribution on [a, b]."""

    a: Decimal = ZERO
    b: Decimal = ONE

    def drawn(self, random: Any, shape: Shape) -> Array:
        """Each element by itself."""
        return random.uniform(real(self.a), real(self.b), shape)
