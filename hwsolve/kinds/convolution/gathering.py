"""The gradient of a layer of windows as sums over the readers of a cell: windows that cover it, or cells of the kernel.

Everything is read off y[p] = Σ … x[α·p + β·u + γ] and the gradient that follows from it.  Names begin with `any_`, as
the quantities themselves may have numbers; they are written without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from hwsolve.formula.simplify.simplify import expand, simplify
from hwsolve.formula.simplify.terms import difference, mentions, negative, quotient, total
from hwsolve.formula.tree import (
    ONE,
    BigOperator,
    Call,
    Formula,
    Number,
    Ref,
    call,
    references,
    substitute,
    transform,
    walk,
)
from hwsolve.graph.explain.schematic import folded, in_order
from hwsolve.kinds.convolution.readers import Axis, axis_of, is_whole, ordered, slope
from hwsolve.kinds.convolution.recursion import Recursion

Sum = tuple[str, Formula, Formula]
MARK, AT, AT_W = "any_m", "at_upstream", "at_w"


class Gathering:
    """What the formula of an operation and its gradient say of the readers of a cell."""

    def __init__(self, recursion: Recursion) -> None:
        called = recursion.called
        named = {field: f"any_{name}" for field, name in called.names.items()}
        self.called = msgspec.structs.replace(called, **named)
        self.r = Recursion(recursion.operation, recursion.outputs, recursion.inputs, self.called, recursion.places)
        self.operation: Any = recursion.operation
        if self.grouped:
            self.r.sizes |= {k: Ref(f"{k}_group") for k in "CO" if not isinstance(self.r.sizes[k], Number)}
        self.y, self.formula = self.r.output()
        self.x = self.r.element()
        self.axes = tuple(self.found_axes())
        self.scatters = not all(is_whole(a.reading) for a in self.axes)
        if self.scatters and self.told:
            self.formula = self.by_cells()
        self.sums, self.factors, self.below = self.gathered()

    @property
    def grouped(self) -> bool:
        """Whether channels are in groups."""
        return bool(getattr(self.operation, "groups", 1) != 1)

    @property
    def one_weight(self) -> bool:
        """Whether one number is the weight of every channel and cell of the kernel."""
        return bool(getattr(self.operation, "shared", False))

    @property
    def told(self) -> bool:
        """Whether there is an argument: cells that meet no weight are left out by its index, which one number lacks."""
        return not (self.scatters and self.one_weight)

    @property
    def reading(self) -> Ref:
        """The element of x that y reads."""
        return next(ref for ref in references(self.formula) if ref.name == self.called.x)

    def channels(self, sizes: tuple[Formula, ...]) -> Formula:
        """The channels of a shape, where they are written."""
        return sizes[-1 - len(self.axes)] if len(sizes) > len(self.axes) else ONE

    def found_axes(self) -> Iterator[Axis]:
        """How y reads x, axis by axis."""
        frame = self.operation.frame
        n = len(frame.axes)
        bounds = {f.index: (f.low, f.high) for f in walk(self.formula) if isinstance(f, BigOperator)}
        letters = (frame.places(), frame.window(), [i.name for i in self.x.indices[-n:] if isinstance(i, Ref)])
        for index, place, cell, letter in zip(self.reading.indices[-n:], *letters, strict=True):
            yield axis_of(index, place, cell, letter, *bounds.get(cell, (ONE, ONE)))

    def by_cells(self) -> Formula:
        """y as a sum over the cells of x where only some of them are read: each with the weight that it meets."""
        sides = self.r.inputs[-len(self.axes) :]
        new = {a.cell: (a.index, side, self.meets(a)) for a, side in zip(self.axes, sides, strict=True)}
        indices = self.reading.indices
        at = {i: Ref(a.index) for i, a in zip(indices[-len(self.axes) :], self.axes, strict=True)}
        apart = any(slide.dilation != 1 for slide in self.operation.frame.axes)

        def change(node: Formula) -> Formula:
            if isinstance(node, Ref) and node.name == self.called.x:
                return Ref(node.name, tuple(at.get(i, i) for i in node.indices))
            if isinstance(node, Ref) and node.name == self.called.w and node.indices:
                met = substitute(node, {cell: found[2] for cell, found in new.items()})
                return Call(AT_W, met.indices) if apart else met  # type: ignore[attr-defined]
            if isinstance(node, BigOperator) and node.index in new:
                return BigOperator(node.op, node.body, new[node.index][0], ONE, new[node.index][1])
            return node

        return transform(self.formula, change)

    def meets(self, a: Axis) -> Formula:
        """The cell of the kernel that place p and cell i meet at."""
        rest = difference(Ref(a.index), substitute(a.reading, {a.cell: ONE}))
        back = negative(slope(a.reading, a.place))
        above, apart = quotient(rest, back), expand(quotient(slope(a.reading, a.cell), back))
        above = expand(above)
        return simplify(total(quotient(ordered(above), apart), ONE))

    def gathered(self) -> tuple[list[Sum], list[Formula], list[Formula]]:
        """The gradient as sums over factors: by windows, where they are what covers a cell."""
        sums, factors, below = flat(self.r.gradient())
        g = next(f for f in factors if isinstance(f, Ref) and f.name == self.called.g)
        factors.remove(g)
        factors = [part for f in factors for part in without_channels(f)]
        solved: dict[str, Formula] = {}
        places = g.indices[-len(self.axes) :]
        self.axes = tuple([as_written(a, at) for a, at in zip(self.axes, places, strict=True)])
        for axis, at in zip(self.axes, places, strict=True):
            p = Ref(axis.place)
            if axis.over in ("windows", "one"):
                factors, below = ([put(f, at, p) for f in part] for part in (factors, below))
                solved[axis.cell] = axis.solved
            elif axis.over == "whole":
                factors, below = ([put(f, at, call("floor", at)) for f in part] for part in (factors, below))
        self.to = tuple([self.place_of(a, i) for a, i in zip(self.axes, places, strict=True)])
        lead = g.indices[: len(g.indices) - len(self.axes)]
        if self.grouped:
            sums, factors, lead = self.in_group(sums, factors, lead)
        self.upstream = self.at((*lead, *self.to))
        made = [transform(substitute(f, solved), tidied) for part in (factors, below) for f in part]
        left = [s for s in sums if not any(a.over == "one" and s[0] == a.cell for a in self.axes)]
        return [self.over(s) for s in left], made[: len(factors)], made[len(factors) :]

    def place_of(self, axis: Axis, at: Formula) -> Formula:
        """The index of upstream that a term reads."""
        return Ref(axis.place) if axis.over in ("windows", "one", "shared") else at

    def over(self, found: Sum) -> Sum:
        """What a sum runs over: cells of the window, or the windows that cover."""
        for axis in self.axes:
            if found[0] in (axis.cell, axis.place) and axis.by_windows:
                return (axis.place, first_of(axis), last_of(axis))
        return found

    def in_group(
        self, sums: list[Sum], factors: list[Formula], lead: tuple[Formula, ...]
    ) -> tuple[list[Sum], list[Formula], tuple[Formula, ...]]:
        """The sum over the outputs of the group that the cell's channel is of."""
        sizes, c = self.r.sizes, self.x.indices[-1 - len(self.axes)]
        group = folded(call("floor", call("/", call("-", c, 1), sizes["C"])))
        first = ordered(expand(call("+", call("*", sizes["O"], group), 1)))
        if sizes["O"] == ONE:  # one output alone
            only: dict[str, Formula] = {"o": first}
            found = [s for s in sums if s[0] != "o"]
            return found, [substitute(f, only) for f in factors], tuple([substitute(i, only) for i in lead])
        last = ordered(expand(call("-", call("+", first, sizes["O"]), 1)))

        def here(node: Formula) -> Formula:
            return group if isinstance(node, Call) and node.name == "floor" and mentions(node, "o") else node

        found = [(s[0], first, last) if s[0] == "o" else s for s in sums]
        return found, [transform(f, here) for f in factors], lead

    def at(self, indices: tuple[Formula, ...]) -> Formula:
        """∂L/∂y at a place; between two places it is 0."""
        whole = any(a.over == "whole" for a in self.axes)
        return Call(AT, indices) if whole else Ref(self.called.g, indices)

    @property
    def local(self) -> Formula:
        """∂y/∂x at a reader: a weight, the share of a mean, the mark of a maximum."""
        if self.marked:
            return Ref(MARK, (*self.mark_indices(), *self.x.indices[-len(self.axes) :]))
        return quotient_of(self.factors, self.below)

    @property
    def marked(self) -> bool:
        """Whether a reader may pass nothing on: what is read is compared."""
        return any(isinstance(n, Call) and n.name == "if" for f in self.factors for n in walk(f))

    def mark_indices(self) -> tuple[Formula, ...]:
        """The place whose mark it is, or its cell of the window."""
        lead = self.x.indices[: len(self.x.indices) - len(self.axes)]
        places = (Ref(a.place if a.over in ("windows", "one", "shared") else a.cell) for a in self.axes)
        return (*lead, *places)

    def result(self) -> Formula:
        """Σ over the readers of ∂y/∂x · ∂L/∂y."""
        local, g = self.local, self.upstream
        inside = {s[0] for s in self.sums} | {a.place for a in self.axes if a.over == "one"}
        front = local if not any(mentions(local, letter) for letter in inside) else None
        f: Formula = g if front is not None or local == ONE else call("*", local, g)
        for index, low, high in reversed(self.sums):
            f = BigOperator("Sum", f, index, low, high)
        f = f if front in (None, ONE) else call("*", front, f)
        return self.at_windows(f)

    def at_windows(self, f: Formula) -> Formula:
        """A formula at the only window that covers a cell, where there is one alone."""
        return substitute(f, {a.place: first_of(a) for a in self.axes if a.over == "one"})

    @property
    def to_window(self) -> tuple[Formula, ...]:
        """The indices of y at a window that covers a cell."""
        return (*self.y.indices[: len(self.y.indices) - len(self.axes)], *self.to)


def as_written(a: Axis, at: Formula) -> Axis:
    """An axis whose place is written as in the gradient."""
    return msgspec.structs.replace(a, solved=at) if a.over in ("cells", "whole") else a


def first_of(a: Axis) -> Ref:
    """The name of the first window that covers a cell."""
    return Ref(f"{a.place}0")


def last_of(a: Axis) -> Ref:
    """The name of the last one."""
    return Ref(f"{a.place}1")


def flat(f: Formula) -> tuple[list[Sum], list[Formula], list[Formula]]:
    """Nested sums of products as sums, factors above and below; conditions on indices alone are those of bounds."""
    match f:
        case BigOperator("Sum", body, index, low, high):
            sums, above, below = flat(body)
            return [(index, low, high), *sums], above, below
        case Call("*", args):
            parts = [flat(a) for a in args]
            return [s for p in parts for s in p[0]], [a for p in parts for a in p[1]], [b for p in parts for b in p[2]]
        case Call("/", (top, bottom)):
            sums, above, below = flat(top)
            return sums, above, [*below, bottom]
        case Call("if", (condition, then, Number(0))) if not any(ref.indices for ref in references(condition)):
            return flat(then)
    return [], [] if f == ONE else [f], []


def factors_of(f: Formula) -> tuple[Formula, ...]:
    """What is multiplied."""
    return f.args if isinstance(f, Call) and f.name == "*" else (f,)


def without_channels(f: Formula) -> list[Formula]:
    """The factors of a product without a δ, which asks whether the channel of a cell is the only channel there is."""
    return [part for part in factors_of(f) if not (isinstance(part, Call) and part.name == "delta")]


def quotient_of(above: list[Formula], below: list[Formula]) -> Formula:
    """A product over a product."""
    top = call("*", *above) if len(above) > 1 else above[0] if above else ONE
    if not below:
        return top
    return call("/", top, call("*", *below) if len(below) > 1 else below[0])


def put(f: Formula, part: Formula, new: Formula) -> Formula:
    """A formula with another in the place of a part."""
    return transform(f, lambda node: new if node == part else node) if isinstance(part, Call) else f


def tidied(node: Formula) -> Formula:
    """Indices put together, and the arguments of a minimum."""
    if isinstance(node, Call) and node.name in ("min", "max"):
        return Call(node.name, tuple(simplify(a) for a in node.args))
    return in_order(node)


def calls(f: Formula) -> Iterator[Call]:
    """The functions in a formula."""
    return (n for n in walk(f) if isinstance(n, Call) and n.name.isidentifier())
