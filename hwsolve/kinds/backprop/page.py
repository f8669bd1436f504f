"""The worked solution of a computation: what is asked, the passes and updates that are written out, what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hwsolve import numbers
from hwsolve.figures import Curve
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Formula, Ref, call
from hwsolve.graph.elements import count, elements
from hwsolve.graph.explain.demand import named, needed
from hwsolve.graph.explain.groups import Groups
from hwsolve.graph.explain.letters import axes_of
from hwsolve.graph.explain.lines import Writer
from hwsolve.graph.explain.room import Asked
from hwsolve.graph.graph import Node
from hwsolve.graph.run import Trajectory
from hwsolve.graph.tangent import checked
from hwsolve.kinds.backprop.answers import Answers
from hwsolve.kinds.backprop.asked import asked_keys, leads_to, question
from hwsolve.kinds.backprop.computation import Computation
from hwsolve.kinds.backprop.deltas import as_delta, meaning, names_of
from hwsolve.kinds.backprop.diagram import diagram
from hwsolve.kinds.backprop.outcome import compared, unchanged
from hwsolve.kinds.backprop.steps import heights, passes, step_of, worked
from hwsolve.language import Message, say
from hwsolve.quantities import quantity
from hwsolve.sections import section
from hwsolve.selection import selections
from hwsolve.solution import Answer, Carried, Detail, Group, Item, Line, Note, Sentence, Solution, Step, Table

if TYPE_CHECKING:
    from hwsolve.kinds.backprop.problem import Problem

FLOAT_ABOVE = 10**7  # element operations


def worked_out(problem: Problem) -> Solution:
    """The solution at the precision that is set."""
    return NetworkPage(problem, problem.prepared).solution()


class NetworkPage:
    """Runs a computation and writes its steps one after the other."""

    def __init__(self, problem: Problem, computation: Computation):
        self.problem, self.computation = problem, computation
        self.graph = self.computation.graph
        self.updates = any(n.role == "update" for n in self.graph.nodes.values())
        self.steps = problem.steps if self.updates else 0
        self.float64 = problem.numbers == "float64" or self.computation.operations * (self.steps + 1) > FLOAT_ABOVE
        digits = problem.digits or 6
        self.writer = Writer(
            self.graph, not self.float64, min(digits, 6) if self.float64 else digits, problem.full, problem.brief
        )
        self.groups = Groups(self.writer)
        self.named = [one for key in (*problem.expect, *problem.published) for one in selections(key)]
        self.alone = selections(problem.only) if problem.only is not None else ()
        self.answers: dict[str, Answer] = {}
        self.entering = Answers(self.writer, [*self.named, *self.alone], self.is_main)
        self.sections: list[Step] = []

    def solution(self) -> Solution:
        """The document."""
        exact = not self.float64
        trajectory = checked(self.graph, lambda: self.computation.values(exact), self.steps, self.kept(), exact)
        self.ask(trajectory)
        self.start(trajectory)
        for step in sorted(self.passes()):
            self.one_pass(step, trajectory)
            if step == 0:
                self.state()
        self.outcome(trajectory)
        self.other_answers(trajectory)
        found = dict(sorted(self.answers.items(), key=step_of))
        return Solution(
            kind=self.problem.kind,
            title=self.problem.title,
            source=self.problem.source,
            given=tuple(self.writer.given),
            sections=tuple(self.sections),
            symbols=self.symbols(),
            asked=self.asked_for(found),
            answers=found,
            notes=tuple(self.notes()),
        )

    # which steps

    def worked(self) -> set[int]:
        """The steps whose gradients and updates are written out."""
        asked = {s for one in self.alone for s in (one.step - 1, one.step) if 0 <= s < self.steps}
        return worked(self.steps, self.problem.full) | asked

    def passes(self) -> set[int]:
        """The steps that are written out."""
        return passes(self.worked(), self.steps)

    def kept(self) -> set[int]:
        """The steps whose values are needed: those written out, and those that are named."""
        named = {one.step for one in (*self.named, *self.alone) if one.step <= self.steps}
        return self.passes() | named | {s - 1 for s in named if s}

    def detail(self, step: int) -> Detail:
        """Where a step stands: the first and the last on the page, those between under --full."""
        return "page" if step in (0, self.steps - 1, self.steps) or step == 1 == self.steps else "full"

    def ask(self, trajectory: Trajectory) -> None:
        """Find the elements whose lines are asked for; what alone is wanted brings all that it rests on."""
        writer = self.writer
        parts = named(writer, (one for one in self.named if one.ranges), trajectory.kept)
        writer.asked = Asked(parts)
        if asked := named(writer, self.alone, trajectory.kept):
            writer.asked = Asked(needed(writer, trajectory, asked, self.worked()), alone=True)

    # steps of the page

    def section(self, title: Message, lines: list[Line], level: int = 1, **more: Any) -> None:
        """Append a step of lines that has something in it."""
        if lines or more or self.writer.asked.alone:
            self.sections.append(section(title, level, tuple(lines), **more))

    def add(self, title: Message, items: list[Item], level: int = 1) -> None:
        """Append a step that has something in it."""
        if items or self.writer.asked.alone:
            self.sections.append(Step(title, tuple(items), level))

    def start(self, trajectory: Trajectory) -> None:
        """Enter the givens."""
        self.writer.at(0, trajectory)
        for node in self.graph.nodes.values():
            if node.role in ("given", "parameter", "setting") and node.name not in self.graph.selectors:
                self.writer.give(node.name)
        self.axes = axes_of(self.graph, self.writer.taken, self.problem.notation.units)
        self.writer.axes = self.axes.letters

    def state(self) -> None:
        """Put the statement in front; its drawing shows numbers of all passes, each met before where it arises."""
        self.sections.insert(0, self.network())

    def network(self) -> Step:
        """What is asked, the network as a drawing, and what else is stated."""
        drawn = diagram(self.writer, self.axes)
        stated = [Sentence(text) for text in self.computation.stated]
        if self.problem.notation.gradients:
            stated.append(Sentence(meaning(self.graph)))
        items: list[Item] = [Sentence(self.question()), *([] if drawn is None else [drawn]), *stated]
        return Step("", tuple(items), part="statement")

    def question(self) -> Message:
        """What is to be worked out."""
        return question(self.graph, self.steps)

    def nodes(self, *roles: str) -> list[Node]:
        """The nodes of these roles."""
        return [n for n in self.graph.nodes.values() if n.role in roles]

    def one_pass(self, step: int, trajectory: Trajectory) -> None:
        """Forward and backward pass and update of one step; after the last update the first alone."""
        self.writer.at(step, trajectory)
        in_full = self.worked()
        several = self.steps > 1
        level = 2 if step in in_full and several else 1
        forward = self.quantities(step, "forward", "loss")
        if step not in in_full:
            after = say("After the update") if step == 1 else say("After {n} updates", n=step)
            self.add(after, [*forward, *self.comparison(step, trajectory)])
            self.pass_over(step, min((s for s in in_full if s > step), default=step))
            return
        if several:
            self.sections.append(Step(say("Step {step} of {steps}", step=f"{step + 1:,}", steps=f"{self.steps:,}")))
        self.add(say("Forward pass"), forward, level)
        self.add(say("Backward pass"), self.quantities(step, "gradient"), level)
        self.add(say("Update"), self.quantities(step, "update", "temporary"), level)

    def pass_over(self, step: int, following: int) -> None:
        """Say that the steps between two that are written out go the same way."""
        if following > step:
            text = say("Steps {first} to {last} go the same way.", first=f"{step + 1:,}", last=f"{following:,}")
            self.sections.append(Step(say("Further steps"), (Sentence(text),)))

    def quantities(self, step: int, *roles: str) -> list[Item]:
        """The groups of all quantities of these roles; what no asked answer needs is for the full page."""
        items: list[Item] = []
        wanted = leads_to(self.graph, self.problem)
        for node in self.nodes(*roles):
            detail = self.detail(step) if wanted is None or node.name in wanted else "full"
            items += self.groups.of(node, detail)
            items += grouped(self.entering.enter(node, self.answers))
        return items

    def is_main(self, node: Node) -> bool:
        """Whether a quantity is a final number: the output, the losses, new values, or gradients without them."""
        if self.writer.step not in (0, 1, self.steps - 1, self.steps):
            return False
        if node.role == "gradient":
            stated = node.of in self.graph.nodes and self.graph.nodes[node.of].role in ("given", "parameter")
            return not self.updates and stated
        return node.role in ("loss", "update") or node.name == self.graph.output

    def asked_for(self, found: dict[str, Any]) -> tuple[str, ...]:
        """The answers that the page leads to, where the problem asks nothing."""
        return asked_keys(self.writer, self.steps, found)

    def symbols(self) -> dict[str, Formula]:
        """A quantity of one element is written without an index."""
        graph, writer = self.graph, self.writer
        found: dict[str, Formula] = {}
        deltas = self.deltas()
        lone = [
            n for n in graph.nodes.values() if n.shape and count(n.shape) == 1 and not graph.labels[n.name].elements
        ]
        for step in sorted(self.kept()):
            for node in lone:
                if node.role != "constant":
                    key = writer.key(node.name, elements(node.shape)[0], step)
                    found[plain(key)] = call("unit", Ref(key.name))
            for name, delta in deltas.items():
                key = writer.key(name, elements(graph.nodes[name].shape)[0], step)
                found |= as_delta(key, delta, plain(key) in found)
        return found

    def deltas(self) -> dict[str, str]:
        """The names of the gradients that are written as δ."""
        return names_of(self.graph) if self.problem.notation.gradients else {}

    # what came of it

    def comparison(self, step: int, trajectory: Trajectory) -> Iterator[Item]:
        """Whether the loss fell, behind the pass after the last update."""
        losses = trajectory.losses
        if step == self.steps and losses and not self.graph.nodes[self.graph.loss].shape:
            first, last = (self.writer.key(self.graph.loss, (), s) for s in (0, step))
            yield from compared(first, last, losses, self.writer.digits, unchanged(trajectory, self.graph.parameters))

    def outcome(self, trajectory: Trajectory) -> None:
        """The losses of all steps, and their curve."""
        losses = trajectory.losses
        if not self.updates or not losses or self.graph.nodes[self.graph.loss].shape:
            return
        name, shown = self.graph.loss, [quantity(v, self.writer.digits) for v in losses]
        lines: list[Line] = []
        for k, q in enumerate(shown):
            key = self.writer.key(name, (), k)
            if key not in self.writer.known:
                self.writer.known[key] = (name, ())
                lines.append(Carried(key, q, numbers.full(losses[k])))
                self.answers[key.name] = Answer(q)
        items: list[Item] = [*grouped(lines)]
        if self.steps > 1:
            symbol = self.graph.labels[name].symbol
            columns = (say("updates"), symbol)
            items.append(Table(say("The loss at every step"), columns, tuple(enumerate(shown))))
            if ys := heights(losses):
                xs = tuple(map(float, range(len(ys))))
                items.append(Curve(say("Loss"), say("updates"), symbol, xs, ((symbol, ys),)))
        self.add(say("Result"), items)

    def other_answers(self, trajectory: Trajectory) -> None:
        """What the spec names at a step that is not written out, carried over from there."""
        lines: list[Line] = []
        nodes: dict[str, str] = {}
        for node_name, label in self.graph.labels.items():
            for symbol in (label.symbol, *label.elements.values()):
                nodes.setdefault(symbol, node_name)
        for symbol, step in {(one.name.partition("@")[0], one.step): None for one in (*self.named, *self.alone)}:
            name = nodes.get(symbol)
            if name is None or step > self.steps or step in self.passes() or name == self.graph.loss:
                continue
            self.writer.at(step, trajectory)
            node = self.graph.nodes[name]
            for indices in elements(node.shape):
                lines.extend(self.writer.carry({self.writer.key(name, indices): (name, indices)}))
            lines.extend(self.entering.enter(node, self.answers))
        self.section(say("Other steps"), lines)

    # notes

    def notes(self) -> list[Note]:
        """What a reader must know to read the numbers."""
        notes = [Note("warning", text) for text in self.computation.warnings]
        remarks = (*self.computation.remarks, *self.writer.remarks.values(), *self.entering.left_out)
        notes += [Note("info", text) for text in remarks]
        if self.float64:
            notes.append(Note("warning", say("Computed in float64: the printed digits are not proven.")))
        return notes


def grouped(lines: Any) -> list[Group]:
    """Lines as one group, if there are any."""
    every = tuple(lines)
    return [Group(every)] if every else []
