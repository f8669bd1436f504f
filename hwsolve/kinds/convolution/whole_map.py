"""The recursion for a whole map: the form that the operation states for the gradient of its input."""

from __future__ import annotations

from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Formula, Ref, substitute
from hwsolve.graph.operation import rename
from hwsolve.kinds.convolution.passing import Before
from hwsolve.kinds.convolution.recursion import Recursion


def operator(r: Recursion, before: Before | None) -> Formula | None:
    """The gradient of the whole map, through an activation; None where the operation states none."""
    text = r.operation.matrix().get("x")
    if text is None:
        return None
    f = rename(parse(text), r.called.names)
    return f if before is None else Call("odot", (substitute(before.slope, {"z": Ref("z")}), f))
