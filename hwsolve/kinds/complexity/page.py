"""The walk that counts operations: what each layer takes in each phase, how often it stands, and the sums."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from hwsolve.derivation.size_lines import Sizes, counted, of_layer, size_value, summed
from hwsolve.formula.tree import Formula, Ref
from hwsolve.kinds.complexity.flow import Flow, Place
from hwsolve.kinds.complexity.forms import LayerForms, gradient
from hwsolve.kinds.complexity.problem import Problem
from hwsolve.kinds.complexity.sent import errors, joining_errors, plus, spread
from hwsolve.kinds.complexity.tables import KINDS, Named, Work, conventions, words_of, work_table
from hwsolve.kinds.complexity.totals import CountOfLayer, OperationTotals
from hwsolve.kinds.count_params.layer_counts import put_in
from hwsolve.kinds.count_params.network_question import posed
from hwsolve.kinds.count_params.page import ends_of, layer_step
from hwsolve.kinds.count_params.partial import free_notes, missing_notes
from hwsolve.language import Message, say
from hwsolve.layers.base import Layer, Shape, Size, product, shape_text, simplified, total
from hwsolve.layers.cost import NOT_COUNTED, NotCounted, Nothing, Phase, gradients, joined, merged
from hwsolve.layers.items import Item, Network
from hwsolve.layers.merging import MERGED
from hwsolve.layers.parameter import ABSENT
from hwsolve.solution import Answer, Line, Note, Sentence, Solution, Step, Table

LOSSES: dict[str, Phase] = {
    "half_squared_error": {"add": "outputs"},
    "mse_loss": {"add": "outputs", "mul": "outputs"},
    "cross_entropy": {"exp": "outputs", "add": "2*outputs - rows", "div": "outputs"},
}


ASKED = tuple([f"{phase}.{kind}" for phase in ("forward", "backward", "update", "total") for kind in ("mul", "add")])
ASKED += ("order.forward", "order.backward", "order.update")


class Operations(OperationTotals):
    """Counts the operations of a network and writes them down."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.flow = Flow(problem.network, self.count.input_gradient, self.trained)
        self.met: set[tuple[str, str]] = set()  # the parameters that have a gradient so far, by their owners
        self.stood: dict[str, Size] = {}  # how often a layer stands, by its path
        self.lines: list[Line] = []  # of the layer that is counted, until its section is closed
        self.forms = LayerForms(problem.network, self.adjusted, problem.notation.layers)

    def solution(self) -> Solution:
        """The whole document."""
        network = self.problem.network
        self.input(network)
        self.walk(network.items)
        self.loss()
        totals = self.totals()
        warnings = (Note("warning", text) for text in network.warnings)
        return Solution(
            kind=self.problem.kind,
            title=self.problem.title,
            source=self.problem.source,
            sections=(self.statement(), posed(network), self.overview(), *self.sections, totals),
            answers=self.answers,
            asked=tuple([key for key in ASKED if key in self.answers]),
            symbols=dict(self.named()),
            partial={key: count.sentence() for key, count in self.partial.items()},
            notes=(
                *warnings,
                *free_notes(self.nothing),
                *self.notes,
                *missing_notes(self.asked()),
            ),
        )

    def statement(self) -> Step:
        """What is to be counted, and by which conventions."""
        asked = say(
            "Asked: the multiplications and additions of a forward pass, of backpropagation and of an update, for one "
            "sample."
        )
        said = (asked, *conventions(self.count, self.problem.loss is not None))
        return Step("", tuple(map(Sentence, said)), part="statement")

    def overview(self) -> Step:
        """What each layer computes in each phase, and what that takes."""
        items: list[Table | Sentence] = [work_table(self.works, self.count)] if self.works else []
        if any(work.forms and work.phase != "forward" for work in self.works):
            a = Ref("a")
            said = say("Here {g} is the gradient of the loss with respect to {a}.", g=gradient(a), a=a)
            items.append(Sentence(said, free={"a": "real"}))
        return Step(say("Phase by phase"), tuple(items))

    # the walk

    def walk(self, items: tuple[Item, ...]) -> None:
        """Count a sequence."""
        for item in items:
            if item.layer is not None:
                self.layer(item, item.layer)
            for branch in item.branches:
                self.walk(branch.items)
            self.composite(item)

    def trained(self, item: Item) -> bool:
        """Whether parameters are trained in a layer."""
        return item.layer is not None and bool(self.adjusted(item.layer, item.shapes).learned(*item.shapes))

    def adjusted(self, layer: Layer, shapes: tuple[Shape, ...]) -> Layer:
        """The layer, without a bias where biases don't count."""
        if self.count.bias:
            return layer
        specs = layer.specs()
        biases = [name for name, p in layer.parameters(*shapes).items() if p.role == "bias" and name in specs]
        return msgspec.structs.replace(layer, **dict.fromkeys(biases, ABSENT)) if biases else layer

    def layer(self, item: Item, layer: Layer) -> None:
        """The phases of one layer."""
        shapes, places = item.shapes, self.flow.of(item)
        times, live = often(places), simplified(total(place.leads for place in places))
        layer = self.adjusted(layer, shapes)
        taken, sizes = layer.operations(*shapes), layer.cost_sizes(*shapes)
        if isinstance(taken, Nothing):
            self.nothing[item.type] = taken
        rules = dict(taken) if isinstance(taken, dict) else {}
        evaluated = layer.CATEGORY != "activation" or self.count.activations
        if not evaluated:
            rules.pop("forward", None)
        learned = layer.learned(*shapes) if live != 0 else []
        rules["gradient"] = gradients(rules, learned)
        owners = {name: item.owners.get(name, (item.path, name)) for name in learned}
        again = [name for name in learned if name in item.owners and owners[name] in self.met]
        self.stood[item.path] = times
        once = {name: self.stood.get(owners[name][0], times) for name in learned if name not in again}
        late = [name for name, stood in once.items() if stood != times]  # in copies, of a layer that leads nowhere
        self.met |= set(owners.values())
        if again:  # their gradient is a sum over all uses
            rules["gradient"] = plus(rules["gradient"], {"add": joined(layer.counts(*shapes)[name] for name in again)})
            sizes = sizes | layer.sizes(*shapes)
        back = [(plus(errors(rules, layer, place), spread(place.gives)), place.leads) for place in places]
        goes_back = any(any(place.back) for place in places)
        sizes = sizes | {"read": product(item.output)}
        gaps = self.gaps(item.path, taken, evaluated, goes_back, learned)
        self.item = Named(words_of(item), frozenset(gaps), evaluated, bool(learned))
        self.phase("forward", item.path, rules.get("forward", {}), sizes, times)
        self.errors(item.path, back, sizes)
        if "error" in gaps:
            self.keep_work("error", item.path, {}, live)
        self.phase("gradient", item.path, rules["gradient"], sizes, live)
        for name in late:
            count, more = {"add": layer.counts(*shapes)[name]}, simplified(total((live, product((-1, once[name])))))
            self.phase("gradient", f"{item.path}.{name}", count, sizes | layer.sizes(*shapes), more)
        if learned:
            text = layer.counts(*shapes)
            own = [name for name in once if name not in late]
            updated = text["params"] if len(own) == len(text) - 1 else joined(text[name] for name in own) or "0"
            update = {"mul": updated, "sum": updated}
            self.phase("update", item.path, update, sizes | layer.sizes(*shapes), live)
            for name in late:
                update = dict.fromkeys(("mul", "sum"), text[name])
                key = f"{item.path}.{name}"
                self.phase("update", key, update, sizes | layer.sizes(*shapes), once[name])
        if (assumed := layer.assumption(*shapes, back=goes_back or bool(learned))) is not None:
            self.notes.append(Note("info", say("{layer}: {warning}", layer=item.path, warning=assumed)))
        title = say("{name} ({layer}): {before} → {after}", **ends_of(item))
        self.close(item.path, item.type, title)

    def gaps(self, path: str, taken: object, evaluated: bool, goes_back: bool, learned: list[str]) -> list[str]:
        """Keep in which phases a layer without a rule is missing."""
        if isinstance(taken, NotCounted):
            missing, why = {"forward": evaluated, "error": goes_back, "gradient": bool(learned)}, taken
        else:
            rules = taken if isinstance(taken, dict) else {}
            missing, why = {"gradient": any(f"gradient.{name}" not in rules for name in learned)}, NOT_COUNTED
        for phase in [phase for phase, wanted in missing.items() if wanted]:
            self.missing.setdefault(phase, {})[path] = why
        return [phase for phase, wanted in missing.items() if wanted]

    def composite(self, item: Item) -> None:
        """What joins branches, and the errors of all readers of what comes out of a repeat."""
        if item.type not in MERGED and item.type != "repeat":
            return
        joins, ends = item.type in MERGED, [branch.end.shape for branch in item.branches]
        values, places = product(item.output), self.flow.of(item)
        parts = [
            f"part{k}" if product(e) != values and joins and item.type != "concat" else ""
            for k, e in enumerate(ends, 1)
        ]
        small = {name: product(e) for name, e in zip(parts, ends, strict=True) if name}
        sizes = small | {"values": values, "inputs": merged_inputs(item), "read": values}
        forward = merged(item.type, len(ends), 1, small).get("forward", {}) if joins else {}
        back = [(joining_errors(item, place, parts) if joins else spread(place.gives), place.leads) for place in places]
        self.item = Named(item.path)
        self.phase("forward", item.path, forward, sizes, often(places))
        self.errors(item.path, back, sizes)
        title = say("{name} ({layer})", name=item.path, layer=item.type)
        self.close(item.path, item.type, title)

    def errors(self, path: str, back: list[tuple[Phase, Size]], sizes: Sizes) -> None:
        """The error terms of all copies: those that most copies have, then those of the others."""
        found: list[tuple[Phase, list[Size]]] = []
        for rule, times in reversed(back):
            alike = next((counts for other, counts in found if other == rule), None)
            if alike is not None:
                alike.append(times)
            elif rule:
                found.append((rule, [times]))
        found.sort(key=lambda one: len(one[1]), reverse=True)
        for k, (rule, counts) in enumerate(found):
            self.phase("error", f"{path}.other{k}" if k else path, rule, sizes, simplified(total(counts)))

    def input(self, network: Network) -> None:
        """The sum of the errors that come back from all readers of what comes in."""
        self.item = Named(say("input"))
        self.phase("error", "input", spread(self.flow.input), {"read": product(network.input)}, 1)
        self.close("input", "input", say("input: {shape}", shape=shape_text(network.input)))

    def loss(self) -> None:
        """The first error term: the gradient of the loss with respect to the output."""
        if self.problem.loss is None:
            return
        y = self.problem.network.output
        sizes = {"outputs": product(y), "rows": product(y[:-1])}
        self.item = Named(say("loss"))
        self.phase("error", "loss", LOSSES[self.problem.loss], sizes, 1)
        self.close("loss", "loss", say("loss: {name}", name=self.problem.loss))

    def phase(self, phase: str, path: str, rule: Phase, sizes: Sizes, times: Size) -> None:
        """The lines of one phase: for each kind of operation its formula and count."""
        fused = () if self.count.multiply_add == 1 else ("sum",)
        counts: dict[str, tuple[Formula, Size]] = {}
        for kind in KINDS:
            texts = [rule[k] for k in ((*fused, "add") if kind == "add" else (kind,)) if k in rule]
            if not texts:
                continue
            key, text = Ref(f"{phase}.{kind}.{path}"), joined(texts)
            written, count = put_in(text, sizes)
            if count == 0:
                continue
            self.lines.append(counted(key, text, sizes, count))
            self.answers[key.name] = Answer(size_value(count))
            self.terms.setdefault((phase, kind), []).append(CountOfLayer(times, key, count, written))
            counts[kind] = written, count
        self.keep_work(phase, path, counts, times)

    def keep_work(self, phase: str, path: str, counts: dict[str, tuple[Formula, Size]], times: Size) -> None:
        """The row of a phase, where a layer computes something."""
        own = self.item
        forms = self.forms.of(path, phase) if own.learned or phase in ("forward", "error") else ()
        gap = phase in own.gaps
        if times != 0 and (counts or forms or gap):
            evaluated = own.evaluated or phase != "forward"
            self.works.append(Work(phase, own.name, forms, counts, times, gap, evaluated))

    def backward(self, path: str) -> None:
        """Error terms and gradients of a layer together."""
        for kind in KINDS:
            parts = [f"{phase}.{kind}.{path}" for phase in ("error", "gradient")]
            known = [(1, Ref(key), plain_size(self.answers[key])) for key in parts if key in self.answers]
            if not known:
                continue
            key = f"backward.{kind}.{path}"
            count = total(value for _, _, value in known)
            self.lines += summed(Ref(key), [(1, ref, value) for _, ref, value in known], count, aside=len(known) == 1)
            self.answers[key] = Answer(size_value(count))

    def close(self, path: str, type: str, title: Message) -> None:
        """End the section of a layer."""
        self.backward(path)
        if self.lines:
            self.sections.append(layer_step(title, of_layer(self.lines, type, path)))
        self.lines = []


def often(places: Iterable[Place]) -> Size:
    """How often something stands in all its places."""
    return simplified(total(place.times for place in places))


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
