"""The argument of a layer of windows as steps of a page: which sentence stands beside which line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

import msgspec

from hwsolve.counting import At
from hwsolve.formula.simplify.terms import quotient
from hwsolve.formula.tree import ONE, Formula, Ref, formula, references, walk
from hwsolve.kinds.convolution.covering import Covering
from hwsolve.kinds.convolution.gathering import AT_W
from hwsolve.kinds.convolution.marks import convention, decided, in_words, mark_of, share_of_largest
from hwsolve.kinds.convolution.parameters import gradient_of_parameter
from hwsolve.kinds.convolution.readers import Axis
from hwsolve.kinds.convolution.whole_map import definitions, explained, operator
from hwsolve.kinds.convolution.wording import each
from hwsolve.language import Message, say
from hwsolve.layers.correlation import Correlation, Kernels
from hwsolve.solution import Form, Group, Item, Line, Sentence, Stage, Step, Value


class Telling(Covering):
    """Puts the lines of an argument into steps."""

    def steps(self, recursion: Ref) -> Iterator[Step]:
        """From a cell to its error."""
        if not self.p.told:
            yield Step(self.question(), (Sentence(self.left_out()),))
            return
        yield Step(self.question(), tuple(self.readers()))
        if self.pools:
            yield Step(say("What does a covering window pass on?"), tuple(self.passed_on()))
        title = say("Chain rule over these windows") if self.pools else say("Chain rule over these outputs")
        between = Ref(self.p.called.gradient(f"any_{self.x_name}"), self.p.x.indices) if self.p.before else recursion
        yield Step(title, (Group((self.p.chain(between),), self.left_over_terms()),))
        if self.p.before:
            known = Group((self.p.known(between),), detail="data")
            reason = say("{x} depends on {z} alone", x=self.x, z=self.own(self.p.z))
            yield Step(say("Through the activation"), (known, Group((self.p.through(recursion),), reason)))
        if whole := tuple(self.whole()):
            yield Step(say("For the whole map"), whole)

    def left_over_terms(self) -> Message:
        """Why the sum over all places is one over those that read the cell, be they on the map or not."""
        if not self.leaves_the_map():
            return say("the other outputs do not depend on {x}", x=self.x)
        return say(
            "the other outputs do not depend on {x}; outside its map {g} is {zero}",
            x=self.x, g=self.g, zero=0,
        )  # fmt: skip

    def question(self) -> Message:
        """Of whom the first step asks."""
        return (
            say("Which windows cover {x}?", x=self.x) if self.pools else say("Which outputs depend on {x}?", x=self.x)
        )

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
                "In {y}, {x} has the weight {met}. This is {w} where",
                y=self.y, x=self.x, met=self.own(met), w=self.own(w),
            )  # fmt: skip
            yield Sentence(text)
        else:
            w = next(ref for ref in references(self.p.formula) if ref.name == self.p.called.w)
            text = say(
                "In {y}, {cell} has the weight {w}. This is {x} where",
                y=self.y,
                cell=reading,
                w=self.own(w),
                x=self.x,
            )
            yield Sentence(text)
        lines = list(self.p.solutions())
        for reason, part in groupby(zip(self.solved(), lines, strict=True), lambda pair: self.how(pair[0])):
            yield Group(tuple(line for _, line in part), reason)
        ends = {end.key: end for end in self.p.ends()}
        yield from self.covering(lambda name, _: ends[Ref(name)])
        if same := list(self.p.covers()):
            yield Group(tuple(same), detail="data")
        yield from map(Sentence, self.several())
        if (at := self.p.upstream_at()) is not None:
            yield Group((at,), detail="data")
        if not self.pools:
            moved = any(a.over == "whole" for a in self.p.axes)  # then the cells are written by the place
            yield from self.slope(
                say("every other cell: {zero}", zero=0) if moved else say("every other output: {zero}", zero=0)
            )

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
                say("one output for each cell of the window")
                if self.pools
                else say("one output for each cell of the kernel")
            )
        if a.over == "whole":
            return say("an output where this is a whole number")
        if a.low == a.high:
            return say("where {u} is {cell}", u=Ref(a.cell), cell=At(a.low))
        values: dict[str, Any] = {"u": Ref(a.cell), "low": At(a.low), "high": At(a.high)}
        if self.pools:
            return say("covered where {u} is from {low} to {high}", **values)
        return say("where {u} is from {low} to {high}", **values)

    def passed_on(self) -> Iterator[Item]:
        """The derivative of a maximum or a mean by a cell."""
        local = self.p.local
        if (mark := self.p.mark()) is not None:
            yield Group((mark,), detail="data")
            text = say(
                "{y} is the value of the largest cell of its window: its derivative {m} with respect to {x} is {one} "
                "if {x} is this cell, else {zero}.",
                y=self.y, m=self.own(local), x=self.x, one=1, zero=0,
            )  # fmt: skip
            yield Sentence(text)
            yield from self.slope(say("for every cell of the window"))
            yield Sentence(convention(self.operation.ties, Ref("m"), self.y, len(self.p.axes)))
        elif (line := self.p.share_line()) is not None:
            n = quotient(ONE, self.own(local))
            yield Sentence(say("Every cell of a window is one of the {n} terms of its mean:", n=n))
            yield Group((line,), say("every cell outside the window: {zero}", zero=0))
        else:
            share = self.own(local)
            text = say(
                "{x} is one of the terms of the mean {y}: the derivative of {y} with respect to it is {share}, and "
                "that of every other output {zero}.",
                x=self.x, y=self.y, share=share, zero=0,
            )  # fmt: skip
            yield Sentence(text)

    def mark(self, at: Callable[[Formula], Formula]) -> Message:
        """What the mark of a maximum is, at a window or at those of the gradient."""
        m, y = (self.own(at(f)) for f in (self.p.local, Ref(self.p.y.name, self.p.to_window)))
        return mark_of(self.operation.ties, m, self.x, y, len(self.p.axes))

    def marks(self) -> tuple[Message, ...]:
        """The same for the box of answers, and the answer in words."""
        if not self.p.told or not self.pools:
            return ()
        several = any(a.over != "one" for a in self.p.axes)
        if self.p.marked:
            return (self.mark(self.p.at_windows), *in_words(share_of_largest(self.operation.ties), several))
        if self.p.share_line() is None:
            return ()
        share = self.own(self.p.local)
        text = say("Every cell of a window gets the same share of the error of its output, {share}.", share=share)
        return tuple(in_words(text, several))

    # for the whole map

    def whole(self) -> Iterator[Item]:
        """The same as one operation on arrays."""
        found = operator(self.r, self.p.before)
        found = None if found is None else self.own(found)
        if isinstance(self.operation, Kernels) and not isinstance(self.operation, Correlation):
            error = Ref(self.p.called.gradient(self.x_name))
            yield Sentence(say("{error} is a convolution of {g} with the same settings.", error=error, g=self.g))
        if found is None:
            return
        turned = any(a.over == "cells" for a in self.p.axes) and not self.operation.flip
        if self.operation.flip:
            yield Sentence(say("The kernel slides over {g} as it is, with zeros around.", g=self.g))
        elif turned:
            text = say(
                "As the index of a cell of the kernel grows, the index in {g} falls: the kernel, {turned}, slides over "
                "{g}, with zeros around.",
                g=self.g, turned=self.turned(),
            )  # fmt: skip
            yield Sentence(text)
        else:
            text = say("The kernel, {turned}, slides over {g}, with zeros around.", g=self.g, turned=self.turned())
            yield Sentence(text)
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
        yield from definitions(self.p)
        error = Ref(self.p.called.gradient("z" if self.p.before else self.x_name))
        yield Group((form_of(error, found),), say("for all cells at once"))

    def parameters(self, slots: int) -> Step | None:
        """The gradients of weights and bias."""
        items: list[Item] = []
        for slot in range(1, slots):
            element, line = self.own(self.r.element(slot)), self.p.of_parameter(slot)
            read = self.own_reason(slot, element)
            if line is not None:
                items.append(Group((line,), read))
            else:
                form = self.own(gradient_of_parameter(self.p, slot))
                items.append(Sentence(say("The gradient of {w} is {form}: {why}.", w=element, form=form, why=read)))
        return Step(say("The gradients of the parameters"), tuple(items)) if items else None

    # beside numbers

    def beside(self, slot: int | None, groups: Iterable[Group]) -> Iterator[Item]:
        """The groups of a quantity under the formula of the argument: of y (-1), or of the gradient of an input."""
        if slot is None or (slot == 0 and not self.p.told):
            yield from groups
            return
        groups = list(groups)
        if slot >= 0:
            yield from self.heads(slot)
            shown = [stage.formula for line in lines_of(groups) if isinstance(line, Value) for stage in line.stages]
            yield from map(Sentence, explained(self.p, *shown))
        for group in groups:
            rest = tuple([decided(line) for line in group.lines if not is_general(line)])
            if rest:
                reason = group.reason if slot < 0 or group.depth else ""  # the formula above has its own
                yield msgspec.structs.replace(group, lines=rest, reason=reason, head=None)

    def heads(self, slot: int) -> Iterator[Item]:
        """The gradient of an input by the argument, with what it names."""
        element = self.own(self.r.element(slot))
        assert isinstance(element, Ref)
        key = Ref(self.p.called.gradient(element.name), element.indices)
        f = self.own(self.p.result() if slot == 0 else gradient_of_parameter(self.p, slot))
        reason = self.own_reason(slot, element)
        yield Group((form_of(key, f),), reason)
        if slot == 0:
            yield from self.covering(lambda name, end: form_of(Ref(name), end), solved=False)
            yield from self.none_covers()
        if slot == 0 and self.p.marked:
            yield Sentence(self.mark(self.p.at_windows))

    def own_reason(self, slot: int, element: Formula) -> Message:
        """Who reads an input."""
        if slot == 0:
            return say("over the windows that cover it") if self.pools else say("over the outputs that depend on it")
        if slot == 1 and self.p.scatters and self.p.one_weight:
            return say("each {x} meets each cell of the kernel at one place", x=self.x)
        if slot == 1 and self.p.scatters:
            return say("each {x} meets {w} at one place", x=self.x, w=element)
        if slot == 1:
            return say("{w} is in every output, with the cell it meets", w=element)
        return say("{b} is in every output", b=element)


def form_of(key: Formula, f: Formula) -> Form:
    """A quantity and its formula over letters."""
    return Form((Stage("", key), Stage("=", f)))


def lines_of(groups: Iterable[Group]) -> Iterator[Line]:
    """The lines of groups that stand on a page."""
    return (line for group in groups if group.detail == "page" for line in group.lines)


def is_general(line: Line) -> bool:
    """Whether a line speaks of an element by letters."""
    first = line.links[0].formula if isinstance(line, Form) else None
    return isinstance(first, Ref) and bool(first.indices)
