"""Orthogonal matrices (A. Saxe et al. 2013; torch.nn.init.orthogonal_)."""

from __future__ import annotations

from math import prod
from typing import Any, ClassVar

from hwsolve.formula.tree import ONE
from hwsolve.initializers.initializer import MOST_AXES, Array, Initializer, Shape, real
from hwsolve.spec.fields import Decimal


class Orthogonal(Initializer, frozen=True, kw_only=True):
    """A matrix whose rows or columns, whichever are fewer, are orthonormal."""

    gain: Decimal = ONE

    AXES: ClassVar[tuple[int, int]] = (2, MOST_AXES)

    def drawn(self, random: Any, shape: Shape) -> Array:
        """gain times the Q of a normal matrix; the signs of R's diagonal make it uniform among all."""
        import numpy as np

        rows, columns = shape[0], prod(shape[1:])
        q, r = np.linalg.qr(random.normal(size=(max(rows, columns), min(rows, columns))))
        q = q * np.sign(np.diag(r))
        return real(self.gain) * (q if rows >= columns else q.T).reshape(shape)
