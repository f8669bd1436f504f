"""What is asked of a layer of windows, and the layer in words and formulas: the statement of its page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hwsolve.counting import At
from hwsolve.figures import Diagram, Edge, Node
from hwsolve.formula.tree import ONE, Formula, Ref, formula, references
from hwsolve.graph.operation import rename
from hwsolve.kinds.convolution.copies import Copies
from hwsolve.kinds.convolution.passing import Passing
from hwsolve.kinds.convolution.wording import by, each, listing
from hwsolve.language import Message, say
from hwsolve.layers.axes import Sliding
from hwsolve.layers.correlation import Correlation, Kernels
from hwsolve.layers.pooling_operations import Maximum, Mean
from hwsolve.solution import Group, Item, Sentence, Step, Text


class Statement:
    """Says what stands before the argument."""

    def __init__(self, passing: Passing, copies: Copies | None = None) -> None:
        self.p, self.r, self.copies = passing, passing.r, copies
        self.operation: Any = passing.operation
        self.x, self.y = self.own(passing.x), self.own(passing.y)
        self.g = self.own(Ref(passing.called.g))
        self.slides = [a for a in self.operation.frame.axes if isinstance(a, Sliding)]

    def own(self, f: Formula) -> Formula:
        """A formula over the names of the problem, for sentences."""
        names = {ref.name for ref in references(f)}
        return rename(f, {n: n.removeprefix("any_").replace("any_f", self.x_name) for n in names})

    @property
    def pools(self) -> bool:
        """Whether windows are pooled, and no kernel is read."""
        return not isinstance(self.operation, Kernels)

    # the statement

    def statement(self, asked: Message) -> Step:
        """What is asked, of what layer, and what a bound is."""
        loss = say(
            "{loss} is the loss; the error of a quantity is the derivative of {loss} with respect to it.",
            loss=Ref(self.p.called.loss),
        )
        copies = () if self.copies is None else self.copies.said(self.own(Ref(self.p.called.x)))
        ends = say("{x} is the input of the layer, {y} its output.", x=Ref(self.x_name), y=Ref(self.y_name))
        items: list[Item] = [*map(Sentence, (asked, loss, ends, *self.layer(), *copies, self.bounds()))]
        if self.p.before:
            items.append(Group((self.p.activation(),), say("activation")))
        if (weight := self.p.weight_at()) is not None:
            items.append(Group((weight,), detail="data"))
        if self.p.kernels:
            items.append(Group(tuple(self.p.kernels), detail="data"))
        if self.p.places:
            items.append(Group(tuple(self.p.places), say("the places along each axis")))
        items.append(Group((self.p.reads(),), self.rule()))
        if isinstance(self.operation, Maximum) and self.padded():
            items.append(Sentence(say("Cells of the padding take no part.")))
        return Step("", (*items, self.drawing()), part="statement")

    def left_out(self) -> Message:
        """Why there is no argument."""
        return say(
            "{w} is one number for all cells of the kernel, and {y} depends only on cells whose index is whole: "
            "the argument from {x} to its error is left out here.",
            w=self.own(self.r.element(1)), x=self.x, y=self.y,
        )  # fmt: skip

    def drawing(self) -> Diagram:
        """x → y → L, with what each arrow does."""
        over = Ref(self.p.called.w.removeprefix("any_")) if not self.pools else say("mean")
        over = say("max") if isinstance(self.operation, Maximum) else over
        steps: list[tuple[Formula | Text, Formula | Text]] = [("", Ref(self.x_name)), (over, Ref(self.y_name))]
        if self.copies is not None:
            steps[:1] = [*self.copies.steps(), (say("padding"), Ref(self.x_name))]
        elif self.p.before:
            steps[:1] = [("", Ref("z")), (self.p.before.name, Ref(self.x_name))]
        steps.append(("", Ref(self.p.called.loss)))
        nodes = tuple([Node(str(rank), label, rank) for rank, (_, label) in enumerate(steps)])
        edges = tuple([Edge(str(rank), str(rank + 1), label) for rank, (label, _) in enumerate(steps[1:])])
        return Diagram("", nodes, edges, row=tuple(steps))

    def rule(self) -> Text:
        """What y is."""
        if isinstance(self.operation, Maximum):
            return say("the largest value of each window")
        if isinstance(self.operation, Mean):
            name = say("the mean of each window")
            if self.operation.over == "inside":
                return self.zero_outside(say("the mean of the cells of each window that lie in the map"))
            if self.operation.over == "padded":
                return self.zero_outside(say("the mean of the cells of each window that lie in the map or its padding"))
        elif not isinstance(self.operation, Correlation):
            return self.beyond(say("transposed convolution"))
        else:
            name = say("convolution")
        return (
            say("{rule}; {x} is {zero} on the padding", rule=name, x=Ref(self.x_name), zero=0)
            if self.padded()
            else name
        )

    def zero_outside(self, rule: Message) -> Message:
        """A rule by which x is read outside its map."""
        return say("{rule}; {x} is {zero} outside its map", rule=rule, x=Ref(self.x_name), zero=0)

    def beyond(self, rule: Message) -> Message:
        """A transposed convolution, with what it reads outside the kernel, or outside the map."""
        w = Ref(self.p.called.w.removeprefix("any_"))
        if not self.p.scatters or self.p.one_weight:
            return self.zero_outside(rule)
        if self.p.weight_at() is not None:
            return say("{rule}; {w} is {zero} outside its kernel, and between its cells", rule=rule, w=w, zero=0)
        return say("{rule}; {w} is {zero} outside its kernel", rule=rule, w=w, zero=0)

    @property
    def x_name(self) -> str:
        """The name of what the layer reads."""
        return self.p.called.x.removeprefix("any_")

    @property
    def y_name(self) -> str:
        """The name of what comes out of it."""
        return self.p.called.y.removeprefix("any_")

    def padded(self) -> bool:
        """Whether windows reach beyond the map."""
        return any(a.before != 0 for a in self.slides)

    def layer(self) -> Iterator[Message]:
        """The sizes of the layer."""
        if not self.slides:
            places, sides = by([a.places for a in self.operation.frame.axes]), by(self.operation.frame.sides())
            if self.single_place:
                yield say("A map of {sides} is one window.", sides=sides)
            else:
                yield say("A map of {sides} is shared out among {places} windows.", sides=sides, places=places)
        else:
            size = by([a.kernel for a in self.slides])
            if len(self.slides) == 1:
                size = say("one cell") if self.slides[0].kernel == 1 else say("{n} cells", n=size)
            settings = listing(list(self.settings()))
            if self.pools:
                yield say("Windows of {size}, {settings}.", size=size, settings=settings)
            elif self.alone():
                yield say("One kernel of {size}, {settings}.", size=size, settings=settings)
            else:
                into, out = self.operation.channels_in, self.operation.channels_out
                yield say(
                    "Kernels of {size}, {settings}; channels: {into} in, {out} out.",
                    size=size, settings=settings, into=formula(into), out=formula(out),
                )  # fmt: skip
        if self.p.grouped:
            groups = formula(self.operation.groups)
            yield say(
                "The channels are in {groups} groups: an output depends on those of its own group.", groups=groups
            )
            into, out = (self.r.sizes[name] for name in "CO")
            if isinstance(into, Ref) or isinstance(out, Ref):
                yield say("A group has {into} channels in and {out} out.", into=into, out=out)
        if self.pools and len(self.p.x.indices) > len(self.p.axes):
            yield say("Each channel is pooled by itself.")

    def alone(self) -> bool:
        """Whether there is one channel in and one out."""
        return bool(self.operation.channels_in == self.operation.channels_out == 1)

    def settings(self) -> Iterator[Message]:
        """Stride, padding, and how far cells are apart."""
        yield say("stride {stride}", stride=each([a.stride for a in self.slides]))
        if self.padded():
            yield say("padding {padding}", padding=each([a.before for a in self.slides]))
        elif self.copies is None:
            yield say("no padding")
        if any(a.dilation != 1 for a in self.slides):
            yield say("its cells {dilation} apart", dilation=each([a.dilation for a in self.slides]))
        if getattr(self.operation, "flip", False):
            yield self.turned()

    def turned(self) -> Message:
        """How a kernel is turned round."""
        if len(self.slides) == 1:
            return say("reversed")
        return say("rotated by {n}°", n=180) if len(self.slides) == 2 else say("reversed along every axis")

    @property
    def single_place(self) -> bool:
        """Whether y has one place alone."""
        return all(n == ONE for n in self.r.outputs[-len(self.p.axes) :])

    def bounds(self) -> Message:
        """What an element outside its map is."""
        places = by(self.r.outputs[-len(self.p.axes) :])
        if self.single_place:
            return say("Indices count from {one}; {g} is {zero} outside its only place.", one=At(ONE), g=self.g, zero=0)
        if any(a.over == "whole" for a in self.p.axes):
            return say(
                "Indices count from {one}; {g} is {zero} outside its map of {places} places, and between them.",
                one=At(ONE), g=self.g, zero=0, places=places,
            )  # fmt: skip
        return say(
            "Indices count from {one}; {g} is {zero} outside its map of {places} places.",
            one=At(ONE), g=self.g, zero=0, places=places,
        )  # fmt: skip
