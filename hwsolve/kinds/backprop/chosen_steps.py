"""A loss of some of the steps of a sequence: these steps of the output, and of a target that has all of them."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve.formula.tree import Number, Ref
from hwsolve.graph.by_formula import ByFormula
from hwsolve.kinds.backprop.input_arrays import Given
from hwsolve.kinds.backprop.target import Classes
from hwsolve.language import Message, say
from hwsolve.layers.base import shape_text
from hwsolve.spec.fields import Array

if TYPE_CHECKING:
    from hwsolve.kinds.backprop.construction import Construction


def refused(steps: tuple[int, ...], shape: tuple[int, ...], lead: int) -> Message | None:
    """Why the steps are not those of an output (N, T, K), (T, K); `lead` counts the axis of samples."""
    if len(shape) - lead < 2:
        return say("`steps` chooses rows of a sequence; the output has the shape {shape}.", shape=shape_text(shape))
    if len(steps) != shape[lead]:
        return say("`steps` has {n} entries; the output has {steps} steps.", n=len(steps), steps=shape[lead])
    if set(steps) - {0, 1} or not any(steps):
        return say("`steps` is 1 for each step that counts and 0 for the others, and one of them counts.")
    return None


def chosen(construction: Construction, y: str, steps: tuple[int, ...]) -> str:
    """The quantity whose rows are the chosen steps of y."""
    builder = construction.builder
    kept = [k for k, one in enumerate(steps) if one]
    if len(kept) == len(steps):
        return y
    shape = (len(kept), len(steps))
    ones = tuple(Number(int(k == t)) for k in kept for t in range(len(steps)))
    which = builder.given(builder.free_symbol("s"), shape, "constant")
    construction.givens[which] = Given(shape, ones)
    builder.graph.selectors.add(which)
    sides = builder.shape(y)[1 + int(builder.graph.batched) :]
    rest = ("i", "j", "l")[: len(sides)]
    f, at = f"Sum(s[k,t]*x[t,{','.join(rest)}], t, 1, T)", ("k", *rest)
    rows = ByFormula(f, ("s", "x"), ("x",), at, (len(kept), *sides), constants=(0,))
    symbol = builder.free_symbol("u")
    named = ", ".join(str(k + 1) for k in kept)
    construction.remarks.append(
        say(
            "{u} has the steps {steps} of the output, counted from 1: the loss is of these.", u=Ref(symbol), steps=named
        )
    )
    return builder.forward(rows, (which, y), symbol, layer="loss", port=-1)


def of_target(target: Any, steps: tuple[int, ...], lead: int) -> Any:
    """The rows of the chosen steps of a target that has a row for every step; any other as it is."""
    if not isinstance(target, Array | Classes) or target.shape[lead : lead + 1] != (len(steps),):
        return target
    values = target.numbers if isinstance(target, Classes) else target.values
    places = product(*map(range, target.shape))
    kept = tuple(v for at, v in zip(places, values, strict=True) if steps[at[lead]])
    shape = (*target.shape[:lead], sum(steps), *target.shape[lead + 1 :])
    assert len(kept) == prod(shape)
    more = {"numbers": kept} if isinstance(target, Classes) else {"values": kept}
    return msgspec.structs.replace(target, shape=shape, **more)
