"""How the error passes a layer of windows: an argument in steps, made from the one formula of its operation.

Everything is read off y[p] = Σ … x[α·p + β·u + γ] and the gradient that follows from it; every line is evaluated.
Names of the argument begin with `any_`, as the quantities themselves may have numbers; they are written without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from hwsolve.derivation.argument import Argument
from hwsolve.formula.domain import free_names
from hwsolve.formula.simplify.simplify import expand, simplify
from hwsolve.formula.simplify.terms import difference, mentions, negative, quotient, total
from hwsolve.formula.tree import (
    ONE,
    ZERO,
    BigOperator,
    Call,
    Formula,
    Number,
    Ref,
    call,
    children,
    references,
    substitute,
    transform,
    walk,
)
from hwsolve.graph.explain.schematic import in_order
from hwsolve.kinds.convolution.readers import Axis, axis_of, is_whole, ordered, slope
from hwsolve.kinds.convolution.recursion import Quantities, Recursion
from hwsolve.layers.correlation import Correlation, Kernels
from hwsolve.solution import Identity, Let

Sum = tuple[str, Formula, Formula]
MARK, AT, AT_W = "any_m", "at_upstream", "at_w"
SMALL = 4  # an index may be any number up to this


class Before(msgspec.Struct, frozen=True):
    """The activation a = f(z) in front of a layer: its derivative, and f itself unless it is any function."""

    name: str
    slope: Formula
    function: Formula | None = None


class Passing:
    """The lines of the argument, one after the other."""

    def __init__(self, recursion: Recursion, before: Before | None) -> None:
        own = recursion.called
        called = Quantities(*[f"any_{name}" for name in own.names.values()])
        self.r = Recursion(recursion.operation, recursion.outputs, recursion.inputs, called)
        if self.grouped:
            self.r.sizes |= {k: Ref(f"{k}_group") for k in "CO" if not isinstance(self.r.sizes[k], Number)}
        self.before, self.called = before, called
        self.argument = Argument()
        self.needs: dict[str, dict[str, Any]] = {}  # what the named parts read
        self.y, self.formula = self.r.output()
        self.x = self.r.element()
        self.axes = tuple(self.found_axes())
        self.scatters = not all(is_whole(a.reading) for a in self.axes)
        if self.scatters:
            self.formula = self.by_cells()
        self.sums, self.factors, self.below = self.gathered()

    # what is read off

    @property
    def grouped(self) -> bool:
        """Whether channels are in groups."""
        return bool(getattr(self.r.operation, "groups", 1) != 1)

    @property
    def reading(self) -> Ref:
        """The element of x that y reads."""
        return next(ref for ref in references(self.formula) if ref.name == self.called.x)

    def found_axes(self) -> Iterator[Axis]:
        """How y reads x, axis by axis."""
        frame = self.r.operation.frame  # type: ignore[attr-defined]
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
        apart = any(slide.dilation != 1 for slide in self.r.operation.frame.axes)  # type: ignore[attr-defined]

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
        group = call("floor", call("/", call("-", c, 1), sizes["C"]))
        start = call("*", sizes["O"], group)

        def here(node: Formula) -> Formula:
            return group if isinstance(node, Call) and node.name == "floor" and mentions(node, "o") else node

        found = [(s[0], call("+", start, 1), call("+", start, sizes["O"])) if s[0] == "o" else s for s in sums]
        return found, [transform(f, here) for f in factors], lead

    def at(self, indices: tuple[Formula, ...]) -> Formula:
        """∂L/∂y at a place; between two places it is 0."""
        whole = any(a.over == "whole" for a in self.axes)
        return Call(AT, indices) if whole else Ref(self.called.g, indices)

    # names, and what they range over

    def bounds(self, name: str) -> Any:
        """The sizes of an array that is 0 outside them."""
        if name == self.called.g:
            return sizes_of(self.r.outputs)
        if name != self.called.w or not isinstance(self.r.operation, Kernels) or self.r.operation.shared:
            return "real"
        out, into = (self.channels(s) for s in (self.r.outputs, self.r.inputs))
        plainly = isinstance(self.r.operation, Correlation)
        lead = (out, self.r.sizes["C"]) if plainly else (into, self.r.sizes["O"])
        return sizes_of((*lead[2 - self.r.operation.written.w :], *(a.high for a in self.axes)))

    def channels(self, sizes: tuple[Formula, ...]) -> Formula:
        """The channels of a shape, where they are written."""
        return sizes[-1 - len(self.axes)] if len(sizes) > len(self.axes) else ONE

    def free(self, *forms: Formula) -> dict[str, Any]:
        """What the names of some forms range over, and those of the parts that they name."""
        found: dict[str, Any] = {}
        letters = {*self.letters(), "o", "c", "n"}
        single = {n for f in forms for n in free_names(f)}
        arrays = {ref.name for f in forms for ref in references(f) if ref.indices}
        for name in sorted(single | arrays | {c.name for f in forms for c in calls(f)}):
            if name in self.needs:
                found |= self.needs[name]
            elif name in (self.called.x, self.called.b, "any_z"):
                found[name] = "real"
            elif name in (self.called.g, self.called.w):
                found[name] = self.bounds(name)
                if not isinstance(found[name], str):
                    found |= {n: "size" for n in found[name] if not n.isdigit()}
            elif self.before and self.before.function is None and name.removeprefix("d_") == self.before.name:
                found[self.before.name] = "function"
            elif name in letters:
                found[name] = "index"
            elif name in single:
                found[name] = "size"
        return dict(sorted(found.items()))

    def letters(self) -> set[str]:
        """The letters of places and cells."""
        return {letter for a in self.axes for letter in (a.place, a.cell, a.index)}

    def let(self, key: Formula, f: Formula) -> Let:
        """A name for a part."""
        bound = {k.name for k in children(key) if isinstance(k, Ref)}
        needs = {n: d for n, d in self.free(f).items() if n not in bound}
        self.needs[key.name] = needs  # type: ignore[attr-defined]
        return self.argument.let(key, f, **needs)

    def identity(self, *forms: Any, **more: Any) -> Identity:
        """A chain that holds for everything it may range over."""
        every = [f if isinstance(f, Formula) else f[1] for f in forms]
        every = [part for f in every for part in (f.args if isinstance(f, Call) and f.name == "==" else (f,))]
        return self.argument.identity(*forms, free=self.free(*every), **more)

    # the lines

    def reads(self) -> Let:
        """y[p] = …"""
        return self.let(self.y, self.formula)

    def weight_at(self) -> Let | None:
        """The weights as a function of any number: 0 between two cells of the kernel."""
        met = next((c for c in calls(self.formula) if c.name == AT_W), None)
        if met is None:
            return None
        letters = tuple(i for i in self.r.element(1).indices)
        return self.let(Call(AT_W, letters), self.between(Ref(self.called.w, letters)))

    def between(self, element: Ref) -> Formula:
        """An element that is 0 where an index along the map is no whole number."""
        f: Formula = element
        for i in element.indices[-len(self.axes) :]:
            f = Call("if", (call("==", call("floor", i), i), f, ZERO))
        return f

    def activation(self) -> Let:
        """a[i] = f(z[i])."""
        assert self.before is not None
        f = self.before.function or Call(self.before.name, (Ref("z"),))
        return self.let(Ref("any_f", self.x.indices), substitute(f, {"z": self.z}))

    @property
    def z(self) -> Ref:
        """z[i], in front of the activation."""
        return Ref("any_z", self.x.indices)

    def solutions(self) -> Iterator[Identity]:
        """α·p + β·u + γ = i, solved for the place or the cell of the window."""
        for a in self.axes:
            if self.scatters:
                back = negative(quotient(slope(a.reading, a.place), slope(a.reading, a.cell)))
                solution = call("==", Ref(a.place), a.solved)
                yield self.identity(call("==", self.meets(a), Ref(a.cell)), ("⟺", solution, expand(back)))
                continue
            if a.over != "shared" and a.reading != a.solved:
                unknown = Ref(a.cell if a.over in ("windows", "one") else a.place)
                solution = call("==", unknown, a.solved)
                yield self.identity(call("==", a.reading, Ref(a.index)), ("⟺", solution, a.factor))

    def windows(self) -> Iterator[tuple[str, Formula]]:
        """The first and the last window that covers the cell, or the only one, by name."""
        for a in self.axes:
            if a.over in ("windows", "shared", "one"):
                yield first_of(a).name, a.first
            if a.by_windows:
                yield last_of(a).name, a.last

    def ends(self) -> Iterator[Let]:
        """The same as lines."""
        return (self.let(Ref(name), f) for name, f in self.windows())

    def upstream_at(self) -> Let | None:
        """∂L/∂y as a function of any number: 0 between two places."""
        if not isinstance(self.upstream, Call):
            return None
        return self.let(Call(AT, self.y.indices), self.between(Ref(self.called.g, self.y.indices)))

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

    def mark(self) -> Let | None:
        """m = 1 at the cell that gets the error of a window, by the convention for ties."""
        return self.let(self.local, quotient_of(self.factors, self.below)) if self.marked else None

    def slope_line(self) -> Identity | None:
        """∂y/∂x at a reader, where it is one formula for every place."""
        local = self.local
        if self.grouped or (not self.marked and not mentions(local, self.called.w)):
            return None
        y, x, put_i = list(self.y.indices), list(self.x.indices), {}
        n = len(self.axes)
        for k, a in enumerate(self.axes):
            if a.over == "whole":
                x[k - n] = put_i[a.index] = a.reading
            elif a.over == "cells":
                y[k - n] = a.solved
        local = transform(substitute(local, put_i), tidied)
        if self.marked and put_i:
            return None
        return self.identity(Call("diff", (Ref(self.y.name, tuple(y)), Ref(self.x.name, tuple(x)))), local)

    def chain(self, key: Ref) -> Identity:
        """Σ over all places, then over the readers."""
        slope = Call("diff", (self.y, self.x))
        every: Formula = call("*", Ref(self.called.g, self.y.indices), slope)
        own = {i.name for i in self.x.indices[: len(self.x.indices) - len(self.axes)] if isinstance(i, Ref)}
        own = own if not isinstance(self.r.operation, Kernels) else own & {"n"}
        for index, high in reversed(list(zip(self.r.schematic.indices, self.r.outputs, strict=True))):
            every = every if index in own else BigOperator("Sum", every, index, ONE, high)
        return self.identity(every, self.result(), key=key)

    def result(self) -> Formula:
        """Σ over the readers of ∂y/∂x · ∂L/∂y."""
        local, g = self.local, self.upstream
        inside = {s[0] for s in self.sums} | {a.place for a in self.axes if a.over == "one"}
        front = local if not any(mentions(local, letter) for letter in inside) else None
        f: Formula = g if front is not None or local == ONE else call("*", local, g)
        for index, low, high in reversed(self.sums):
            f = BigOperator("Sum", f, index, low, high)
        f = f if front in (None, ONE) else call("*", front, f)
        return substitute(f, {a.place: first_of(a) for a in self.axes if a.over == "one"})

    def through(self, key: Ref) -> Identity:
        """∂L/∂z = ∂L/∂a · ∂a/∂z."""
        assert self.before is not None
        known = Ref(f"any_dL_d{self.x.name.removeprefix('any_')}", self.x.indices)
        slope = self.slope
        factors = slope.args if isinstance(slope, Call) and slope.name == "*" else (slope,)
        partial = Call("diff", (Ref("any_f", self.x.indices), self.z))
        result = self.result()
        inner = result.args if isinstance(result, Call) and result.name == "*" else (result,)
        return self.identity(
            call("*", known, partial), call("*", known, *factors), call("*", *factors, *inner), key=key
        )

    @property
    def slope(self) -> Formula:
        """f′(z[i])."""
        assert self.before is not None
        return substitute(self.before.slope, {"z": self.z})

    def known(self, key: Ref) -> Let:
        """What the steps so far gave, by its name."""
        return self.let(key, self.result())

    def of_parameter(self, slot: int) -> Identity | None:
        """∂L/∂w or ∂L/∂b by the chain rule; None where an index may lie outside the few cells that there are."""
        element = self.r.element(slot)
        sizes = self.bounds(element.name) if slot == 1 else self.r.outputs[:0]
        if self.grouped or self.scatters or any(n.isdigit() and int(n) < SMALL for n in sizes) or sizes == "real":
            return None
        every: Formula = call("*", Ref(self.called.g, self.y.indices), Call("diff", (self.y, element)))
        own = {i.name for i in element.indices if isinstance(i, Ref)}
        for index, high in reversed(list(zip(self.r.schematic.indices, self.r.outputs, strict=True))):
            every = every if index in own else BigOperator("Sum", every, index, ONE, high)
        return self.identity(
            every, self.r.gradient(slot), key=Ref(f"any_dL_d{element.name.removeprefix('any_')}", element.indices)
        )


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


def sizes_of(sizes: tuple[Formula, ...]) -> Any:
    """Bounds of an array as texts; an array of another size is without bounds."""
    if not all(isinstance(n, Number | Ref) for n in sizes):
        return "real"
    return [n.name if isinstance(n, Ref) else str(n.numerator) for n in sizes if isinstance(n, Number | Ref)]
