"""The counts of a network: one line for each quantity of each layer, and sums along the tree of composites."""

from __future__ import annotations

from hwsolve.formula.tree import Number, Ref
from hwsolve.language import say
from hwsolve.layers.base import Layer, Size, StatedMap, product, shape_text, total
from hwsolve.layers.network import Item
from hwsolve.solution import Answer, Given, Line, Note, Section, Solution
from hwsolve.solvers.count_conventions import BYTES, MULTIPLIED_NOTES, STORED_NOTES, conventions
from hwsolve.solvers.count_table import Row, count_table
from hwsolve.solvers.layer_counts import SUMMED, UNKNOWN, LayerCounts
from hwsolve.solvers.network_question import posed
from hwsolve.solvers.size_lines import summed, value_line, whole


class Counting(LayerCounts):
    """Writes the lines of a network, from its input to its totals."""

    def solution(self) -> Solution:
        """The whole document."""
        given = self.input()
        self.walk(self.problem.network.items, "input", 1)
        totals = self.totals()
        table = count_table(self.rows, self.asked, self.answers)
        return Solution(
            kind=self.problem.kind,
            title=self.problem.title,
            source=self.problem.source,
            given=given,
            sections=(self.question(), *self.sections, totals, Section(say("Summary"), tables=(table,))),
            answers=self.answers,
            notes=(*conventions(self.asked, self.answers), *self.notes),
        )

    def question(self) -> Section:
        """What is to be counted."""
        wanted = [say("Asked: the parameters of every layer and of the network.")]
        if self.asked.activations:
            wanted += [say("Asked: the stored activations."), STORED_NOTES[self.asked.stored]]
        if self.asked.macs:
            wanted += [say("Asked: the multiply-adds."), MULTIPLIED_NOTES[self.asked.multiplied]]
        return posed(self.problem.network, *wanted)

    def input(self) -> tuple[Given, ...]:
        """The input: its shape is given, and its values are stored."""
        shape = self.problem.network.input
        lines: list[Line] = []
        self.shape_answer("input", shape)
        if self.asked.stored == "cs231n":
            self.activations("input", shape, lines)
            self.sections.append(Section(say("input: {shape}", shape=shape_text(shape)), 2, tuple(lines)))
            self.rows.append(Row("input", 1, shape, {"activations": self.values["activations"]["input"]}))
        if isinstance(shape, StatedMap):
            return ()
        sizes = [(whole(n), None) if isinstance(n, int) else (None, n) for n in shape]
        return tuple(
            Given(Ref("shape.input", (Number(i),)), quantity, name, (len(shape),))
            for i, (quantity, name) in enumerate(sizes, 1)
        )

    # the walk

    def walk(self, items: tuple[Item, ...], source: str, times: Size) -> str:
        """The lines of a sequence; `source` is the key whose shape comes in; the result is that whose goes out."""
        for item in items:
            source = (
                self.leaf(item, item.layer, source, times)
                if item.layer is not None
                else self.composite(item, source, times)
            )
        return source

    def leaf(self, item: Item, layer: Layer, source: str, times: Size) -> str:
        """A layer: shape, parameters, activations, multiply-adds."""
        path = item.path
        lines: list[Line] = []
        self.shape(item, layer, source, lines)
        self.parameters(path, layer, item.input, lines)
        if self.asked.counts_output(layer.PART):
            self.activations(path, item.output, lines)
        if self.asked.counts_macs(layer.PART):
            self.macs(path, layer, item.input, lines)
        words = {"name": path, "layer": item.type, "before": shape_text(item.input), "after": shape_text(item.output)}
        self.sections.append(Section(say("{name} ({layer}): {before} → {after}", **words), 2, tuple(lines)))
        self.rows.append(Row(path, times, item.output, {q: v[path] for q, v in self.values.items() if path in v}))
        for warning in layer.warnings(item.input):
            self.notes.append(Note("warning", say("{layer}: {warning}", layer=path, warning=warning)))
        return path

    # composites and totals

    def composite(self, item: Item, source: str, times: Size) -> str:
        """The parts of a composite, then their sums."""
        ends: list[str] = []
        incoming = source
        for k, (_, items) in enumerate(item.branches):
            often = item.times[k] if item.times else 1
            end = self.walk(items, source, product((times, often)))
            ends.append(end)
            source = end if item.type == "repeat" else incoming
        lines: list[Line] = []
        parts = [
            (item.times[k] if item.times else 1, inner) for k, (_, items) in enumerate(item.branches) for inner in items
        ]
        for quantity in SUMMED:
            self.sum(quantity, f".{item.path}", [(often, inner.path) for often, inner in parts], lines)
        out = self.joined(item, ends, lines) if item.type in ("concat", "multiply") else source
        if item.type not in ("repeat", "concat", "multiply"):
            out = ends[0] if item.branches[0][1] else ends[-1]
        ends_of = {"before": shape_text(item.input), "after": shape_text(item.output)}
        title = say("{name} ({layer}): {before} → {after}", name=item.path, layer=item.type, **ends_of)
        if item.times and any(n != 1 for n in item.times):
            title = say(
                "{name} ({layer} {times}): {before} → {after}",
                name=item.path,
                layer=item.type,
                times=" + ".join(f"{size_str(n)}×" for n in item.times),
                **ends_of,
            )
        if lines:
            self.sections.append(Section(title, 2, tuple(lines)))
        return out

    def sum(
        self, quantity: str, dotted: str, parts: list[tuple[Size, str]], lines: list[Line], shown: bool | None = None
    ) -> None:
        """A quantity of all parts together; none where no part has it, unknown where one is."""
        values = self.values[quantity]
        terms: list[tuple[Size, Ref, Size]] = []
        for often, path in parts:
            if path in values:
                if (value := values[path]) is UNKNOWN:
                    values[dotted[1:]] = UNKNOWN
                    return
                terms.append((often, Ref(f"{quantity}.{path}"), value))
        if not terms:
            return
        count = total([value if often == 1 else product((often, value)) for often, _, value in terms])
        values[dotted[1:]] = count
        self.answer(quantity + dotted, count)
        if shown is None:
            shown = quantity == "params" or (quantity in ("activations", "macs") and getattr(self.asked, quantity))
            shown = shown and (not dotted or len(terms) > 1)
        lines += summed(Ref(quantity + dotted), terms, count, aside=not shown)
        if quantity in ("activations", "macs"):
            n, multiple = (BYTES[self.asked.dtype], "activations.bytes") if quantity == "activations" else (2, "flops")
            main = not dotted and quantity == "activations" and self.asked.activations
            self.multiple(n, quantity, multiple, dotted[1:], lines, main)

    def joined(self, item: Item, ends: list[str], lines: list[Line]) -> str:
        """The shape of branches side by side: the channels are summed, the other axes are those of a branch."""
        outs = [items[-1].output if items else item.input for _, items in item.branches]
        self.shape_answer(item.path, item.output)
        for axis, size in enumerate(item.output):
            key = Ref(f"shape.{item.path}", (Number(axis + 1),))
            if axis == 0 and item.type == "concat":
                terms: list[tuple[Size, Ref, Size]] = [
                    (1, Ref(f"shape.{end}", (Number(1),)), out[0]) for end, out in zip(ends, outs, strict=True)
                ]
                lines += summed(key, terms, size)
            elif isinstance(size, int):
                k = next(k for k, out in enumerate(outs) if out[axis] == size)
                lines.append(value_line(key, Ref(f"shape.{ends[k]}", (Number(axis + 1),)), size, (), aside=True))
        return item.path

    def totals(self) -> Section:
        """The sums over the whole network."""
        lines: list[Line] = []
        parts: list[tuple[Size, str]] = [(1, item.path) for item in self.problem.network.items]
        if not any(path in self.values["params"] for _, path in parts):
            lines += [value_line(Ref("params"), Number(0), 0, ())]
            self.answer("params", 0)
        frozen = self.frozen()
        for quantity in SUMMED:
            inner = [(1, "input"), *parts] if quantity == "activations" else parts
            self.sum(quantity, "", inner, lines, True if quantity == "params.trainable" and frozen else None)
        self.mark_main(frozen)
        for quantity in ("activations", "macs"):
            if getattr(self.asked, quantity) and self.values[quantity].get("", 0) is UNKNOWN:
                layer = next(path for path, value in self.values[quantity].items() if value is UNKNOWN and path)
                words = {"quantity": quantity, "layer": layer}
                message = say("`{quantity}` has no total: the sides of the map at {layer} are not stated.", **words)
                self.notes.append(Note("info", message))
        return Section(say("Totals"), 1, tuple(lines))

    def frozen(self) -> bool:
        """Whether some parameters are not trained."""
        trained, owned = self.values["params.trainable"], self.values["params"]
        return any(trained[path] != count for path, count in owned.items()) or self.asked.trainable

    def mark_main(self, frozen: bool) -> None:
        """The results that a reader asked for."""
        shown = {
            "params": True, "params.trainable": frozen, "activations": self.asked.activations,
            "activations.bytes": self.asked.activations, "macs": self.asked.macs, "flops": self.asked.flops,
        }  # fmt: skip
        for key, main in shown.items():
            if main and key in self.answers:
                self.answers[key] = Answer(self.answers[key].value, True)


def size_str(size: Size) -> str:
    """A size in a heading."""
    return shape_text((size,))
