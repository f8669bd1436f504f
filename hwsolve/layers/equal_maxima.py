"""Which of several equal maxima a gradient goes to, put into the backward formula of a maximum.

The derivative of max over u of x[cell(u)] is 1 at a cell that has the maximum: `if(x[m] == y[p], 1, 0)`.  Where
several cells have it, `first` asks also that no earlier cell does, and `split` divides by their number.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from hwsolve.formula.affine import shorter
from hwsolve.formula.differentiate import backward
from hwsolve.formula.indices import put
from hwsolve.formula.notation import plain
from hwsolve.formula.parse import parse
from hwsolve.formula.simplify.terms import difference, mentions
from hwsolve.formula.tree import ONE, ZERO, BigOperator, Call, Formula, Ref, call, transform

OTHER = {"u": "u2", "v": "v2", "t": "t2"}


@lru_cache(maxsize=256)
def resolved(text: str, outputs: tuple[str, ...], inputs: tuple[str, ...], ties: str) -> str:
    """The backward formula of the maximum `text`, with a convention for ties."""
    schematic = parse(text)
    ranges: dict[str, Formula] = {i: Ref(f"size_{i}") for i in outputs}
    derived = backward(schematic, outputs, ranges, "x", inputs, upstream="g", replace_output="y")

    def convention(node: Formula) -> Formula:
        match node:
            case Call("if", (Call("==", (Ref() as cell, Ref("y") as maximum)), *values)) if values == [ONE, ZERO]:
                part = share(schematic, outputs, cell, maximum, ties)
                return Call("if", (call("==", cell, maximum), part, ZERO))
        return node

    return plain(transform(derived, convention))


def share(schematic: Formula, outputs: tuple[str, ...], cell: Ref, maximum: Ref, ties: str) -> Formula:
    """What a cell that has the maximum gets: 1 or 0 by its order, or one part of several."""
    axes, body = [], schematic
    while isinstance(body, BigOperator):
        axes.append(body)
        body = body.body
    for axis in axes:
        body = put(body, axis.index, Ref(OTHER[axis.index]))
    windows = [Window(OTHER[axis.index], axis.low, axis.high) for axis in axes]
    for index, at in zip(outputs, maximum.indices, strict=True):
        body = put(body, index, at)
        windows = [Window(w.letter, put(w.low, index, at), put(w.high, index, at)) for w in windows]
    assert isinstance(body, Ref)
    other = Ref(body.name, tuple(shorter(i) for i in body.indices))
    if ties == "split":
        return call("/", ONE, over("Sum", windows, Call("if", (call("==", other, maximum), ONE, ZERO))))
    factors: list[Formula] = []
    lead = len(cell.indices) - len(axes)
    for k, axis in enumerate(axes):  # cells before this one here, beside it along earlier axes
        here = Ref(axis.index) if mentions(maximum, axis.index) else cell.indices[lead + k]
        before = [windows[k]._replace(high=difference(here, ONE)), *windows[k + 1 :]]
        earlier = Ref(other.name, (*cell.indices[: lead + k], *other.indices[lead + k :]))
        factors.append(over("Prod", before, Call("if", (call("==", earlier, maximum), ZERO, ONE))))
    return call("*", *factors) if len(factors) > 1 else factors[0]


class Window(NamedTuple):
    """Cells of a window along one axis: their index letter and its bounds."""

    letter: str
    low: Formula
    high: Formula


def over(operator: str, windows: list[Window], body: Formula) -> Formula:
    """A big operator over the cells of a window."""
    for window in reversed(windows):
        body = BigOperator(operator, body, *window)
    return body
