"""The groups of sequences: what holds at every step once, then one group of lines for each step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from hwsolve.formula.tree import Formula, Number, Ref
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.elements import count
from hwsolve.graph.explain.array_forms import values
from hwsolve.graph.explain.groups import Groups
from hwsolve.graph.explain.lines import Writer
from hwsolve.graph.explain.matrix_lines import FEW
from hwsolve.graph.explain.over_time import beside, form_of, text_of, time_letter
from hwsolve.graph.explain.room import EVERY, WRITTEN
from hwsolve.graph.graph import Graph, Node
from hwsolve.graph.operation import Operation
from hwsolve.graph.stack import begins, is_stack
from hwsolve.language import Message, say
from hwsolve.solution import Carried, Detail, Form, Group, Item, Line, Sentence, Stage, Text

SHOWN = 2  # steps of a sequence that are on the page
Step = tuple[str, str, int]


def bundles(graph: Graph, nodes: Iterable[Node]) -> list[list[Node]]:
    """Quantities in their order; those of one step of a cell stand together, where its first one stands."""
    found: list[list[Node]] = []
    steps: dict[Step, list[Node]] = {}
    for node in nodes:
        label, of = graph.labels[node.name], graph.nodes.get(node.of, node)
        if label.time is None:
            found.append([node])
            continue
        key = (of.layer, label.cell, label.time)
        if key not in steps:
            found.append(steps.setdefault(key, []))
        steps[key].append(node)
    return found


class Steps(NamedTuple):
    """The steps of a cell in the order in which they are written, and where each stands."""

    runs: list[list[Node]]
    places: dict[int, int]


class TimeGroups(Groups):
    """Writes the groups of the steps of sequences."""

    def __init__(self, writer: Writer) -> None:
        super().__init__(writer)
        self.stood: set[str] = set()  # the forms that the reader has seen
        self.made: dict[str, tuple[str, Form]] = {}  # the forms by node
        self.alike: dict[Any, tuple[str, Form]] = {}  # the same, by what is alike at every step
        self.of_cells: tuple[list[list[Node]], dict[tuple[str, str] | None, Steps]] | None = None
        self.several = any((label.time or 0) > 1 for label in writer.graph.labels.values())
        self.before: dict[tuple[str, str] | None, int] = {}  # steps right before that went the same way, by cell

    def of_run(self, run: list[Node], every: list[list[Node]], detail: Detail) -> Iterator[Item]:
        """The groups of one step, or of a quantity that has none; `every`: all that is written in this pass."""
        if self.cell(run) is None:
            yield from self.of(run[0], detail)
            return
        place, folded = self.folded(run, every)
        folded = folded and detail == "page"
        if folded and place == 0:
            yield Sentence(same_way(self.time(run), self.last_alike(run, every)), "short")
        new = self.new(run)
        self.stood |= {text for text, _, _ in new}
        yield from self.forms(new, run, detail)
        yield from self.of_step(run, "full" if folded else detail)

    def folded(self, run: list[Node], every: list[list[Node]]) -> tuple[int, bool]:
        """Whether a step goes as those before it, and how many that do stand right before it."""
        place = self.steps(run, every).places.get(id(run), 0)
        if place < SHOWN or self.new(run):
            self.before[self.cell(run)] = 0
            return 0, False
        count_before = self.before.get(self.cell(run), 0)
        self.before[self.cell(run)] = count_before + 1
        return count_before, True

    def last_alike(self, run: list[Node], every: list[list[Node]]) -> int:
        """The last of the steps from this one on of which nothing else is to be said."""
        steps = self.steps(run, every)
        last = run
        for other in steps.runs[steps.places.get(id(run), 0) :]:
            if self.new(other):
                break
            last = other
        return self.time(last)

    def new(self, run: list[Node]) -> list[tuple[str, Form, Node]]:
        """The forms of a step that did not stand before, as texts too."""
        made = []
        for node in run if run[0].role == "gradient" or not self.is_start(run) else ():
            if node.name not in self.made:
                likeness = shape_in_time(self.writer.graph, node)
                if likeness not in self.alike:
                    form = form_of(self.writer, node)
                    self.alike[likeness] = text_of(form), form
                self.made[node.name] = self.alike[likeness]
            text, form = self.made[node.name]
            if text not in self.stood:
                made.append((text, form, node))
        return made

    def time(self, run: list[Node]) -> int:
        """Which step it is."""
        return self.writer.graph.labels[run[0].name].time or 0

    def steps(self, run: list[Node], every: list[list[Node]]) -> Steps:
        """The steps of the same cell."""
        if self.of_cells is None or self.of_cells[0] is not every:
            self.of_cells = every, {}
            for other in every:
                if not self.is_start(other):
                    known = self.of_cells[1].setdefault(self.cell(other), Steps([], {}))
                    known.places[id(other)] = len(known.runs)
                    known.runs.append(other)
        return self.of_cells[1].get(self.cell(run)) or Steps([], {})

    def is_start(self, run: list[Node]) -> bool:
        """Whether these are states before the first step, or gradients of such."""
        return begins(self.writer.graph, run[0])

    def cell(self, run: list[Node]) -> tuple[str, str] | None:
        """The layer and the cell of a step; None of what is none."""
        graph, node = self.writer.graph, run[0]
        label = graph.labels[node.name]
        return None if label.time is None else (graph.nodes.get(node.of, node).layer, label.cell)

    def forms(self, new: list[tuple[str, Form, Node]], run: list[Node], detail: Detail) -> Iterator[Group]:
        """What holds at every step; of the gradient of a single unit its line says it."""
        shown: list[tuple[Form, Node]] = []
        for _, form, node in new:
            alone = count(node.shape[self.writer.graph.labels[node.name].lead :]) == 1
            if not alone or (node.role != "gradient" and beside(self.writer, node)):
                shown.append((form, node))
        if run[0].role == "gradient":
            yield from (Group((form,), self.readers(node), detail=detail) for form, node in shown)
        elif shown:
            yield Group(tuple(form for form, _ in shown), self.every_step(shown), detail=detail)

    def every_step(self, new: list[tuple[Form, Node]]) -> Text:
        """That forms hold at every step, where they are those of all."""
        letter = time_letter(self.writer)
        of_all = any(letter in getattr(form.links[0].formula, "indices", ()) for form, _ in new)
        return say("at every step {t}", t=letter) if of_all else ""

    def readers(self, node: Node) -> Message | str:
        """What reads a quantity of a step, by name."""
        graph = self.writer.graph
        names: dict[Formula, None] = {}
        for term in node.terms:
            through = is_stack(graph, term.output) and term.upstream in graph.nodes
            ends = [t.output for t in graph.nodes[term.upstream or ""].terms] if through else [term.output]
            names |= {self.reader(end): None for end in ends if not is_stack(graph, end)}
        return say("through {readers}", readers=tuple(names)) if names else ""

    def of_step(self, run: list[Node], detail: Detail) -> Iterator[Group]:
        """The lines of the step, those of long quantities behind their values."""
        lines: list[Line] = []
        carried: list[Line] = []
        for node in run:
            size = count(node.shape)
            of_node = list(self.writer.lines(node.name, EVERY if size <= FEW or self.writer.asked.alone else 1))
            carried += [line for line in of_node if isinstance(line, Carried)]
            rest = [line for line in of_node if not isinstance(line, Carried)]
            if FEW < size <= WRITTEN and rest and not self.writer.asked.alone:
                lines += self.units(node)
            lines += rest
        if carried:
            yield Group(tuple(carried), detail=detail)
        if not self.several and run[0].role == "forward" and len(lines) == len(run):  # as in any other network
            yield from (Group((line,), detail=detail) for line in lines)
        elif lines:
            start = self.is_start(run)
            step = say("step {t}", t=self.time(run)) if self.several else ""
            yield Group(tuple(lines), self.readers(run[0]) if start else step, detail=detail)

    def units(self, node: Node) -> list[Line]:
        """All units of a step together."""
        label = self.writer.graph.labels[node.name]
        if label.lead:
            return []
        relation, found = values(self.writer, node)
        key = Ref(self.writer.key(node.name, ()).name, (Number(label.time or 0),))
        return [Form((Stage("", key), Stage(relation, found)))]


def shape_in_time(graph: Graph, node: Node) -> Any:
    """What a step has in common with every other that is worked out as it is, from quantities as far back."""
    here = graph.labels[node.name].time or 0

    def place(name: str | None) -> Any:
        label = graph.labels.get(name or "")
        if label is None or label.time is None:
            return name
        return graph.nodes[name or ""].role, label.symbol, label.cell, label.time - here, graph.nodes[name or ""].shape

    def kind(operation: Operation | None) -> Any:
        if not isinstance(operation, ByFormula):
            return operation
        numbers = tuple((k, n - here if k == "S" else n) for k, n in operation.numbers)
        return msgspec.structs.replace(operation, numbers=()), numbers

    label = graph.labels[node.name]
    terms = [
        (kind(t.operation), t.slot, place(t.upstream), place(t.output), tuple(map(place, t.inputs))) for t in node.terms
    ]
    of = graph.nodes[node.name].layer, node.role, label.symbol, label.cell, label.lead, node.shape
    return of, kind(node.operation), tuple(map(place, node.inputs)), tuple(terms)


def same_way(first: int, last: int) -> Message:
    """That further steps are like those that stand there."""
    if first == last:
        return say("Step {n} goes the same way.", n=first)
    return say("Steps {first} to {last} go the same way.", first=first, last=last)
