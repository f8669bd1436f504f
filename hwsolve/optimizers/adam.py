"""Adam (D. Kingma, J. Ba 2015; torch.optim.Adam): steps by means of the gradients and of their squares."""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.formula.tree import Formula, Number
from hwsolve.graph.update import Lines
from hwsolve.language import Message, say
from hwsolve.optimizers.optimizer import ZERO, Optimizer
from hwsolve.spec.fields import Decimal, DecimalField, Flag, TupleOf


class Adam(Optimizer, frozen=True, kw_only=True):
    """Adam: w ← w − η·m̂/(√v̂ + ε), m and v the running means of the gradient and of its square."""

    lr: Decimal = Number(1, 1000)
    betas: Annotated[tuple[Formula, Formula], TupleOf(2, DecimalField())] = (Number(9, 10), Number(999, 1000))
    eps: Decimal = Number(1, 10**8)
    weight_decay: Decimal = ZERO
    amsgrad: Flag = False

    STATES: ClassVar[tuple[str, ...]] = ("m", "v")
    LINES: ClassVar[Lines] = (
        ("m'", "beta1*m + (1 - beta1)*g"),
        ("v'", "beta2*v + (1 - beta2)*g**2"),
        ("mhat", "m'/(1 - beta1**t)"),
        ("vhat", "v'/(1 - beta2**t)"),
        ("w'", "w - lr*mhat/(sqrt(vhat) + eps)"),
    )
    WORDS: ClassVar[dict[str, Message]] = Optimizer.WORDS | {
        "mhat": say("corrected mean of the gradients"),
        "vhat": say("corrected mean of the squared gradients"),
    }
    MEANINGS: ClassVar[dict[str, Message]] = {
        "betas": say("β₁ and β₂: how much of each mean is kept in the next"),
        "amsgrad": say("not there yet"),
    }

    def wrong(self) -> tuple[str, Message] | None:
        """Means are weighted with numbers from 0 to below 1."""
        for beta in self.betas:
            if isinstance(beta, Number) and not 0 <= beta.numerator < beta.denominator:
                return "betas", say("Each of `betas` is at least 0 and less than 1.")
        if self.amsgrad:
            return "amsgrad", say("`{key}` is not there yet.", key="amsgrad")
        return super().wrong()
