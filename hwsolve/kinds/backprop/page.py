"""The worked solution of a computation: the givens, every pass and update that is written out, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hwsolve import numbers
from hwsolve.figures import Curve
from hwsolve.formula.tree import Call, Ref
from hwsolve.graph.elements import count, elements
from hwsolve.graph.explain.demand import named, needed
from hwsolve.graph.explain.lines import Writer
from hwsolve.graph.explain.matrix import matrix_form
from hwsolve.graph.explain.room import FIRST, Asked
from hwsolve.graph.explain.schematic import both_sides, general
from hwsolve.graph.graph import Node
from hwsolve.graph.run import Trajectory
from hwsolve.graph.tangent import checked
from hwsolve.kinds.backprop.computation import Computation
from hwsolve.kinds.backprop.steps import headings, heights, passes, step_of, verdict, worked
from hwsolve.language import Message, say
from hwsolve.quantities import alike, put_in, quantity
from hwsolve.sections import section
from hwsolve.selection import Ranges, Selection, selections
from hwsolve.solution import Answer, Carried, Cell, Line, Note, Prose, Quantity, Solution, Stage, Step, Table

if TYPE_CHECKING:
    from hwsolve.kinds.backprop.problem import Problem

FLOAT_ABOVE = 10**7  # element operations
MOST_ANSWERED = 100_000  # elements of a quantity that nobody asked for


def worked_out(problem: Problem) -> Solution:
    """The solution at the precision that is set."""
    return NetworkPage(problem, problem.prepared).solution()


class NetworkPage:
    """Runs a computation and writes its sections one after the other."""

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
        self.sections: list[Step] = []
        self.answers: dict[str, Answer] = {}
        self.left_out: list[Message] = []
        self.named = [one for key in (*problem.expect, *problem.published) for one in selections(key)]
        self.alone = selections(problem.only) if problem.only is not None else ()

    def solution(self) -> Solution:
        """The document."""
        exact = not self.float64
        trajectory = checked(self.graph, lambda: self.computation.values(exact), self.steps, self.kept(), exact)
        self.ask(trajectory)
        self.start(trajectory)
        for step in sorted(self.passes()):
            self.one_pass(step, trajectory)
        self.outcome(trajectory)
        self.other_answers(trajectory)
        return Solution(
            kind=self.problem.kind,
            title=self.problem.title,
            source=self.problem.source,
            given=tuple(self.writer.given),
            sections=tuple(self.sections),
            answers=dict(sorted(self.answers.items(), key=step_of)),
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

    def ask(self, trajectory: Trajectory) -> None:
        """Find the elements whose lines are asked for; what alone is wanted brings all that it rests on."""
        writer = self.writer
        parts = named(writer, (one for one in self.named if one.ranges), trajectory.kept)
        writer.asked = Asked(parts)
        if asked := named(writer, self.alone, trajectory.kept):
            writer.asked = Asked(needed(writer, trajectory, asked, self.worked()), alone=True)

    # sections

    def section(self, title: Message, lines: list[Line], level: int = 1, **more: Any) -> None:
        """Append a section that has something in it."""
        if lines or more or self.writer.asked.alone:
            self.sections.append(section(title, level, tuple(lines), **more))

    def start(self, trajectory: Trajectory) -> None:
        """Enter the givens, and the network as a table."""
        self.writer.at(0, trajectory)
        for node in self.graph.nodes.values():
            if node.role in ("given", "parameter", "setting") and node.name not in self.graph.selectors:
                self.writer.give(node.name)
        self.sections.append(self.network())

    def network(self) -> Step:
        """The network as a table: what each layer computes."""
        rows: list[tuple[Cell, ...]] = []
        for node in self.nodes("forward", "loss"):
            lhs, rhs = both_sides(self.writer, node)
            rows.append((node.layer, Call("==", (lhs, rhs)), " × ".join(map(str, node.shape)) or "1"))
        columns = (say("layer"), say("computes"), say("shape"))
        table = Table("", columns, tuple(rows))
        lines = tuple(Prose(text) for text in (self.question(), *self.computation.stated))
        return section(say("Network"), lines=lines, tables=(table,), asked=True)

    def question(self) -> Message:
        """What is to be worked out."""
        if self.updates and self.steps == 1:
            return say("Asked: the forward pass, the loss, its gradients, and all values after one update.")
        if self.updates:
            return say(
                "Asked: the forward pass, the loss, its gradients, and the values after {n} updates.", n=self.steps
            )
        if self.graph.loss:
            return say("Asked: the forward pass, the loss, and its gradients.")
        if any(n.role == "gradient" for n in self.graph.nodes.values()):
            return say("Asked: the forward pass, and the gradients of the loss from that of the output.")
        return say("Asked: the forward pass.")

    def nodes(self, *roles: str) -> list[Node]:
        """The nodes of these roles."""
        return [n for n in self.graph.nodes.values() if n.role in roles]

    def one_pass(self, step: int, trajectory: Trajectory) -> None:
        """Forward, loss, backward and update of one step; after the last update only the first two."""
        self.writer.at(step, trajectory)
        in_full = self.worked()
        level = 2 if step in in_full and self.steps > 1 else 1
        if level > 1:
            self.sections.append(section(say("Step {step} of {steps}", step=step + 1, steps=self.steps)))
        forward, loss = headings(step)
        self.section(forward, self.quantities(step, "forward"), level)
        self.section(loss, self.quantities(step, "loss"), level)
        if step not in in_full:
            self.pass_over(step, min((s for s in in_full if s > step), default=step))
            return
        backward = self.quantities(step, "gradient")
        self.section(say("Backward pass"), backward, level)
        self.section(say("Update"), self.quantities(step, "update", "temporary"), level)

    def pass_over(self, step: int, following: int) -> None:
        """Say that the steps between two that are written out go the same way."""
        if following > step:
            text = say("Steps {first} to {last} go the same way.", first=step + 1, last=following)
            self.sections.append(section(say("Further steps"), lines=(Prose(text),)))

    def quantities(self, step: int, *roles: str) -> list[Line]:
        """The lines of all quantities of these roles, each behind its general formula."""
        lines: list[Line] = []
        for node in self.nodes(*roles):
            size = count(node.shape)
            if size > 1:
                lines.append(general(self.writer, node))
            lines.extend(self.writer.lines(node.name, rule_of(node)))
            if not self.writer.is_whole(node):
                lines.append(Prose(say("… and {n} more like it", n=f"{size - self.writer.shown_first:,}")))
                form = matrix_form(self.writer, node)
                lines.extend([form] if form is not None else [])
            lines.extend(self.answer(node, step))
        return lines

    def answer(self, node: Node, step: int) -> Iterator[Line]:
        """Enter a quantity among the answers: whole, or by its elements where these have names.

        Elements of a long quantity that are not written out are carried over.  Of one that would fill the machine,
        only the first few are there, and a note says so, unless the spec names it.
        """
        key = self.writer.key(node.name, ()).name
        main = step in (0, 1, self.steps - 1, self.steps) and self.is_main(node)
        if self.graph.labels[node.name].elements:
            for indices in elements(node.shape):
                self.answers[self.writer.key(node.name, indices).name] = Answer(self.part(node, indices), main)
            return
        size = count(node.shape)
        asked = [one for one in (*self.named, *self.alone) if one.name == key]
        if size > MOST_ANSWERED and all(one.ranges and one.elements(node.shape, 1) for one in asked):
            first = (Selection(key, tuple((i, i) for i in at)) for at in elements(node.shape, FIRST))
            for one in (*first, *asked):
                self.answers[str(one)] = Answer(self.part(node, (), one.ranges))
            what = say("Only {n} of the {size} elements of `{key}` are among the answers.", n=FIRST, size=size, key=key)
            self.left_out.append(what)
            return
        if not (self.writer.is_whole(node) or self.writer.asked.alone):
            yield from self.writer.carry({self.writer.key(node.name, i): (node.name, i) for i in elements(node.shape)})
        self.answers[key] = Answer(self.part(node, ()), main)

    def is_main(self, node: Node) -> bool:
        """Whether a quantity is a final number: the output, the losses, new values, or gradients without them.

        Gradients are those of what the problem states: parameters and inputs.
        """
        if node.role == "gradient":
            stated = node.of in self.graph.nodes and self.graph.nodes[node.of].role in ("given", "parameter")
            return not self.updates and stated
        return node.role in ("loss", "update") or node.name == self.graph.output

    def part(self, node: Node, indices: tuple[int, ...], ranges: Ranges = ()) -> Any:
        """The part of an array behind some leading indices, as nested tuples of quantities; of its axes, the ranges."""
        if len(indices) == len(node.shape):
            return self.writer.shown(node.name, indices)
        first, last = ranges[0] if ranges else (1, None)
        axis = range(first, min(last or node.shape[len(indices)], node.shape[len(indices)]) + 1)
        parts = tuple(self.part(node, (*indices, k), ranges[1:]) for k in axis)
        return parts[0] if first == last else alike(parts, self.writer.digits)

    def outcome(self, trajectory: Trajectory) -> None:
        """Whether the loss fell, the losses of all steps, and their curve."""
        losses = trajectory.losses
        if not self.updates or not losses or self.graph.nodes[self.graph.loss].shape:
            return
        name = self.graph.loss
        digits = self.writer.digits
        shown = [quantity(v, digits) for v in losses]
        lines: list[Line] = []
        start = self.writer.key(name, (), 0)
        keys = [start, *[Ref(f"{start.name}@{k}") for k in range(1, len(losses))]]
        for k, key in enumerate(keys):
            if key not in self.writer.known:
                self.writer.known[key] = (name, ())
                lines.append(Carried(key, shown[k], numbers.full(losses[k])))
                self.answers[key.name] = Answer(shown[k])
        ends = (Stage("=", keys[0]), stage_of(shown[0]), Stage("→", keys[-1]), stage_of(shown[-1]))
        lines.append(Prose(verdict(trajectory, self.graph.parameters), ends))
        more: dict[str, Any] = {}
        if self.steps > 1:
            rows = tuple((k, q) for k, q in enumerate(shown))
            symbol = self.graph.labels[name].symbol
            more["tables"] = (Table(say("The loss at every step"), (say("updates"), symbol), rows),)
            ys = heights(losses)
            if ys:
                xs = tuple(map(float, range(len(ys))))
                more["figures"] = (Curve(say("Loss"), say("updates"), symbol, xs, ((symbol, ys),)),)
        self.section(say("Result"), lines, **more)

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
            lines.extend(self.answer(node, step))
        self.section(say("Other steps"), lines)

    # notes

    def notes(self) -> list[Note]:
        """What a reader must know to read the numbers."""
        notes = [Note("warning", text) for text in self.computation.warnings]
        remarks = (*self.computation.remarks, *self.writer.remarks.values(), *self.left_out)
        notes += [Note("info", text) for text in remarks]
        if self.float64:
            notes.append(Note("warning", say("Computed in float64: the printed digits are not proven.")))
        return notes


def stage_of(q: Quantity) -> Stage:
    """A value behind its relation."""
    return Stage(q.relation, put_in(q))


def rule_of(node: Node) -> Message | str:
    """The rule behind the lines of a quantity."""
    if node.role == "gradient":
        return say("chain rule through {layer}", layer=node.layer)
    return node.layer if node.role == "forward" else ""
