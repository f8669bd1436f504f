"""Adadelta (M. Zeiler 2012; torch.optim.Adadelta): steps in the units of the parameter."""

from __future__ import annotations

from typing import ClassVar

from hwsolve.formula.tree import Number
from hwsolve.graph.update import Lines
from hwsolve.language import Message, say
from hwsolve.optimizers.optimizer import ZERO, Optimizer
from hwsolve.optimizers.settings import Rate
from hwsolve.spec.fields import Decimal


class Adadelta(Optimizer, frozen=True, kw_only=True):
    """Adadelta: w ← w − η·d, d = √(D + ε)/√(v + ε)·g, v and D the running means of the squares of g and of d."""

    lr: Rate = Number(1)
    rho: Decimal = Number(9, 10)
    eps: Decimal = Number(1, 10**6)
    weight_decay: Decimal = ZERO

    SHARES: ClassVar[tuple[str, ...]] = ("rho",)
    STATES: ClassVar[tuple[str, ...]] = ("v", "D")
    LINES: ClassVar[Lines] = (
        ("v'", "rho*v + (1 - rho)*g**2"),
        ("d", "sqrt(D + eps)/sqrt(v' + eps)*g"),
        ("D'", "rho*D + (1 - rho)*d**2"),
        ("w'", "w - lr*d"),
    )
    WORDS: ClassVar[dict[str, Message]] = Optimizer.WORDS | {
        "d": say("step before the learning rate"),
        "D": say("mean of the squared steps"),
    }
    NUMBERS: ClassVar[dict[str, Message]] = Optimizer.NUMBERS | {"rho": say("weight of each last mean in the next")}
    MEANINGS: ClassVar[dict[str, Message]] = {"rho": say("ρ: how much of each mean is kept in the next")}
