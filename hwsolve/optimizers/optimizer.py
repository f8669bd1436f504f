"""What every optimizer is: settings with the names and defaults of torch.optim, states, and a list of formulas.

A line is a name and a formula over w (the parameter), g (its gradient), the settings, the states, what earlier lines
gave, and t (the number of this update, from 1).  `m'` is the new value of m; a name without a prime is a quantity of
this update alone, as m̂.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from hwsolve.formula.notation import unicode
from hwsolve.formula.tree import Formula, Number
from hwsolve.graph.update import Lines, Rule
from hwsolve.language import Message, say
from hwsolve.spec.amounts import first_negative

ZERO = Number(0)


class Optimizer(msgspec.Struct, frozen=True, kw_only=True):
    """An optimizer as a spec states it."""

    STATES: ClassVar[tuple[str, ...]] = ()  # those that start at 0, where settings change nothing of it
    LINES: ClassVar[Lines] = ()  # likewise
    WORDS: ClassVar[dict[str, Message]] = {  # what a reader calls its states, and its quantities of one update
        "g": say("decayed gradient"),
        "m": say("mean of the gradients"),
        "v": say("mean of the squared gradients"),
        "velocity": say("velocity"),
    }
    MEANINGS: ClassVar[dict[str, Message]] = {
        "lr": say("the learning rate η"),
        "momentum": say("how much of the last step is kept in the next"),
        "weight_decay": say("λ of the term λw that is added to the gradient of w"),
        "eps": say("ε, which keeps the divisor from 0"),
    }

    def settings(self) -> dict[str, Formula]:
        """The numbers that the formulas read, by their names there; those of a tuple are numbered."""
        found: dict[str, Formula] = {}
        for key in self.__struct_fields__:
            value = getattr(self, key)
            parts = {f"{key.removesuffix('s')}{k}": v for k, v in enumerate(value, 1)} if type(value) is tuple else {}
            found |= parts or {key: value}
        return {key: value for key, value in found.items() if isinstance(value, Formula)}

    def starts(self) -> dict[str, Formula]:
        """The quantities that are kept from one update to the next, and the number at which each starts."""
        return dict.fromkeys(self.STATES, ZERO)

    def plain(self) -> Lines:
        """The formulas of a parameter without weight decay."""
        return self.LINES

    def decayed(self) -> Lines:
        """The same with weight decay: a part of the gradient unless an optimizer has it elsewhere."""
        return (("g", "g + weight_decay*w"), *self.plain())

    def rule(self) -> Rule:
        """The same for the graph; a weight decay of 0 is left out."""
        settings = self.settings()
        decay = settings.pop("weight_decay", ZERO)
        return Rule(settings, self.starts(), self.plain(), self.decayed(), None if decay == ZERO else decay)

    def wrong(self) -> tuple[str, Message] | None:
        """What torch.optim would refuse: an argument, and why."""
        return first_negative(self)

    def stated(self, trained: bool) -> tuple[Message, ...]:
        """What its numbers do not say of it; of its states where something is trained."""
        alike: dict[str, list[str]] = {}
        for name, start in self.starts().items() if trained else ():
            alike.setdefault(unicode(start), []).append(name)
        return tuple(say("Start at {value}: {names}.", names=", ".join(n), value=v) for v, n in alike.items())
