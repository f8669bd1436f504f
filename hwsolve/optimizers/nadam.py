"""NAdam (T. Dozat 2016; torch.optim.NAdam): Adam with the look ahead of Nesterov."""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.formula.tree import Formula, Number
from hwsolve.graph.update import Lines
from hwsolve.language import Message, say
from hwsolve.optimizers.moments import Moments
from hwsolve.optimizers.optimizer import Optimizer
from hwsolve.optimizers.settings import Rate
from hwsolve.spec.fields import Choice, Decimal


class NAdam(Moments, frozen=True, kw_only=True):
    """NAdam: w ← w − η·m̂/(√v̂ + ε), m̂ looks ahead: it weighs the next mean of the gradients, and the gradient now."""

    lr: Rate = Number(2, 1000)
    momentum_decay: Decimal = Number(4, 1000)
    eps_place: Annotated[str, Choice("outside", "inside")] = "outside"

    STATES: ClassVar[tuple[str, ...]] = ("m", "v", "P")
    SHARED: ClassVar[tuple[str, ...]] = ("P",)
    LINES: ClassVar[Lines] = (
        ("mu", "beta1*(1 - 0.5*0.96**(t*momentum_decay))"),
        ("nu", "beta1*(1 - 0.5*0.96**((t + 1)*momentum_decay))"),
        ("P'", "P*mu"),
        ("m'", "beta1*m + (1 - beta1)*g"),
        ("v'", "beta2*v + (1 - beta2)*g**2"),
        ("mhat", "nu*m'/(1 - P'*nu) + (1 - mu)*g/(1 - P')"),
        ("vhat", "v'/(1 - beta2**t)"),
        ("w'", "w - lr*mhat/(sqrt(vhat) + eps)"),
    )
    WORDS: ClassVar[dict[str, Message]] = Optimizer.WORDS | {
        "mu": say("momentum of the update"),
        "nu": say("momentum of the next update"),
        "P": say("product of all momenta so far"),
        "mhat": say("mean of the gradients, looked ahead"),
        "vhat": say("corrected mean of the squared gradients"),
    }
    MEANINGS: ClassVar[dict[str, Message]] = {
        "momentum_decay": say("how fast the momentum rises from half of β₁ to β₁"),
    }

    def starts(self) -> dict[str, Formula]:
        """The product starts at 1."""
        return super().starts() | {"P": Number(1)}

    def plain(self) -> Lines:
        """With ε where it is to stand."""
        return self.with_root(self.LINES)
