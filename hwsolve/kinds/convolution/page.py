"""The worked solution of a problem about one layer: the argument for all sizes, and the numbers line by line."""

from __future__ import annotations

from typing import Any

import msgspec

from hwsolve.derivation.size_lines import counted, of_layer, size_value, stated
from hwsolve.formula.tree import Call, Formula, Number, Ref, call, substitute
from hwsolve.graph.elements import elements
from hwsolve.graph.graph import Node
from hwsolve.graph.run import Trajectory
from hwsolve.kinds.backprop.page import NetworkPage, grouped
from hwsolve.kinds.convolution.build import PreparedLayer
from hwsolve.kinds.convolution.figures import pictures
from hwsolve.kinds.convolution.gathering import AT, AT_W, MARK
from hwsolve.kinds.convolution.layer_letters import LayerLetters
from hwsolve.kinds.convolution.passing import Before, Passing
from hwsolve.kinds.convolution.single_layer import SingleLayerProblem
from hwsolve.kinds.convolution.statement import by
from hwsolve.kinds.convolution.telling import Telling
from hwsolve.kinds.convolution.whole_map import operator
from hwsolve.language import Message, say
from hwsolve.solution import Answer, Detail, Group, Item, Line, Note, Sentence, Solution, Step

CHECKED = 64  # elements at which the index formula is compared with the numbers


class LayerPage(NetworkPage):
    """Writes the steps one after the other."""

    def __init__(self, problem: SingleLayerProblem, prepared: PreparedLayer, before: Before | None = None):
        super().__init__(problem, prepared.computation)  # type: ignore[arg-type]
        self.one, self.prepared, self.before = problem, prepared, before
        self.recursion = prepared.recursion
        self.passing = Passing(self.recursion, before)
        self.telling = Telling(self.passing)
        self.lettering = LayerLetters(self.recursion.called, problem.notation, before is not None)
        self.compared = 0

    def asked_for(self, found: dict[str, Any]) -> tuple[str, ...]:
        """The recursion where sizes are names, else the numbers that come out."""
        if self.prepared.symbolic:
            return tuple([key for key in found if key.startswith("recursion") and key != "recursion.bounds"])
        return tuple([key for key, answer in found.items() if answer.main])

    def symbols(self) -> dict[str, Formula]:
        """How the names of the argument are written."""
        called = self.recursion.called
        gradients = [f"dL_d{name}" for name in (called.x, called.w, called.b)]
        names = (*called.names.values(), "z", *gradients)
        found: dict[str, Formula] = {f"any_{name}": Ref(name) for name in names}
        found |= {
            "any_f": Ref(called.x),
            MARK: Ref("m"),
            AT: Ref(called.g),
            AT_W: Ref(called.w),
            "recursion": self.wanted(),
        }
        found["recursion.operator"] = Ref(self.wanted().name)
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
        before = self.graph.nodes[inputs[0]].inputs  # z, where x is f(z)
        return found | ({before[0]: found[inputs[0]]} if before else {})

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
            return say("Asked: {wanted} in front of the layer, from {given} behind it.", wanted=wanted, given=g)
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
        parameters = self.telling.parameters(self.slots())
        told = [(step, "page" if symbolic or self.asks("recursion") else "full") for step in steps]
        told += [(parameters, "page" if self.asks("dL_dw", "dL_db") else "full")] if parameters else []
        self.sections += [set_aside(step) if detail == "full" else step for step, detail in told]
        result = self.answer_formula(self.passing.result()) if self.passing.told else None
        value = self.answer_formula(r.bounded(r.gradient(), within=False))
        self.answers["recursion"] = Answer(value, symbolic, shown=result)
        self.answers |= {f"recursion.{name}": Answer(f) for name, f in self.passing.windows()}
        if (form := operator(r, self.before)) is not None:
            self.answers["recursion.operator"] = Answer(form)
        self.answers["recursion.bounds"] = Answer(self.answer_formula(r.recursion))
        if symbolic:
            self.answers[self.output] = Answer(r.output()[1])
            for slot in range(self.slots()):
                self.answers[gradient_of(r.element(slot)).name] = Answer(r.gradient(slot))

    def asks(self, *keys: str) -> bool:
        """Whether a problem asks for one of these itself."""
        return any(ask.text.partition("[")[0] in keys for ask in self.one.ask)

    def slots(self) -> int:
        """How many inputs the layer has: a bias may be absent."""
        return len(self.graph.nodes[self.graph.output].inputs)

    def wanted(self) -> Ref:
        """∂L/∂x[i], or ∂L/∂z[i] in front of an activation."""
        element = self.recursion.element()
        return gradient_of(Ref("z", element.indices) if self.before else element)

    def answer_formula(self, f: Formula) -> Formula:
        """The gradient of what is in front: with f′(z)."""
        if self.before is None:
            return f
        slope = self.slope(self.before)
        return call("*", *(slope.args if isinstance(slope, Call) and slope.name == "*" else (slope,)), f)

    def slope(self, before: Before) -> Formula:
        """f′(z[i])."""
        z = Ref("z", self.recursion.element().indices)
        return substitute(before.slope, {"z": z})

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
            self.sections.append(Step("", (Sentence(self.tried()),), part="numbers"))
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

    def quantities(self, step: int, *roles: str) -> list[Item]:
        """The groups of all quantities, those of the layer under the formulas of the argument."""
        items: list[Item] = []
        for node in self.nodes(*roles):
            items += self.telling.beside(self.slot_of(node), self.groups.of(node))
            items += grouped(self.entering.enter(node, self.answers))
        return items

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

    def tried(self) -> Message:
        """The case with numbers that the formulas were held against."""
        sizes = [f"{name} = {n}" for name, n in sorted(self.prepared.sizes.items())]
        if self.before and self.before.function is None:
            sizes.append(f"{self.before.name} = ReLU")
        of_map = by(self.graph.nodes[self.graph.nodes[self.graph.output].inputs[0]].shape[-len(self.passing.axes) :])
        values = {"map": of_map, "n": self.compared}
        if not sizes:
            return say("Tried on numbers: a map of {map}; the {n} values agree with the arrays.", **values)
        text = ", ".join(sizes)
        return say(
            "Tried on numbers: {sizes}, a map of {map}; the {n} values agree with the arrays.", sizes=text, **values
        )

    def compare(self) -> None:
        """The index formula, evaluated by itself, gives the gradient that the array code gives."""
        r, output = self.recursion, self.graph.nodes[self.graph.output]
        name = next((n.name for n in self.nodes("gradient") if n.of == output.inputs[0]), None)
        if name is None:
            return
        f = r.recursion
        read = {self.graph.symbol(n.name): n.name for n in self.graph.nodes.values() if n.role != "update"}
        sizes = self.known_sizes()
        letters = [i.name for i in r.element().indices if isinstance(i, Ref)]
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
        found = dict(self.prepared.sizes)
        node = self.graph.nodes[self.graph.output]
        shapes = (self.graph.nodes[node.inputs[0]].shape, self.recursion.inputs), (node.shape, self.recursion.outputs)
        for shape, names in shapes:
            for size, n in zip(names, shape, strict=True):
                if isinstance(size, Ref):
                    found[size.name] = n
        return found


def gradient_of(element: Ref) -> Ref:
    """∂L/∂ of an element."""
    return Ref(f"dL_d{element.name}", element.indices)


def set_aside(step: Step, detail: Detail = "full") -> Step:
    """A step for the full page."""
    items = [
        msgspec.structs.replace(item, detail=detail)
        if isinstance(item, Sentence | Group) and item.detail == "page"
        else item
        for item in step.items
    ]
    return msgspec.structs.replace(step, items=tuple(items))
