"""Settings that optimizers share: how gradients are clipped, and what is kept from earlier updates."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.formula.tree import Formula, Number, Ref, walk
from hwsolve.language import Message, say
from hwsolve.spec.amounts import CONSTANTS, DecimalField, first_negative
from hwsolve.spec.fields import INVALID, ArrayField, Decimal, Field, is_array_form
from hwsolve.spec.nodes import Mapping, Node
from hwsolve.spec.report import Path, Report, did_you_mean

SCHEDULED = ("t", "epoch", "steps")


class Clip(msgspec.Struct, frozen=True, kw_only=True):
    """How gradients are cut off, as by clip_grad_norm_ or clip_grad_value_ of torch.nn.utils."""

    norm: Decimal | None = None
    eps: Decimal = Number(1, 10**6)
    value: Decimal | None = None

    MEANINGS: ClassVar[dict[str, Message]] = {
        "norm": say("the largest norm of all gradients together"),
        "eps": say("what is added to the norm before it divides"),
        "value": say("the largest size of each number of a gradient"),
    }

    def wrong(self) -> Message | None:
        """What makes no sense."""
        if (self.norm is None) == (self.value is None):
            return say("`clip` takes either `norm` or `value`.")
        found = first_negative(self)
        return found[1] if found is not None else None


class RateField(DecimalField):
    """A number, or a formula in t, epoch and steps."""

    def __init__(self) -> None:
        super().__init__(names=True)
        self.expected = say("a number, or a formula in t, epoch and steps")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """The formula; a name that it may not have is an error."""
        found = super().read(node, report, path)
        if found is INVALID:
            return INVALID
        for part in walk(found):
            if isinstance(part, Ref) and (part.indices or part.name not in {*SCHEDULED, *CONSTANTS}):
                message = say("A learning rate is a formula in t, epoch and steps; `{name}` is none.", name=part.name)
                report.add(node, path, message, did_you_mean(part.name, SCHEDULED))
                return INVALID
        if any(isinstance(part, Ref) and part.name in SCHEDULED for part in walk(found)):
            return found
        return DecimalField().read(node, report, path)


class StateField(Field):
    """`{m: [0.1, 0.2], v: …}`, or with a mapping by parameter in place of the numbers."""

    forms = (Mapping,)
    expected = say("a mapping from states to numbers, as `{form}`", form="{m: [0.1, 0.2]}")
    numbers = ArrayField()

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """Arrays, or dicts of them, by state."""
        if not isinstance(node, Mapping):
            return self.wrong(node, report, path)
        found = {key: self.of_state(value, report, path / key) for key, (_, value) in node.entries.items()}
        return INVALID if any(v is INVALID for v in found.values()) else found

    def of_state(self, node: Node, report: Report, path: Path) -> Any:
        """The numbers of one state."""
        if not isinstance(node, Mapping) or is_array_form(node):
            return self.numbers.read(node, report, path)
        found = {key: self.numbers.read(value, report, path / key) for key, (_, value) in node.entries.items()}
        return INVALID if any(v is INVALID for v in found.values()) else found

    def schema(self) -> dict[str, Any]:
        """Any names."""
        one = self.numbers.schema()
        return {
            "type": "object",
            "additionalProperties": {"anyOf": [one, {"type": "object", "additionalProperties": one}]},
        }


Rate = Annotated[Formula, RateField()]

__all__ = ["SCHEDULED", "Clip", "Rate", "RateField", "StateField"]
