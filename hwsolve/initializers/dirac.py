"""A kernel that changes nothing (torch.nn.init.dirac_)."""

from __future__ import annotations

from typing import Any, ClassVar

from hwsolve.formula.tree import ONE
from hwsolve.initializers.initializer import Array, Initializer, Shape, real
from hwsolve.language import Message, say
from hwsolve.spec.fields import Decimal


class Dirac(Initializer, frozen=True, kw_only=True):
    """The convolution that keeps its input, as far as there are channels."""

    groups: Decimal = ONE

    RANDOM: ClassVar[bool] = False
    AXES: ClassVar[tuple[int, int]] = (3, 5)
    MEANINGS: ClassVar[dict[str, Message]] = {"groups": say("in how many groups of channels")}

    def drawn(self, random: Any, shape: Shape) -> Array:
        """Ones in the centre of the kernel from each channel to itself, in each of the groups."""
        import numpy as np

        values = np.zeros(shape)
        groups = int(real(self.groups))
        each = shape[0] // groups
        centre = tuple(k // 2 for k in shape[2:])
        for group in range(groups):
            for channel in range(min(each, shape[1])):
                values[(group * each + channel, channel, *centre)] = 1.0
        return values
