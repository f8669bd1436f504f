"""The page of a perceptron: the rule, a table of presentations, mistakes, the line it found, and why it ended."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from hwsolve.formula.notation.names import of_several
from hwsolve.formula.tree import Formula, Number, Ref
from hwsolve.kinds.perceptron.border import border
from hwsolve.kinds.perceptron.build import Prepared
from hwsolve.kinds.perceptron.lines import Lines, at
from hwsolve.kinds.perceptron.problem import Problem
from hwsolve.kinds.perceptron.statement import statement
from hwsolve.kinds.perceptron.table import presentations
from hwsolve.kinds.perceptron.verdict import verdict
from hwsolve.language import Message, say
from hwsolve.sections import grouped
from hwsolve.selection import selections
from hwsolve.solution import Answer, Group, Item, Line, Note, Sentence, Solution, Step, Table

WRITTEN = 600  # presentations that are all written out
ENDS = (3, 2)  # epochs of more, at the start and at the end


class PerceptronPage:
    """Writes the steps of a perceptron."""

    LINES: ClassVar[type[Lines]] = Lines

    def __init__(self, problem: Problem, prepared: Prepared) -> None:
        self.problem, self.data, self.training = problem, prepared.data, prepared.training
        self.lines = self.LINES(problem, prepared)
        self.each = len(self.data.order)  # presentations of an epoch
        self.count = len(self.training.presentations)
        self.epochs = self.count // self.each
        self.written = self.chosen()

    def chosen(self) -> list[int]:
        """The epochs that are written out, from 1: all, or the first and the last ones and those that are named."""
        if self.count <= WRITTEN:
            return list(range(1, self.epochs + 1))
        first, last = ENDS
        found = {*range(1, first + 1), *range(self.epochs - last + 1, self.epochs + 1)}
        problem = self.problem
        named = [*problem.expect, *problem.published, *((problem.only and [problem.only]) or [])]
        for one in (one for key in named for one in selections(key)):
            if 0 <= one.step <= self.count:
                epoch = one.step // self.each
                found |= {k for k in (epoch, epoch + 1) if 1 <= k <= self.epochs}
        return sorted(found)

    def solution(self) -> Solution:
        """The document."""
        self.lines.enter_givens()
        steps = [step for epoch in self.written for step in self.epoch(epoch)]
        mistakes = self.mistakes()
        result = self.result()
        ends = [at("w", self.count), *([at(self.lines.learned, self.count)] if self.lines.learned else [])]
        asked = (*(end.name for end in ends), "epochs")
        sections = (
            self.statement(),
            self.table(),
            *steps,
            mistakes,
            result,
        )
        return Solution(
            kind=self.problem.kind,
            title=self.problem.title,
            source=self.problem.source,
            given=tuple(self.lines.given),
            sections=sections,
            symbols=self.symbols(),
            asked=asked,
            answers={
                key: msgspec.structs.replace(answer, main=key in asked) for key, answer in self.lines.answers.items()
            },
            notes=tuple(self.notes()),
        )

    def statement(self) -> Step:
        """What is asked, and the rule."""
        return statement(self.problem, self.data)

    def table(self) -> Step:
        """All presentations."""
        return presentations(self.lines, self.written)

    def border(self) -> list[Item]:
        """Where the net input of the last weights is 0."""
        return border(self.lines, self.count, self.training.presentations[-1].after)

    def symbols(self) -> dict[str, Formula | Message]:
        """How keys are written: the first of several presentations has its number too."""
        found: dict[str, Formula | Message] = {
            f"{name}@1": Ref(of_several(f"{name}@1")) for name in ("net", "o", "e", "w", "b", "theta")
        }
        found["epochs"] = say("epochs")
        return found

    def notes(self) -> list[Note]:
        """What a reader must know."""
        if self.training.ended:
            return []
        text = say("The limit of {n} epochs is reached, and the last one still has mistakes.", n=self.epochs)
        return [Note("warning", text)]

    # presentations

    def epoch(self, epoch: int) -> list[Step]:
        """The presentations of an epoch, a step each, which a short page leaves to the table."""
        made: list[Step] = []
        for step in range((epoch - 1) * self.each, epoch * self.each):
            p = self.training.presentations[step]
            lines: list[Line] = []
            if at("w", step).name not in {name for name, _ in self.lines.values} and step:
                lines += self.lines.carried(step, self.training.presentations[step - 1].after)
            lines += self.lines.presentation(step, p)
            title = say("Presentation {k}: sample {s}", k=f"{step + 1:,}", s=p.sample + 1)
            groups = [item for item in grouped(tuple(lines)) if type(item) is Group]
            items = [msgspec.structs.replace(g, detail="full", close=k > 0) for k, g in enumerate(groups)]
            made.append(Step(title, tuple(items), 2))
        return made

    # what came of it

    def mistakes(self) -> Step:
        """How many mistakes each sample and each epoch had."""
        written = {k for e in self.written for k in range((e - 1) * self.each, e * self.each)}
        wrong = [int(p.error != 0) for p in self.training.presentations]
        lines: list[Line] = []
        by_sample: list[int] = []
        for sample in range(self.each):
            steps = [k for k, p in enumerate(self.training.presentations) if p.sample == sample]
            by_sample.append(sum(wrong[k] for k in steps))
            lines.append(self.lines.count(Ref("mistakes", (Number(sample + 1),)), steps, by_sample[-1], written))
        self.lines.keep(Ref("mistakes"), tuple(by_sample))
        by_epoch: list[int] = []
        for epoch in range(self.epochs):
            steps = list(range(epoch * self.each, (epoch + 1) * self.each))
            by_epoch.append(sum(wrong[k] for k in steps))
            key = Ref("mistakes.epoch", (Number(epoch + 1),))
            lines.append(self.lines.count(key, steps, by_epoch[-1], written))
        self.lines.keep(Ref("mistakes.epoch"), tuple(by_epoch))
        items: list[Item] = [
            Table("", (say("sample"), say("mistakes")), tuple(enumerate(by_sample, 1))),
            Table("", (say("epoch"), say("mistakes")), tuple(enumerate(by_epoch, 1))),
            Group(tuple(lines), detail="full"),
            Group(tuple(self.by_epoch()), detail="data"),
        ]
        return Step(say("Mistakes"), tuple(items))

    def by_epoch(self) -> list[Line]:
        """The weights after each epoch under keys of their own, and how many epochs there were."""
        lines: list[Line] = []
        ends = [self.training.presentations[k * self.each - 1].after for k in range(1, self.epochs + 1)]
        for epoch, state in enumerate(ends, 1):
            if epoch not in self.written and epoch + 1 not in self.written:
                continue
            for name, indices, value in self.lines.parts(state):
                key = Ref(f"{name}.epoch", tuple(map(Number, (epoch, *indices))))
                lines.append(self.lines.same(key, at(name, epoch * self.each, *indices), value))
        self.lines.keep(Ref("w.epoch"), tuple(state.w for state in ends))
        if self.lines.learned:
            self.lines.keep(Ref(f"{self.lines.learned}.epoch"), tuple(state.b for state in ends))
        return lines

    def result(self) -> Step:
        """The line that it found, and why it ended."""
        number = self.lines.line(Ref("epochs"), Number(self.count) / Number(self.each), self.epochs)
        self.lines.answers["epochs"] = Answer(self.lines.quantity(self.epochs))
        items: list[Item] = [Sentence(text) for text in verdict(self.lines, self.epochs)]
        items += self.border()
        items.append(Group((number,), say("presentations by samples"), detail="full"))
        return Step(say("Result"), tuple(items))
