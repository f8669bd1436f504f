"""The worked solution of a problem about one layer: the argument for all sizes, and the numbers line by line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from hwsolve.derivation.size_lines import counted, of_layer, size_value, stated
from hwsolve.formula.tree import Formula, Number, Ref
from hwsolve.graph.graph import Node
from hwsolve.graph.run import Trajectory
from hwsolve.kinds.convolution.build import PreparedLayer
from hwsolve.kinds.convolution.case_page import CasePage
from hwsolve.kinds.convolution.disjoint import KEY, Disjoint
from hwsolve.kinds.convolution.figures import pictures
from hwsolve.kinds.convolution.gathering import AT, AT_W, MARK
from hwsolve.kinds.convolution.in_front import before
from hwsolve.kinds.convolution.layer_letters import LayerLetters
from hwsolve.kinds.convolution.parameters import gradient_of_parameter
from hwsolve.kinds.convolution.passing import Passing
from hwsolve.kinds.convolution.single_layer import SingleLayerProblem
from hwsolve.kinds.convolution.telling import Telling
from hwsolve.kinds.convolution.whole_map import STUFFED, explained, operator, stuffed
from hwsolve.language import Message, say
from hwsolve.layers.correlation import Kernels
from hwsolve.sections import one_group, set_aside
from hwsolve.solution import Answer, Group, Item, Line, Note, Sentence, Solution, Step


class LayerPage(CasePage):
    """Writes the steps one after the other."""

    def __init__(self, problem: SingleLayerProblem, prepared: PreparedLayer):
        super().__init__(problem, prepared.computation)
        self.one, self.prepared = problem, prepared
        self.before = before(problem, prepared.computation.graph, prepared.copies is not None)
        self.recursion = prepared.recursion
        self.passing = Passing(self.recursion, self.before)
        self.telling = Telling(self.passing, prepared.copies)
        kernel = isinstance(self.recursion.operation, Kernels)
        read = (self.recursion.called.x, *([prepared.copies.source] if prepared.copies else []))
        self.lettering = LayerLetters(
            self.recursion.called, read, problem.notation, problem.activation is not None, kernel
        )

    def asked_for(self, found: dict[str, Any]) -> tuple[str, ...]:
        """The recursion where sizes are names, else the numbers that come out."""
        if self.prepared.symbolic:
            return tuple([key for key in found if key.startswith("recursion") and key != "recursion.bounds"])
        return tuple([key for key, answer in found.items() if answer.main])

    def symbols(self) -> dict[str, Formula]:
        """How the names of the argument are written."""
        called = self.recursion.called
        gradients = [called.gradient(name) for name in (called.x, called.w, called.b)]
        names = (*called.names.values(), "z", *gradients)
        found: dict[str, Formula] = {f"any_{name}": Ref(name) for name in names}
        found |= {
            "any_f": Ref(called.x),
            MARK: Ref("m"),
            AT: Ref(called.g),
            AT_W: Ref(called.w),
            "recursion": self.wanted(),
            KEY: self.wanted(),
        }
        found["recursion.operator"] = Ref(self.wanted().name)
        if (spread := stuffed(self.recursion)) is not None:
            found[STUFFED] = spread
        ends = {f"recursion.{name}": Ref(name) for name, _ in self.passing.windows()}
        return self.lettering.symbols(super().symbols() | found | ends)

    def deltas(self) -> dict[str, str]:
        """Those of one layer have names of their own."""
        return {}

    def start(self, trajectory: Trajectory) -> None:
        """The givens, the layer, its shape and the argument."""
        super().start(trajectory)
        self.writer.letters = self.letters()
        self.sections.append(self.network())
        self.argument()
        self.shape()

    def solution(self) -> Solution:
        """The document; the windows that cover a cell are indices."""
        return msgspec.structs.replace(super().solution(), indices=tuple([n for n, _ in self.passing.windows()]))

    def letters(self) -> dict[str, tuple[str, ...]]:
        """The letters of what the layer reads, the same in the index formulas and beside the numbers."""
        inputs = self.graph.nodes[self.graph.output].inputs
        found = {name: tuple(self.recursion.letters(slot).values()) for slot, name in enumerate(inputs)}
        read = inputs[0]
        while before := self.graph.nodes[read].inputs:  # x with copies around it, or f(z)
            found[before[0]] = found[read]
            read = before[0]
        return found

    def state(self) -> None:
        """The statement stands before the argument, which speaks of what it names."""

    def network(self) -> Step:
        """The statement."""
        step = self.telling.statement(self.question())
        return msgspec.structs.replace(step, items=(*step.items[:-1], *self.lettering.said(), step.items[-1]))

    def question(self) -> Message:
        """What is to be worked out."""
        g = Ref(self.recursion.called.g)
        if self.prepared.symbolic:
            wanted = Ref(self.wanted().name)
            return say("Asked: {wanted} as a formula in {given}.", wanted=wanted, given=g)
        gradients = tuple(Ref(self.graph.symbol(n.name)) for n in self.nodes("gradient") if self.is_main(n))
        y = Ref(self.output)
        if not gradients:
            return say("Asked: {y}.", y=y)
        return say("Asked: {y}, and from {given} the gradients {wanted}.", y=y, given=g, wanted=gradients)

    # the argument

    def argument(self) -> None:
        """From y[p] to ∂L/∂x[i], step by step, and the answers that come of it."""
        r, symbolic = self.recursion, self.prepared.symbolic
        steps = list(self.telling.steps(Ref("recursion")))
        disjoint = Disjoint(self.telling, r) if symbolic and self.telling.pools else None
        if disjoint is not None and (step := disjoint.step()) is not None:
            steps.append(step)
        parameters = self.telling.parameters(self.slots())
        told = [(step, "page" if symbolic or self.asks("recursion") else "full") for step in steps]
        asked = self.asks(*map(r.called.gradient, "wb"))
        told += [(parameters, "page" if asked else "full")] if parameters else []
        self.sections += [set_aside(step) if detail == "full" else step for step, detail in told]
        result = self.answer_formula(self.passing.result()) if self.passing.told else None
        value = self.formulas()["recursion"].value
        self.answers["recursion"] = Answer(value, symbolic, shown=result, legend=self.telling.marks())
        self.answers |= {f"recursion.{name}": Answer(f) for name, f in self.passing.windows()}
        if disjoint is not None and disjoint.found is not None:
            self.answers[KEY] = disjoint.answer()
        if (form := operator(r, self.before)) is not None:
            self.answers["recursion.operator"] = Answer(form, legend=tuple(explained(self.passing, form)))
        self.answers["recursion.bounds"] = Answer(self.answer_formula(r.recursion))
        if symbolic:
            self.answers[self.output] = Answer(r.output()[1])
            for slot in range(self.slots()):
                shown = gradient_of_parameter(self.passing, slot) if slot == 1 else None
                self.answers[r.called.gradient(r.element(slot).name)] = Answer(r.gradient(slot), shown=shown)

    def formulas(self) -> dict[str, Answer]:
        """What comes out, and the gradient of what is in front, as a spec may state them."""
        r = self.recursion
        y, f = r.output()
        gradient = self.answer_formula(r.bounded(r.gradient(), within=False))
        return {y.name: Answer(f), "recursion": Answer(gradient)}

    def asks(self, *keys: str) -> bool:
        """Whether a problem asks for one of these itself."""
        return any(ask.text.partition("[")[0] in keys for ask in self.one.ask)

    def slots(self) -> int:
        """How many inputs the layer has: a bias may be absent."""
        return len(self.graph.nodes[self.graph.output].inputs)

    def wanted(self) -> Ref:
        """∂L/∂x[i], or ∂L/∂z[i] in front of an activation."""
        element = self.recursion.element()
        return Ref(self.recursion.called.gradient("z" if self.before else element.name), element.indices)

    def answer_formula(self, f: Formula) -> Formula:
        """The gradient of what is in front: with f′(z)."""
        return self.telling.own(self.passing.passed_on(f))

    # the shape

    def shape(self) -> None:
        """The size of every axis of y, by its formula."""
        layer, x = self.prepared.general, self.prepared.named
        y = layer.output(x)
        formulas = layer.axes(x)
        lines: list[Line] = []
        sizes: list[Any] = []
        seen = None
        first = 0 if self.prepared.written.y else 1
        for axis, size in enumerate((*self.samples, *y[first:]), first - len(self.samples)):
            key = Ref(f"shape.{self.output}", (Number(len(sizes) + 1),))
            sizes.append(size_value(size))
            if axis in formulas:
                text, names = formulas[axis]
                line = counted(key, text, names, size, aside=list(names.values()) == seen)
                seen = list(names.values())
            else:
                line = stated(key, size)
            lines.append(line)
        group = Group(
            of_layer(lines, self.one.kind, self.output), detail="page" if self.asks(f"shape.{self.output}") else "full"
        )
        self.sections.append(Step(say("Shape"), (group,)))
        self.answers[f"shape.{self.output}"] = Answer(tuple(sizes))

    @property
    def samples(self) -> tuple[int, ...]:
        """The number of samples, where there is a batch."""
        return self.graph.nodes[self.graph.output].shape[:1] if self.graph.batched else ()

    @property
    def output(self) -> str:
        """The symbol of the output."""
        return self.recursion.called.y

    # the numbers

    def one_pass(self, step: int, trajectory: Trajectory) -> None:
        """The lines, with pictures of the windows; then the index formula is held against them."""
        start = len(self.sections)
        formulas = dict(self.answers)
        super().one_pass(step, trajectory)
        self.compare()
        if self.prepared.symbolic:
            self.answers = formulas
            self.sections[start:] = [set_aside(s) for s in self.sections[start:]]
            self.sections.append(Step(say("Tried on numbers"), tuple(self.tried()), part="numbers"))
        elif figures := pictures(self.writer, self.graph.nodes[self.graph.output]):
            first = self.sections[start]
            self.sections[start] = msgspec.structs.replace(first, items=(*first.items, *figures))

    def notes(self) -> list[Note]:
        """What a reader must know, the convention for ties among it; of a case that only illustrates, warnings."""
        found = super().notes()
        if self.prepared.symbolic:
            return [note for note in found if note.level == "warning"]
        remark = self.recursion.operation.tie_remark()
        if remark is None or any(note.text == remark for note in found):
            return found
        return [*found, Note("info", remark)]

    def by_parts(self, step: int, *roles: str) -> list[tuple[Message | str, list[Item]]]:
        """The groups of all quantities, those of the layer under the formulas of the argument; there are no parts."""
        items: list[Item] = []
        for node in self.nodes(*roles):
            items += self.of_copies(node)
            items += self.telling.beside(self.slot_of(node), self.groups.of(node))
            items += one_group(self.entering.enter(node, self.answers))
        return [("", items)]

    def of_copies(self, node: Node) -> Iterator[Item]:
        """What is said of the gradient of a map that has copies of its cells around it."""
        copies, padded = self.prepared.copies, self.recursion.called.x
        if copies is not None and node.role == "gradient" and self.graph.symbol(node.of) == copies.source:
            yield Sentence(copies.gathered(Ref(padded)))

    def slot_of(self, node: Node) -> int | None:
        """Of which input of the layer a quantity is the gradient; -1 for what comes out, None for others."""
        output = self.graph.nodes[self.graph.output]
        if node is output:
            return -1
        return output.inputs.index(node.of) if node.role == "gradient" and node.of in output.inputs else None

    def is_main(self, node: Node) -> bool:
        """The output, and the gradients of what goes in and of parameters."""
        stated = node.of in self.graph.nodes and self.graph.nodes[node.of].role in ("given", "parameter")
        return (node.role == "gradient" and stated) or node.name == self.graph.output
