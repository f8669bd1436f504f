"""The groups of a quantity: its chain from the loss, its matrix line, the lines of its elements, and one reason each.

How many elements there are decides what a page shows of them: of one its line; of a few the matrix line, worked out; of
more the matrix line and one element; of very many the form alone.  The other lines stand aside.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from hwsolve.formula.functions import function
from hwsolve.formula.instantiate import fold
from hwsolve.formula.notation import unicode
from hwsolve.formula.tree import Call, Formula, Number, Ref, call, children, references, walk
from hwsolve.formula.whole_arrays import whole
from hwsolve.graph.elements import count, elements
from hwsolve.graph.explain import branches
from hwsolve.graph.explain.chains import at_element, chain_of
from hwsolve.graph.explain.lines import Writer
from hwsolve.graph.explain.matrix import Matrix, matrix_of
from hwsolve.graph.explain.matrix_lines import FEW, literal, matrix_line, nested
from hwsolve.graph.explain.origin import is_view
from hwsolve.graph.explain.room import WRITTEN
from hwsolve.graph.explain.schematic import both_sides, general
from hwsolve.graph.graph import Node
from hwsolve.language import Message, say
from hwsolve.quantities import alike
from hwsolve.solution import Carried, Detail, Form, Group, Line, Stage, Text, Value

WIDE = 44  # characters of an element's formula in a matrix line


class Groups:
    """Writes the groups of quantities, one step after the other."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.explained: set[str] = set()  # quantities of which an element was worked out on the page

    def of(self, node: Node, detail: Detail = "page") -> Iterator[Group]:
        """The groups of a quantity at the writer's step, behind what they read of steps that are not written out."""
        groups = list(self.groups(node))
        carried = tuple(line for group in groups for line in group.lines if isinstance(line, Carried))
        if carried:
            yield Group(carried, detail=detail)
        for group in groups:
            lines = tuple(line for line in group.lines if not isinstance(line, Carried)) if carried else group.lines
            if lines:
                shown = group.detail if group.detail == "data" else detail
                yield msgspec.structs.replace(group, lines=lines, detail=shown)

    def groups(self, node: Node) -> Iterator[Group]:
        """The same, for the page."""
        writer, size = self.writer, count(node.shape)
        if is_view(writer.graph, node.name):
            yield Group(tuple(writer.lines(node.name)))
        elif writer.asked.alone:
            lines = tuple(writer.lines(node.name))
            yield Group((general(writer, node), *lines) if lines and size > 1 else lines, self.rule(node))
        elif size == 1:
            yield self.single(node)
        elif size <= FEW:
            yield from self.few(node)
        else:
            yield from self.many(node)

    # one element

    def single(self, node: Node) -> Group:
        """The line of a number, a gradient with its chain, a product of matrices as such."""
        lines = list(self.writer.lines(node.name))
        line = lines.pop() if lines else None
        if not isinstance(line, Value):
            return Group(())
        chain = chain_of(self.writer, node)
        if chain is not None:
            line = self.linked(node, chain, line)
        elif (product := self.product(node)) is not None:
            line = msgspec.structs.replace(line, stages=(Stage("=", product, own=True), *line.stages[1:]))
        why = self.branches(node)
        return Group((*lines, line), why or self.rule(node))

    def linked(self, node: Node, chain: Formula, line: Value) -> Value:
        """The line of the element with its chain."""
        at = (1,) * len(node.shape)
        return at_element(self.writer, node, chain, line, at) or line

    def product(self, node: Node) -> Formula | None:
        """A sum of several products as one of matrices: β = wᵀb."""
        matrix = matrix_of(self.writer, node) if node.role == "forward" else None
        if matrix is None or not any(isinstance(part, Call) and part.name == "@" for part in walk(matrix.shown)):
            return None
        names = matrix.reads
        graph = self.writer.graph
        if any(graph.labels[n].elements for n in names) or all(count(graph.nodes[n].shape) == 1 for n in names):
            return None
        return (
            None if any(isinstance(part, Call) and part.name == "rows" for part in walk(matrix.shown)) else matrix.shown
        )

    # a few

    def few(self, node: Node) -> Iterator[Group]:
        """The matrix line with the elements worked out in it; without one, the form of an element, and all of them."""
        lines = list(self.writer.lines(node.name))
        values = [line for line in lines if isinstance(line, Value)]
        if not values:
            return
        matrix = matrix_of(self.writer, node)
        made = matrix_line(self.writer, node, matrix, values) if matrix is not None else None
        if made is not None and not fits(made) and node.name in self.explained:
            made = msgspec.structs.replace(made, stages=made.stages[:1])
        self.explained.add(node.name)
        aside = made is not None and fits(made)
        chain = self.chained(node, lines, values, aside)
        why = self.branches(node)
        if made is not None and matrix is not None and aside:
            head = general(self.writer, node, chain)
            headed = node.role == "gradient" and not repeats(head, matrix)
            if headed:
                yield Group((head,), self.rule(node))
            elif node.role == "gradient":
                why = why or self.rule(node)
            rest = [msgspec.structs.replace(x, aside=True) if isinstance(x, Value) else x for x in lines]
            yield Group((made, *rest), why or self.added(matrix), 0, close=headed)
            return
        head = general(self.writer, node, chain)
        yield Group((head, *lines), self.rule(node) if not why or node.role == "gradient" else why, 0)
        if why and node.role == "gradient":
            yield Group((), why)

    # many

    def many(self, node: Node) -> Iterator[Group]:
        """The matrix line and one element; of very many elements the form, and no values."""
        writer, size = self.writer, count(node.shape)
        again = node.name in self.explained
        self.explained.add(node.name)
        matrix = matrix_of(writer, node)
        lines = list(writer.lines(node.name, 0 if again or (matrix is not None and decided(matrix)) else 1))
        values = [line for line in lines if isinstance(line, Value)]
        chain = self.chained(node, lines, values, len(values) > 1)
        made = matrix_line(writer, node, matrix, values) if matrix is not None else None
        why, headed = self.branches(node, values), node.role == "gradient" or matrix is None
        head = general(writer, node, chain)
        if headed and matrix is not None and repeats(head, matrix):
            why, headed = why or self.rule(node), False
        if headed:
            yield Group((head,), self.rule(node))
        top: Line | None = made if size <= WRITTEN else None
        if top is None and matrix is not None:
            top = self.shown(node, matrix)
        elif top is None and size <= WRITTEN:
            top = self.values(node)
        if top is not None:
            yield Group((top,), why or (self.added(matrix) if matrix is not None else ""), 0, close=headed)
        if made is not None and made is not top:
            yield Group((made,), detail="data")
        yield Group(tuple(lines), depth=1, close=True)

    def chained(self, node: Node, lines: list[Line], values: list[Value], aside: bool) -> Formula | None:
        """The chain of a gradient, if it gives the last element; `aside`: whose line, which is aside, is to hold it."""
        chain = chain_of(self.writer, node) if values and not self.writer.graph.labels[node.name].elements else None
        if chain is None:
            return None
        line = values[-1]
        at = tuple(i.numerator for i in line.key.indices if isinstance(i, Number))
        linked = at_element(self.writer, node, chain, line, at)
        if linked is not None and aside:
            lines[lines.index(line)] = linked
        return chain if linked is not None else None

    def shown(self, node: Node, matrix: Matrix) -> Form:
        """The form of an array whose values have no line of their own; of not too many with their values."""
        key = whole(self.writer.key(node.name, ()).name)
        if count(node.shape) > WRITTEN:
            return Form((Stage("", key), Stage("=", matrix.shown)))
        relation, values = self.literal(node)
        return Form((Stage("", key), Stage("=", matrix.shown), Stage(relation, values)))

    def values(self, node: Node) -> Form:
        """All elements of an array together."""
        relation, values = self.literal(node)
        return Form((Stage("", whole(self.writer.key(node.name, ()).name)), Stage(relation, values)))

    def literal(self, node: Node) -> tuple[str, Formula]:
        """The values of an array as a formula, and their relation."""
        shown = [self.writer.shown(node.name, at) for at in elements(node.shape)]
        relation = "≈" if any(q.relation == "≈" for q in shown) else "="
        return relation, literal(alike(nested(shown, node.shape), self.writer.digits))

    # reasons

    def branches(self, node: Node, lines: list[Value] | None = None) -> Text:
        """Why functions made of pieces have their values; of a long quantity as far as it has lines."""
        writer = self.writer
        if not any(branches.pieces_of(c) for p in writer.parts(node.name) for c in walk(fold(p.over_nodes))):
            return ""
        places = elements(node.shape)
        if lines is not None and len(lines) < len(places):
            return ""
        formulas = [writer.formula(node.name, at) for at in places]
        return branches.reason(writer, formulas, node.role == "gradient")

    def rule(self, node: Node) -> Text:
        """The reason of a gradient: what reads the quantity, by a form that the reader has seen."""
        if node.role != "gradient":
            return ""
        graph = self.writer.graph
        readers = list(dict.fromkeys(term.output for term in node.terms))
        if len(readers) > 1:
            return say("read by {readers}", readers=tuple(self.symbol(name) for name in readers))
        term = node.terms[0]
        remark = term.operation.gradient_remark()
        if remark is not None:
            return remark
        output = graph.nodes[readers[0]]
        of = graph.nodes[node.of]
        per_sample = len(output.shape) == len(of.shape) + 1  # a convolution adds it at every place too
        if of.role == "parameter" and len(of.shape) <= 1 and graph.batched and per_sample and self.is_added(node):
            return say("{b} is read by every sample", b=self.symbol(node.of))
        lhs, rhs = both_sides(self.writer, output)
        return say("{formula}", formula=Call("form", (call("==", lhs, rhs),)))

    def is_added(self, node: Node) -> bool:
        """Whether a quantity stands as a term alone: its slope is 1."""
        return all(sum(1 for _ in references(p.over_nodes) if _.indices) == 1 for p in self.writer.parts(node.name))

    def symbol(self, name: str) -> Formula:
        """A quantity as a whole."""
        key = self.writer.key(name, ()).name
        return whole(key) if self.writer.graph.nodes[name].shape else Ref(key)

    def added(self, matrix: Matrix) -> Message | str:
        """What is added to each row, or to each element."""
        graph = self.writer.graph
        match matrix.over_nodes:
            case Call("+", (_, Call("rows", (Ref(name),)))):
                return say("{b} to each row", b=self.symbol(name))
            case Call("+", (other, Ref(name, ()))) if name in graph.nodes and not graph.nodes[name].shape:
                if any(graph.nodes[r.name].shape for r in references(other) if r.name in graph.nodes):
                    return say("{b} to each element", b=self.symbol(name))
        return ""


def fits(line: Value) -> bool:
    """Whether the elements that are worked out in a line are short enough for it."""
    own = [stage.formula for stage in line.stages if stage.own]
    return all(len(unicode(f)) <= WIDE for stage in own for f in leaves(stage))


def leaves(f: Formula) -> Iterator[Formula]:
    """The elements of a literal array."""
    if isinstance(f, Call) and f.name == "[]":
        for part in children(f):
            yield from leaves(part)
    else:
        yield f


def repeats(form: Form, matrix: Matrix) -> bool:
    """Whether the form of an element, without its chain, says what the matrix line says anyway."""
    return len(form.links) == 2 and not any(is_product(part) for part in walk(matrix.shown))


def is_product(part: Formula) -> bool:
    """Whether a part is a product of matrices."""
    return isinstance(part, Call) and part.name in ("@", "outer")


def decided(matrix: Matrix) -> bool:
    """Whether a form says no more of an element than which piece of a function it lies in."""
    parts = [part for part in walk(matrix.shown) if isinstance(part, Call)]
    pieces = any((known := function(part.name)) is not None and known.piecewise for part in parts)
    return pieces and not any(map(is_product, parts))
