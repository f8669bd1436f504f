"""The worked solution of a problem about one layer: its index formulas, its shape, and the numbers line by line."""

from __future__ import annotations

from typing import Any

import msgspec

from hwsolve.derivation.lines import identity_line
from hwsolve.derivation.size_lines import counted, of_layer, size_value, stated
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Call, Formula, Number, Ref, call, references, substitute
from hwsolve.graph.elements import count, elements
from hwsolve.graph.explain.nondifferentiable import has_kinks
from hwsolve.graph.explain.schematic import both_sides
from hwsolve.graph.graph import Node
from hwsolve.graph.run import Trajectory
from hwsolve.kinds.backprop.page import NetworkPage
from hwsolve.kinds.convolution.build import PreparedLayer
from hwsolve.kinds.convolution.figures import pictures
from hwsolve.kinds.convolution.instance import MOST_MADE_UP
from hwsolve.kinds.convolution.recursion import has_choice
from hwsolve.kinds.convolution.single_layer import SingleLayerProblem
from hwsolve.language import Message, say
from hwsolve.layers.axes import Sliding
from hwsolve.layers.base import shape_text
from hwsolve.layers.pooling_operations import Maximum, Mean
from hwsolve.layers.window import reach
from hwsolve.sections import section
from hwsolve.solution import Answer, Cell, Line, Prose, Stage, Step, Table

SENT = {  # by the convention for several largest cells
    "first": say("Every window sends its error to the first cell that has its largest value, and to no other."),
    "all": say("Every window sends its error to each cell that has its largest value, and to no other."),
    "split": say("Every window parts its error equally among the cells that have its largest value."),
}
TIED = {  # what the convention makes of the chain rule, which knows the derivative of a maximum without ties only
    "first": say("For ties it adds a factor, which is 0 where an earlier cell of the window has the largest value."),
    "all": say("For ties it keeps the same formula for each of the cells."),
    "split": say("For ties it adds a factor, 1 divided by the number of cells that have the largest value."),
}
CHECKED = 64  # elements at which the index formula is compared with the numbers


class Before(msgspec.Struct, frozen=True):
    """The activation a = f(z) in front of a layer: its derivative, and f itself unless it is any function."""

    name: str
    slope: Formula
    function: Formula | None = None


class LayerPage(NetworkPage):
    """Writes the sections one after the other."""

    def __init__(self, problem: SingleLayerProblem, prepared: PreparedLayer, before: Before | None = None):
        super().__init__(problem, prepared.computation)  # type: ignore[arg-type]
        self.one, self.prepared, self.before = problem, prepared, before
        self.recursion = prepared.recursion

    def start(self, trajectory: Trajectory) -> None:
        """The givens, the layer, its shape and its index formulas."""
        super().start(trajectory)
        self.writer.letters = self.letters()
        self.shape()
        self.derivation()

    def letters(self) -> dict[str, tuple[str, ...]]:
        """The letters of what the layer reads, the same in the index formulas and beside the numbers."""
        inputs = self.graph.nodes[self.graph.output].inputs
        found = {name: tuple(self.recursion.letters(slot).values()) for slot, name in enumerate(inputs)}
        before = self.graph.nodes[inputs[0]].inputs  # z, where x is f(z)
        return found | ({before[0]: found[inputs[0]]} if before else {})

    def network(self) -> Step:
        """The layer as a table."""
        rows: list[tuple[Cell, ...]] = []
        for node in self.nodes("forward"):
            sides, shape = both_sides(self.writer, node), node.shape
            if self.prepared.symbolic and node.name == self.graph.output:
                sides, shape = self.recursion.output(), self.prepared.general.output(self.prepared.named)
                shape = self.samples + (shape if self.prepared.written.y else shape[1:])
            rows.append((Call("==", sides), shape_text(shape) or "1"))
        return section(say("Layer"), tables=(Table("", (say("computes"), say("shape")), tuple(rows)),), asked=True)

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
        self.section(say("Shape"), list(of_layer(lines, self.one.kind, self.output)))
        self.answers[f"shape.{self.output}"] = Answer(tuple(sizes), self.prepared.symbolic)

    @property
    def samples(self) -> tuple[int, ...]:
        """The number of samples, where there is a batch."""
        return self.graph.nodes[self.graph.output].shape[:1] if self.graph.batched else ()

    @property
    def output(self) -> str:
        """The symbol of the output."""
        return self.recursion.called.y

    # the index formulas

    def derivation(self) -> None:
        """From y[p] to ∂L/∂x[i], step by step."""
        r = self.recursion
        y, f = r.output()
        lines: list[Line] = [Prose(formulas=(Stage("=", y), Stage("=", f)))]
        if r.stands_alone():
            if isinstance(r.operation, Maximum):
                lines.append(Prose(say("The chain rule, where no window has its largest value in several cells:")))
            lhs, rhs = r.local
            rule = say("each index of {x} gives a δ", x=r.called.x)
            lines.append(identity_line(lhs, rhs, self.free(lhs, rhs), rule))
            lhs, rhs = r.gathered
            rule = say("the sum over all of {y} leaves the places that read the cell", y=r.called.y)
            lines.append(identity_line(lhs, rhs, self.free(lhs, rhs), rule))
            if self.before:
                lines.append(self.chain(self.before, lhs, rhs))
        lines.extend(self.words())
        lines.append(Prose(self.absent(), (Stage("=", self.wanted()), Stage("=", self.answer_formula(r.gradient())))))
        others = range(1, self.slots() if self.prepared.symbolic else 1)
        sides = ((gradient_of(r.element(slot)), r.gradient(slot)) for slot in others)
        lines.extend(Prose(formulas=(Stage("=", lhs), Stage("=", rhs))) for lhs, rhs in sides)
        self.section(say("How the error passes the layer"), lines)
        short = r.bounded(r.gradient(), within=False)
        self.answers["recursion"] = Answer(self.answer_formula(short), self.prepared.symbolic)
        self.answers["recursion.bounds"] = Answer(self.answer_formula(r.recursion))
        if self.prepared.symbolic:
            self.answers[self.output] = Answer(f)
            for slot in range(self.slots()):
                self.answers[gradient_of(r.element(slot)).name] = Answer(r.gradient(slot))

    def words(self) -> list[Line]:
        """What one window of a pooling layer sends, and whether windows share cells."""
        operation = self.recursion.operation
        if isinstance(operation, Mean) and self.recursion.stands_alone():
            share = self.recursion.share()
            equally = say("Every window sends an equal part of its error to each cell it covers:")
            sends: list[Line] = [Prose(equally, (Stage("=", share),))]
        elif isinstance(operation, Maximum):
            sends = [Prose(SENT[operation.ties]), Prose(TIED[operation.ties])]
        else:
            return []
        slides = [a for a in operation.frame.axes if isinstance(a, Sliding)]
        steps = [(a.stride, reach(a.kernel, a.dilation)) for a in slides]
        if all(isinstance(s, int) and isinstance(k, int) and s >= k for s, k in steps):
            return sends
        if any(isinstance(s, int) and isinstance(k, int) and s < k for s, k in steps):
            return [*sends, Prose(say("The windows overlap: what several of them send to one cell adds up."))]
        return [*sends, Prose(say("Where windows overlap, what several of them send to one cell adds up."))]

    def absent(self) -> Message:
        """What becomes of elements that are not there."""
        if isinstance(self.recursion.operation, Maximum):
            return say("A cell outside the map is skipped, and a place that is not there sends nothing. In short:")
        return say("An element outside its map, or between two places, counts as 0. In short:")

    def free(self, lhs: Formula, rhs: Formula) -> dict[str, str]:
        """What an identity holds for."""
        free = self.recursion.free(lhs, rhs)
        return self.recursion.any_numbers(free, self.cells()) if has_choice(lhs) else free

    def cells(self) -> list[Ref]:
        """The elements of x that are stated, or that a line may yet read."""
        name = self.graph.nodes[self.graph.output].inputs[0]
        shape = self.graph.nodes[name].shape
        if count(shape) > MOST_MADE_UP:
            return list(self.writer.known)
        return [self.writer.key(name, indices) for indices in elements(shape)]

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
        return put_z(before.slope, z)

    def chain(self, before: Before, lhs: Formula, rhs: Formula) -> Line:
        """The same for z, with the derivative of f; that of any function f is a quantity by itself."""
        z = Ref("z", self.recursion.element().indices)
        if before.function is None:
            slope: Formula = Ref("da_dz", z.indices)
            left, right = call("*", lhs, slope), call("*", slope, rhs)
        else:
            left = call("*", lhs, Call("diff", (put_z(before.function, z), z)))
            right = call("*", put_z(before.slope, z), rhs)
        rule = say("chain rule through a = {f}(z)", f=before.name)
        free = self.recursion.free(left, right)
        learned = {ref.name for ref in references(before.slope)} - {"z"}
        free |= dict.fromkeys(learned, "real")
        if before.function is not None and has_kinks(before.function):  # a stated z may lie on one
            free |= {plain(key): "real" for key in self.writer.known if key.name == z.name}
        return identity_line(left, right, free, rule)

    # the numbers

    def one_pass(self, step: int, trajectory: Trajectory) -> None:
        """The lines, with pictures of the windows; then the index formula is held against them."""
        if self.prepared.symbolic:
            self.sections.append(section(say("A case with numbers"), lines=(Prose(self.chosen()),)))
        start = len(self.sections)
        formulas = dict(self.answers)
        super().one_pass(step, trajectory)
        node = self.graph.nodes[self.graph.output]
        figures = pictures(self.writer, node)
        if figures:
            first = self.sections[start]
            self.sections[start] = msgspec.structs.replace(first, items=(*first.items, *figures))
        if self.prepared.symbolic:
            self.answers = formulas
        self.compare()

    def is_main(self, node: Node) -> bool:
        """The output and every gradient."""
        return node.role == "gradient" or node.name == self.graph.output

    def chosen(self) -> Message:
        """The sizes of the instance."""
        sizes = ", ".join(f"{name} = {n}" for name, n in sorted(self.prepared.sizes.items()))
        if self.before and self.before.function is None:
            sizes = ", ".join((*([sizes] if sizes else ()), f"{self.before.name} = ReLU"))
        if not sizes:
            return say("With the small numbers given above. The formulas give the same.")
        return say("With {sizes} and the small numbers given above. The formulas give the same.", sizes=sizes)

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


def put_z(f: Formula, z: Ref) -> Formula:
    """A function of z at an element."""
    return substitute(f, {"z": z})
