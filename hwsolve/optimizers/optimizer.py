"""What every optimizer is: settings with the names and defaults of torch.optim, states, and a list of formulas.

A line is a name and a formula over w (the parameter), g (its gradient), the settings, the states, what earlier lines
gave, and t (the number of this update, from 1).  `m'` is the new value of m; a name without a prime is a quantity of
this update alone, as m̂.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from hwsolve.formula.tree import Formula, Number
from hwsolve.graph.update import Lines, Rule
from hwsolve.language import Message, say

ZERO = Number(0)


class Optimizer(msgspec.Struct, frozen=True, kw_only=True):
    """An optimizer as a spec states it."""

    STATES: ClassVar[tuple[str, ...]] = ()  # start at 0
    LINES: ClassVar[Lines] = ()
    WORDS: ClassVar[dict[str, Message]] = {}  # what a reader calls its states, and its quantities of one update
    MEANINGS: ClassVar[dict[str, Message]] = {
        "lr": say("the learning rate η"),
        "weight_decay": say("λ of the term λw that is added to the gradient of w"),
    }

    def settings(self) -> dict[str, Formula]:
        """The numbers that the formulas read, by their names there; those of a tuple are numbered."""
        found: dict[str, Formula] = {}
        for key in self.__struct_fields__:
            value = getattr(self, key)
            parts = {f"{key.removesuffix('s')}{k}": v for k, v in enumerate(value, 1)} if type(value) is tuple else {}
            found |= parts or {key: value}
        return {key: value for key, value in found.items() if isinstance(value, Formula)}

    def states(self) -> tuple[str, ...]:
        """The quantities that are kept from one update to the next."""
        return self.STATES

    def lines(self, decay: bool) -> Lines:
        """The formulas of a parameter with or without weight decay."""
        return (("g", "g + weight_decay*w"), *self.LINES) if decay else self.LINES

    def rule(self) -> Rule:
        """The same for the graph; a weight decay of 0 is left out."""
        settings = self.settings()
        decay = settings.pop("weight_decay", ZERO)
        states: dict[str, Formula] = dict.fromkeys(self.states(), ZERO)
        return Rule(settings, states, self.lines(False), self.lines(True), None if decay == ZERO else decay)

    def wrong(self) -> tuple[str, Message] | None:
        """What torch.optim would refuse: an argument, and why."""
        for key in self.__struct_fields__:
            number = getattr(self, key)
            if isinstance(number, Number) and number.numerator < 0:
                return key, say("`{key}` can't be negative.", key=key)
        return None

    def stated(self, trained: bool) -> tuple[Message, ...]:
        """What its numbers do not say of it; of its states where something is trained."""
        return (say("{names} start at 0.", names=", ".join(self.states())),) if trained and self.states() else ()
