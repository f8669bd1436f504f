"""Stochastic gradient descent (torch.optim.SGD).

The velocity starts at 0, so that the first one is the gradient; Nesterov's form looks ahead along the new velocity.
"""

from __future__ import annotations

from typing import ClassVar

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

    WORDS: ClassVar[dict[str, Message]] = {"velocity": say("velocity")}
    MEANINGS: ClassVar[dict[str, Message]] = {
        "momentum": say("how much of the last step is kept in the next"),
        "nesterov": say("whether the momentum is looked ahead"),
    }

    def states(self) -> tuple[str, ...]:
        """A velocity where there is momentum."""
        return () if self.momentum == ZERO else ("velocity",)

    def lines(self, decay: bool) -> Lines:
        """w ← w − η d, where d is the gradient, decayed where asked, or the velocity, or Nesterov's look ahead."""
        decayed = "g + weight_decay*w" if decay else "g"
        if self.momentum == ZERO:
            return (("w'", f"w - lr*({decayed})"),)
        step = f"{decayed} + momentum*velocity'" if self.nesterov else "velocity'"
        return (("velocity'", f"momentum*velocity + {decayed}"), ("w'", f"w - lr*({step})"))

    def wrong(self) -> tuple[str, Message] | None:
        """Nesterov's form has a momentum."""
        if self.nesterov and self.momentum == ZERO:
            return super().wrong() or ("nesterov", say("`nesterov` needs a `momentum`."))
        return super().wrong()

    def stated(self, trained: bool) -> tuple[Message, ...]:
        """Where the velocity starts, and whose momentum it is."""
        start = (say("Every velocity starts at 0."),) if trained and self.states() else ()
        return (*start, say("The momentum is that of Nesterov.")) if self.nesterov else start
