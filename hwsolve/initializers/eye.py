"""The identity matrix (torch.nn.init.eye_)."""

from __future__ import annotations

from typing import Any, ClassVar

from hwsolve.initializers.initializer import Array, Initializer, Shape


class Eye(Initializer, frozen=True, kw_only=True):
    """The identity matrix."""

    RANDOM: ClassVar[bool] = False
    AXES: ClassVar[tuple[int, int]] = (2, 2)

    def drawn(self, random: Any, shape: Shape) -> Array:
        """Ones on the diagonal."""
        import numpy as np

        return np.eye(shape[0], shape[1])
