"""The page of a perceptron of several classes: the rule, a table of presentations, mistakes, and why it ended."""

from __future__ import annotations

from typing import Any, ClassVar

from hwsolve.formula.tree import BigOperator, Formula, Number, Ref, call
from hwsolve.kinds.perceptron.class_lines import ClassLines
from hwsolve.kinds.perceptron.lines import Lines
from hwsolve.kinds.perceptron.page import PerceptronPage
from hwsolve.kinds.perceptron.table import FEW_WEIGHTS, Rows
from hwsolve.kinds.perceptron.training import Presentation
from hwsolve.language import Message, say
from hwsolve.solution import Cell, Form, Group, Item, Sentence, Stage, Step


class ClassRows(Rows):
    """The rows of the table: net inputs, and the weights of each class."""

    BEFORE = 6

    def columns(self) -> tuple[Message, ...]:
        """The heads."""
        weights = [Ref("w", (Number(c),)) for c in range(1, self.data.classes + 1)]
        heads = [Ref("t"), Ref("net"), Ref("o"), *weights, *([Ref("b")] if self.lines.offset else [])]
        words = (say("epoch"), say("presentation"), say("sample"))
        return (*words, *(say("{formula}", formula=head) for head in heads))

    def row(self, epoch: int, k: int, p: Presentation) -> tuple[Cell, ...]:
        """One presentation."""
        numbers = (self.data.t[p.sample], self.listed(p.net), p.output)
        return (epoch, k + 1, p.sample + 1, *numbers, *self.weights(p.after.w, p.after.b))

    def weights(self, w: tuple[Any, ...], b: Any) -> tuple[Cell, ...]:
        """The rows of the weights, and the biases."""
        return tuple(map(self.listed, (*w, b) if b else w))

    def listed(self, values: tuple[Any, ...]) -> str:
        """Numbers in parentheses."""
        return f"({', '.join(self.lines.quantity(v).text for v in values)})".replace("-", "−")

    def dropped(self) -> tuple[int, ...]:
        """The rows of weights behind the third, where a page is narrow."""
        return tuple(range(self.BEFORE + self.data.classes - 1, self.BEFORE + FEW_WEIGHTS - 1, -1))


class ClassPage(PerceptronPage):
    """Writes the steps of several classes."""

    LINES: ClassVar[type[Lines]] = ClassLines

    def statement(self) -> Step:
        """What is asked, and the rule."""
        w, i, c, net = Ref("w"), Ref("i"), Ref("k"), Ref("net")
        offset = self.lines.offset
        total: Formula = BigOperator(
            "Sum", Ref("w", (c, i)) * Ref("x", (i,)), "i", Number(1), Number(len(self.data.x[0]))
        )
        total = call("+", total, Ref("b", (c,))) if offset else total
        change = Ref("lr") * Ref("x", (i,))
        asked = say(
            "Asked: {names} after every presentation, until an epoch has no mistake, or after {n} epochs at most.",
            names=(w, Ref("b")) if offset else (w,),
            n=f"{self.problem.epochs:,}",
        )
        rule = say(
            "{o} is the class with the largest {net}, the first of several; where it is not {t}, {change} is added to "
            "the row of {t} and taken off that of {o}.",
            o=Ref("o"),
            net=Ref("net", (c,)),
            t=Ref("t"),
            change=change,
        )
        items: list[Item] = [
            Sentence(asked),
            Group((Form((Stage("", Ref(net.name, (c,))), Stage("=", total))),)),
            Sentence(rule),
        ]
        if offset:
            items.append(Sentence(say("The bias of a class changes by {lr} in the same way.", lr=Ref("lr"))))
        if self.problem.default_rate is not None:
            items.append(Sentence(self.problem.default_rate))
        if self.problem.order:
            order = tuple([str(k + 1) for k in self.data.order])
            items.append(Sentence(say("An epoch presents the samples in the order {order}.", order=order)))
        return Step("", tuple(items), part="statement")

    def table(self) -> Step:
        """All presentations."""
        return ClassRows(self.lines, self.written).step()

    def border(self) -> list[Item]:
        """There is one between each two classes, which nobody asks for."""
        return []
