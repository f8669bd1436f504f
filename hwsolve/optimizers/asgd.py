"""Averaged stochastic gradient descent (B. Polyak, A. Juditsky 1992; W. Xu 2011; torch.optim.ASGD)."""

from __future__ import annotations

from typing import ClassVar

from hwsolve.formula.tree import Number
from hwsolve.graph.update import Lines
from hwsolve.language import Message, say
from hwsolve.optimizers.optimizer import ZERO, Optimizer
from hwsolve.spec.fields import Decimal


class ASGD(Optimizer, frozen=True, kw_only=True):
    """ASGD: w ← w − rate·λ·w − rate·g, rate = η/(1 + λη(t − 1))^α; a is the mean of all w from update t₀ + 2 on."""

    lr: Decimal = Number(1, 100)
    lambd: Decimal = Number(1, 10**4)
    alpha: Decimal = Number(3, 4)
    t0: Decimal = Number(10**6)
    weight_decay: Decimal = ZERO

    STATES: ClassVar[tuple[str, ...]] = ("a",)
    RESULTS: ClassVar[tuple[str, ...]] = ("a",)
    LINES: ClassVar[Lines] = (
        ("rate", "lr/(1 + lambd*lr*(t - 1))**alpha"),
        ("mu", "1/max(1, t - 1 - t0)"),
        ("w'", "w - rate*lambd*w - rate*g"),
        ("a'", "a + mu*(w' - a)"),
    )
    WORDS: ClassVar[dict[str, Message]] = Optimizer.WORDS | {
        "a": say("average of the weights"),
        "rate": say("learning rate of the update"),
        "mu": say("share of the new weights in their average"),
    }
    NUMBERS: ClassVar[dict[str, Message]] = Optimizer.NUMBERS | {
        "lambd": say("factor with which the weights decay and the learning rate falls"),
        "alpha": say("power with which the learning rate falls"),
        "t0": say("number of the update whose weights begin the average, less 2"),
    }
    MEANINGS: ClassVar[dict[str, Message]] = {
        "lr": say("the learning rate η of the first update"),
        "lambd": say("λ, by which the weights decay and the learning rate falls"),
        "alpha": say("α, the power with which the learning rate falls"),
        "t0": say("how long the average is w itself: it begins with the weights after update t0 + 2"),
    }
