"""Adamax (D. Kingma, J. Ba 2015, section 7.1; torch.optim.Adamax): Adam by the largest gradient."""

from __future__ import annotations

from typing import ClassVar

from hwsolve.formula.tree import Number
from hwsolve.graph.update import Lines
from hwsolve.language import Message, say
from hwsolve.optimizers.moments import Moments
from hwsolve.optimizers.optimizer import Optimizer
from hwsolve.optimizers.settings import Rate
from hwsolve.spec.fields import Flag


class Adamax(Moments, frozen=True, kw_only=True):
    """Adamax: w ← w − η·m̂/u, m the running mean of the gradient g, u the larger of β₂u and |g| + ε."""

    lr: Rate = Number(2, 1000)
    bias_correction: Flag = True

    STATES: ClassVar[tuple[str, ...]] = ("m", "u")
    LINES: ClassVar[Lines] = (
        ("m'", "beta1*m + (1 - beta1)*g"),
        ("u'", "max(beta2*u, abs(g) + eps)"),
        ("mhat", "m'/(1 - beta1**t)"),
        ("w'", "w - lr*mhat/u'"),
    )
    NUMBERS: ClassVar[dict[str, Message]] = Moments.NUMBERS | {
        "beta2": say("factor of the last largest gradient"),
    }
    WORDS: ClassVar[dict[str, Message]] = Optimizer.WORDS | {
        "mhat": say("corrected mean of the gradients"),
        "u": say("largest gradient so far"),
    }

    def plain(self) -> Lines:
        """Without the correction the mean takes the place of the corrected one."""
        if self.bias_correction:
            return self.LINES
        return tuple((name, text.replace("mhat", "m'")) for name, text in self.LINES if name != "mhat")
