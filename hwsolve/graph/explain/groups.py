"""The groups of a quantity: its chain from the loss, its matrix line, the lines of its elements, and one reason each.

How many elements there are decides what a page shows of them: of one its line; of a few the matrix line, worked out; of
more the matrix line and one element; of very many the form alone.  The other lines stand aside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from hwsolve.formula.parse import parse
from hwsolve.formula.tree import ZERO, Call, Formula, Number, Ref, call, references, walk
from hwsolve.formula.whole_arrays import whole
from hwsolve.graph.elements import Indices, count, elements
from hwsolve.graph.explain import branches
from hwsolve.graph.explain.array_forms import form_of, of_values
from hwsolve.graph.explain.chains import at_element, chain_of
from hwsolve.graph.explain.conditions import in_words
from hwsolve.graph.explain.contraction import head_by_head
from hwsolve.graph.explain.group_forms import decided, first_shown, fits, has_room, lists_elements, repeats, untold
from hwsolve.graph.explain.lines import Writer
from hwsolve.graph.explain.masks import hidden
from hwsolve.graph.explain.matrix import Matrix, matrix_of
from hwsolve.graph.explain.matrix_lines import FEW, matrix_line
from hwsolve.graph.explain.origin import is_view
from hwsolve.graph.explain.over_time import reads_steps, summed
from hwsolve.graph.explain.room import WRITTEN
from hwsolve.graph.explain.schematic import both_sides, general, has_braces, with_dummies
from hwsolve.graph.explain.special_cases import has_cases_of_elements
from hwsolve.graph.explain.stacked import stacked
from hwsolve.graph.explain.worked import chosen
from hwsolve.graph.graph import Node
from hwsolve.graph.stack import is_stack
from hwsolve.language import Message, listed, say
from hwsolve.solution import Carried, Detail, Form, Group, Line, Stage, Text, Value


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
        if is_stack(writer.graph, node.name):
            yield Group(tuple(stacked(writer, node)))
        elif is_view(writer.graph, node.name):
            yield Group(tuple(first_shown(writer.lines(node.name), size if size <= FEW else 1)))
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
        names, graph = matrix.reads, self.writer.graph
        if any(graph.labels[n].elements for n in names) or all(count(graph.nodes[n].shape) == 1 for n in names):
            return None
        rows = any(isinstance(part, Call) and part.name == "rows" for part in walk(matrix.shown))
        return None if rows else matrix.shown

    # a few

    def few(self, node: Node) -> Iterator[Group]:
        """The matrix line with the elements worked out in it; without one, the form of an element, and all of them."""
        lines = list(self.writer.lines(node.name))
        values = [line for line in lines if isinstance(line, Value)]
        if not values:
            return
        matrix = matrix_of(self.writer, node)
        matrix = None if matrix is not None and head_by_head(matrix.form) else matrix
        made = matrix_line(self.writer, node, matrix, values) if matrix is not None else None
        if made is not None and not fits(made) and node.name in self.explained:
            made = msgspec.structs.replace(made, stages=made.stages[:1])
        self.explained.add(node.name)
        aside = made is not None and fits(made)
        chain = self.chained(node, lines, values, aside)
        why = self.branches(node) or self.masked(lines)
        if made is not None and matrix is not None and aside:
            head = general(self.writer, node, chain)
            headed = node.role == "gradient" and not repeats(head, matrix) and not unreadable(node, head)
            if headed:
                yield Group((head,), self.rule(node))
            elif node.role == "gradient":
                why = why or self.rule(node)
            room, told = has_room(made), why or self.added(matrix)
            rest = tuple(first_shown(lines, 0 if room else 1))
            yield Group((made, *rest) if room else (untold(made),), told, 0, close=headed)
            yield from () if room else (Group(rest, depth=1, close=True),)
            return
        if self.of_one_unit(node) or self.reads_parts(node):
            heads: tuple[Form, ...] = ()
        else:
            head = general(self.writer, node, chain)
            bare = unreadable(node, head) or lists_elements(head, lines)
            if bare or has_cases_of_elements(head.links[-1].formula):
                if not bare:
                    yield Group((head,))
                yield Group(tuple(lines), why or self.rule(node), close=not bare and node.role != "gradient")
                return
            heads = (summed(self.writer, node) if reads_steps(self.writer, node) else ()) or (head,)
        yield Group((*heads, *lines), self.rule(node) if not why or node.role == "gradient" else why, 0)
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
        said = matrix is not None and repeats(head, matrix)
        if headed and (said or unreadable(node, head) or self.reads_parts(node)):
            why, headed = why or self.rule(node), False
        if headed:
            heads = summed(writer, node) if reads_steps(writer, node) else ()
            yield Group(heads or (head,), self.rule(node))
        top: Line | None = made if size <= WRITTEN and not (matrix and head_by_head(matrix.form)) else None
        if top is None and matrix is not None:
            top = form_of(self.writer, node, matrix)
        elif top is None and size <= WRITTEN:
            top = of_values(self.writer, node)
        if top is not None:
            yield Group((top,), why or (self.added(matrix) if matrix is not None else ""), 0, close=headed)
        if made is not None and made is not top:
            yield Group((made,), detail="data")
        worked = [line for line in lines if isinstance(line, Value) and not line.aside]
        yield Group(tuple(lines), chosen(writer, node, worked[0]) if len(worked) == 1 else "", depth=1, close=True)

    def of_one_unit(self, node: Node) -> bool:
        """Whether a gradient sums over steps of one unit: its lines say all that a form could say."""
        graph = self.writer.graph
        shapes = [graph.nodes[t.output].shape[graph.labels[t.output].lead :] for t in node.terms]
        return reads_steps(self.writer, node) and all(count(shape) == 1 for shape in shapes)

    def reads_parts(self, node: Node) -> bool:
        """Whether a step reads one matrix in two parts, as W over [h, x]: no form holds for all its columns."""
        named = [(references(parse(t.operation.text())), t.operation.inputs[t.slot]) for t in node.terms]
        texts = [[r.indices for r in found if r.name == name] for found, name in named]
        return reads_steps(self.writer, node) and any(len(set(read)) > 1 for read in texts)

    def chained(self, node: Node, lines: list[Line], values: list[Value], aside: bool) -> Formula | None:
        """The chain of a gradient, if it gives the last element; `aside`: a few lines, which are aside, hold it too."""
        chain = chain_of(self.writer, node) if values and not self.writer.graph.labels[node.name].elements else None
        if chain is None:
            return None
        for line in values if aside and len(values) <= FEW else values[-1:]:
            at = tuple(i.numerator for i in line.key.indices if isinstance(i, Number))
            linked = at_element(self.writer, node, chain, line, at)
            if linked is not None and aside:
                lines[lines.index(line)] = linked
        return chain if linked is not None else None

    # reasons

    def branches(self, node: Node, lines: list[Value] | None = None, at: Iterable[Indices] = ()) -> Text:
        """Why functions made of pieces have their values; of a long quantity as far as it has lines."""
        writer = self.writer
        if not any(p.of_kind("branches", branches.has_branches) for p in writer.parts(node.name)):
            return self.masked(lines or [])
        places = list(at) or elements(node.shape)
        if lines is not None and len(lines) < len(places):
            return ""
        writer.conditions.clear()
        formulas = [writer.formula(node.name, at) for at in places]
        said = branches.reason(writer, formulas, node.role == "gradient")
        decided = in_words(writer, writer.conditions)
        return say("{first}; {second}", first=said, second=decided) if said and decided else said or decided

    def masked(self, lines: Iterable[Line]) -> Text:
        """Which elements of a mask make those elements 0 that are shown."""
        writer = self.writer
        made = [writer.formula(*writer.known[k.key]) for k in lines if isinstance(k, Value) and not k.aside]
        refs = dict.fromkeys(ref for f in made for ref in hidden(writer, f))
        return listed([say("{formula}", formula=call("==", writer.relabel(ref), ZERO)) for ref in refs]) if refs else ""

    def rule(self, node: Node) -> Text:
        """The reason of a gradient: what reads the quantity, and what reads it and adds nothing."""
        said = self.readers_of(node)
        for other in self.writer.graph.nodes.values() if node.role == "gradient" else ():
            why = {} if other.operation is None else other.operation.nothing_through()
            for slot in (k for k in why if other.inputs[k] == node.of):
                through = self.symbol(other.name)
                more = say("nothing comes through {through}: {why}", through=through, why=why[slot])
                said = say("{first}; {second}", first=said, second=more)
        return said

    def readers_of(self, node: Node) -> Text:
        """What reads a quantity, by a form that the reader has seen."""
        if node.role != "gradient":
            return ""
        graph = self.writer.graph
        readers = list(dict.fromkeys(term.output for term in node.terms))
        if reads_steps(self.writer, node) and len({graph.labels[name].time for name in readers}) == 1:
            return ""  # its terms name what reads it
        if reads_steps(self.writer, node):
            return say("{quantity} is used at every step", quantity=self.symbol(node.of))
        if len(readers) > 1:
            return say("through {readers}", readers=tuple(self.symbol(name) for name in readers))
        term = node.terms[0]
        remark = term.operation.gradient_remark()
        if remark is not None:
            return remark
        output = graph.nodes[readers[0]]
        of = graph.nodes[node.of]
        per_sample = len(output.shape) == len(of.shape) + 1  # a convolution adds it at every place too
        if of.role == "parameter" and len(of.shape) <= 1 and graph.batched and per_sample and self.is_added(node):
            return say("{b} is used for every sample", b=self.symbol(node.of))
        lhs, rhs = both_sides(self.writer, output)
        if has_cases_of_elements(rhs):
            return say("through {readers}", readers=(self.symbol(output.name),))
        return say("{formula}", formula=Call("form", (call("==", lhs, with_dummies(self.writer, node, lhs, rhs)),)))

    def is_added(self, node: Node) -> bool:
        """Whether a quantity stands as a term alone: its slope is 1."""
        return all(sum(bool(r.indices) for r in references(p.over_nodes)) == 1 for p in self.writer.parts(node.name))

    def symbol(self, name: str) -> Formula:
        """A quantity as a whole."""
        key = self.writer.key(name, ()).name
        return whole(key) if self.writer.graph.nodes[name].shape else Ref(key)

    def reader(self, name: str) -> Formula:
        """What reads a quantity: of a step of a sequence its letter alone."""
        return (
            self.symbol(name) if self.writer.graph.labels[name].time is None else whole(self.writer.key(name, ()).name)
        )

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


def unreadable(node: Node, head: Form) -> bool:
    """Whether a general line would hold cases in braces, or a δ: its elements, whose cases are decided, have none."""
    f = head.links[-1].formula
    if any(isinstance(part, Call) and part.name == "delta" for part in walk(f)):
        return True
    return has_cases_of_elements(f) if node.role == "gradient" else has_braces(f)
