"""RMSprop (T. Tieleman, G. Hinton 2012; torch.optim.RMSprop)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.formula.tree import Formula, Number
from hwsolve.graph.update import Lines
from hwsolve.language import Message, say
from hwsolve.optimizers.optimizer import ZERO, Optimizer
from hwsolve.optimizers.settings import Rate
from hwsolve.spec.fields import Choice, Decimal, Flag


class RMSprop(Optimizer, frozen=True, kw_only=True):
    """RMSprop: w ← w − η·g/(√v + ε), v the running mean of the squared gradient g; with momentum where asked."""

    lr: Rate = Number(1, 100)
    alpha: Decimal = Number(99, 100)
    eps: Decimal = Number(1, 10**8)
    weight_decay: Decimal = ZERO
    momentum: Decimal = ZERO
    centered: Flag = False
    eps_place: Annotated[str, Choice("outside", "inside")] = "outside"

    SHARES: ClassVar[tuple[str, ...]] = ("alpha",)
    NUMBERS: ClassVar[dict[str, Message]] = Optimizer.NUMBERS | {"alpha": say("weight of the last mean in the next")}
    MEANINGS: ClassVar[dict[str, Message]] = {
        "alpha": say("how much of the mean is kept in the next"),
        "centered": say("whether the square of the mean gradient is taken off: v is then a variance"),
    }

    def starts(self) -> dict[str, Formula]:
        """The mean of the squares, and what the options need."""
        return dict.fromkeys(("v", *["m"] * self.centered, *["velocity"] * (self.momentum != ZERO)), ZERO)

    def plain(self) -> Lines:
        """The step is g/(√v + ε), or the velocity of such steps."""
        means = (("v'", "alpha*v + (1 - alpha)*g**2"), *[("m'", "alpha*m + (1 - alpha)*g")] * self.centered)
        root = "sqrt(v' - m'**2)" if self.centered else "sqrt(v')"
        if self.momentum == ZERO:
            return self.with_root((*means, ("w'", f"w - lr*g/({root} + eps)")))
        velocity = ("velocity'", f"momentum*velocity + g/({root} + eps)")
        return self.with_root((*means, velocity, ("w'", "w - lr*velocity'")))
