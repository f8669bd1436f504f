"""The page of a worksheet: its formulas with their numbers, one after the other, and the gradient from the end back."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve.formula.tree import ZERO, Call, Formula, Number, Ref, transform
from hwsolve.formula.whole_arrays import whole
from hwsolve.graph.differentiate import gradients_of
from hwsolve.graph.elements import elements
from hwsolve.graph.explain.circuit import circuit
from hwsolve.graph.graph import Node
from hwsolve.graph.run import Trajectory
from hwsolve.kinds.backprop.asked import keys_of
from hwsolve.kinds.backprop.drawn import wanted_circuit
from hwsolve.kinds.backprop.given_letters import functions
from hwsolve.kinds.backprop.local_names import short_names
from hwsolve.kinds.backprop.page import NetworkPage
from hwsolve.language import Message, say
from hwsolve.quantities import alike
from hwsolve.solution import Detail, Form, Group, Item, Sentence, Solution, Stage, Step, Table, Value

if TYPE_CHECKING:
    from hwsolve.kinds.worksheet.points import Points
    from hwsolve.kinds.worksheet.problem import Problem

FEW_NODES = 14  # quantities of a circuit that is drawn on the page


def worked_out(problem: Problem) -> Solution:
    """The solution at the precision that is set."""
    return WorksheetPage(problem, problem.prepared).solution()


class WorksheetPage(NetworkPage):
    """Writes the steps of a worksheet; `top` is the quantity whose gradient is written."""

    top = ""

    def network(self) -> Step:
        """What is asked, and what the functions are."""
        return Step("", (Sentence(self.question()), *functions(self.writer)), part="statement")

    def posed(self) -> tuple[Step, ...]:
        """The definitions as they are typed, and the points."""
        left = [self.renamed(Ref(one.name, tuple(map(Ref, one.left)))) for one in self.problem.define]
        right = [self.in_names(one.formula) for one in self.problem.define]
        forms = tuple(Form((Stage("", a), Stage("=", b))) for a, b in zip(left, right, strict=True))
        items: list[Item] = [Group(forms)]
        if self.points is not None:
            names = self.points.columns
            heads = tuple(say("{formula}", formula=self.called(name)) for name in names)
            rows = tuple(zip(*names.values(), strict=True))
            items += [Sentence(say("At each of these points:")), Table("", heads, rows)]
        return (Step(say("Formulas"), tuple(items), part="question"),)

    @property
    def tops(self) -> tuple[str, ...]:
        """The quantities whose gradients are asked."""
        return self.graph.heads or ((self.graph.loss,) if self.graph.loss else ())

    def nodes(self, *roles: str) -> list[Node]:
        """The nodes of these roles; of gradients those of the quantity that is written of."""
        found = super().nodes(*roles)
        if roles != ("gradient",) or not self.top:
            return found
        own = {*gradients_of(self.graph, self.top).values()}
        return [node for node in found if node.name in own]

    def drawing(self) -> list[Item]:
        """The circuit of a small worksheet, or where it is wanted, values and gradients beside its quantities."""
        if self.problem.figure is not None:
            return wanted_circuit(self.problem, self.writer)
        small = all(not node.shape for node in self.graph.nodes.values()) and len(self.graph.nodes) <= FEW_NODES
        drawn = circuit(self.writer, True) if small else None
        return [drawn] if drawn is not None else []

    def question(self) -> Message:
        """What is to be worked out."""
        names = tuple(map(self.as_written, self.wanted()))
        if self.tops:
            tops = tuple(Ref(self.graph.symbol(name)) for name in self.tops)
            by = tuple(
                self.as_written(n) for n in self.nodes("given") if self.graph.symbol(n.name) in (self.problem.wrt or ())
            )
            if by and len(tops) > 1:
                return say("Asked: {names}, and the gradients of {f} by {by}.", names=names, f=tops, by=by)
            if by:
                return say("Asked: {names}, and the gradient of {f} by {by}.", names=names, f=tops, by=by)
            if len(tops) > 1:
                return say("Asked: {names}, and the gradients of {f}.", names=names, f=tops)
            return say("Asked: {names}, and the gradient of {f}.", names=names, f=tops)
        return say("Asked: {names}.", names=names)

    @cached_property
    def short(self) -> dict[str, str]:
        """What is written in place of names."""
        return short_names(self.graph)

    def called(self, name: str, at: tuple[Number, ...] = ()) -> Formula:
        """A quantity by its name; where each point has a value, as the lines write it, without the point."""
        short = self.short.get(name) if self.points is not None else None
        return Ref(short or name, at) if at or short or self.points is None else whole(name)

    def in_names(self, f: Formula) -> Formula:
        """A definition in the names of the page."""
        return f if self.points is None else transform(f, self.renamed)

    def renamed(self, node: Formula) -> Formula:
        """A quantity as a whole by its name; anything else as it is."""
        known = {one.name for one in self.problem.define} | set(self.points.columns if self.points else ())
        return self.called(node.name) if isinstance(node, Ref) and not node.indices and node.name in known else node

    def as_written(self, node: Node) -> Formula:
        """A quantity as its lines write it: an array as a whole."""
        name = self.graph.symbol(node.name)
        return self.called(name) if self.points or not node.shape else whole(name)

    def wanted(self) -> list[Node]:
        """The quantities that are defined, without the parts that only have a name here."""
        defined = {one.name for one in self.problem.define}
        return [node for node in self.nodes("forward") if self.graph.symbol(node.name) in defined]

    def one_pass(self, step: int, trajectory: Trajectory) -> None:
        """The definitions and the gradient; of several points all in a table, and one of them worked out."""
        self.writer.at(step, trajectory)
        if self.points is not None:
            self.add(say("All points"), [self.table()])
        forward: list[Item] = self.quantities(step, "forward")
        if self.points is not None:
            forward.insert(0, Sentence(self.place()))
        self.add(say("The formulas, one after the other"), forward)
        for name in self.tops:
            self.top = name
            slopes = self.quantities(step, "gradient")
            drawn = self.drawing() if slopes and name == self.graph.loss else []
            top = Ref(self.graph.symbol(name))
            self.add(say("The gradient of {f}, from the end back", f=top), [*slopes, *drawn])
        self.top = ""
        if not self.tops and self.problem.figure is not None:
            self.add(say("The circuit"), self.drawing())

    # several points

    @property
    def points(self) -> Points | None:
        """The points, if there are several."""
        found: Points | None = self.problem.at
        return found

    @property
    def chosen(self) -> int:
        """The point that is worked out: the first of those with the fewest zeros."""
        assert self.points is not None
        rows = list(zip(*self.points.columns.values(), strict=True))
        zeros = [sum(x == ZERO for x in row) for row in rows]
        return zeros.index(min(zeros)) + 1

    def place(self) -> Message:
        """Which point is worked out."""
        k, points = self.chosen, self.points
        assert points is not None
        at = tuple(Call("==", (Ref(name, (Number(k),)), values[k - 1])) for name, values in points.columns.items())
        return say("Worked out at point {k} of {n}: {at}.", k=k, n=points.count, at=at)

    def at_points(self, node: Node) -> bool:
        """Whether a quantity has a value for each point: it reads a name that the points have."""
        of = self.graph.nodes.get(node.of, node)
        if self.points is None or of.role == "given":
            return self.points is not None and self.graph.symbol(of.name) in self.points.columns
        return any(self.at_points(self.graph.nodes[name]) for name in of.inputs)

    def groups_of(self, run: list[Node], every: list[list[Node]], detail: Detail) -> list[Item]:
        """A quantity with a value for each point at one of them; the lines of the others stand aside."""
        node = run[0]
        if not self.at_points(node) or self.writer.asked.alone:
            return super().groups_of(run, every, detail)
        k, lines = self.chosen, list(self.writer.lines(node.name))
        shown = [line for line in lines if isinstance(line, Value) and line.key.indices[0] == Number(k)]
        aside = [msgspec.structs.replace(x, aside=True) if isinstance(x, Value) else x for x in lines if x not in shown]
        at = [place for place in elements(node.shape) if place[0] == k]
        why = self.groups.branches(node, at=at) or self.groups.rule(node)
        return [Group((*shown, *aside), why, 0, detail=detail)] if shown else [Group(tuple(lines), detail=detail)]

    def outcome(self, trajectory: Trajectory) -> None:
        """Nothing follows."""

    def table(self) -> Table:
        """A row for each point, a column for each quantity that is a number there; each column in one form."""
        assert self.points is not None
        count, columns = self.points.count, self.points.columns
        given = [n for n in self.nodes("given") if self.graph.symbol(n.name) in columns]
        shown = [*given, *(n for n in self.nodes("forward") if self.at_points(n))]
        shown += [n for n in self.slopes() if self.at_points(n)]
        parts = [(n, at) for n in shown for at in elements(n.shape[1:])]
        heads = tuple(
            say("{formula}", formula=self.called(self.graph.symbol(n.name), tuple(map(Number, at)))) for n, at in parts
        )
        found = [
            alike(tuple(self.writer.shown(n.name, (k, *at)) for k in range(1, count + 1)), self.writer.digits)
            for n, at in parts
        ]
        return Table("", heads, tuple(zip(*found, strict=True)))

    def is_main(self, node: Node) -> bool:
        """Whether a quantity is one that the worksheet asks for, and no table has it."""
        if self.at_points(node):
            return False
        return node.role == "forward" or (node.role == "gradient" and self.graph.nodes[node.of].role == "given")

    def slopes(self) -> list[Node]:
        """The gradients by what is given, in the order in which both are stated."""
        every = [gradients_of(self.graph, top) for top in self.tops]
        given = [n.name for n in self.nodes("given")]
        return [self.graph.nodes[found[of]] for found in every for of in given if of in found]

    def asked_for(self, found: dict[str, Any]) -> tuple[str, ...]:
        """The definitions, and the gradient by what is given."""
        wanted = [*self.wanted(), *self.slopes()]
        wanted = [n for n in wanted if not self.at_points(n)]  # the table has these
        keys = [key for node in wanted for key in keys_of(self.writer, node.name, 0)]
        return tuple(k for k in dict.fromkeys(keys) if k in found)
