"""The recursion for a whole map: the form that the operation states for the gradient of its input."""

from __future__ import annotations

from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Formula, Ref, substitute, walk
from hwsolve.graph.operation import rename
from hwsolve.kinds.convolution.passing import Before
from hwsolve.kinds.convolution.recursion import Recursion
from hwsolve.language import Message, say


def operator(r: Recursion, before: Before | None) -> Formula | None:
    """The gradient of the whole map, through an activation; None where the operation states none."""
    text = r.operation.matrix().get("x")
    if text is None:
        return None
    f = rename(parse(text), r.called.names)
    return f if before is None else Call("odot", (substitute(before.slope, {"z": Ref("z")}), f))


def at_once(form: Formula) -> Message:
    """What the form is, and what its sign means if it has one."""
    if any(isinstance(n, Call) and n.name == "full" and len(n.args) == 2 for n in walk(form)):
        return say("For all cells at once, with ⋆ for the full correlation, the error is {form}.", form=form)
    return say("For all cells at once the error is {form}.", form=form)
