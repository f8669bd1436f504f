"""Stochastic gradient descent (torch.optim.SGD).

The velocity starts at 0, so that the first one is the gradient; Nesterov's form looks ahead along the new velocity.
As a running mean (Ng, Improving deep neural networks, week 2) it is (1 − momentum)·g after the first update.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from hwsolve.formula.tree import Formula
from hwsolve.graph.update import Lines
from hwsolve.language import Message, say
from hwsolve.optimizers.optimizer import ZERO, Optimizer, letters_of
from hwsolve.optimizers.settings import Rate
from hwsolve.spec.fields import Choice, Decimal, Flag


class SGD(Optimizer, frozen=True, kw_only=True):
    """Stochastic gradient descent: w ← w − η·(∂L/∂w), with momentum, Nesterov momentum and weight decay where asked."""

    lr: Rate
    momentum: Decimal = ZERO
    dampening: Decimal = ZERO
    weight_decay: Decimal = ZERO
    nesterov: Flag = False
    average: Flag = False
    rate: Annotated[str, Choice("outside", "inside")] = "outside"

    MEANINGS: ClassVar[dict[str, Message]] = {
        "nesterov": say("whether the momentum is looked ahead"),
        "dampening": say("how much of the gradient is left out of the velocity, but for the first one"),
        "average": say(
            "whether the velocity is a running mean: the gradient comes in times 1 − momentum, the first one too"
        ),
        "rate": say("whether the velocity is a sum of gradients, or of gradients times the learning rate"),
    }

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
        bare, inside = f"({g})" if " " in g else g, self.rate == "inside"
        added, rate = (f"lr*{bare}", "") if inside else (g, "lr*")
        step = f"({added} + momentum*velocity')" if self.nesterov else "velocity'"
        velocity = f"momentum*velocity + {added}"
        if self.average:
            velocity = f"momentum*velocity + (1 - momentum)*{added if inside else bare}"
        elif self.dampening != ZERO:
            velocity = f"momentum*velocity + (1 - dampening)*{added if inside else bare}"
            velocity = velocity if self.state else f"if(t == {self.step + 1}, {added}, {velocity})"
        return (("velocity'", velocity), ("w'", f"w - {rate}{step}"))

    def wrong(self) -> tuple[str, Message] | None:
        """Nesterov's form and a mean have a momentum, and stand alone."""
        for key in ("nesterov", "average"):
            if getattr(self, key) and self.momentum == ZERO:
                return super().wrong() or (key, say("`{key}` needs a `momentum`.", key=key))
            if getattr(self, key) and self.dampening != ZERO:
                return super().wrong() or ("dampening", say("With `{key}` there is no `dampening`.", key=key))
        if self.nesterov and self.average:
            return super().wrong() or ("average", say("With `{key}` there is no `average`.", key="nesterov"))
        return super().wrong()

    def stated(self, trained: bool, renamed: Mapping[str, str]) -> tuple[Message, ...]:
        """Where the velocity starts, and whose momentum it is."""
        free = trained and not self.state and self.dampening == ZERO
        letters = letters_of(self.starts()).values() if free else ()
        start = tuple([say("Every velocity {v} starts at 0.", v=v) for v in letters])
        if trained and not self.state and self.dampening != ZERO and self.momentum != ZERO:
            start = (say("The first velocity is the gradient itself."),)
        start = (*start, *(said for said in super().stated(False, renamed)))
        return (*start, say("The momentum is that of Nesterov.")) if self.nesterov else start
