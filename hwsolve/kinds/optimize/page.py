"""The page of an optimize problem: objective, gradient and update of each step, and a table of all steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve import numbers
from hwsolve.figures import Curve
from hwsolve.formula.tree import Ref
from hwsolve.formula.whole_arrays import whole
from hwsolve.graph.elements import count, elements
from hwsolve.graph.graph import Node
from hwsolve.graph.label import Called
from hwsolve.graph.run import Trajectory
from hwsolve.graph.update import called
from hwsolve.kinds.backprop.asked import keys_of
from hwsolve.kinds.backprop.given_letters import given_letters
from hwsolve.kinds.backprop.optimizer_letters import optimizer_letters
from hwsolve.kinds.backprop.outcome import compared, unchanged
from hwsolve.kinds.backprop.page import NetworkPage
from hwsolve.kinds.backprop.posed import counting_forms
from hwsolve.kinds.backprop.steps import MANY, heights
from hwsolve.language import Message, say
from hwsolve.quantities import quantity
from hwsolve.solution import Answer, Carried, Group, Item, Line, Sentence, Solution, Step, Table

if TYPE_CHECKING:
    from hwsolve.kinds.optimize.problem import Problem

ROWS = 50  # of the table of a long run
OBJECTIVE = Called(say("the objective"))
COLUMNS = 8  # elements of parameters in the table


def worked_out(problem: Problem) -> Solution:
    """The solution at the precision that is set."""
    return OptimizePage(problem, problem.prepared).solution()


class OptimizePage(NetworkPage):
    """Writes the steps of an optimizer."""

    def network(self) -> Step:
        """What is asked, and what else is stated."""
        letters = (*given_letters(self.writer, OBJECTIVE), *optimizer_letters(self.graph, self.problem.optimizer))
        stated = [*letters, *map(Sentence, self.computation.stated)]
        if self.steps > 1:
            stated.append(Sentence(self.step_numbers()))
        return Step("", (Sentence(self.question()), *stated), part="statement")

    def question(self) -> Message:
        """What is to be worked out."""
        names = tuple(self.written(n) for n in (*self.graph.parameters, *self.results()))
        if self.graph.loss:
            f = Ref(self.graph.symbol(self.graph.loss))
            if self.steps == 1:
                return say("Asked: {names} after one update, and {f} before and after it.", names=names, f=f)
            return say(
                "Asked: {names} after {n} updates, and {f} before and after them.",
                names=names, f=f, n=f"{self.steps:,}",
            )  # fmt: skip
        if self.steps == 1:
            return say("Asked: {names} after one update.", names=names)
        return say("Asked: {names} after {n} updates.", names=names, n=f"{self.steps:,}")

    def results(self) -> list[str]:
        """What comes out beside the parameters, as their averages."""
        graph, wanted = self.graph, self.problem.optimizer.RESULTS
        return [n.name for n in graph.nodes.values() if n.role == "state" and called(graph, n) in wanted]

    def asked_for(self, found: dict[str, Any]) -> tuple[str, ...]:
        """The same, with these behind the parameters."""
        keys = super().asked_for(found)
        own = [k for n in self.results() for k in keys_of(self.writer, n, self.steps) if k in found]
        behind = sum(1 for n in self.graph.parameters for k in keys_of(self.writer, n, self.steps) if k in keys)
        return (*keys[:behind], *own, *keys[behind:])

    def written(self, name: str) -> Any:
        """A quantity as a whole."""
        symbol = self.graph.symbol(name)
        return whole(symbol) if self.graph.nodes[name].shape else Ref(symbol)

    def nodes(self, *roles: str) -> list[Node]:
        """The nodes of these roles; gradients in the order of the parameters, as none of them reads another."""
        found = super().nodes(*roles)
        order = list(self.graph.parameters)
        return sorted(found, key=lambda n: order.index(n.of)) if roles == ("gradient",) else found

    def rows(self) -> list[int]:
        """The steps of the table: all of them, or so many that it can be read."""
        apart = 1 if self.steps <= MANY else -(-self.steps // ROWS)
        return [*range(0, self.steps, apart), self.steps]

    def kept(self) -> set[int]:
        """Those of the table too."""
        return super().kept() | set(self.rows())

    def one_pass(self, step: int, trajectory: Trajectory) -> None:
        """Objective, gradient and update of one step; after the last update the objective alone."""
        self.writer.at(step, trajectory)
        in_full, several = self.worked(), self.steps > 1
        forward = self.quantities(step, "loss")
        if step not in in_full:
            after = say("After the update") if step == 1 else say("After {n} updates", n=step)
            self.add(after, [*forward, *self.comparison(step, trajectory)])
            return
        level = 2 if several else 1
        if several:
            self.pass_over(step)
            self.sections.append(Step(say("Step {step} of {steps}", step=f"{step + 1:,}", steps=f"{self.steps:,}")))
        if self.graph.loss:
            self.add(say("The objective"), forward, level)
            self.add(say("The gradient"), self.quantities(step, "gradient"), level)
        self.add(say("Update"), [*counting_forms(self, step), *self.quantities(step, "update", "temporary")], level)

    def comparison(self, step: int, trajectory: Trajectory) -> Iterator[Item]:
        """Whether the objective fell."""
        if step == self.steps and trajectory.losses:
            first, last = (self.writer.key(self.graph.loss, (), s) for s in (0, step))
            same = unchanged(trajectory, self.graph.parameters)
            losses, digits = trajectory.losses, self.writer.digits
            for item in compared(first, last, losses, self.answers, digits, same, objective=True):
                aside = item.detail == "page" and step not in self.shown
                yield msgspec.structs.replace(item, detail="full") if aside else item

    def outcome(self, trajectory: Trajectory) -> None:
        """The table of all steps, and the curve of the objective."""
        shown = self.columns()
        lines, rows = self.table(trajectory, shown)
        items: list[Item] = [Group(tuple(lines), detail="data")] if lines else []
        columns = [say("updates"), *(say("{formula}", formula=self.head(*one)) for one in shown)]
        if self.steps > 1 and (shown or self.graph.loss):
            if self.graph.loss:
                columns.append(say("{formula}", formula=Ref(self.graph.symbol(self.graph.loss))))
            items.append(Table("", tuple(columns), tuple(rows)))
            symbol = self.graph.symbol(self.graph.loss) if self.graph.loss else ""
            if ys := heights(trajectory.losses):
                xs = tuple(map(float, range(len(ys))))
                items.append(Curve(say("The objective"), say("updates"), symbol, xs, ((symbol, ys),)))
        self.add(say("All steps"), items)

    def columns(self) -> list[tuple[str, tuple[int, ...]]]:
        """The elements of parameters in the table; none where there are too many."""
        every = [(n, at) for n in self.graph.parameters for at in elements(self.graph.nodes[n].shape)]
        return every if len(every) <= COLUMNS else []

    def head(self, name: str, at: tuple[int, ...]) -> Any:
        """The head of a column."""
        return (
            Ref(self.graph.symbol(name)) if count(self.graph.nodes[name].shape) == 1 else self.writer.key(name, at, 0)
        )

    def table(
        self, trajectory: Trajectory, shown: list[tuple[str, tuple[int, ...]]]
    ) -> tuple[list[Line], list[tuple[Any, ...]]]:
        """Its rows, and the lines that carry what nothing wrote."""
        lines: list[Line] = []
        rows: list[tuple[Any, ...]] = []
        for step in self.rows():
            self.writer.at(step, trajectory)
            cells: list[Any] = [step]
            for name, at in shown:
                lines += self.writer.carry({self.writer.key(name, at): (name, at)})
                cells.append(self.writer.shown(name, at))
            for name in dict.fromkeys(name for name, _ in shown):
                lines += self.entering.enter(self.graph.nodes[name], self.answers)
            if self.graph.loss:
                lines += self.objective(step, trajectory)
                cells.append(quantity(trajectory.losses[step], self.writer.digits))
            rows.append(tuple(cells))
        return lines, rows

    def objective(self, step: int, trajectory: Trajectory) -> Iterator[Line]:
        """Its value at a step, carried where nothing wrote it."""
        name, value = self.graph.loss, trajectory.losses[step]
        key, shown = self.writer.key(name, (), step), quantity(value, self.writer.digits)
        if key not in self.writer.known:
            self.writer.known[key] = (name, ())
            yield Carried(key, shown, numbers.full(value))
            self.answers[key.name] = Answer(shown)

    def is_main(self, node: Node) -> bool:
        """Whether a quantity is a final number: the objective and new values of parameters."""
        if self.writer.step not in (0, 1, self.steps - 1, self.steps):
            return False
        return node.role == "loss" or (node.role == "update" and node.follows in self.graph.parameters)
