"""Pooling windows side by side: where the stride, which has a name, is the side of the window, one covers each cell."""

from __future__ import annotations

import msgspec

from hwsolve.counting import Taken, taken
from hwsolve.formula.tree import Formula, Ref, formula, substitute
from hwsolve.kinds.convolution.gathering import first_of, last_of
from hwsolve.kinds.convolution.passing import Passing
from hwsolve.kinds.convolution.recursion import Recursion
from hwsolve.kinds.convolution.statement import Statement
from hwsolve.language import say
from hwsolve.layers.axes import Sliding
from hwsolve.solution import Answer, Group, Identity, Item, Sentence, Step

KEY = "recursion.disjoint"


class Disjoint:
    """The same pooling with stride and side made equal: `put` says what stands for the name of the one or the other."""

    def __init__(self, statement: Statement, recursion: Recursion) -> None:
        self.p, self.own = statement.p, statement.own
        self.put = named_apart(self.p)
        self.found: Formula | None = None
        if self.put:
            self.r = put_in(recursion, self.put)
            self.beside = Passing(self.r, None)
            if all(a.over == "one" for a in self.beside.axes):
                only: dict[str, Formula] = {first_of(a).name: a.first for a in self.beside.axes}
                self.found = self.p.passed_on(substitute(self.beside.result(), only))

    def lines(self) -> list[Identity]:
        """The first and the last window are one; then the sum over them is one term."""
        assert self.found is not None
        f, lines = self.p.passed_on(self.p.result()), []
        for a, b in zip(self.p.axes, self.beside.axes, strict=True):
            ends = [substitute(end, self.put) for end in (a.first, a.last)]
            lines += [self.p.identity(end, b.first) for end in ends if end != b.first]
            f = substitute(f, {first_of(a).name: ends[0], last_of(a).name: ends[1]})
        return [*lines, self.p.identity(substitute(f, self.put), self.found, key=Ref(KEY, self.p.x.indices))]

    def step(self) -> Step | None:
        """The formula for such windows, by that for all."""
        if self.found is None:
            return None
        *ends, line = self.lines()
        axes = list(zip(self.p.axes, self.beside.axes, strict=True))
        same = say("the first and the last window are the same")
        items: list[Item] = []
        for a, b in axes:
            text = say("{first} and {last} are then both {only}.", first=first_of(a), last=last_of(a), only=b.first)
            items.append(Sentence(text))
            own = tuple(end for end in ends if end.rhs == b.first)
            items += [Group(own)] if own else []
        items.append(Group((line,), same))
        return Step(say("Windows side by side: {condition}", condition=self.told()), tuple(items))

    def answer(self) -> Answer:
        """The formula, with what it holds for."""
        assert self.found is not None
        marked = self.p.marked  # then what the mark stands for is written out
        whole = self.p.passed_on(self.r.bounded(self.r.gradient(), within=False))
        value = self.own(whole if marked else self.found)
        return Answer(value, shown=self.own(self.found), where=(self.told().formula,))

    def told(self) -> Taken:
        """S = K."""
        ((name, size),) = list(self.put.items())[:1]
        return taken(Ref(name), size)


def named_apart(passing: Passing) -> dict[str, Formula]:
    """What to put for the name of a stride, or else of a side, so that windows lie side by side along every axis."""
    slides = [a for a in passing.operation.frame.axes if isinstance(a, Sliding)]
    if len(slides) < len(passing.axes) or any(a.over != "windows" for a in passing.axes):
        return {}
    sizes = {(a.kernel, a.stride, a.dilation) for a in slides}
    if len(sizes) != 1:
        return {}
    ((kernel, stride, dilation),) = sizes
    if dilation != 1:
        return {}
    for name, other in ((stride, kernel), (kernel, stride)):
        if isinstance(name, Ref) and name not in (other, None):
            return {name.name: formula(other)}
    return {}


def put_in(r: Recursion, values: dict[str, Formula]) -> Recursion:
    """The index formulas with something else for a name of a size."""

    def changed(size: object) -> object:
        return substitute(size, values) if isinstance(size, Formula) else size

    axes = [
        msgspec.structs.replace(a, **{field: changed(getattr(a, field)) for field in ("kernel", "stride", "before")})
        for a in r.operation.frame.axes  # type: ignore[attr-defined]
    ]
    frame = msgspec.structs.replace(r.operation.frame, axes=tuple(axes))  # type: ignore[attr-defined]
    operation = msgspec.structs.replace(r.operation, frame=frame)
    return Recursion(operation, r.outputs, r.inputs, r.called, r.places)
