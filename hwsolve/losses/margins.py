"""What losses share that compare the score of the class with those of all others."""

from __future__ import annotations

from typing import ClassVar

from hwsolve.formula.tree import Number
from hwsolve.graph.graph import Builder
from hwsolve.language import Message, say
from hwsolve.losses.class_loss import ClassLoss
from hwsolve.losses.loss import Target
from hwsolve.losses.spelled import Spelled
from hwsolve.spec.fields import Decimal

OF_CLASS = "Sum(t[*~]*x[*~], c, 1, C)"  # the score of the class
AHEAD = f"x[*] - {OF_CLASS} + margin"  # how far another score comes within the margin
MEANING = say("by how much the score of the class is to lie above the others")


def others(power: int, weighted: bool) -> tuple[str, str]:
    """The sum over all other classes of how far they are within the margin, to a power; and its derivative."""
    w = "w[c]*" if weighted else ""
    factor = f"Sum({w.replace('[c]', '[~]')}t[*~], c, 1, C)*" if weighted else ""
    inside, slope = (f"({AHEAD})**2", f"2*({AHEAD})") if power == 2 else (AHEAD, "1")
    each = f"if(t[*] > 0, 0, {factor}if({AHEAD} > 0, {inside}, 0))"
    own = slope.replace("x[*]", "x[*~]").replace(OF_CLASS, "x[*]")
    within = "x[*~] - x[*] + margin > 0"
    below = f"-{w}Sum(if(t[*~] > 0, 0, if({within}, {own}, 0)), c, 1, C)"
    back = f"if(t[*] > 0, {below}, {factor}if({AHEAD} > 0, {slope}, 0))"
    return each, back


class MarginLoss(ClassLoss, frozen=True, kw_only=True):
    """A loss that wants the score of the class to lie above all others by a margin."""

    margin: Decimal = Number(1)

    MEANINGS: ClassVar[dict[str, Message]] = {"margin": MEANING}

    def compared(
        self, builder: Builder, y: str, target: Target, power: int, divisor: int
    ) -> tuple[Spelled, tuple[str, ...]]:
        """The operation over the scores."""
        each, slope = others(power, "weight" in target.arrays)
        margin = {"margin": builder.constant(self.margin)}
        return self.spelled(builder, y, target, each, slope, margin, divisor)
