"""AdamW (I. Loshchilov, F. Hutter 2019; torch.optim.AdamW): Adam whose weights decay by themselves."""

from __future__ import annotations

from typing import ClassVar

from hwsolve.formula.tree import Number
from hwsolve.graph.update import Lines
from hwsolve.language import Message, say
from hwsolve.optimizers.adam import Adam
from hwsolve.spec.fields import Decimal


class AdamW(Adam, frozen=True, kw_only=True):
    """AdamW: w ← w − η·λ·w − η·m̂/(√v̂ + ε), m and v as in Adam."""

    weight_decay: Decimal = Number(1, 100)

    MEANINGS: ClassVar[dict[str, Message]] = {"weight_decay": say("λ of the share ηλ of w that is taken off")}

    def decayed(self) -> Lines:
        """The decay is a part of the last line, and not of the gradient."""
        *lines, (name, text) = self.plain()
        return (*lines, (name, text.replace("w - ", "w - lr*weight_decay*w - ", 1)))
