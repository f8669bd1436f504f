"""One number everywhere (torch.nn.init.constant_, ones_, zeros_)."""

from __future__ import annotations

from math import prod
from typing import ClassVar

from hwsolve.formula.tree import ONE, ZERO, Formula
from hwsolve.initializers.initializer import Initializer, Shape
from hwsolve.language import Message, say
from hwsolve.spec.fields import Decimal


class Constant(Initializer, frozen=True, kw_only=True):
    """One number everywhere."""

    val: Decimal

    RANDOM: ClassVar[bool] = False
    MEANINGS: ClassVar[dict[str, Message]] = {"val": say("the number")}

    def values(self, shape: Shape, seed: int) -> tuple[Formula, ...]:
        """The number as it is typed."""
        return (self.val,) * prod(shape)


class Ones(Initializer, frozen=True, kw_only=True):
    """Ones."""

    RANDOM: ClassVar[bool] = False

    def values(self, shape: Shape, seed: int) -> tuple[Formula, ...]:
        """1 for every element."""
        return (ONE,) * prod(shape)


class Zeros(Initializer, frozen=True, kw_only=True):
    """Zeros."""

    RANDOM: ClassVar[bool] = False

    def values(self, shape: Shape, seed: int) -> tuple[Formula, ...]:
        """0 for every element."""
        return (ZERO,) * prod(shape)
