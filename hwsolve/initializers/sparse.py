"""Sparse matrices (torch.nn.init.sparse_)."""

from __future__ import annotations

from math import ceil
from typing import Any, ClassVar

from hwsolve.formula.tree import Number
from hwsolve.initializers.initializer import Array, Initializer, Shape, real
from hwsolve.language import Message, say
from hwsolve.spec.fields import Decimal


class Sparse(Initializer, frozen=True, kw_only=True):
    """Normal distribution in which a share of every column is 0."""

    sparsity: Decimal
    std: Decimal = Number(1, 100)

    AXES: ClassVar[tuple[int, int]] = (2, 2)
    MEANINGS: ClassVar[dict[str, Message]] = {"sparsity": say("the share of zeros")}

    def drawn(self, random: Any, shape: Shape) -> Array:
        """Normal numbers, then zeros in places drawn for each column."""
        values = random.normal(0.0, real(self.std), shape)
        zeros = ceil(real(self.sparsity) * shape[0])
        for column in range(shape[1]):
            values[random.permutation(shape[0])[:zeros], column] = 0.0
        return values
