"""Hinge loss of support vector machines, of two classes and of several (J. Weston, C. Watkins 1999; CS231n)."""

from __future__ import annotations

from math import prod
from typing import ClassVar

from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import Operation, Sizes
from hwsolve.language import Message
from hwsolve.losses.loss import Loss, Target
from hwsolve.losses.margins import MarginLoss
from hwsolve.losses.signed import no_sign
from hwsolve.spec.fields import Array


class Hinge(MarginLoss, frozen=True, kw_only=True):
    """Hinge loss: max(0, margin − t·y) for targets of ±1; for a class, the sum of max(0, margin + yⱼ − y of it)."""

    signs: ClassVar[bool] = True
    probabilities: ClassVar[bool] = True
    each: ClassVar[str] = "if(t[*]*x[*] < margin, margin - t[*]*x[*], 0)"
    slope: ClassVar[str] = "if(t[*]*x[*] < margin, -t[*], 0)"

    def refuses(self, target: Array) -> Message | None:
        """Numbers other than 1 and -1."""
        return no_sign(target)

    def operation(
        self, builder: Builder, y: str, target: Target, rank: int, divisor: int
    ) -> tuple[Operation, tuple[str, ...]]:
        """By the numbers, or all other scores against that of the class."""
        if target.counted is None:
            return Loss.operation(self, builder, y, target, rank, divisor)
        return self.compared(builder, y, target, 1, divisor)

    def divided_by(self, target: Target, shape: Sizes, samples: int) -> int:
        """All elements, or the samples."""
        if target.counted is not None:
            return super().divided_by(target, shape, samples)
        return self.divisor(shape, samples)

    def divisor(self, shape: Sizes, samples: int) -> int:
        """Of numbers, all elements."""
        return prod(shape) if self.reduction == "mean" else super().divisor(shape, samples)
