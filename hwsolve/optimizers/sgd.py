"""Stochastic gradient descent (torch.optim.SGD).

The velocity starts at 0, so that the first one is the gradient; Nesterov's form looks ahead along the new velocity.
"""

from __future__ import annotations

from typing import ClassVar

from hwsolve.formula.tree import Formula
from hwsolve.graph.update import Lines
from hwsolve.language import Message, say
from hwsolve.optimizers.optimizer import ZERO, Optimizer
from hwsolve.spec.fields import Decimal, Flag


class SGD(Optimizer, frozen=True, kw_only=True):
    """Stochastic gradient descent: w ← w − η·(∂L/∂w), with momentum, Nesterov momentum and weight decay where asked."""

    lr: Decimal
    momentum: Decimal = ZERO
    weight_decay: Decimal = ZERO
    nesterov: Flag = False

    MEANINGS: ClassVar[dict[str, Message]] = {"nesterov": say("whether the momentum is looked ahead")}

    def starts(self) -> dict[str, Formula]:
        """A velocity where there is momentum."""
        return {} if self.momentum == ZERO else {"velocity": ZERO}

    def plain(self) -> Lines:
        """w ← w − η d, where d is the gradient, or the velocity, or Nesterov's look ahead."""
        return self.along("g")

    def decayed(self) -> Lines:
        """The same with the decayed gradient in its place."""
        return self.along("g + weight_decay*w")

    def along(self, g: str) -> Lines:
        """The lines of a gradient."""
        if self.momentum == ZERO:
            return (("w'", f"w - lr*({g})" if " " in g else f"w - lr*{g}"),)
        step = f"({g} + momentum*velocity')" if self.nesterov else "velocity'"
        return (("velocity'", f"momentum*velocity + {g}"), ("w'", f"w - lr*{step}"))

    def wrong(self) -> tuple[str, Message] | None:
        """Nesterov's form has a momentum."""
        if self.nesterov and self.momentum == ZERO:
            return super().wrong() or ("nesterov", say("`nesterov` needs a `momentum`."))
        return super().wrong()

    def stated(self, trained: bool) -> tuple[Message, ...]:
        """Where the velocity starts, and whose momentum it is."""
        start = (say("Every velocity starts at 0."),) if trained and self.starts() else ()
        return (*start, say("The momentum is that of Nesterov.")) if self.nesterov else start
