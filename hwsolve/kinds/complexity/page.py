"""The walk that counts operations: what each layer takes in each phase, how often it stands, and the sums."""

from __future__ import annotations

import msgspec

from hwsolve.derivation.size_lines import Sizes, counted, filled, of_layer, size_value, summed
from hwsolve.formula.tree import Formula, Ref
from hwsolve.kinds.complexity.tables import (
    ALWAYS,
    KINDS,
    Totals,
    conventions,
    layer_table,
    phase_table,
)
from hwsolve.kinds.complexity.totals import OperationTotals, Term
from hwsolve.kinds.count_params.network_question import posed
from hwsolve.kinds.count_params.partial import GAP, free_notes, missing_notes
from hwsolve.language import Message, say
from hwsolve.layers.base import Layer, Shape, Size, product, shape_text, simplified, total
from hwsolve.layers.cost import NotCounted, Nothing, Phase, gradients, joined, merged
from hwsolve.layers.network import Item
from hwsolve.layers.parameter import ABSENT
from hwsolve.solution import Answer, Line, Note, Section, Solution

LOSSES: dict[str, Phase] = {
    "half_squared_error": {"add": "outputs"},
    "mse_loss": {"add": "outputs", "mul": "outputs"},
    "cross_entropy": {"exp": "outputs", "add": "2*outputs - rows", "div": "outputs"},
}


class Operations(OperationTotals):
    """Counts the operations of a network and writes them down."""

    def solution(self) -> Solution:
        """The whole document."""
        network = self.problem.network
        self.walk(network.items, 1, 0 if self.count.input_gradient else 1)
        self.loss()
        totals = self.totals()
        shown = {**self.values, **{key: count.short() for key, count in self.partial.items()}}
        tables = (phase_table(shown, self.count), layer_table(self.rows, shown))
        return Solution(
            kind=self.problem.kind,
            title=self.problem.title,
            source=self.problem.source,
            sections=(self.question(), *self.sections, totals, Section(say("Summary"), tables=tables)),
            answers=self.answers,
            partial={key: count.sentence() for key, count in self.partial.items()},
            notes=(*conventions(self.count), *free_notes(self.nothing), *self.notes, *missing_notes(self.asked())),
        )

    def question(self) -> Section:
        """What is to be counted, and by which conventions."""
        asked = say("Asked: the multiplications and additions of a forward pass, of backpropagation and of an update.")
        return posed(self.problem.network, asked, *(note.text for note in conventions(self.count)))

    # the walk

    def walk(self, items: tuple[Item, ...], times: Size, first: Size) -> None:
        """Count a sequence that stands `times` times; of these, `first` copies have nothing trained before them."""
        for item in items:
            if item.layer is not None:
                self.layer(item, item.layer, times, first)
            elif item.type == "repeat":
                self.repeat(item, times, first)
            else:
                for _, inner in item.branches:
                    self.walk(inner, times, first)
                self.composite(item, times, first)
            if self.trained(item):
                first = 0

    def repeat(self, item: Item, times: Size, first: Size) -> None:
        """Copies of a body; where it trains something, only the first copy has nothing trained before it."""
        for often, (_, inner) in zip(item.times, item.branches, strict=True):
            trains = any(self.trained(i) for i in inner)
            self.walk(inner, product((times, often)), first if trains else product((first, often)))
            first = 0 if trains else first

    def trained(self, item: Item) -> bool:
        """Whether parameters are trained in an item."""
        if item.layer is not None:
            return bool(self.learned(self.adjusted(item.layer), item.input))
        return any(self.trained(inner) for _, items in item.branches for inner in items)

    def learned(self, layer: Layer, x: Shape) -> list[str]:
        """The names of the parameters that are trained."""
        specs = layer.specs()
        return [name for name in layer.parameters(x) if layer.trainable and specs[name].trainable]

    def adjusted(self, layer: Layer) -> Layer:
        """The layer, without a bias where biases don't count."""
        if self.count.bias or layer.CATEGORY not in ("dense", "convolution") or not hasattr(layer, "bias"):
            return layer
        return msgspec.structs.replace(layer, bias=ABSENT)

    def layer(self, item: Item, layer: Layer, times: Size, first: Size) -> None:
        """The phases of one layer."""
        layer, x = self.adjusted(layer), item.input
        taken, sizes = layer.operations(x), layer.cost_sizes(x)
        if isinstance(taken, Nothing):
            self.nothing[item.type] = taken
        rules = dict(taken) if isinstance(taken, dict) else {}
        evaluated = layer.CATEGORY != "activation" or self.count.activations
        if not evaluated:
            rules.pop("forward", None)
        learned = self.learned(layer, x)
        rules["gradient"] = gradients(rules.get("gradient", {}), learned)
        often = {"forward": times, "error": simplified(minus(times, first)), "gradient": times}
        lines: list[Line] = []
        row: dict[str, Size] = {}
        gaps = self.gaps(item.path, taken, evaluated, often["error"] != 0, bool(learned))
        for phase in ("forward", "error", "gradient"):
            if often[phase] != 0:
                self.phase(phase, item.path, rules.get(phase, {}), sizes, often[phase], lines, row)
        if learned:
            text = layer.counts(x)
            updated = text["params"] if len(learned) == len(text) - 1 else joined(text[name] for name in learned)
            update = {"mul": updated, "sum": updated}
            self.phase("update", item.path, update, sizes | layer.sizes(x), times, lines, row)
        if (assumed := layer.assumption(x, often["error"] != 0 or bool(learned))) is not None:
            self.notes.append(Note("info", say("{layer}: {warning}", layer=item.path, warning=assumed)))
        self.backward(item.path, lines, row)
        words = {"name": item.path, "layer": item.type, "before": shape_text(x), "after": shape_text(item.output)}
        cells: Totals = {**row, **dict.fromkeys(gaps, GAP)}
        self.close(item.path, item.type, times, lines, cells, say("{name} ({layer}): {before} → {after}", **words))

    def gaps(self, path: str, taken: object, evaluated: bool, goes_back: bool, learned: bool) -> list[str]:
        """Keep in which phases a layer without a rule is missing; the keys of its row that are not known."""
        if not isinstance(taken, NotCounted):
            return []
        asked = {"forward": evaluated, "error": goes_back, "gradient": learned}
        for phase in [phase for phase, wanted in asked.items() if wanted]:
            self.missing.setdefault(phase, {})[path] = taken
        shown = {"forward": evaluated, "backward": goes_back or learned}
        return [f"{phase}.{kind}" for phase, wanted in shown.items() if wanted for kind in ALWAYS]

    def composite(self, item: Item, times: Size, first: Size) -> None:
        """What joins the branches of a residual, concat or multiply."""
        if item.type not in ("residual", "concat", "multiply"):
            return
        ends = [items[-1].output if items else item.input for _, items in item.branches]
        values = product(item.output)
        small = {f"part{k}": product(e) for k, e in enumerate(ends, 1) if product(e) != values}
        rules = merged(item.type, len(ends), small if item.type == "multiply" else ())
        sizes = small | {"values": values, "inputs": merged_inputs(item)}
        lines: list[Line] = []
        row: dict[str, Size] = {}
        self.phase("forward", item.path, rules.get("forward", {}), sizes, times, lines, row)
        before = simplified(minus(times, first))
        back = rules.get("error", {}) if before != 0 else {}
        if "product" in rules and (before != 0 or self.trained(item)):
            back = back | rules["product"]
            before = times if self.trained(item) else before
        if back:
            self.phase("error", item.path, back, sizes, before, lines, row)
        self.backward(item.path, lines, row)
        self.close(item.path, item.type, times, lines, row, say("{name} ({layer})", name=item.path, layer=item.type))

    def loss(self) -> None:
        """The first error term: the gradient of the loss with respect to the output."""
        if self.problem.loss is None:
            return
        y = self.problem.network.output
        sizes = {"outputs": product(y), "rows": product(y[:-1])}
        lines: list[Line] = []
        row: dict[str, Size] = {}
        self.phase("error", "loss", LOSSES[self.problem.loss], sizes, 1, lines, row)
        self.backward("loss", lines, row)
        self.close("loss", "loss", 1, lines, row, say("loss: {name}", name=self.problem.loss))

    def phase(
        self, phase: str, path: str, rule: Phase, sizes: Sizes, times: Size, lines: list[Line], row: dict[str, Size]
    ) -> None:
        """The lines of one phase: for each kind of operation its formula and count."""
        fused = () if self.count.multiply_add == 1 else ("sum",)
        for kind in KINDS:
            texts = [rule[k] for k in ((*fused, "add") if kind == "add" else (kind,)) if k in rule]
            if not texts:
                continue
            key, text = Ref(f"{phase}.{kind}.{path}"), joined(texts)
            _, written, value = filled(text, tuple(sizes.items()))
            count: Size = simplified(written) if value is None else value
            if count == 0:
                continue
            lines.append(counted(key, text, sizes, count))
            self.answers[key.name] = Answer(size_value(count))
            self.terms.setdefault((phase, kind), []).append(Term(times, key, count, written))
            row[f"{phase}.{kind}"] = product((times, count))

    def backward(self, path: str, lines: list[Line], row: dict[str, Size]) -> None:
        """Error terms and gradients of a layer together."""
        for kind in KINDS:
            parts = [f"{phase}.{kind}.{path}" for phase in ("error", "gradient")]
            known = [(1, Ref(key), plain_size(self.answers[key])) for key in parts if key in self.answers]
            if not known:
                continue
            key = f"backward.{kind}.{path}"
            count = total(value for _, _, value in known)
            lines += summed(Ref(key), [(1, ref, value) for _, ref, value in known], count, aside=len(known) == 1)
            self.answers[key] = Answer(size_value(count))
            found = [row[f"{phase}.{kind}"] for phase in ("error", "gradient") if f"{phase}.{kind}" in row]
            row[f"backward.{kind}"] = total(found)

    def close(self, path: str, type: str, times: Size, lines: list[Line], row: Totals, title: Message) -> None:
        """End the section of a layer."""
        if lines or row:
            self.sections.append(Section(title, 2, of_layer(lines, type, path)))
            self.rows.append((path, times, row))


def minus(a: Size, b: Size) -> Size:
    """a − b."""
    return a if b == 0 else a - b


def merged_inputs(item: Item) -> Size:
    """How many input values get errors from all branches; a zero-padded shortcut leaves cells out."""
    shortcut = item.branches[-1][1] if item.type == "residual" else ()
    if shortcut and shortcut[0].type == "zero_pad":
        return product((item.input[0], *item.output[1:]))
    return product(item.input)


def plain_size(answer: Answer) -> Size:
    """The size in an answer."""
    size: Size = answer.value if isinstance(answer.value, Formula) else answer.value.value
    return size
