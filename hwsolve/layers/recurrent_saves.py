"""What a recurrent layer keeps for the way back: what comes in, and of each step its gates and states.

It is what PyTorch keeps where it works out step by step: everywhere on a CPU but for an LSTM in float32, which is one
operation of oneDNN there, whose memory has no such formula.  The stack of all steps, which comes out, is a copy.
"""

from __future__ import annotations

from typing import Any

from hwsolve.language import Message, say
from hwsolve.layers.base import Shape
from hwsolve.layers.cost import NotCounted
from hwsolve.layers.saves import Keeps, Kept, X, Y

NO_STEPS = NotCounted(say("the number of steps is not stated"))
GATES = say("gates")
Own = list[tuple[Message | str, str]]  # in words or as a formula; how many values in one layer and direction


def kept_of_steps(self: Any, x: Shape, *_: Any, needed: frozenset[str], learned: list[str]) -> Keeps:
    """What the gradients read: of weights what they are multiplied by, of gates and states what their slopes read."""
    if len(x) == 1 and not self.CELL:
        return NO_STEPS
    trained = {name.partition(".")[0].partition("_l")[0].removesuffix("_reverse") for name in learned}
    found = [X] if trained & {"weight", "weight_ih"} else []
    steps = "" if self.CELL else "steps*"
    if found and self.num_layers > 1:
        found.append(Kept(name=say("what comes into further layers"), text=f"{self.num_layers - 1}*{steps}between"))
    each = self.num_layers * len(self.ways)
    for what, text in own_of(self, trained, steps):
        found.append(Kept(name=what, text=text if each == 1 else f"{each}*({text})"))
    return (*found, Y) if self.CELL and len(self.GATES) == 1 else tuple(found)


def own_of(layer: Any, trained: set[str], steps: str) -> Own:
    """The quantities of one layer in one direction that are there at every step."""
    hidden = f"{steps}hidden"
    before: Own = [("hₜ₋₁", f"{steps}state")] if trained & {"weight", "weight_hh"} else []
    gates = (GATES, f"{len(layer.GATES)}*{hidden}")
    if len(layer.GATES) == 1:
        return of_plain(layer, before, hidden)
    if "c" in layer.STATES:
        raw: Own = [("oₜ⊙tanh(cₜ)", hidden)] if "weight_hr" in trained else []
        return [*before, gates, ("cₜ₋₁", hidden), ("tanh(cₜ)", hidden), *raw]
    if layer.reset == "before":
        return [("hₜ₋₁", hidden), gates, *([("rₜ⊙hₜ₋₁", hidden)] if before else [])]
    # PyTorch keeps Wh hₜ₋₁ of n beside r and z, in the memory of all three, and again for the product with r
    return [*before, gates, (say("twice {u} of {n}", u="Wh hₜ₋₁", n="n"), f"2*{hidden}"), ("hₜ₋₁ − nₜ", hidden)]


def of_plain(layer: Any, before: Own, hidden: str) -> Own:
    """Without gates: the slope reads the new state, which is the hₜ₋₁ of the step that follows."""
    if layer.CELL:
        return before
    states = say("{states} from {first} on", states="hₜ", first="h₀")
    return [(states, "(steps + 1)*hidden")] if before else [("hₜ", hidden)]
