"""Adagrad (J. Duchi, E. Hazan, Y. Singer 2011; torch.optim.Adagrad)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.formula.tree import Formula, Number
from hwsolve.graph.update import Lines
from hwsolve.language import Message, say
from hwsolve.optimizers.optimizer import ZERO, Optimizer
from hwsolve.optimizers.settings import Rate
from hwsolve.spec.fields import Choice, Decimal


class Adagrad(Optimizer, frozen=True, kw_only=True):
    """Adagrad: w ← w − η·g/(√G + ε), G the sum of the squares of all gradients g so far."""

    lr: Rate = Number(1, 100)
    lr_decay: Decimal = ZERO
    weight_decay: Decimal = ZERO
    initial_accumulator_value: Decimal = ZERO
    eps: Decimal = Number(1, 10**10)
    eps_place: Annotated[str, Choice("outside", "inside")] = "outside"

    WORDS: ClassVar[dict[str, Message]] = Optimizer.WORDS | {
        "G": say("sum of the squared gradients"),
        "rate": say("learning rate of the update"),
    }
    MEANINGS: ClassVar[dict[str, Message]] = {
        "lr_decay": say("how fast the learning rate falls: that of update k is η/(1 + (k − 1)·lr_decay)"),
        "initial_accumulator_value": say("the number at which G starts"),
    }

    def starts(self) -> dict[str, Formula]:
        """The sum starts where it is told to."""
        return {"G": self.initial_accumulator_value}

    def plain(self) -> Lines:
        """With a rate of its own for each update where it falls."""
        total = ("G'", "G + g**2")
        if self.lr_decay == ZERO:
            return self.with_root((total, ("w'", "w - lr*g/(sqrt(G') + eps)")))
        falling = ("rate", "lr/(1 + (t - 1)*lr_decay)")
        return self.with_root((falling, total, ("w'", "w - rate*g/(sqrt(G') + eps)")))
