"""RAdam (L. Liu et al. 2020; torch.optim.RAdam): Adam whose steps take v in only once its variance is bounded."""

from __future__ import annotations

from typing import ClassVar

from hwsolve.formula.tree import Number
from hwsolve.graph.update import Lines
from hwsolve.language import Message, say
from hwsolve.optimizers.moments import Moments
from hwsolve.optimizers.optimizer import Optimizer
from hwsolve.optimizers.settings import Rate
from hwsolve.spec.fields import Flag


class RAdam(Moments, frozen=True, kw_only=True):
    """RAdam: w ← w − η·d, d = m̂ while ρ ≤ 5, then d = r·m̂·√(1 − β₂ᵗ)/(√v + ε), m̂ and v as in Adam."""

    lr: Rate = Number(1, 1000)
    decoupled_weight_decay: Flag = False

    STATES: ClassVar[tuple[str, ...]] = ("m", "v")
    LINES: ClassVar[Lines] = (
        ("m'", "beta1*m + (1 - beta1)*g"),
        ("v'", "beta2*v + (1 - beta2)*g**2"),
        ("mhat", "m'/(1 - beta1**t)"),
        ("rho_inf", "2/(1 - beta2) - 1"),
        ("rho", "rho_inf - 2*t*beta2**t/(1 - beta2**t)"),
        ("r", "if(rho > 5, sqrt((rho - 4)*(rho - 2)*rho_inf/((rho_inf - 4)*(rho_inf - 2)*rho)), 0)"),
        ("d", "if(rho > 5, r*mhat*sqrt(1 - beta2**t)/(sqrt(v') + eps), mhat)"),
        ("w'", "w - lr*d"),
    )
    WORDS: ClassVar[dict[str, Message]] = Optimizer.WORDS | {
        "mhat": say("corrected mean of the gradients"),
        "rho_inf": say("largest length of the running mean of squares"),
        "rho": say("length of the running mean of squares"),
        "r": say("factor of a step that takes v in, 0 while none does"),
        "d": say("step before the learning rate"),
    }
    MEANINGS: ClassVar[dict[str, Message]] = {
        "decoupled_weight_decay": say("whether weights decay by themselves, as in AdamW, and not by their gradients"),
    }

    def decayed(self) -> Lines:
        """The decay is a part of the gradient, or taken off in the last line."""
        if not self.decoupled_weight_decay:
            return super().decayed()
        *lines, (name, text) = self.plain()
        return (*lines, (name, text.replace("w - ", "w - lr*weight_decay*w - ", 1)))
