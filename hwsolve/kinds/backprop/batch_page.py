"""The page of a training on batches: the samples of each step, and the loss over all of them after each epoch."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec

from hwsolve import numbers
from hwsolve.figures import Curve
from hwsolve.formula.tree import Formula, Ref, transform
from hwsolve.formula.whole_arrays import whole
from hwsolve.graph.run import Trajectory
from hwsolve.kinds.backprop.asked import keys_of
from hwsolve.kinds.backprop.minibatches import Plan
from hwsolve.kinds.backprop.outcome import compared, unchanged
from hwsolve.kinds.backprop.page import NetworkPage
from hwsolve.kinds.backprop.problem import Problem
from hwsolve.kinds.backprop.steps import heights
from hwsolve.language import Message, say
from hwsolve.quantities import quantity
from hwsolve.solution import Answer, Carried, Group, Item, Line, Sentence, Solution, Step, Table

ROWS = 100  # of a table
LISTED = 12  # samples of a batch that are named


def worked_out(problem: Problem) -> Solution:
    """The solution at the precision that is set."""
    return BatchPage(problem, problem.prepared).solution()


class BatchPage(NetworkPage):
    """Writes the steps of a training on batches."""

    @property
    def plan(self) -> Plan:
        """Which samples each update sees."""
        plan: Plan = self.computation.plan
        return plan

    @property
    def total(self) -> str:
        """The name of the loss over all samples."""
        data = self.computation.data
        assert data is not None and data.whole is not None
        return data.whole.symbol(data.whole.loss)

    def network(self) -> Step:
        """With the samples of each batch."""
        step = super().network()
        plan = self.plan
        said = [
            say("Batch {k}: {what}. Its numbers are {names}.", k=k, what=samples(b), names=self.of_batch(k))
            for k, b in enumerate(plan.batches[:ROWS], 1)
        ]
        said.append(say("Each update takes the next batch; those of all samples are {names}.", names=self.of_batch(0)))
        loss = Ref(self.computation.graph.symbol(self.graph.loss))
        said.append(say("{loss} is the loss of a batch, {all} that of all samples.", loss=loss, all=Ref(self.total)))
        return msgspec.structs.replace(step, items=(*step.items, *map(Sentence, said)))

    def of_batch(self, k: int) -> tuple[Formula, ...]:
        """The symbols of the data of a batch, or of all samples for 0."""
        graph = self.computation.graph
        return tuple(whole(f"{graph.symbol(name)}@{batch_mark(k)}") for name in graph.series)

    def symbols(self) -> dict[str, Formula]:
        """The data of a step have the mark of their batch."""
        found, each = super().symbols(), len(self.plan.batches)
        for step in sorted({*self.kept(), 0, self.steps}):
            mark = batch_mark(0 if step == self.steps else step % each + 1)
            for name in self.computation.graph.series:
                key = self.writer.key(name, (), step).name
                known = found.get(key)
                stem = (known.name if isinstance(known, Ref) else key).partition("@")[0]
                found[key] = new = Ref(f"{stem}@{mark}")
                for element in [k for k in found if k.startswith(f"{key}[")]:  # of a batch of one sample
                    found[element] = transform(found[element], partial(renamed, stem, new.name))
        return found

    def question(self) -> Message:
        """What is to be worked out."""
        if self.steps == 1:
            return say("Asked: the parameters after one update, and the loss over all samples before and after it.")
        return say(
            "Asked: the parameters after {n} updates, and the loss over all samples before and after them.",
            n=f"{self.steps:,}",
        )

    def heading(self, step: int) -> list[Item]:
        """The samples of a step."""
        if step >= self.steps:
            return [Sentence(say("All {n} samples.", n=self.plan.samples), self.detail(step))]
        return [Sentence(say("The batch: {what}.", what=samples(self.plan.batch(step))), self.detail(step))]

    def comparison(self, step: int, trajectory: Trajectory) -> Iterator[Item]:
        """Whether the loss over all samples fell."""
        if step == self.steps:
            yield Group((*self.carried(0, trajectory), *self.carried(step, trajectory)))
            losses = [trajectory.wholes[0], trajectory.wholes[step]]
            same = unchanged(trajectory, self.graph.parameters)
            yield from compared(self.key(0), self.key(step), losses, self.answers, self.writer.digits, same)

    def key(self, step: int) -> Ref:
        """The key of the loss over all samples."""
        return Ref(f"{self.total}@{step}" if step else self.total)

    def carried(self, step: int, trajectory: Trajectory) -> Iterator[Line]:
        """The loss over all samples, where nothing wrote it."""
        key, value = self.key(step), trajectory.wholes[step]
        shown = quantity(value, self.writer.digits)
        self.answers.setdefault(key.name, Answer(shown, step in (0, self.steps)))
        if key not in self.writer.known:
            self.writer.known[key] = (self.graph.loss, ())
            yield Carried(key, shown, numbers.full(value))

    def outcome(self, trajectory: Trajectory) -> None:
        """The loss of every batch, and that over all samples after every epoch."""
        name, digits = self.graph.loss, self.writer.digits
        symbol = self.computation.graph.symbol(name)
        losses = trajectory.losses[: self.steps]
        lines: list[Line] = []
        for k, value in enumerate(losses):
            key, shown = Ref(f"{symbol}@{k}" if k else symbol), quantity(value, digits)
            if key not in self.writer.known:
                self.writer.known[key] = (name, ())
                lines.append(Carried(key, shown, numbers.full(value)))
                self.answers[key.name] = Answer(shown)
        for step in sorted(trajectory.wholes):
            lines += self.carried(step, trajectory)
        items: list[Item] = [Group(tuple(lines), detail="data")] if lines else []
        rows = [(k + 1, batch_text(self.plan.batch(k)), quantity(v, digits)) for k, v in enumerate(losses[:ROWS])]
        columns = (say("update"), say("samples"), say("{formula}", formula=Ref(symbol)))
        items.append(Table(say("The loss of every batch"), columns, tuple(rows)))
        each = len(self.plan.batches)
        ends = [(-(-s // each), quantity(trajectory.wholes[s], digits)) for s in sorted(trajectory.wholes)]
        heads = (say("epochs"), say("{formula}", formula=Ref(self.total)))
        items.append(Table(say("The loss over all samples"), heads, tuple(ends[: ROWS + 1])))
        if len(losses) > 1 and (ys := heights(losses)):
            xs = tuple(map(float, range(1, len(ys) + 1)))
            items.append(Curve(say("Loss"), say("update"), symbol, xs, ((symbol, ys),)))
        self.add(say("Result"), items)

    def asked_for(self, found: dict[str, Any]) -> tuple[str, ...]:
        """The parameters at the end, and the loss over all samples."""
        writer = self.writer
        keys = [k for n in self.graph.parameters if n in writer.trained for k in keys_of(writer, n, self.steps)]
        keys += [self.key(step).name for step in (0, self.steps)]
        return tuple(k for k in dict.fromkeys(keys) if k in found)


def batch_mark(k: int) -> str:
    """What marks the data of a batch, and those of all samples."""
    return f"B{k}" if k else "all"


def renamed(stem: str, new: str, node: Formula) -> Formula:
    """The symbol of the data at a step with the mark of their batch."""
    return Ref(new, node.indices) if isinstance(node, Ref) and node.name.partition("@")[0] == stem else node


def samples(batch: tuple[int, ...]) -> Message:
    """The samples of a batch in words."""
    if len(batch) == 1:
        return say("sample {k}", k=batch[0])
    return say("samples {numbers}", numbers=batch_text(batch))


def batch_text(batch: tuple[int, ...]) -> str:
    """The numbers of the samples."""
    return ", ".join(map(str, batch[:LISTED])) + (" …" if len(batch) > LISTED else "")
