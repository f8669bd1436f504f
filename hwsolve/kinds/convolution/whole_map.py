"""The recursion for a whole map: the full correlation of ∂L/∂y with the kernel turned round, zeros put in, cut off."""

from __future__ import annotations

from typing import Any

from hwsolve.formula.tree import Call, Formula, Ref, formula, substitute
from hwsolve.kinds.convolution.passing import Before
from hwsolve.kinds.convolution.recursion import Recursion
from hwsolve.layers.correlation import Correlation


def operator(r: Recursion, before: Before | None) -> Formula | None:
    """The gradient of a map of one channel; None where there are more, or a setting differs that cannot."""
    operation: Any = r.operation
    axes = r.axes()
    alone = len(r.inputs) == len(r.outputs) == len(axes) and isinstance(operation, Correlation)
    if not alone or operation.shared or operation.written.w or len({a.dilation for a in axes}) > 1:
        return None
    w, g = Ref(r.called.w), Ref(r.called.g)
    apart, strides, cut = axes[0].dilation, [a.stride for a in axes], [a.before for a in axes]
    spread = Call("stuffed", (g, *map(formula, strides if len(set(strides)) > 1 else strides[:1])))
    turned = w if operation.flip else Call("rot180", (w,))
    f: Formula = Call("full", (turned, g if set(strides) == {1} else spread, *([] if apart == 1 else [formula(apart)])))
    if any(c != 0 for c in cut) or set(strides) != {1}:
        sides = r.inputs if set(strides) != {1} or len(set(cut)) > 1 else ()
        f = Call("crop", (f, *map(formula, cut if len(set(cut)) > 1 else cut[:1]), *sides))
    if before is None:
        return f
    return Call("odot", (substitute(before.slope, {"z": Ref("z")}), f))
