"""The argument of a layer of windows as steps of a page: which sentence stands beside which line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

import msgspec

from hwsolve.counting import At, Either
from hwsolve.formula.tree import Call, Formula, Ref, formula, references, walk
from hwsolve.kinds.convolution.gathering import AT_W
from hwsolve.kinds.convolution.marks import mark_of
from hwsolve.kinds.convolution.readers import Axis
from hwsolve.kinds.convolution.statement import Statement, each
from hwsolve.kinds.convolution.whole_map import at_once, operator
from hwsolve.language import Message, say
from hwsolve.layers.correlation import Correlation, Kernels
from hwsolve.solution import Form, Group, Item, Line, Sentence, Stage, Step, Text, Value


class Telling(Statement):
    """Puts the lines of an argument into steps."""

    def steps(self, recursion: Ref) -> Iterator[Step]:
        """From a cell to its error."""
        if not self.p.told:
            yield Step(self.question(), (Sentence(self.left_out()),))
            return
        yield Step(self.question(), tuple(self.readers()))
        if self.pools:
            yield Step(say("What does a covering window pass on?"), tuple(self.passed_on()))
        title = say("Chain rule over the windows") if self.pools else say("Chain rule over the readers")
        reason = say("any output may read {x}; only its readers stay", x=self.x)
        between = Ref(f"any_dL_d{self.x_name}", self.p.x.indices) if self.p.before else recursion
        yield Step(title, (Group((self.p.chain(between),), reason),))
        if self.p.before:
            known = Group((self.p.known(between),), detail="data")
            reason = say("{x} depends on {z} alone", x=self.x, z=self.own(self.p.z))
            yield Step(say("Through the activation"), (known, Group((self.p.through(recursion),), reason)))
        if whole := tuple(self.whole()):
            yield Step(say("For the whole map"), whole)

    def question(self) -> Message:
        """Of whom the first step asks."""
        return say("Which windows cover {x}?", x=self.x) if self.pools else say("Who reads {x}?", x=self.x)

    def readers(self) -> Iterator[Item]:
        """Which places read a cell, and with what weight."""
        reading = self.own(self.p.reading)
        if not self.slides:
            for a in self.p.axes:
                yield Sentence(
                    say(
                        "Along {i}, window {p} covers the cells from {low} to {high}.",
                        i=Ref(a.index), p=Ref(a.place), low=At(a.low), high=At(a.high),
                    )
                )  # fmt: skip
        elif self.pools:
            yield Sentence(say("The window of {y} covers {cell}. This is {x} where", y=self.y, cell=reading, x=self.x))
        elif self.p.scatters:
            met = next(n for n in walk(self.p.formula) if getattr(n, "name", "") in (self.p.called.w, AT_W))
            w = self.r.element(1)
            text = say(
                "{y} reads {x} with the weight {met}. This is {w} where",
                y=self.y, x=self.x, met=self.own(met), w=self.own(w),
            )  # fmt: skip
            yield Sentence(text)
        else:
            w = next(ref for ref in references(self.p.formula) if ref.name == self.p.called.w)
            text = say(
                "{y} reads {cell} with the weight {w}. This is {x} where",
                y=self.y,
                cell=reading,
                w=self.own(w),
                x=self.x,
            )
            yield Sentence(text)
        lines = list(self.p.solutions())
        for reason, part in groupby(zip(self.solved(), lines, strict=True), lambda pair: self.how(pair[0])):
            yield Group(tuple(line for _, line in part), reason)
        if ends := list(self.p.ends()):
            first = len(ends) // len(self.p.axes) if self.alike else len(ends)
            yield Group(tuple(ends[:first]), self.covering())
            yield Group(tuple(ends[first:]), self.covering(), detail="full")
        yield from map(Sentence, self.several())
        if (at := self.p.upstream_at()) is not None:
            yield Group((at,), detail="data")
        if not self.pools:
            yield from self.slope(say("every other output: {zero}", zero=0))

    def slope(self, reason: Message) -> Iterator[Item]:
        """∂y/∂x at a reader."""
        if (line := self.p.slope_line()) is not None:
            yield Group((line,), reason)

    def solved(self) -> list[Axis]:
        """The axes whose equation is solved."""
        if self.p.scatters:
            return list(self.p.axes)
        return [a for a in self.p.axes if a.over != "shared" and a.reading != a.solved]

    def how(self, a: Axis) -> Message:
        """What the solution of an axis means."""
        if a.over == "cells":
            return (
                say("one reader for each cell of the window") if self.pools else say("one for each cell of the kernel")
            )
        if a.over == "whole":
            return say("a reader where this is a whole number")
        return say("a cell of the window from {low} to {high}", low=At(a.low), high=At(a.high))

    @property
    def alike(self) -> bool:
        """Whether all axes have the same settings."""
        return len({(a.kernel, a.stride, a.before, a.dilation) for a in self.slides}) == 1

    def covering(self) -> Text:
        """Which windows the ends are of."""
        if all(a.over == "one" for a in self.p.axes):
            return say("windows that do not overlap: at most one covers it")
        if self.alike and len(self.p.axes) > 1:
            q, j = (tuple([Ref(getattr(a, name)) for a in self.p.axes[1:]]) for name in ("place", "index"))
            return say("the first and the last window that covers it; {q} likewise from {j}", q=q, j=j)
        return say("the first and the last window that covers it")

    def several(self) -> Iterator[Message]:
        """How many windows cover a cell."""
        for a, slide in zip(self.p.axes, self.slides, strict=False):
            k, s = slide.kernel, slide.stride
            if a.over not in ("windows", "whole") or (a is not self.p.axes[0] and self.alike):
                continue
            if a.over == "windows" and isinstance(s, int) and not isinstance(k, int):
                yield say(
                    "If {k} is {s} there is at most one window; if {k} is smaller, cells between the windows have "
                    "none, and their error is {zero}.",
                    s=formula(s), k=formula(k), zero=0,
                )  # fmt: skip
            elif a.over == "windows" and not (isinstance(k, int) and isinstance(s, int)):
                yield say(
                    "If {s} is {k} there is at most one window; if {s} is larger, cells between the windows have none, "
                    "and their error is {zero}.",
                    s=formula(s), k=formula(k), zero=0,
                )  # fmt: skip
            elif isinstance(reach := slide.dilation * (k - 1) + 1, int) and isinstance(s, int) and s > reach:
                yield say("Cells between the windows have none, and their error is {zero}.", zero=0)
            elif a.over == "windows" and isinstance(k, int) and isinstance(s, int):
                fewest, most = k // s, -(-k // s)
                if fewest == most:
                    yield say("Inside the map there are {n}.", n=most)
                elif s == 2 and isinstance(slide.before, int):
                    odd = sum((1 + slide.before - u) % 2 == 0 for u in range(1, k + 1))
                    yield say(
                        "Inside the map there are {odd} where {i} is odd, and {even} where it is even.",
                        odd=Either(odd, k - odd), even=Either(k - odd, odd), i=Ref(a.index),
                    )  # fmt: skip
                else:
                    yield say("Inside the map there are {fewest} or {most}.", fewest=fewest, most=most)

    def passed_on(self) -> Iterator[Item]:
        """The derivative of a maximum or a mean by a cell."""
        local = self.p.local
        if (mark := self.p.mark()) is not None:
            yield Group((mark,), detail="data")
            yield from self.slope(say("for every cell of the window"))
            yield Sentence(mark_of(self.operation.ties, self.own(local)))
            y = Ref(self.y_name)
            text = say(
                "Where several cells of a window are largest, {y} has no derivative, and this is a convention.", y=y
            )
            yield Sentence(text)
        else:
            share = self.own(local)
            text = say(
                "{x} is one of the terms of its mean: the derivative of {y} by it is {share}, and that of every other "
                "output {zero}.",
                x=self.x, y=self.y, share=share, zero=0,
            )  # fmt: skip
            yield Sentence(text)

    # for the whole map

    def whole(self) -> Iterator[Item]:
        """The same as one operation on arrays."""
        found = operator(self.r, self.p.before)
        found = None if found is None else self.own(found)
        if isinstance(self.operation, Kernels) and not isinstance(self.operation, Correlation):
            yield Sentence(say("For every channel this is a convolution of {g} with the same settings.", g=self.g))
        if found is None:
            return
        turned = any(a.over == "cells" for a in self.p.axes) and not self.operation.flip
        if self.operation.flip:
            yield Sentence(say("The kernel slides over {g} as it is, with zeros around.", g=self.g))
        elif turned:
            text = say(
                "The place falls as the cell of the kernel rises: the kernel is turned round and slides over {g}, with "
                "zeros around.",
                g=self.g,
            )
            yield Sentence(text)
        else:
            yield Sentence(say("The kernel is turned round and slides over {g}, with zeros around.", g=self.g))
        if any(a.stride != 1 for a in self.slides):
            apart = each([formula(a.stride) for a in self.slides])
            yield Sentence(
                say("Zeros stand between the places of {g}, which are then {stride} apart.", g=self.g, stride=apart)
            )
        if self.padded():
            cut = each([a.before for a in self.slides])
            if any(a.stride != 1 for a in self.slides):
                yield Sentence(say("A border of {width} is cut off in front.", width=cut))
            else:
                yield Sentence(say("A border of {width} is cut off.", width=cut))
        yield Sentence(at_once(found))

    def parameters(self, slots: int) -> Step | None:
        """The gradients of weights and bias."""
        items: list[Item] = []
        for slot in range(1, slots):
            element, line = self.own(self.r.element(slot)), self.p.of_parameter(slot)
            read = self.own_reason(slot, element)
            if line is not None:
                items.append(Group((line,), read))
            else:
                form = self.own(self.r.gradient(slot))
                items.append(Sentence(say("The gradient of {w} is {form}: {why}.", w=element, form=form, why=read)))
        return Step(say("The gradients of the parameters"), tuple(items)) if items else None

    # beside numbers

    def beside(self, slot: int | None, groups: Iterable[Group]) -> Iterator[Item]:
        """The groups of a quantity under the formula of the argument: of y (-1), or of the gradient of an input."""
        if slot is None or (slot == 0 and not self.p.told):
            yield from groups
            return
        if slot >= 0:
            yield from self.heads(slot)
        for group in groups:
            rest = tuple([decided(line) for line in group.lines if not is_general(line)])
            if rest:
                yield msgspec.structs.replace(group, lines=rest, reason=group.reason if slot < 0 else "", head=None)

    def heads(self, slot: int) -> Iterator[Item]:
        """The gradient of an input by the argument, with what it names."""
        element = self.own(self.r.element(slot))
        assert isinstance(element, Ref)
        key = Ref(f"dL_d{element.name}", element.indices)
        f = self.own(self.p.result() if slot == 0 else self.r.gradient(slot))
        reason = self.own_reason(slot, element)
        yield Group((form_of(key, f),), reason)
        if slot == 0 and (ends := list(self.p.windows())):
            yield Group(tuple([form_of(Ref(name), end) for name, end in ends]), self.covering())
        if slot == 0 and self.p.marked:
            yield Sentence(mark_of(self.operation.ties, self.own(self.p.local)))

    def own_reason(self, slot: int, element: Formula) -> Message:
        """Who reads an input."""
        if slot == 0:
            return say("over the windows that cover it") if self.pools else say("over the places that read it")
        if slot == 1:
            return say("every place reads {w}, with the cell it meets", w=element)
        return say("every place adds {b}", b=element)


def form_of(key: Formula, f: Formula) -> Form:
    """A quantity and its formula over letters."""
    return Form((Stage("", key), Stage("=", f)))


def is_general(line: Line) -> bool:
    """Whether a line speaks of an element by letters."""
    first = line.links[0].formula if isinstance(line, Form) else None
    return isinstance(first, Ref) and bool(first.indices)


def decided(line: Line) -> Line:
    """A line whose comparisons are decided: the mark of a cell is a number."""
    if not isinstance(line, Value) or not any(is_choice(n) for s in line.stages for n in walk(s.formula)):
        return line
    last = line.stages[-1]
    return msgspec.structs.replace(line, stages=(msgspec.structs.replace(last, relation="="),))


def is_choice(f: Formula) -> bool:
    """Whether a formula is a choice."""
    return isinstance(f, Call) and f.name == "if"
