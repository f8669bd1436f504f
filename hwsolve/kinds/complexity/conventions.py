"""The conventions of counting: what they leave out, in rules and in words, and others under which a count comes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from hwsolve.formula.tree import Formula
from hwsolve.kinds.complexity.problem import Count
from hwsolve.kinds.complexity.tables import listed_formulas
from hwsolve.language import Message, say
from hwsolve.layers.activation import Activation
from hwsolve.layers.base import Layer
from hwsolve.solution import Text

PARTS: dict[str, Message] = {  # what is counted by a convention
    "slopes": say("the slopes of activation functions"),
    "input_gradient": say("the gradient of the input"),
    "activations": say("the inside of activation functions"),
    "bias": say("biases"),
}


def rules_under(count: Count, layer: Layer, taken: object) -> tuple[dict[str, Any], bool]:
    """What a layer takes by its rules and the conventions, and whether its forward pass counts."""
    rules = dict(taken) if isinstance(taken, dict) else {}
    evaluated = layer.CATEGORY != "activation" or count.activations
    if not evaluated:
        rules.pop("forward", None)
    if not count.slopes and isinstance(layer, Activation) and "error" in rules:
        rules["error"] = {"mul": "values"}  # by a slope that is there
    return rules, evaluated


def conventions(count: Count, loss: bool, kept: Sequence[tuple[Formula, Formula]] = ()) -> tuple[Message, ...]:
    """What is counted, and what is not; `kept` are slopes that are made from a value of the forward pass, and it."""
    counted = (
        say("Counted: each multiplication and each addition by itself, a subtraction as an addition.")
        if count.multiply_add == 2
        else say("Counted: a multiplication along with its addition as one operation, a multiply-add.")
    )
    left_out: list[Text] = [PARTS[name] for name in ("bias", "activations", "slopes") if not getattr(count, name)]
    if not loss:
        left_out.append(say("the loss"))
    if not count.input_gradient:
        left_out.append(PARTS["input_gradient"])
    found = [counted]
    if left_out:
        found.append(say("Not counted: {parts}.", parts=tuple(left_out)))
    if not count.slopes:
        found.append(say("Multiplying by a slope counts in the backward pass."))
    elif kept:
        claims, values = (tuple([pair[n] for pair in kept]) for n in (0, 1))
        found.append(say("Counted in the backward pass: {slopes}, worked out from {values} of the forward pass, and "
                         "multiplying by it.",
                         slopes=listed_formulas(claims), values=listed_formulas(values)))  # fmt: skip
    elif not count.activations:
        found.append(say("The slopes of activation functions count in the backward pass."))
    return tuple(found)


def others(count: Count, words: dict[str, Message]) -> dict[str, Message]:
    """By name what would change with another convention, in words, which may be those of a page."""
    return {
        name: say("not counting {what}", what=what) if getattr(count, name) else say("counting {what}", what=what)
        for name, what in (PARTS | words).items()
    }


def changed(count: Count, names: Sequence[str]) -> Count:
    """The other conventions of these names."""
    return msgspec.structs.replace(count, **{name: not getattr(count, name) for name in names})
