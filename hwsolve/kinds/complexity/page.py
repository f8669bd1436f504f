"""The walk that counts operations: what each layer takes in each phase, how often it stands, and the sums."""

from __future__ import annotations

from collections.abc import Iterable

from hwsolve.derivation.size_lines import Sizes, counted, of_layer, size_value, summed
from hwsolve.formula.tree import Formula, Ref
from hwsolve.kinds.complexity.conventions import conventions, rules_under
from hwsolve.kinds.complexity.flow import Flow, Place
from hwsolve.kinds.complexity.forms import LayerForms
from hwsolve.kinds.complexity.formula_counts import FormulaCounts, FormulaRows
from hwsolve.kinds.complexity.letters import letters_said
from hwsolve.kinds.complexity.phases import phase_tables
from hwsolve.kinds.complexity.problem import Problem
from hwsolve.kinds.complexity.repeats import remarks, which
from hwsolve.kinds.complexity.sent import LOSSES, entering, errors, joining_errors, merged_inputs, plus, spread
from hwsolve.kinds.complexity.shared import Shared
from hwsolve.kinds.complexity.tables import KINDS, Named, Work, words_of
from hwsolve.kinds.complexity.totals import CountOfLayer
from hwsolve.kinds.count_params.counts import put_in
from hwsolve.kinds.count_params.network_question import posed
from hwsolve.kinds.count_params.partial import free_notes, missing_notes
from hwsolve.kinds.count_params.stated_keys import layer_words
from hwsolve.kinds.count_params.statement import ends_of, layer_step, values_in
from hwsolve.language import Message, say
from hwsolve.layers.base import Layer, Shape, Size, product, shape_text, simplified, total
from hwsolve.layers.cost import NOT_COUNTED, ByFormulas, NotCounted, Nothing, Phase, gradients, joined, merged
from hwsolve.layers.items import Item, Network
from hwsolve.layers.merging import MERGED
from hwsolve.solution import Answer, Note, Sentence, Solution, Step, Text


class Operations(FormulaCounts):
    """Counts the operations of a network and writes them down."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.flow = Flow(problem.network, self.count.input_gradient, lambda item: bool(self.learned(item)))
        self.met: set[tuple[str, str]] = set()  # the parameters that have a gradient so far, by their owners
        self.shared = Shared(problem.network, self.flow, self.learned)
        self.stood: dict[str, Size] = {}  # how often a layer stands, by its path
        self.forms = LayerForms(problem.network, self.adjusted, problem.notation.layers, self.count.slopes)

    def solution(self) -> Solution:
        """The whole document."""
        network = self.problem.network
        self.input(network)
        self.walk(network.items)
        self.loss()
        totals, named, card = self.totals(), self.named(), self.card()
        asked = [cell for row in card.rows for cell in row]
        warnings = (Note("warning", text) for text in network.warnings)
        return Solution(
            kind=self.problem.kind,
            title=self.problem.title,
            source=self.problem.source,
            sections=(self.statement(), *posed(network, self.problem.blocks), self.overview(), *self.sections, totals),
            answers=self.answers,
            asked=tuple([cell.name for cell in asked if isinstance(cell, Ref) and cell.name in self.answers]),
            card=card,
            symbols=named | layer_words(self.problem, named, self.forms.worked_out),
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
        size = say("The input of the network: {size}.", size=values_in(self.problem.network.input))
        slopes = tuple(self.forms.kept_slopes.values())
        said = (
            asked,
            size,
            *remarks(self.forms.repeats, len(self.problem.network.items) == 1),
            *letters_said(self.forms.dense, self.forms.functions.values(), [f for w in self.works for f in w.forms]),
            *conventions(self.count, self.problem.loss is not None, slopes),
        )
        return Step("", tuple([Sentence(text, free={"x": "real"}) for text in said]), part="statement")

    def overview(self) -> Step:
        """What each layer computes in each phase, and what that takes."""
        said = [Sentence(text, free=dict.fromkeys("aUW", "real")) for text in self.said()]
        tables = phase_tables(self.works, self.forms, self.count, self.problem.loss is not None)
        return Step(say("Phase by phase"), (*said, *tables))

    # the walk

    def walk(self, items: tuple[Item, ...]) -> None:
        """Count a sequence."""
        for item in items:
            if item.layer is not None:
                self.layer(item, item.layer)
            for branch in item.branches:
                self.walk(branch.items)
            self.composite(item)

    def learned(self, item: Item) -> list[str]:
        """The parameters that are trained in a layer."""
        return [] if item.layer is None else self.adjusted(item.layer, item.shapes).learned(*item.shapes)

    def adjusted(self, layer: Layer, shapes: tuple[Shape, ...]) -> Layer:
        """The layer, without a bias where biases don't count."""
        return layer if self.count.bias else layer.without_biases(*shapes)

    def layer(self, item: Item, layer: Layer) -> None:
        """The phases of one layer."""
        shapes, places = item.shapes, self.flow.of(item)
        times, live = often(places), simplified(total(place.leads for place in places))
        layer = self.adjusted(layer, shapes)
        taken, sizes = layer.operations(*shapes), layer.cost_sizes(*shapes)
        rows: list[FormulaRows] = []
        if isinstance(taken, ByFormulas):
            unknown, rows = self.by_formulas(layer, shapes, places)
            taken = unknown or taken
        if isinstance(taken, Nothing):
            self.nothing[item.type] = taken
        rules, evaluated = rules_under(self.count, layer, taken)
        learned = layer.learned(*shapes) if live != 0 else []
        rules["gradient"] = gradients(rules, learned)
        self.stood[item.path] = times
        owners = self.shared.owners(item) if learned else {}
        again = [name for name in learned if name in item.owners and owners[name] in self.met]
        once = {name: self.shared.learning(owners[name]) for name in learned if name not in again}
        late = [name for name, learning in once.items() if learning != live]  # in copies, of a layer that leads nowhere
        self.met |= set(owners.values())
        if again:  # their gradient is a sum over all uses
            rules["gradient"] = plus(rules["gradient"], {"add": joined(layer.counts(*shapes)[name] for name in again)})
            sizes = sizes | layer.sizes(*shapes)
        back = [(plus(errors(rules, layer, place), spread(place.gives)), place.leads) for place in places]
        goes_back = any(any(place.back) for place in places)
        sizes = sizes | {"read": product(item.output)}
        gaps = [] if rows else self.gaps(item.path, taken, evaluated, goes_back, learned)
        for phase, why in layer.not_counted(*shapes).items():
            if phase != "error" or goes_back:
                self.missing.setdefault(phase, {})[item.path] = why
                gaps.append(phase)
        self.item = Named(words_of(item), frozenset(gaps), evaluated, bool(learned))
        if rows:
            self.of_rows(item, rows, rules["gradient"], sizes)
        else:
            self.phase("forward", item.path, rules.get("forward", {}), sizes, times)
            self.errors(item.path, back, sizes)
        if "error" in gaps:
            self.keep_work("error", item.path, {}, live)
        if not rows:
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
        back, sizes = entering(self.flow, item, back, sizes)
        self.item = Named(item.path)
        self.phase("forward", item.path, forward, sizes, often(places))
        self.errors(item.path, back, sizes)
        title = say("{name} ({layer})", name=item.path, layer=item.type)
        self.close(item.path, item.type, title)

    def errors(self, path: str, back: list[tuple[Phase, Size]], sizes: Sizes) -> None:
        """The error terms of all copies: those that most copies have, then those of the others."""
        found: list[tuple[Phase, list[int]]] = []
        for n, (rule, _) in reversed(list(enumerate(back))):
            alike = next((places for other, places in found if other == rule), None)
            if alike is not None:
                alike.append(n)
            elif rule:
                found.append((rule, [n]))
        found.sort(key=lambda one: len(one[1]), reverse=True)
        for k, (rule, places) in enumerate(found):
            copies = which(self.forms.repeats, path, [times for _, times in back], sorted(places))
            times = simplified(total(back[n][1] for n in places))
            self.phase("error", f"{path}.other{k}" if k else path, rule, sizes, times, copies)

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

    def phase(self, phase: str, path: str, rule: Phase, sizes: Sizes, times: Size, which: Text = "") -> None:
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
        self.keep_work(phase, path, counts, times, which)

    def keep_work(
        self, phase: str, path: str, counts: dict[str, tuple[Formula, Size]], times: Size, which: Text = ""
    ) -> None:
        """The row of a phase, where a layer computes something."""
        own = self.item
        forms = self.forms.of(path, phase) if own.learned or phase in ("forward", "error") else ()
        gap = phase in own.gaps
        if times != 0 and (counts or forms or gap):
            evaluated = own.evaluated or phase != "forward"
            self.works.append(Work(phase, own.name, forms, counts, times, which, gap, evaluated))

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


def plain_size(answer: Answer) -> Size:
    """The size in an answer."""
    size: Size = answer.value if isinstance(answer.value, Formula) else answer.value.value
    return size
