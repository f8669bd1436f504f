"""The counts of a network: one line for each quantity of each layer, and sums along the tree of composites."""

from __future__ import annotations

import msgspec

from hwsolve.derivation.lines import Disagreement
from hwsolve.derivation.size_lines import equal, number_of, of_layer, stated, summed, whole_number
from hwsolve.formula.tree import Number, Ref
from hwsolve.kinds.count_params.bars import charts
from hwsolve.kinds.count_params.conventions import storage_text
from hwsolve.kinds.count_params.counted import QUANTITIES
from hwsolve.kinds.count_params.counted.activations import of_map
from hwsolve.kinds.count_params.counted.record import Counted
from hwsolve.kinds.count_params.layer_counts import LayerCounts
from hwsolve.kinds.count_params.misfits import misfits, sides_matter, ways
from hwsolve.kinds.count_params.network_question import posed
from hwsolve.kinds.count_params.padding_words import padding_words
from hwsolve.kinds.count_params.partial import AtLeast, free_notes, missing_notes, multiplied, together
from hwsolve.kinds.count_params.peaks import most
from hwsolve.kinds.count_params.problem import Problem
from hwsolve.kinds.count_params.shared_rows import said_shared
from hwsolve.kinds.count_params.short import up_to_shown
from hwsolve.kinds.count_params.stages import staged
from hwsolve.kinds.count_params.stated_keys import layer_words, stage_words
from hwsolve.kinds.count_params.statement import ends_of, layer_step, statement
from hwsolve.kinds.count_params.stored import Stored
from hwsolve.kinds.count_params.table import CountTable, remarks, sum_of_rows
from hwsolve.kinds.count_params.total_groups import total_groups
from hwsolve.kinds.count_params.tree import Tree
from hwsolve.kinds.count_params.type_words import with_words
from hwsolve.kinds.count_params.unfolded import unfolded
from hwsolve.kinds.count_params.wanted import asked
from hwsolve.language import say
from hwsolve.layers.base import Layer, Shape, Size, StatedMap, factor_text, shape_text
from hwsolve.layers.items import Item
from hwsolve.layers.merging import MERGED
from hwsolve.solution import Answer, Given, Line, Note, Quantity, Sentence, Solution, Stage, Step, Value


class Counting(LayerCounts):
    """Writes the lines of a network, from its input to its totals."""

    def __init__(self, problem: Problem, short: bool = False) -> None:
        wanted = up_to_shown(asked(problem), frozenset(problem.expect)) if short else asked(problem)
        stored = wanted.stored == "saved"
        backward, lives = stored or "macs.backward" in wanted.counted, wanted.stored == "peak"
        stores = Stored(fused=wanted.fused) if stored else None
        network = unfolded(problem.network, backward, stores, lives)
        super().__init__(msgspec.structs.replace(problem, network=network), wanted, short)
        self.single = False  # whether the sum written last says what its one part says
        self.records = tuple([QUANTITIES[key] for key in self.asked.counted])
        self.of_leaves = [(r, r.made_of(self.asked)) for r in self.records if r.of is not None or r.layer is not None]

    def solution(self) -> Solution:
        """The whole document."""
        given = self.input()
        self.walk(self.problem.network.items)
        self.grow()
        totals = self.totals()
        free = free_notes(self.nothing) if "macs" in self.asked.shown else []
        stated = self.problem.blocks or not self.short
        alone, *blocks = posed(self.problem.network, self.problem.blocks) if stated else [Step("", part="question")]
        words = {record.key: record.words for record in self.records}
        layers = tuple(self.multiplied.values())
        return Solution(
            kind=self.problem.kind,
            title=self.problem.title,
            source=self.problem.source,
            given=given,
            sections=(
                statement(self.problem.network, msgspec.structs.replace(self.asked, layers=layers)),
                alone,
                self.overview(),
                *blocks,
                *self.sections,
                totals,
            ),
            answers=self.answers,
            asked=tuple([key for key in self.asked.totals if key in self.answers]),
            symbols={key: word for key, word in words.items() if key in self.answers}
            | layer_words(self.problem, words, row_named=self.rows_named)
            | stage_words(self.problem, words, self.stages),
            partial={key: count.sentence() for key, count in self.partial.items()} | self.unanswered,
            notes=(
                *(Note("warning", text) for text in self.problem.network.warnings),
                *free,
                *self.notes,
            ),
        )

    def grow(self) -> None:
        """The tree of the network, as its rows stand in the table."""
        columns = [key for key in self.asked.columns if QUANTITIES[key].total or self.values[key]]
        self.tree = Tree(self.values, self.terms, tuple(columns))
        network = self.problem.network
        self.nodes = self.tree.inputs(network.entries) + staged(self.tree.nodes(network.items))

    def overview(self) -> Step:
        """The table of all layers, and how it is read."""
        table = CountTable(self.nodes, self.tree.quantities)
        made = table.table(self.answers, self.partial)
        self.rows_named, self.stages = table.called, table.stages
        items = self.problem.network.items
        total = self.answers["params"].value if "params" in self.answers else None
        found = misfits(items, self.asked, total.value if isinstance(total, Quantity) else None)
        apart = (with_words(text, table.called) for text in found)
        sizes = padding_words(items, lambda padded: sides_matter(items, padded, self.asked))
        read = remarks(table, *self.tree.without_rows())
        others = said_shared(items) if "params" in self.tree.quantities else ()
        said = map(Sentence, (*read, *others, *sizes, *apart, *ways(items, self.asked)))
        drawn = charts(made, self.tree.quantities) if self.problem.figure == "bars" else ()
        return Step(say("Layer by layer"), (*((made,) if self.nodes else ()), *said, *drawn))

    def input(self) -> tuple[Given, ...]:
        """What comes in: shapes are given, and values are stored."""
        found = (given for key, wire in self.problem.network.entries.items() for given in self.entry(key, wire.shape))
        return tuple(found)

    def entry(self, key: str, shape: Shape) -> tuple[Given, ...]:
        """An input."""
        lines: list[Line] = []
        self.shape_answer(key, shape)
        if self.asked.stored == "cs231n" and "activations" in self.values:
            of_map(self, key, shape, lines)
            for record in self.records:
                self.combined(record.key, record.made_of(self.asked), key, lines)
            title = say("{name}: {shape}", name=key, shape=shape_text(shape))
            if key == "input":
                title = say("input: {shape}", shape=shape_text(shape))
            if not self.short:
                self.sections.append(layer_step(title, of_layer(lines, "input", key)))
        if isinstance(shape, StatedMap):
            return ()
        sizes = [(whole_number(n), None) if isinstance(n, int) else (None, n) for n in shape]
        return tuple(
            Given(Ref(f"shape.{key}", (Number(i),)), quantity, name, (len(shape),), "implied")
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
        lines: list[Line] = []
        if not self.short:
            self.shape(item, layer, lines)
        self.parameters(item, layer, lines)
        for record, parts in self.of_leaves:
            if parts:
                self.combined(record.key, parts, path, lines)
            elif record.layer is not None:
                record.layer(self, item, layer, lines)
        if not self.short:
            title = say("{name} ({layer}): {before} → {after}", **ends_of(item))
            self.sections.append(layer_step(title, of_layer(lines, item.type, path)))
        for warning in layer.warnings(*item.shapes):
            text = say("{layer}: {warning}", layer=path, warning=warning)
            self.notes.append(Note("warning", text, told=isinstance(item.output, StatedMap)))

    # composites and totals

    def composite(self, item: Item) -> None:
        """The parts of a composite, then their sums."""
        parts: list[tuple[Size, str]] = []
        active: list[tuple[Size, str]] = []  # where not all copies work
        for k, branch in enumerate(item.branches):
            often = item.times[k] if item.times else 1
            self.walk(branch.items)
            parts += [(often, inner.path) for inner in branch.items]
            active += [(item.active[k] if item.active else often, inner.path) for inner in branch.items]
        lines: list[Line] = []
        for record in self.records:
            self.sum(record, f".{item.path}", parts if record.experts else active, lines)
            if record.joined is not None:
                record.joined(self, item, lines)
        if not self.short:
            self.written(item, lines)

    def written(self, item: Item, lines: list[Line]) -> None:
        """The lines of a composite, with those of its shape."""
        if item.type == "residual":  # its shape is that of the body, or of the shortcut beside an empty one
            end = item.branches[0 if item.branches[0].items else -1].end
            self.keys[item.path] = self.keys[end.name]
        elif item.type in MERGED:
            self.joined(item, lines)
        if f"shape.{item.path}" not in self.answers and not isinstance(item.output, StatedMap):
            self.as_inside(item, lines)
        title = say("{name} ({layer}): {before} → {after}", **ends_of(item))
        if item.type == "repeat" and any(n != 1 for n in item.times):
            title = say(
                "{name} ({layer} {times}): {before} → {after}",
                times=" + ".join(f"{factor_text(n)}×" for n in item.times),
                **ends_of(item),
            )
        if lines:
            self.sections.append(layer_step(title, of_layer(lines, item.type, item.path)))

    def sum(self, record: Counted, dotted: str, parts: list[tuple[Size, str]], lines: list[Line]) -> None:
        """A quantity of all parts together; none where no part has it, except that a network's own is 0."""
        quantity = record.key
        if (made_of := record.made_of(self.asked)) and not (dotted and record.largest(self.asked)):
            self.combined(quantity, made_of, dotted[1:], lines, aside=self.single)
            return
        if not record.total:
            return
        values = self.values[quantity]
        if record.largest(self.asked):
            most(self, record, dotted, lines)
            return
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
        self.single = dotted != "" and len(terms) == 1 and terms[0][0] == 1  # the line of the one part says it
        aside = not shown or self.single
        key = Ref(quantity + dotted)
        lines += summed(key, terms, count, aside=aside) if terms else [stated(key, count, aside=aside)]
        if not dotted:
            lines[-1] = self.by_rows(lines[-1], key, count, aside)

    def in_units(self, record: Counted, line: Line) -> Line:
        """The line of a number of bytes, with what a person says in its place."""
        if not isinstance(line, Value) or line.aside or line.key.name != record.key:
            return line
        size, dtype = storage_text(line.quantity.value), record.dtype(self.asked)
        return msgspec.structs.replace(line, rule=say("{dtype}: {size}", dtype=dtype, size=size) if dtype else size)

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

    def totals(self) -> Step:
        """The sums over the whole network."""
        lines: list[Line] = []
        parts: list[tuple[Size, str]] = [(1, item.path) for item in self.problem.network.items]
        stored: list[tuple[Size, str]] = [(1, key) for key in self.problem.network.entries]
        for record in self.records:
            self.sum(record, "", [*stored, *parts] if record.key.startswith("activations") else parts, lines)
            if record.bytes:
                lines[-1:] = [self.in_units(record, line) for line in lines[-1:]]
        for key in self.asked.totals:
            if key in self.answers:
                self.answers[key] = Answer(self.answers[key].value, True)
        wanted = {key: self.partial[key] for key in self.asked.totals if key in self.partial}
        self.notes += missing_notes(wanted)
        said = [
            say("{key}: {count}", key=QUANTITIES[key].words, count=count.sentence()) for key, count in wanted.items()
        ]
        asked = {*self.asked.totals, *self.asked.shown}
        shown = self.tree.quantities if self.nodes else ()
        groups = total_groups(of_layer(lines, "network"), asked, shown)
        return Step(say("Totals"), (*groups, *map(Sentence, said)))
