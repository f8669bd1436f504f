"""The walk that counts operations: what each layer takes in each phase, how often it stands, and the sums."""

from __future__ import annotations

import msgspec

from hwsolve.derivation.size_lines import Sizes, counted, filled, of_layer, size_value, summed
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Formula, Ref, formula
from hwsolve.kinds.complexity.readers import entered, reads
from hwsolve.kinds.complexity.tables import (
    ALWAYS,
    KINDS,
    Totals,
    conventions,
    layer_table,
    phase_table,
)
from hwsolve.kinds.complexity.totals import CountOfLayer, OperationTotals
from hwsolve.kinds.count_params.network_question import posed
from hwsolve.kinds.count_params.page import ends_of
from hwsolve.kinds.count_params.partial import GAP, free_notes, missing_notes
from hwsolve.language import Message, say
from hwsolve.layers.base import Layer, Shape, Size, product, shape_text, simplified, total
from hwsolve.layers.cost import NOT_COUNTED, NotCounted, Nothing, Phase, gradients, joined, merged
from hwsolve.layers.items import Item, Network, Wire
from hwsolve.layers.merging import MERGED
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
        self.reads = reads(network.body)
        if self.count.input_gradient:
            self.input(network)
        self.walk(network.items, 1, 0 if self.count.input_gradient else 1)
        self.loss()
        totals = self.totals()
        warnings = (Note("warning", text) for text in network.warnings)
        shown = {**self.values, **{key: count.short() for key, count in self.partial.items()}}
        tables = (phase_table(shown, self.count), layer_table(self.rows, shown))
        return Solution(
            kind=self.problem.kind,
            title=self.problem.title,
            source=self.problem.source,
            sections=(self.question(), *self.sections, totals, Section(say("Summary"), tables=tables)),
            answers=self.answers,
            partial={key: count.sentence() for key, count in self.partial.items()},
            notes=(
                *conventions(self.count),
                *warnings,
                *free_notes(self.nothing),
                *self.notes,
                *missing_notes(self.asked()),
            ),
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
                for branch in item.branches:
                    self.walk(branch.items, times, first)
                self.composite(item, times, first)
            if self.trained(item):
                first = 0

    def repeat(self, item: Item, times: Size, first: Size) -> None:
        """Copies of a body; where it trains something, only the first copy has nothing trained before it."""
        for often, branch in zip(item.times, item.branches, strict=True):
            trains = any(self.trained(i) for i in branch.items)
            self.walk(branch.items, product((times, often)), first if trains else product((first, often)))
            first = 0 if trains else first

    def trained(self, item: Item) -> bool:
        """Whether parameters are trained in an item."""
        if item.layer is not None:
            return bool(self.adjusted(item.layer, item.shapes).learned(*item.shapes))
        return any(self.trained(inner) for branch in item.branches for inner in branch.items)

    def adjusted(self, layer: Layer, shapes: tuple[Shape, ...]) -> Layer:
        """The layer, without a bias where biases don't count."""
        if self.count.bias:
            return layer
        specs = layer.specs()
        biases = [name for name, p in layer.parameters(*shapes).items() if p.role == "bias" and name in specs]
        return msgspec.structs.replace(layer, **dict.fromkeys(biases, ABSENT)) if biases else layer

    def layer(self, item: Item, layer: Layer, times: Size, first: Size) -> None:
        """The phases of one layer."""
        shapes = item.shapes
        layer = self.adjusted(layer, shapes)
        taken, sizes = layer.operations(*shapes), layer.cost_sizes(*shapes)
        if isinstance(taken, Nothing):
            self.nothing[item.type] = taken
        rules = dict(taken) if isinstance(taken, dict) else {}
        evaluated = layer.CATEGORY != "activation" or self.count.activations
        if not evaluated:
            rules.pop("forward", None)
        learned = layer.learned(*shapes)
        rules["gradient"] = gradients(rules, learned)
        again = [layer.counts(*shapes)[name] for name in learned if name in item.owners]
        if again:  # their gradient is a sum over all uses
            rules["gradient"] = plus(rules["gradient"], {"add": joined(again)})
            sizes = sizes | layer.sizes(*shapes)
        often = {"forward": times, "error": simplified(minus(times, first)), "gradient": times}
        spread = self.spread(item)
        if learned and often["error"] == 0:
            rules["error"], often["error"] = {}, times if spread else 0
        rules["error"], sizes = plus(rules.get("error", {}), spread), sizes | {"read": product(item.output)}
        lines: list[Line] = []
        row: dict[str, Size] = {}
        gaps = self.gaps(item.path, taken, evaluated, often["error"] != 0, learned)
        for phase in ("forward", "error", "gradient"):
            if often[phase] != 0:
                self.phase(phase, item.path, rules.get(phase, {}), sizes, often[phase], lines, row)
        if learned:
            text = layer.counts(*shapes)
            own = [name for name in learned if name not in item.owners]
            updated = text["params"] if len(own) == len(text) - 1 else joined(text[name] for name in own) or "0"
            update = {"mul": updated, "sum": updated}
            self.phase("update", item.path, update, sizes | layer.sizes(*shapes), times, lines, row)
        if (assumed := layer.assumption(*shapes, back=often["error"] != 0 or bool(learned))) is not None:
            self.notes.append(Note("info", say("{layer}: {warning}", layer=item.path, warning=assumed)))
        self.backward(item.path, lines, row)
        cells: Totals = {**row, **dict.fromkeys(gaps, GAP)}
        title = say("{name} ({layer}): {before} → {after}", **ends_of(item))
        self.close(item.path, item.type, times, lines, cells, title)

    def gaps(self, path: str, taken: object, evaluated: bool, goes_back: bool, learned: list[str]) -> list[str]:
        """Keep in which phases a layer without a rule is missing; the keys of its row that are not known."""
        if isinstance(taken, NotCounted):
            missing, why = {"forward": evaluated, "error": goes_back, "gradient": bool(learned)}, taken
        else:
            rules = taken if isinstance(taken, dict) else {}
            missing, why = {"gradient": any(f"gradient.{name}" not in rules for name in learned)}, NOT_COUNTED
        for phase in [phase for phase, wanted in missing.items() if wanted]:
            self.missing.setdefault(phase, {})[path] = why
        shown = {"forward": missing.get("forward"), "backward": missing.get("error") or missing["gradient"]}
        return [f"{phase}.{kind}" for phase, wanted in shown.items() if wanted for kind in ALWAYS]

    def composite(self, item: Item, times: Size, first: Size) -> None:
        """What joins the branches of a residual, add, concat or multiply."""
        if item.type not in MERGED:
            return
        ends = [branch.end.shape for branch in item.branches]
        values = product(item.output)
        small = {f"part{k}": product(e) for k, e in enumerate(ends, 1) if product(e) != values}
        rules = merged(item.type, len(ends), entered(item), small if item.type != "concat" else ())
        sizes = small | {"values": values, "inputs": merged_inputs(item)}
        lines: list[Line] = []
        row: dict[str, Size] = {}
        self.phase("forward", item.path, rules.get("forward", {}), sizes, times, lines, row)
        before = simplified(minus(times, first))
        spread = self.spread(item)
        back = plus(rules.get("error", {}), spread) if before != 0 else spread if self.trained(item) else {}
        sizes = sizes | {"read": values}
        if "product" in rules and (before != 0 or self.trained(item)):
            back = back | rules["product"]
            before = times if self.trained(item) else before
        if back:
            self.phase("error", item.path, back, sizes, before, lines, row)
        self.backward(item.path, lines, row)
        self.close(item.path, item.type, times, lines, row, say("{name} ({layer})", name=item.path, layer=item.type))

    def spread(self, item: Item) -> Phase:
        """The sum of the errors that come back from all readers of what a layer gives."""
        readers = self.reads.get(item.outputs[0].name, 1)
        return {} if readers in (0, 1) else {"add": f"({plain(formula(readers))} - 1)*read"}

    def input(self, network: Network) -> None:
        """The same for what comes in."""
        item = Item("input", "input", None, network.node, (), (Wire("", network.input),))
        lines: list[Line] = []
        row: dict[str, Size] = {}
        self.phase("error", "input", self.spread(item), {"read": product(network.input)}, 1, lines, row)
        self.backward("input", lines, row)
        self.close("input", "input", 1, lines, row, say("input: {shape}", shape=shape_text(network.input)))

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
            self.terms.setdefault((phase, kind), []).append(CountOfLayer(times, key, count, written))
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


def plus(a: Phase, b: Phase) -> Phase:
    """The operations of two rules together."""
    return a | {kind: f"{a[kind]} + {text}" if kind in a else text for kind, text in b.items()}


def minus(a: Size, b: Size) -> Size:
    """a − b."""
    return a if b == 0 else a - b


def merged_inputs(item: Item) -> Size:
    """How many input values get errors from all branches; a zero-padded shortcut leaves cells out."""
    shortcut, x = item.branches[-1].items if item.type == "residual" else (), item.inputs[0].shape
    if shortcut and shortcut[0].type == "zero_pad":
        return product((x[0], *item.output[1:]))
    return product(x)


def plain_size(answer: Answer) -> Size:
    """The size in an answer."""
    size: Size = answer.value if isinstance(answer.value, Formula) else answer.value.value
    return size
