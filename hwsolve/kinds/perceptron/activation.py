"""What a perceptron gives for a net input: `step` 1 or 0, `sign` 1 or -1, and at 0 what `at_zero` says."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.formula.tree import Formula, call, formula
from hwsolve.language import Message, say
from hwsolve.spec.fields import CountField

AT_ZERO = say("what it gives where the net input is 0")


class Threshold(msgspec.Struct, frozen=True):
    """A function of two values."""

    at_zero: int = 1

    low: ClassVar[int] = 0
    MEANINGS: ClassVar[dict[str, Message]] = {"at_zero": AT_ZERO}

    @property
    def between(self) -> bool:
        """Whether it gives a value of its own at 0."""
        return self.at_zero not in (self.low, 1)

    def of(self, net: Any) -> int:
        """What it gives."""
        return self.at_zero if net == 0 else 1 if net > 0 else self.low

    def formula(self, net: Formula) -> Formula:
        """The same as a formula."""
        if self.between:
            return call("if", call(">", net, 0), 1, call("if", call("<", net, 0), self.low, self.at_zero))
        return call("if", self.fires(net), 1, self.low)

    def fires(self, net: Formula) -> Formula:
        """Where it gives 1."""
        return call(">=" if self.at_zero == 1 else ">", net, formula(0))


class Step(Threshold, frozen=True):
    """1 for a positive net input, and 0 for a negative one."""

    at_zero: Annotated[int, CountField(0, 1)] = 1


class Sign(Threshold, frozen=True):
    """1 for a positive net input, and -1 for a negative one."""

    at_zero: Annotated[int, CountField(-1, 1)] = 1
    low: ClassVar[int] = -1


ACTIVATIONS: dict[str, type[Threshold]] = {"step": Step, "sign": Sign}
