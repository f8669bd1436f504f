"""The case with numbers on the page of one layer: the index formula against the gradients that the array code gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hwsolve.counting import taken
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Formula, Ref, call, references, substitute
from hwsolve.formula.whole_arrays import whole
from hwsolve.graph.elements import elements
from hwsolve.graph.explain.array_forms import values
from hwsolve.kinds.backprop.page import NetworkPage
from hwsolve.kinds.convolution.build import PreparedLayer
from hwsolve.kinds.convolution.by_definition import by_definition
from hwsolve.kinds.convolution.in_front import Before
from hwsolve.kinds.convolution.passing import Passing
from hwsolve.kinds.convolution.recursion import Recursion
from hwsolve.kinds.convolution.telling import Telling
from hwsolve.kinds.convolution.tried import Given, sizes_of_case, tried
from hwsolve.kinds.convolution.wording import by
from hwsolve.kinds.convolution.worked import as_form, chosen_sum, outside, telling_place, windows_at
from hwsolve.language import say
from hwsolve.layers.activation import ReLU
from hwsolve.layers.correlation import Correlation
from hwsolve.layers.pooling_operations import Pooled
from hwsolve.solution import Item, Value

CHECKED = 64  # elements at which the index formula is compared with the numbers


class CasePage(NetworkPage):
    """Holds the formulas against numbers, and writes both."""

    prepared: PreparedLayer
    recursion: Recursion
    passing: Passing
    telling: Telling
    before: Before | None
    compared = 0

    def followed(self) -> dict[str, Formula]:
        """The gradients that the formulas give, by their nodes: of what the layer reads, and of z in front of f."""
        f, read = self.recursion.recursion, self.graph.nodes[self.graph.output].inputs[0]
        found = {read: f}
        if self.before:
            z = self.graph.nodes[read].inputs[0]
            at = Ref(self.graph.symbol(z), self.recursion.element().indices)
            slope = self.before.slope if self.before.function is not None else parse(ReLU.slope)
            found[z] = call("*", substitute(slope, {"z": at, "x": at}), f)
        return {n.name: found[n.of] for n in self.nodes("gradient") if n.of in found}

    def tried(self) -> Iterator[Item]:
        """The case with numbers that the formulas were held against: the numbers they read, and what they give."""
        sizes = [taken(Ref(name), n) for name, n in sorted(self.prepared.sizes.items())]
        if self.before and self.before.function is None:
            sizes.append(taken(Ref(self.before.name), Ref("ReLU")))
        graph, followed = self.graph, self.followed()
        read = {ref.name for f in followed.values() for ref in references(f)}
        chosen = [self.given(name) for name in graph.nodes if name in graph.chosen and graph.symbol(name) in read]
        x = graph.nodes[graph.nodes[graph.output].inputs[0]]
        of_map = by(x.shape[-len(self.passing.axes) :])
        of_map = say("{n} cells", n=of_map) if len(self.passing.axes) == 1 else of_map
        found = [self.given(name) for name in followed]
        return tried(tuple(sizes), of_map, chosen, self.forward(read), self.one_cell(list(followed)), found,
                     self.compared, isinstance(self.recursion.operation, Pooled | Correlation))  # fmt: skip

    def forward(self, read: set[str]) -> list[Given]:
        """What the layer, and the activation in front of it, make of numbers that the formulas read."""
        graph = self.graph
        start = next(name for name, node in graph.nodes.items() if node.of == "input")
        made = [node.name for node in graph.nodes.values() if node.role == "forward"]
        return [self.given(name) for name in made] if graph.symbol(start) in read else []

    def one_cell(self, followed: list[str]) -> Iterator[Item]:
        """The formulas at one cell: the windows that cover it, and what they pass on."""
        writer, graph, read = self.writer, self.graph, followed[0]
        lines = {line.key: line for step in self.sections for line in step.lines if isinstance(line, Value)}
        upstream = next(n.name for n in graph.nodes.values() if n.of == "upstream")
        marked = self.passing.told and self.passing.marked
        at = telling_place(writer, followed, upstream, lines, elements(graph.nodes[read].shape, CHECKED))
        if at is None or not self.passing.told:
            return
        x = graph.nodes[read].of
        letters = [i.name for i in self.recursion.element().indices if isinstance(i, Ref)]
        numbers = self.known_sizes() | dict(zip(letters, at, strict=True))
        from_one = bool(self.problem.notation.count_from)
        yield from windows_at(self.passing.windows(), numbers, writer.key(x, at), from_one)
        yield from outside(self.passing, numbers, self.telling.g)
        for name in followed:
            group = chosen_sum(writer, name, at, upstream, graph.output, writer.key(x, at)) if marked else None
            if group is not None:
                yield group
            elif (line := lines.get(writer.key(name, at))) is not None:
                yield as_form(line, self.groups.branches(graph.nodes[name], at=(at,)))
            if name == read:
                yield from by_definition(writer, read, at, upstream, marked)

    def given(self, name: str) -> Given:
        """A quantity with its values."""
        relation, found = values(self.writer, self.graph.nodes[name])
        return whole(self.writer.key(name, ()).name), relation, found

    def compare(self) -> None:
        """The index formulas, evaluated by themselves, give the gradients that the array code gives."""
        read = {self.graph.symbol(n.name): n.name for n in self.graph.nodes.values() if n.role != "update"}
        sizes = self.known_sizes()
        letters = [i.name for i in self.recursion.element().indices if isinstance(i, Ref)]
        for name, f in self.followed().items():
            for indices in elements(self.graph.nodes[name].shape, CHECKED):
                here = sizes | dict(zip(letters, indices, strict=True))

                def look_up(key: str, at: tuple[int, ...], here: dict[str, int] = here) -> Any:
                    if not at and key in here:
                        return here[key]
                    return self.writer.element(read[key], at)

                self.writer.check(self.writer.key(name, indices), self.writer.element(name, indices), f, look_up)
                self.compared += 1

    def known_sizes(self) -> dict[str, int]:
        """The numbers of this case for all names of sizes."""
        nodes, output = self.graph.nodes, self.graph.nodes[self.graph.output]
        shapes = (self.recursion.inputs, nodes[output.inputs[0]].shape), (self.recursion.outputs, output.shape)
        return sizes_of_case(self.prepared.sizes, shapes)
