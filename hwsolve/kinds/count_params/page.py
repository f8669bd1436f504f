"""The counts of a network: one line for each quantity of each layer, and sums along the tree of composites."""

from __future__ import annotations

from hwsolve.derivation.size_lines import of_layer, same, stated, summed, whole_number
from hwsolve.formula.tree import Number, Ref
from hwsolve.kinds.count_params.conventions import MULTIPLIED_NOTES, STORED_NOTES, conventions
from hwsolve.kinds.count_params.layer_counts import SUMMED, LayerCounts
from hwsolve.kinds.count_params.network_question import posed
from hwsolve.kinds.count_params.partial import AtLeast, free_notes, missing_notes, multiplied, together
from hwsolve.kinds.count_params.table import Row, count_table
from hwsolve.language import say
from hwsolve.layers.base import Layer, Size, StatedMap, factor_text, product, shape_text
from hwsolve.layers.items import Item
from hwsolve.layers.merging import MERGED
from hwsolve.sections import section
from hwsolve.solution import Answer, Given, Line, Note, Prose, Solution, Step


class Counting(LayerCounts):
    """Writes the lines of a network, from its input to its totals."""

    def solution(self) -> Solution:
        """The whole document."""
        given = self.input()
        self.walk(self.problem.network.items, 1)
        totals = self.totals()
        table = count_table(self.rows, self.asked, self.answers, self.partial)
        free = free_notes(self.nothing) if "macs" in self.asked.shown else []
        return Solution(
            kind=self.problem.kind,
            title=self.problem.title,
            source=self.problem.source,
            given=given,
            sections=(self.question(), *self.sections, totals, section(say("Summary"), tables=(table,))),
            answers=self.answers,
            partial={key: count.sentence() for key, count in self.partial.items()},
            notes=(
                *conventions(self.asked, self.answers),
                *(Note("warning", text) for text in self.problem.network.warnings),
                *free,
                *self.notes,
            ),
        )

    def question(self) -> Step:
        """What is to be counted."""
        wanted = [say("Asked: the parameters of every layer and of the network.")]
        if self.asked.activations:
            wanted += [say("Asked: the stored activations."), STORED_NOTES[self.asked.stored]]
        if self.asked.macs:
            wanted.append(say("Asked: the multiply-adds."))
        if self.asked.flops:
            wanted.append(say("Asked: the floating-point operations, two for each multiply-add."))
        if self.asked.macs or self.asked.flops:
            wanted.append(MULTIPLIED_NOTES[self.asked.multiplied])
        return posed(self.problem.network, *wanted)

    def input(self) -> tuple[Given, ...]:
        """The input: its shape is given, and its values are stored."""
        shape = self.problem.network.input
        lines: list[Line] = []
        self.shape_answer("input", shape)
        if self.asked.stored == "cs231n":
            self.activations("input", shape, lines)
            self.sections.append(
                section(say("input: {shape}", shape=shape_text(shape)), 2, of_layer(lines, "input", "input"))
            )
            self.rows.append(Row("input", 1, shape, {"activations": self.values["activations"]["input"]}))
        if isinstance(shape, StatedMap):
            return ()
        sizes = [(whole_number(n), None) if isinstance(n, int) else (None, n) for n in shape]
        return tuple(
            Given(Ref("shape.input", (Number(i),)), quantity, name, (len(shape),))
            for i, (quantity, name) in enumerate(sizes, 1)
        )

    # the walk

    def walk(self, items: tuple[Item, ...], times: Size) -> None:
        """The lines of a sequence."""
        for item in items:
            if item.layer is not None:
                self.leaf(item, item.layer, times)
            else:
                self.composite(item, times)

    def leaf(self, item: Item, layer: Layer, times: Size) -> None:
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
        self.sections.append(section(title, 2, of_layer(lines, item.type, path)))
        counts = {q: v[path] for q, v in self.values.items() if path in v}
        if "macs" in counts:
            counts["flops"] = multiplied(2, counts["macs"])
        self.rows.append(Row(path, times, item.output, counts))
        for warning in layer.warnings(*item.shapes):
            self.notes.append(Note("warning", say("{layer}: {warning}", layer=path, warning=warning)))

    # composites and totals

    def composite(self, item: Item, times: Size) -> None:
        """The parts of a composite, then their sums."""
        parts: list[tuple[Size, str]] = []
        for k, branch in enumerate(item.branches):
            often = item.times[k] if item.times else 1
            self.walk(branch.items, product((times, often)))
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
            self.sections.append(section(title, 2, of_layer(lines, item.type, item.path)))

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
        if quantity in ("activations", "macs"):
            self.multiple(quantity, dotted[1:], lines, single)

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
        lines += [Prose(say("{key}: {count}", key=key, count=count.sentence())) for key, count in wanted.items()]
        self.notes += missing_notes(wanted)
        return section(say("Totals"), 1, of_layer(lines, "network"))


def ends_of(item: Item) -> dict[str, str]:
    """A layer, what goes in and what comes out, for a title."""
    before = ", ".join(shape_text(shape) for shape in item.shapes)
    return {"name": item.path, "layer": item.type, "before": before, "after": shape_text(item.output)}
