"""Adam (D. Kingma, J. Ba 2015; torch.optim.Adam): steps by means of the gradients and of their squares."""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.formula.tree import Formula, Number
from hwsolve.graph.update import Lines
from hwsolve.language import Message, say
from hwsolve.optimizers.moments import Moments
from hwsolve.optimizers.optimizer import ZERO, Optimizer
from hwsolve.optimizers.settings import Rate
from hwsolve.spec.fields import Choice, Flag


class Adam(Moments, frozen=True, kw_only=True):
    """Adam: w ← w − η·m̂/(√v̂ + ε), m and v the running means of the gradient and of its square."""

    lr: Rate = Number(1, 1000)
    eps_place: Annotated[str, Choice("outside", "inside")] = "outside"
    bias_correction: Flag = True
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
        "u": say("largest v so far"),
        "mhat": say("corrected mean of the gradients"),
        "vhat": say("corrected mean of the squared gradients"),
    }
    MEANINGS: ClassVar[dict[str, Message]] = {
        "amsgrad": say("whether the largest v so far, u, takes the place of v (AMSGrad)"),
    }

    def starts(self) -> dict[str, Formula]:
        """The means, and the largest v of AMSGrad."""
        return super().starts() | dict.fromkeys(("u",) * self.amsgrad, ZERO)

    def plain(self) -> Lines:
        """With ε where it is to stand; without the correction the means take the place of the corrected ones."""
        lines, square = self.with_root(self.LINES), "v'"
        if self.amsgrad:
            square = "u'"
            lines = (*lines[:2], ("u'", "max(u, v')"), *lines[2:])
            lines = tuple((name, text.replace("v'", "u'") if name == "vhat" else text) for name, text in lines)
        if self.bias_correction:
            return lines
        kept = [(name, text) for name, text in lines if name not in ("mhat", "vhat")]
        return tuple((name, text.replace("mhat", "m'").replace("vhat", square)) for name, text in kept)
