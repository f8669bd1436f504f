"""The worked solution of a computation: what is asked, the passes and updates that are written out, what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve.formula.tree import Formula
from hwsolve.graph.explain.demand import named, needed, of_elements
from hwsolve.graph.explain.letters import axes_of
from hwsolve.graph.explain.lines import Writer
from hwsolve.graph.explain.room import Asked
from hwsolve.graph.explain.time_groups import TimeGroups, bundles
from hwsolve.graph.graph import Node
from hwsolve.graph.run import Trajectory
from hwsolve.graph.tangent import checked
from hwsolve.kinds.backprop.answers import Answers
from hwsolve.kinds.backprop.asked import asked_keys, leads_to, question
from hwsolve.kinds.backprop.asked_steps import asked_for, of_pattern, on_page
from hwsolve.kinds.backprop.before_update import before_update
from hwsolve.kinds.backprop.computation import Computation
from hwsolve.kinds.backprop.deltas import meaning, names_of
from hwsolve.kinds.backprop.diagram import diagram
from hwsolve.kinds.backprop.drawn import numbers_of, wanted_circuit
from hwsolve.kinds.backprop.given_letters import functions, given_letters
from hwsolve.kinds.backprop.layer_parts import divided, steps_of
from hwsolve.kinds.backprop.local_names import meanings, relabelled
from hwsolve.kinds.backprop.optimizer_letters import optimizer_letters
from hwsolve.kinds.backprop.other_steps import other_steps
from hwsolve.kinds.backprop.outcome import compared, of_losses, unchanged
from hwsolve.kinds.backprop.passed_over import left_out, meaning_of_steps, passed_over
from hwsolve.kinds.backprop.posed import counting_forms, posed, starting
from hwsolve.kinds.backprop.signs import Signs
from hwsolve.kinds.backprop.steps import few_tried, passes, step_of, worked
from hwsolve.kinds.backprop.symbols import symbols
from hwsolve.language import Message, say
from hwsolve.sections import one_group, section
from hwsolve.selection import selections
from hwsolve.solution import Answer, Detail, Item, Line, Note, Sentence, Solution, Step

if TYPE_CHECKING:
    from hwsolve.kinds.backprop.problem import Problem

FLOAT_ABOVE = 10**7  # element operations


def worked_out(problem: Problem) -> Solution:
    """The solution at the precision that is set."""
    return NetworkPage(problem, problem.prepared).solution()


class NetworkPage:
    """Runs a computation and writes its steps one after the other."""

    def __init__(self, problem: Any, computation: Computation):
        self.problem, self.computation = problem, computation
        self.graph = self.computation.graph
        self.updates = any(n.role == "update" and n.follows in self.graph.parameters for n in self.graph.nodes.values())
        self.steps = problem.steps if self.updates else 0
        self.float64 = problem.numbers == "float64" or self.computation.operations * (self.steps + 1) > FLOAT_ABOVE
        digits = problem.digits or 6
        self.writer = Writer(
            self.graph, not self.float64, min(digits, 6) if self.float64 else digits, problem.full, problem.brief
        )
        self.groups = TimeGroups(self.writer)
        self.named = [one for key in (*problem.expect, *problem.published) for one in selections(key)]
        self.alone = of_pattern(self.graph, problem.only or "", self.steps, problem.full)
        self.asked_steps = asked_for(self.graph, problem, self.steps)
        self.shown = on_page(self.graph, problem, self.steps)
        self.answers: dict[str, Answer] = {}
        self.entering = Answers(self.writer, [*self.named, *self.alone], self.is_main)
        self.sections: list[Step] = []
        self.signs = Signs()

    def solution(self) -> Solution:
        """The document."""
        exact = not self.float64
        feed = self.computation.feed(exact)
        trajectory = checked(self.graph, lambda: self.computation.values(exact), self.steps, self.kept(), exact, feed)
        self.ask(trajectory)
        self.start(trajectory)
        for step in sorted(self.passes()):
            self.one_pass(step, trajectory)
            if step == 0:
                self.state()
        self.outcome(trajectory)
        other_steps(self, trajectory)
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
        alone = {s for one in self.alone for s in (one.step - 1, one.step) if 0 <= s < self.steps}
        return worked(self.steps, self.problem.full) | alone | self.asked_steps - {self.steps}

    def passes(self) -> set[int]:
        """The steps that are written out."""
        return passes(self.worked(), self.steps)

    def kept(self) -> set[int]:
        """The steps whose values are needed: those written out, and those that are named."""
        named = {one.step for one in (*self.named, *self.alone) if one.step <= self.steps}
        return self.passes() | named | {s - 1 for s in named if s}

    def detail(self, step: int) -> Detail:
        """Where a step stands: those between others are under --full."""
        return "page" if step in self.shown else "full"

    def ask(self, trajectory: Trajectory) -> None:
        """Find the elements whose lines are asked for; what alone is wanted brings all that it rests on."""
        writer = self.writer
        wanted = [one for ask in self.problem.ask for one in selections(ask.text)]
        writer.asked = of_elements(writer, wanted, self.named, trajectory.kept)
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
        self.at(0, trajectory)
        for node in self.graph.nodes.values():
            told = node.role in ("given", "parameter", "setting") or node.name in self.graph.begun
            if told and node.name not in self.graph.selectors:
                self.writer.give(node.name)
        self.axes = axes_of(self.graph, self.writer.taken, self.problem.notation.units)
        self.writer.axes, self.writer.letters = self.axes.letters, self.axes.usual

    def state(self) -> None:
        """Put the statement in front; the passes have found its letters."""
        self.sections[:0] = [self.network(), *self.posed()]

    def posed(self) -> tuple[Step, ...]:
        """What stands only where the problem does without its solution."""
        return () if self.alone else posed(self)

    def network(self) -> Step:
        """What is asked, the network as a drawing, and what else is stated."""
        drawn = relabelled(diagram(self.writer), self.writer)
        said = map(Sentence, (*self.computation.stated, *meanings(self.writer)))
        letters = (*given_letters(self.writer), *optimizer_letters(self.graph, self.problem.optimizer))
        stated = [*map(Sentence, self.axes.legend(self.graph)), *letters, *said]
        if self.problem.notation.gradients:
            stated.append(Sentence(meaning(self.graph)))
        if self.steps:
            stated.append(Sentence(self.step_numbers()))
        items: list[Item] = [
            Sentence(self.question()),
            *([] if drawn is None else [drawn]),
            *starting(self.writer),
            *stated,
            *functions(self.writer),
        ]
        return Step("", tuple(items), part="statement")

    def step_numbers(self) -> Message:
        """What the mark of a step says, on the first trained parameter."""
        return meaning_of_steps(self.writer, self.steps)

    def question(self) -> Message:
        """What is to be worked out."""
        return question(self.graph, self.steps)

    def nodes(self, *roles: str) -> list[Node]:
        """The nodes of these roles."""
        return [n for n in self.graph.nodes.values() if n.role in roles]

    def at(self, step: int, trajectory: Trajectory) -> None:
        """Write of this step from now on."""
        self.writer.at(step, trajectory)
        self.graph = self.writer.graph

    def heading(self, step: int) -> list[Item]:
        """What stands above the forward pass of a step."""
        return []

    def one_pass(self, step: int, trajectory: Trajectory) -> None:
        """Forward and backward pass and update of one step; after the last update the first alone."""
        self.at(step, trajectory)
        in_full = self.worked()
        roles = ("gradient", "update", "temporary") if step in in_full else ()
        self.entering.foresee(self.nodes("forward", "loss", *roles))
        several = self.steps > 1
        level = 2 if step in in_full and several else 1
        forward = self.by_parts(step, "forward", "loss")
        if step not in in_full:
            after = say("After the update") if step == 1 else say("After {n} updates", n=step)
            self.sections += steps_of(after, forward, 1, self.heading(step), self.comparison(step, trajectory))
            return
        if several:
            self.pass_over(step)
            self.sections.append(Step(say("Step {step} of {steps}", step=f"{step + 1:,}", steps=f"{self.steps:,}")))
        self.sections += steps_of(say("Forward pass"), forward, level, self.heading(step))
        backward = self.by_parts(step, "gradient")
        drawn = numbers_of(self.problem, self.writer) if step == 0 and not self.alone else []
        self.sections += steps_of(say("Backward pass"), backward, level, before_update(self.writer, backward), drawn)
        if step == 0:
            self.add(say("The circuit"), wanted_circuit(self.problem, self.writer), level)
        self.add(say("Update"), [*counting_forms(self, step), *self.quantities(step, "update", "temporary")], level)

    def pass_over(self, step: int) -> None:
        """In front of a step what stands for those before it that are not on the page, or not written at all."""
        where = left_out(step, self.shown, self.worked(), self.steps)
        if where is not None and not self.alone:
            self.sections.append(passed_over(self.writer, *where))

    def quantities(self, step: int, *roles: str) -> list[Item]:
        """The groups of all quantities of these roles; what no asked answer needs is for the full page."""
        return [item for _, items in self.by_parts(step, *roles) for item in items]

    def by_parts(self, step: int, *roles: str) -> list[tuple[Message | str, list[Item]]]:
        """The same under the titles of the parts of the network, where it has some."""
        wanted = leads_to(self.graph, self.problem)
        every = bundles(self.graph, self.nodes(*roles))

        def written(run: list[Node]) -> Iterator[Item]:
            needed = wanted is None or any(node.name in wanted for node in run)
            yield from self.signs.told(self.groups_of(run, every, self.detail(step) if needed else "full"))
            for node in run:
                yield from one_group(self.entering.enter(node, self.answers))

        return [(title, [i for run in runs for i in written(run)]) for title, runs in divided(self.graph, every)]

    def groups_of(self, run: list[Node], every: list[list[Node]], detail: Detail) -> list[Item]:
        """The groups of one step, or of a quantity that has none."""
        return [*self.groups.of_run(run, every, detail)]

    def is_main(self, node: Node) -> bool:
        """Whether a quantity is a final number: the output, the losses, new values, or gradients without them."""
        if self.writer.step not in (0, 1, self.steps - 1, self.steps):
            return False
        if node.role == "gradient":
            stated = node.of in self.graph.nodes and self.graph.nodes[node.of].role in ("given", "parameter")
            return not self.updates and stated
        return node.role in ("loss", "update") or node.name in (self.graph.output, *self.graph.heads)

    def asked_for(self, found: dict[str, Any]) -> tuple[str, ...]:
        """The answers that the page leads to, where the problem asks nothing."""
        return asked_keys(self.writer, self.steps, found)

    def symbols(self) -> dict[str, Formula]:
        """How keys are written."""
        return symbols(self.writer, self.kept(), self.deltas(), self.steps > 1)

    def deltas(self) -> dict[str, str]:
        """The names of the gradients that are written as δ."""
        return names_of(self.graph) if self.problem.notation.gradients else {}

    # what came of it

    def comparison(self, step: int, trajectory: Trajectory) -> Iterator[Item]:
        """Whether the loss fell, behind the pass after the last update."""
        losses = trajectory.losses
        if step == self.steps and losses and not self.graph.nodes[self.graph.loss].shape:
            first, last = (self.writer.key(self.graph.loss, (), s) for s in (0, step))
            same = unchanged(trajectory, self.graph.parameters)
            for item in compared(first, last, losses, self.answers, self.writer.digits, same):
                aside = item.detail == "page" and step not in self.shown
                yield msgspec.structs.replace(item, detail="full") if aside else item

    def outcome(self, trajectory: Trajectory) -> None:
        """The losses of all steps, and their curve."""
        if items := of_losses(self, trajectory):
            self.add(say("Result"), items)

    # notes

    def notes(self) -> list[Note]:
        """What a reader must know to read the numbers."""
        remarks = (*self.computation.remarks, *self.writer.remarks.values(), *self.entering.left_out)
        notes = [*(Note("warning", t) for t in self.computation.warnings), *(Note("info", t) for t in remarks)]
        notes += [Note("info", text) for text in few_tried(self.problem, self.steps)]
        if self.float64:
            notes.append(Note("warning", say("Computed in float64: the printed digits are not proven.")))
        return notes
