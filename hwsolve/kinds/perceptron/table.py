"""The table of presentations, each with the weights after it; closed rows where a training goes in circles."""

from __future__ import annotations

from typing import Any, ClassVar

from hwsolve.formula.tree import Number, Ref
from hwsolve.kinds.perceptron.lines import Lines
from hwsolve.kinds.perceptron.training import Presentation
from hwsolve.language import Message, say
from hwsolve.solution import Cell, Sentence, Step, Table

FEW_WEIGHTS = 3  # of which none goes where a page is narrow


def presentations(lines: Lines, written: list[int]) -> Step:
    """The epochs that are written out."""
    return Rows(lines, written).step()


class Rows:
    """Makes the rows."""

    BEFORE: ClassVar[int] = 7  # columns in front of the weights

    def __init__(self, lines: Lines, written: list[int]) -> None:
        self.lines, self.written = lines, written
        self.training, self.data = lines.training, lines.data
        self.each = len(self.data.order)
        self.rows: list[tuple[Cell, ...]] = []
        self.folds: list[tuple[int, int, Message]] = []

    def step(self) -> Step:
        """The table, and how it is read."""
        columns = self.columns()
        start = self.training.start
        blank: tuple[Cell, ...] = ("",) * (self.BEFORE - 2)
        self.rows.append(("", 0, *blank, *self.weights(start.w, start.b)))
        before = 0
        for epoch in self.written:
            if epoch > before + 1:
                left = say("… {n} epochs …", n=f"{epoch - before - 1:,}")
                self.rows.append((left, *("",) * (len(columns) - 1)))
            before = epoch
            for k in range((epoch - 1) * self.each, epoch * self.each):
                self.rows.append(self.row(epoch, k, self.training.presentations[k]))
        self.close()
        told = say("A row has the numbers of one presentation, and the weights after it; row 0 has the start.")
        table = Table("", columns, tuple(self.rows), folds=tuple(self.folds), drop=self.dropped())
        return Step(say("All presentations"), (Sentence(told), table))

    def dropped(self) -> tuple[int, ...]:
        """The columns that go where a page is narrow: weights behind the third, and errors."""
        late = range(self.BEFORE + len(self.data.x[0]) - 1, self.BEFORE + FEW_WEIGHTS - 1, -1)
        return (*late, self.BEFORE - 1)

    def columns(self) -> tuple[Message, ...]:
        """The heads."""
        weights = [Ref("w", (Number(i),)) for i in range(1, len(self.data.x[0]) + 1)]
        weights += [Ref(self.lines.learned)] if self.lines.learned else []
        heads = [Ref("t"), Ref("net"), Ref("o"), Ref("e"), *weights]
        words = (say("epoch"), say("presentation"), say("sample"))
        return (*words, *(say("{formula}", formula=head) for head in heads))

    def row(self, epoch: int, k: int, p: Presentation) -> tuple[Cell, ...]:
        """One presentation."""
        numbers = (self.data.t[p.sample], p.net, p.output, p.error)
        after = self.weights(p.after.w, p.after.b)
        return (epoch, k + 1, p.sample + 1, *map(self.lines.cell, numbers), *after)

    def weights(self, w: tuple[Any, ...], b: Any) -> tuple[Cell, ...]:
        """The weights, and what stands beside them."""
        return tuple(map(self.lines.cell, (*w, b) if self.lines.learned else w))

    def close(self) -> None:
        """Rows that a short page leaves closed: epochs that are like earlier ones."""
        circle, last = self.training.circle, len(self.training.presentations) // self.each
        if circle is None or circle.again + 1 >= last or len(self.written) < last:
            return
        first = circle.again * self.each + 1
        told = say(
            "… epochs {a} to {b} go through epochs {c} to {d} again …",
            a=circle.again + 1,
            b=last,
            c=circle.first + 1,
            d=circle.again,
        )
        if circle.again == circle.first + 1:
            told = say("… epochs {a} to {b} are like epoch {c} …", a=circle.again + 1, b=last, c=circle.again)
        self.folds.append((first, last * self.each, told))
