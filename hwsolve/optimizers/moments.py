"""What Adam, NAdam and Adamax share: two rates of running means, and an ε."""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.formula.tree import Formula, Number
from hwsolve.language import Message, say
from hwsolve.optimizers.optimizer import ZERO, Optimizer
from hwsolve.optimizers.settings import Rate
from hwsolve.spec.fields import Decimal, DecimalField, TupleOf


class Moments(Optimizer, frozen=True, kw_only=True):
    """An optimizer by running means, weighted with two betas."""

    lr: Rate
    betas: Annotated[tuple[Formula, Formula], TupleOf(2, DecimalField())] = (Number(9, 10), Number(999, 1000))
    eps: Decimal = Number(1, 10**8)
    weight_decay: Decimal = ZERO

    NUMBERS: ClassVar[dict[str, Message]] = Optimizer.NUMBERS | {
        "beta1": say("weight of the last mean of the gradients in the next"),
        "beta2": say("weight of the last mean of the squared gradients in the next"),
    }
    MEANINGS: ClassVar[dict[str, Message]] = {"betas": say("β₁ and β₂: how much of each mean is kept in the next")}

    def wrong(self) -> tuple[str, Message] | None:
        """Means are weighted with numbers from 0 to below 1."""
        for beta in self.betas:
            if isinstance(beta, Number) and not 0 <= beta.numerator < beta.denominator:
                return "betas", say("Each of `betas` is at least 0 and less than 1.")
        return super().wrong()
