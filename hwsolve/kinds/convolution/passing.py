"""How the error passes a layer of windows: the lines of an argument, made from the one formula of its operation.

Every line is evaluated when it is made, for all sizes, places and cells that it speaks of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hwsolve.derivation.argument import Argument
from hwsolve.formula.domain import free_names
from hwsolve.formula.simplify.simplify import expand
from hwsolve.formula.simplify.terms import mentions, negative, quotient
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
)
from hwsolve.kinds.convolution import named_sizes
from hwsolve.kinds.convolution.gathering import (
    AT,
    AT_W,
    Gathering,
    calls,
    factors_of,
    first_of,
    last_of,
    quotient_of,
    tidied,
)
from hwsolve.kinds.convolution.in_front import Before
from hwsolve.kinds.convolution.parameters import gradient_of_parameter
from hwsolve.kinds.convolution.readers import slope
from hwsolve.kinds.convolution.recursion import Recursion
from hwsolve.layers.correlation import Correlation, Kernels
from hwsolve.solution import Identity, Let

SMALL = 4  # an index may be any number up to this


class Passing(Gathering):
    """The lines of the argument, one after the other."""

    def __init__(self, recursion: Recursion, before: Before | None) -> None:
        super().__init__(recursion)
        self.before = before
        self.argument = Argument()
        self.needs: dict[str, dict[str, Any]] = {}  # what the named parts read
        self.kernels = [self.let(*named) for named in named_sizes.windows(self.operation)]
        self.places = [self.let(*named) for named in named_sizes.places(self.operation, self.r.places)]

    # names, and what they range over

    def bounds(self, name: str) -> Any:
        """The sizes of an array that is 0 outside them."""
        if name == self.called.g:
            return sizes_of(self.r.outputs)
        if name != self.called.w or not isinstance(self.operation, Kernels) or self.operation.shared:
            return "real"
        out, into = (self.channels(s) for s in (self.r.outputs, self.r.inputs))
        plainly = isinstance(self.operation, Correlation)
        lead = (out, self.r.sizes["C"]) if plainly else (into, self.r.sizes["O"])
        return sizes_of((*lead[2 - self.operation.written.w :], *(a.high for a in self.axes)))

    def free(self, *forms: Formula) -> dict[str, Any]:
        """What the names of some forms range over, and those of the parts that they name."""
        found: dict[str, Any] = {}
        letters = dict.fromkeys((*self.letters(), "o", "c", "n"), "index") | self.few()
        single = {n for f in forms for n in free_names(f)}
        arrays = {ref.name for f in forms for ref in references(f) if ref.indices}
        for name in sorted(single | arrays | {c.name for f in forms for c in calls(f)}):
            if name in self.needs:
                found |= self.needs[name]
            elif name in (self.called.x, self.called.b, "any_z"):
                found[name] = "real"
            elif name in (self.called.g, self.called.w):
                found[name] = self.bounds(name)
                for size in found[name] if not isinstance(found[name], str) else ():
                    if not size.isdigit():
                        found |= self.needs.get(size, {size: "size"})
            elif self.before and self.before.function is None and name.removeprefix("d_") == self.before.name:
                found[self.before.name] = "function"
            elif name in letters:
                found[name] = letters[name]
            elif name in single:
                found[name] = "size"
        return dict(sorted(found.items()))

    def letters(self) -> set[str]:
        """The letters of places and cells."""
        return {letter for a in self.axes for letter in (a.place, a.cell, a.index)}

    def few(self) -> dict[str, Any]:
        """The last value of the letters of x and of the kernel that have only a few: beyond it nothing is read."""
        ends = [*zip(self.x.indices, self.r.inputs, strict=True)]
        if isinstance(self.operation, Kernels):
            ends += [(Ref(a.cell), a.high) for a in self.axes]
        return {
            i.name: n.numerator for i, n in ends if isinstance(i, Ref) and isinstance(n, Number) and n.numerator < SMALL
        }

    def let(self, key: Formula, f: Formula) -> Let:
        """A name for a part."""
        bound = {k.name for k in children(key) if isinstance(k, Ref)}
        needs = {n: d for n, d in self.free(f).items() if n not in bound}
        self.needs[key.name] = needs  # type: ignore[attr-defined]
        return self.argument.let(key, f, **needs)

    def identity(self, *forms: Any, few: Mapping[str, int] | None = None, **more: Any) -> Identity:
        """A chain that holds for everything it may range over; `few`: the last values of some letters."""
        every = [f if isinstance(f, Formula) else f[1] for f in forms]
        every = [part for f in every for part in (f.args if isinstance(f, Call) and f.name == "==" else (f,))]
        return self.argument.identity(*forms, free=self.free(*every) | dict(few or {}), **more)

    # the lines

    def reads(self) -> Let:
        """y[p] = …"""
        return self.let(self.y, self.formula)

    def weight_at(self) -> Let | None:
        """The weights as a function of any number: 0 between two cells of the kernel."""
        met = next((c for c in calls(self.formula) if c.name == AT_W), None)
        if met is None:
            return None
        letters = tuple([Ref(i) for i in self.r.letters(1).values()])
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

    def covers(self) -> Iterator[Identity]:
        """A place covers the cell exactly where it is one of these windows."""
        for a in self.axes:
            if a.over in ("windows", "shared", "one"):
                inside = (a.low, Ref(a.index), a.high) if a.over == "shared" else (a.low, a.solved, a.high)
                ends = (first_of(a), Ref(a.place), last_of(a) if a.by_windows else first_of(a))
                yield self.identity(between_ends(*inside), between_ends(*ends))

    def ends(self) -> Iterator[Let]:
        """The same as lines."""
        return (self.let(Ref(name), f) for name, f in self.windows())

    def upstream_at(self) -> Let | None:
        """∂L/∂y as a function of any number: 0 between two places."""
        if not isinstance(self.upstream, Call):
            return None
        return self.let(Call(AT, self.y.indices), self.between(Ref(self.called.g, self.y.indices)))

    def mark(self) -> Let | None:
        """m = 1 at the cell that gets the error of a window, by the convention for ties."""
        return self.let(self.local, quotient_of(self.factors, self.below)) if self.marked else None

    def slope_line(self) -> Identity | None:
        """∂y/∂x at a reader, where it is one formula for every place."""
        local = self.local
        # one weight for all is not 0 beyond the kernel, where y reads nothing
        if self.grouped or self.one_weight or (not self.marked and not mentions(local, self.called.w)):
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

    def share_line(self) -> Identity | None:
        """∂y/∂x at a cell of the window of a mean, where that is one number for every cell."""
        if (
            self.marked
            or not all(a.over in ("windows", "one", "cells") for a in self.axes)
            or self.of_place(self.local)
        ):
            return None
        lead = self.x.indices[: len(self.x.indices) - len(self.axes)]
        read = Ref(self.x.name, (*lead, *[a.reading for a in self.axes]))
        cells = {a.cell: int(a.high.numerator) for a in self.axes if isinstance(a.high, Number)}
        few = {cell: last for cell, last in cells.items() if last < SMALL}
        return self.identity(Call("diff", (self.y, read)), self.local, few=few)

    def of_place(self, f: Formula) -> bool:
        """Whether a formula depends on a place."""
        return any(mentions(f, letter) for letter in self.letters())

    def chain(self, key: Ref) -> Identity:
        """Σ over all places, then over the readers."""
        own = {i.name for i in self.x.indices[: len(self.x.indices) - len(self.axes)] if isinstance(i, Ref)}
        own = own if not isinstance(self.operation, Kernels) else own & {"n"}
        return self.identity(self.over_places(self.x, own), self.result(), key=key)

    def over_places(self, element: Ref, own: set[str]) -> Formula:
        """Σ ∂L/∂y · ∂y/∂(an element) over all places; what has the element's own index stays as it is."""
        f: Formula = call("*", Ref(self.called.g, self.y.indices), Call("diff", (self.y, element)))
        for index, high in reversed(list(zip(self.r.schematic.indices, self.r.outputs, strict=True))):
            if index not in own:
                f = substitute(f, {index: ONE}) if high == ONE else BigOperator("Sum", f, index, ONE, high)
        return f

    def through(self, key: Ref) -> Identity:
        """∂L/∂z = ∂L/∂a · ∂a/∂z."""
        assert self.before is not None
        known = Ref(self.called.gradient(self.x.name), self.x.indices)
        partial = Call("diff", (Ref("any_f", self.x.indices), self.z))
        return self.identity(
            call("*", known, partial),
            call("*", known, *factors_of(self.before.at(self.z))),
            self.passed_on(self.result()),
            key=key,
        )

    def passed_on(self, f: Formula) -> Formula:
        """The gradient of what the layer reads, brought in front of the activation, if there is one."""
        return f if self.before is None else self.before.passed(f, self.z)

    def known(self, key: Ref) -> Let:
        """What the steps so far gave, by its name."""
        return self.let(key, self.result())

    def of_parameter(self, slot: int) -> Identity | None:
        """∂L/∂w or ∂L/∂b by the chain rule; None where an index may lie outside the few cells that there are."""
        element = self.r.element(slot)
        sizes: Any = self.bounds(element.name) if slot == 1 else []
        few = sizes == "real" or any(n.isdigit() and int(n) < SMALL for n in sizes)
        if self.grouped or (self.scatters and self.one_weight) or few:
            return None
        every = self.over_places(element, {i.name for i in element.indices if isinstance(i, Ref)})
        key = Ref(self.called.gradient(f"any_{element.name.removeprefix('any_')}"), element.indices)
        return self.identity(every, gradient_of_parameter(self, slot), key=key)


def between_ends(low: Formula, f: Formula, high: Formula) -> Formula:
    """1 where a formula is between two others, else 0."""
    return Call("if", (call("<=", low, f), Call("if", (call("<=", f, high), ONE, ZERO)), ZERO))


def sizes_of(sizes: tuple[Formula, ...]) -> Any:
    """Bounds of an array as texts; an array of another size is without bounds."""
    if not all(isinstance(n, Number | Ref) for n in sizes):
        return "real"
    return [n.name if isinstance(n, Ref) else str(n.numerator) for n in sizes if isinstance(n, Number | Ref)]
