"""Rprop (M. Riedmiller, H. Braun 1993; torch.optim.Rprop): steps that read only the signs of the gradients."""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.formula.tree import Formula, Number
from hwsolve.graph.update import Lines
from hwsolve.language import Message, say
from hwsolve.optimizers.optimizer import ZERO, Optimizer
from hwsolve.spec.amounts import constant
from hwsolve.spec.fields import Decimal, DecimalField, TupleOf

Pair = Annotated[tuple[Formula, Formula], TupleOf(2, DecimalField())]


class Rprop(Optimizer, frozen=True, kw_only=True):
    """Rprop: w ← w − Δ·sign(p), p = g; Δ grows where g has the sign of the last p, shrinks where not: there p is 0."""

    lr: Decimal = Number(1, 100)
    etas: Pair = (Number(1, 2), Number(6, 5))
    step_sizes: Pair = (Number(1, 10**6), Number(50))

    SQUARES: ClassVar[tuple[str, ...]] = ("Delta",)
    FROM_RATE: ClassVar[tuple[str, ...]] = ("Delta",)
    LINES: ClassVar[Lines] = (
        ("c", "if(g*p > 0, eta2, if(g*p < 0, eta1, 1))"),
        ("Delta'", "min(Delta_max, max(Delta_min, c*Delta))"),
        ("p'", "if(g*p < 0, 0, g)"),
        ("w'", "w - Delta'*sign(p')"),
    )
    WORDS: ClassVar[dict[str, Message]] = Optimizer.WORDS | {
        "c": say("factor of the step size"),
        "Delta": say("step size"),
        "p": say("gradient that is kept, zero where its sign changed"),
    }
    NUMBERS: ClassVar[dict[str, Message]] = {
        "eta1": say("factor of a step size where the gradient changed its sign"),
        "eta2": say("factor where it did not"),
        "Delta_min": say("smallest step size"),
        "Delta_max": say("largest step size"),
    }
    MEANINGS: ClassVar[dict[str, Message]] = {
        "lr": say("the size of the first step"),
        "etas": say("η₁ and η₂: the factors of a step size where the gradient changed its sign, and where it did not"),
        "step_sizes": say("the smallest and the largest step size"),
    }

    def names(self, key: str) -> tuple[str, ...]:
        """The first step is no setting of the formulas, but where the step sizes start."""
        own: dict[str, tuple[str, ...]] = {"lr": (), "step_sizes": ("Delta_min", "Delta_max")}
        return own[key] if key in own else super().names(key)

    def starts(self) -> dict[str, Formula]:
        """The step sizes, and no gradient yet."""
        return {"Delta": self.lr, "p": ZERO}

    def wrong(self) -> tuple[str, Message] | None:
        """A step shrinks where the sign changed, and grows where it did not."""
        shrinks, grows = self.etas
        small = not isinstance(shrinks, Number) or 0 < shrinks.numerator < shrinks.denominator
        large = not isinstance(grows, Number) or grows.numerator > grows.denominator
        if not (small and large):
            return "etas", say("The first of `etas` is between 0 and 1, the second more than 1.")
        least, most = (constant(size)[0] for size in self.step_sizes)
        if None not in (least, most) and float(least) > float(most):
            return "step_sizes", say("The smallest of `step_sizes` stands first.")
        return super().wrong()
