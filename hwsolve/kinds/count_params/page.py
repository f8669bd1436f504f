"""The counts of a network: one line for each quantity of each layer, and sums along the tree of composites."""

from __future__ import annotations

import msgspec

from hwsolve.derivation.lines import Disagreement
from hwsolve.derivation.size_lines import equal, number_of, of_layer, same, stated, summed, whole_number
from hwsolve.formula.tree import Number, Ref
from hwsolve.kinds.count_params.conventions import conventions
from hwsolve.kinds.count_params.layer_counts import SUMMED, LayerCounts
from hwsolve.kinds.count_params.network_question import posed
from hwsolve.kinds.count_params.partial import AtLeast, Count, free_notes, missing_notes, multiplied, together
from hwsolve.kinds.count_params.stages import staged
from hwsolve.kinds.count_params.table import CountTable, quantities, remarks, sum_of_rows
from hwsolve.kinds.count_params.tree import Node, Tree
from hwsolve.language import Message, say
from hwsolve.layers.base import Layer, Size, StatedMap, factor_text, shape_text, size_text
from hwsolve.layers.items import Item
from hwsolve.layers.merging import MERGED
from hwsolve.sections import grouped
from hwsolve.solution import Answer, Given, Group, Line, Note, Sentence, Solution, Stage, Step, Text, Value

WORDS = {
    "params": say("parameters"),
    "params.trainable": say("trainable parameters"),
    "activations": say("activations"),
    "activations.bytes": say("bytes"),
    "macs": say("multiply-adds"),
    "flops": say("floating-point operations"),
}  # how the totals are called


class Counting(LayerCounts):
    """Writes the lines of a network, from its input to its totals."""

    def solution(self) -> Solution:
        """The whole document."""
        given = self.input()
        self.walk(self.problem.network.items)
        self.grow()
        totals = self.totals()
        free = free_notes(self.nothing) if "macs" in self.asked.shown else []
        return Solution(
            kind=self.problem.kind,
            title=self.problem.title,
            source=self.problem.source,
            given=given,
            sections=(self.statement(), posed(self.problem.network), self.overview(), *self.sections, totals),
            answers=self.answers,
            asked=tuple([key for key in self.asked.totals if key in self.answers]),
            symbols={key: word for key, word in WORDS.items() if key in self.answers},
            partial={key: count.sentence() for key, count in self.partial.items()},
            notes=(
                *(Note("warning", text) for text in self.problem.network.warnings),
                *free,
                *self.notes,
            ),
        )

    def statement(self) -> Step:
        """What is to be counted of which network, by which conventions."""
        found = [say("Asked: the parameters.")]
        if self.asked.activations:
            found = [say("Asked: the parameters, and the values that are stored in a forward pass.")]
        if self.asked.macs or self.asked.flops:
            found = [say("Asked: the parameters, and the multiply-adds of a forward pass.")]
        if self.asked.activations and (self.asked.macs or self.asked.flops):
            found = [say("Asked: the parameters, the values that are stored in a forward pass, and its multiply-adds.")]
        shape = self.problem.network.input
        vector = len(shape) == 1 and not isinstance(shape, StatedMap)
        size = say("{n} values", n=size_text(shape[0])) if vector else shape_text(shape)
        found += [say("The input of the network: {size}.", size=size), *conventions(self.asked)]
        return Step("", tuple(map(Sentence, found)), part="statement")

    def grow(self) -> None:
        """The tree of the network, as its rows stand in the table."""
        self.tree = Tree(self.values | {"flops": self.operations()}, self.terms, quantities(self.asked))
        self.nodes = self.stored_input() + staged(self.tree.nodes(self.problem.network.items))

    def overview(self) -> Step:
        """The table of all layers, and how it is read."""
        table = CountTable(self.nodes, self.tree.quantities)
        made = table.table(self.answers, self.partial)
        said = map(Sentence, remarks(table, list(self.tree.bare)))
        return Step(say("Layer by layer"), (made, *said) if self.nodes else tuple(said))

    def operations(self) -> dict[str, Count]:
        """The floating-point operations of layers: two for each multiply-add."""
        return {path: multiplied(2, count) for path, count in self.values["macs"].items()}

    def stored_input(self) -> list[Node]:
        """The row of the input, where its values count."""
        values, terms = self.values["activations"], self.terms["activations"]
        if not self.asked.activations or "input" not in values:
            return []
        made = {"activations": terms["input"]} if "input" in terms else {}
        return [Node("input", "input", self.problem.network.input, {"activations": values["input"]}, made)]

    def input(self) -> tuple[Given, ...]:
        """The input: its shape is given, and its values are stored."""
        shape = self.problem.network.input
        lines: list[Line] = []
        self.shape_answer("input", shape)
        if self.asked.stored == "cs231n":
            self.activations("input", shape, lines)
            title = say("input: {shape}", shape=shape_text(shape))
            self.sections.append(layer_step(title, of_layer(lines, "input", "input")))
        if isinstance(shape, StatedMap):
            return ()
        sizes = [(whole_number(n), None) if isinstance(n, int) else (None, n) for n in shape]
        return tuple(
            Given(Ref("shape.input", (Number(i),)), quantity, name, (len(shape),), "implied")
            for i, (quantity, name) in enumerate(sizes, 1)
        )

    # the walk

    def walk(self, items: tuple[Item, ...]) -> None:
        """The lines of a sequence."""
        for item in items:
            if item.layer is not None:
                self.leaf(item, item.layer)
            else:
                self.composite(item)

    def leaf(self, item: Item, layer: Layer) -> None:
        """A layer: shape, parameters, activations, multiply-adds."""
        path = item.path
        self.keys |= {wire.name: wire.name for wire in item.outputs}
        lines: list[Line] = []
        self.shape(item, layer, lines)
        self.parameters(item, layer, lines)
        if self.asked.counts_output(layer.CATEGORY):
            self.activations(path, item.output, lines)
        if self.asked.counts_macs(layer.CATEGORY):
            self.macs(item, layer, lines)
        title = say("{name} ({layer}): {before} → {after}", **ends_of(item))
        self.sections.append(layer_step(title, of_layer(lines, item.type, path)))
        for warning in layer.warnings(*item.shapes):
            self.notes.append(Note("warning", say("{layer}: {warning}", layer=path, warning=warning)))

    # composites and totals

    def composite(self, item: Item) -> None:
        """The parts of a composite, then their sums."""
        parts: list[tuple[Size, str]] = []
        for k, branch in enumerate(item.branches):
            often = item.times[k] if item.times else 1
            self.walk(branch.items)
            parts += [(often, inner.path) for inner in branch.items]
        lines: list[Line] = []
        for quantity in SUMMED:
            self.sum(quantity, f".{item.path}", parts, lines)
        if item.type == "residual":  # its shape is that of the body, or of the shortcut beside an empty one
            end = item.branches[0 if item.branches[0].items else -1].end
            self.keys[item.path] = self.keys[end.name]
        elif item.type in MERGED:
            self.joined(item, lines)
        title = say("{name} ({layer}): {before} → {after}", **ends_of(item))
        if item.times and any(n != 1 for n in item.times):
            title = say(
                "{name} ({layer} {times}): {before} → {after}",
                times=" + ".join(f"{factor_text(n)}×" for n in item.times),
                **ends_of(item),
            )
        if lines:
            self.sections.append(layer_step(title, of_layer(lines, item.type, item.path)))

    def sum(self, quantity: str, dotted: str, parts: list[tuple[Size, str]], lines: list[Line]) -> None:
        """A quantity of all parts together; none where no part has it, except that a network's own is 0."""
        values = self.values[quantity]
        held = [(often, path, values[path]) for often, path in parts if path in values]
        if dotted and not held:
            return
        count = values[dotted[1:]] = together(multiplied(often, value) for often, _, value in held)
        if isinstance(count, AtLeast):
            self.partial[quantity + dotted] = count
            return
        terms = [(often, Ref(f"{quantity}.{path}"), v) for often, path, v in held if not isinstance(v, AtLeast)]
        self.answer(quantity + dotted, count)
        shown = quantity in self.asked.shown
        single = dotted != "" and len(terms) == 1 and terms[0][0] == 1  # the line of the one part says it
        aside = not shown or single
        key = Ref(quantity + dotted)
        lines += summed(key, terms, count, aside=aside) if terms else [stated(key, count, aside=aside)]
        if not dotted:
            lines[-1] = self.by_rows(lines[-1], key, count, aside)
        if quantity in ("activations", "macs"):
            self.multiple(quantity, dotted[1:], lines, single)

    def by_rows(self, line: Line, key: Ref, count: Size, aside: bool) -> Line:
        """The line of a total, as the sum of the outermost rows of the table."""
        rows = sum_of_rows(self.nodes, key.name)
        if rows is None:
            return line
        if not isinstance(line, Value):
            return equal(key, rows, count, aside=aside)
        if number_of(rows) != count:
            raise Disagreement(f"{key.name}: the rows give {rows}, all layers {count}")
        return msgspec.structs.replace(line, stages=(Stage("=", rows, own=True),))

    def joined(self, item: Item, lines: list[Line]) -> None:
        """The shape of branches side by side: the channels are summed, the other axes are those of a branch."""
        outs = [branch.end.shape for branch in item.branches]
        ends = [self.keys[branch.end.name] for branch in item.branches]
        self.keys[item.path] = item.path
        self.shape_answer(item.path, item.output)
        for axis, size in enumerate(item.output):
            key = Ref(f"shape.{item.path}", (Number(axis + 1),))
            if axis == 0 and item.type == "concat":
                terms: list[tuple[Size, Ref, Size]] = [
                    (1, Ref(f"shape.{end}", (Number(1),)), out[0]) for end, out in zip(ends, outs, strict=True)
                ]
                lines += summed(key, terms, size)
            else:
                k = next(k for k, out in enumerate(outs) if out[axis] == size)
                lines.append(same(key, Ref(f"shape.{ends[k]}", (Number(axis + 1),)), size))

    def totals(self) -> Step:
        """The sums over the whole network."""
        lines: list[Line] = []
        parts: list[tuple[Size, str]] = [(1, item.path) for item in self.problem.network.items]
        for quantity in SUMMED:
            self.sum(quantity, "", [(1, "input"), *parts] if quantity == "activations" else parts, lines)
        for key in self.asked.totals:
            if key in self.answers:
                self.answers[key] = Answer(self.answers[key].value, True)
        for key, count in list(self.partial.items()):
            quantity, dot, rest = key.partition(".")
            multiple, n = self.multiples[quantity]
            self.partial[multiple + dot + rest] = count.times(n)
        wanted = {key: self.partial[key] for key in self.asked.totals if key in self.partial}
        self.notes += missing_notes(wanted)
        said = [say("{key}: {count}", key=WORDS[key], count=count.sentence()) for key, count in wanted.items()]
        made = of_layer(lines, "network")
        head = next((n for n, line in enumerate(made) if isinstance(line, Value) and line.rule), None)
        reason = "" if head is None else rule_of(made[head])
        return Step(say("Sums"), (Group(made, reason, head), *map(Sentence, said)))


def rule_of(line: Line) -> Text:
    """The reason of a line."""
    return line.rule if isinstance(line, Value) else ""


def layer_step(title: Message, lines: tuple[Line, ...]) -> Step:
    """The lines of a layer, which a short page leaves to the table."""
    groups = [Group(item.lines, item.reason, detail="full") for item in grouped(lines) if isinstance(item, Group)]
    return Step(title, tuple(groups), 2)


def ends_of(item: Item) -> dict[str, str]:
    """A layer, what goes in and what comes out, for a title."""
    before = ", ".join(shape_text(shape) for shape in item.shapes)
    return {"name": item.path, "layer": item.type, "before": before, "after": shape_text(item.output)}
