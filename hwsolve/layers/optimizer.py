"""Optimizers: how gradients change parameters.  Names, arguments and defaults are those of torch.optim."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from hwsolve.formula.tree import Number
from hwsolve.graph.update import Settings
from hwsolve.language import Message, say
from hwsolve.spec.fields import Decimal, Flag


class SGD(msgspec.Struct, frozen=True, kw_only=True):
    """Stochastic gradient descent: w ← w − η·(∂L/∂w), with momentum, Nesterov momentum and weight decay where asked."""

    lr: Decimal
    momentum: Decimal = Number(0)
    weight_decay: Decimal = Number(0)
    nesterov: Flag = False

    MEANINGS: ClassVar[dict[str, Message]] = {
        "lr": say("the learning rate η"),
        "momentum": say("how much of the last step is kept in the next"),
        "weight_decay": say("λ of the term λw that is added to the gradient of w"),
        "nesterov": say("whether the momentum is looked ahead"),
    }

    def wrong(self) -> tuple[str, Message] | None:
        """What torch.optim.SGD would refuse: an argument, and why."""
        for key in ("lr", "momentum", "weight_decay"):
            number = getattr(self, key)
            if isinstance(number, Number) and number.numerator < 0:
                return key, say("`{key}` can't be negative.", key=key)
        if self.nesterov and self.momentum == Number(0):
            return "nesterov", say("`nesterov` needs a `momentum`.")
        return None

    def settings(self) -> Settings:
        """What the graph needs; a feature whose number is 0 is not used."""
        zero = Number(0)
        return Settings(
            self.lr,
            None if self.momentum == zero else self.momentum,
            None if self.weight_decay == zero else self.weight_decay,
            self.nesterov and self.momentum != zero,
        )


OPTIMIZERS: dict[str, type[SGD]] = {"sgd": SGD}
