"""The gradient of a weight, over the cells that it meets: where a place is that of a cell, no index is a fraction."""

from __future__ import annotations

from hwsolve.formula.differentiate import apart
from hwsolve.formula.tree import ONE, BigOperator, Call, Formula, Number, Ref, substitute, transform
from hwsolve.kinds.convolution.gathering import Gathering, flat, quotient_of
from hwsolve.kinds.convolution.readers import Axis


def gradient_of_parameter(p: Gathering, slot: int) -> Formula:
    """∂L/∂w or ∂L/∂b as a sum over places; where only some places read a weight, over the cells that they read."""
    f = p.r.gradient(slot)
    if slot != 1 or not p.scatters:
        return f
    f = without_one_channel(p, f)
    return over_cells(p, all_sums_in_front(f) if p.one_weight else f)


def all_sums_in_front(f: Formula) -> Formula:
    """A product of sums as one sum of products: the cells of the kernel are known where a place is that of a cell."""
    sums, above, below = flat(f)
    body = quotient_of(above, below)
    for index, low, high in reversed(sums):
        body = BigOperator("Sum", body, index, low, high)
    return body


def over_cells(p: Gathering, f: Formula) -> Formula:
    """Sums over places as sums over the cells of x: cell i and cell u of the kernel have one place."""
    sides = p.r.inputs[-len(p.axes) :]
    cells: dict[str, tuple[Axis, Formula]] = {a.place: (a, side) for a, side in zip(p.axes, sides, strict=True)}
    places: dict[str, Formula] = {a.place: a.solved for a in p.axes}
    letters = tuple([Ref(a.index) for a in p.axes])

    def change(node: Formula) -> Formula:
        if isinstance(node, Ref) and node.name == p.called.x:
            return Ref(node.name, (*node.indices[: -len(letters)], *letters))
        if isinstance(node, Ref) and node.name == p.called.g:
            return substitute(node, places)
        if isinstance(node, BigOperator) and node.index in cells:
            axis, side = cells[node.index]
            return BigOperator(node.op, node.body, axis.index, ONE, side)
        return node

    return transform(apart(f, Ref("", letters)), change)  # a sum over channels may have the letter of a cell


def without_one_channel(p: Gathering, f: Formula) -> Formula:
    """Without the δ that asks whether the channel of a weight is the only one there is."""
    alone = p.r.single.get("c") == ONE or p.channels(p.r.inputs) == ONE

    def change(node: Formula) -> Formula:
        match node:
            case Call("*", args) if alone:
                kept = [a for a in args if not asks_for_first(a)]
                return (
                    node if len(kept) == len(args) or not kept else kept[0] if len(kept) == 1 else Call("*", (*kept,))
                )
        return node

    return transform(f, change)


def asks_for_first(f: Formula) -> bool:
    """Whether a factor is δ[1, c]."""
    return isinstance(f, Call) and f.name == "delta" and set(f.args) == {Number(1), Ref("c")}
