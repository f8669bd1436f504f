"""From a worksheet to its graph: a node for each given and each definition; what does not fit is noted in its place."""

from __future__ import annotations

import re

import msgspec

from hwsolve.formula.array_functions import Unfit
from hwsolve.formula.definition import CONSTANTS, defined
from hwsolve.formula.detached import copy_of, with_copies
from hwsolve.formula.notation.plain import plain
from hwsolve.formula.tree import Call, Number, Ref, walk
from hwsolve.graph.by_formula import of_definition
from hwsolve.graph.differentiate import differentiate, gradients_of, leading_to, wants_gradient
from hwsolve.graph.effort import operations
from hwsolve.graph.label import Label
from hwsolve.graph.operation import Operation
from hwsolve.graph.spelling import clash, quantities
from hwsolve.kinds.backprop.computation import Computation
from hwsolve.kinds.backprop.construction import Construction
from hwsolve.kinds.backprop.input_arrays import Given
from hwsolve.kinds.worksheet.alignment import BY_ELEMENT, misaligned, remark
from hwsolve.kinds.worksheet.lifting import taken_apart
from hwsolve.kinds.worksheet.problem import Problem
from hwsolve.language import Message, say
from hwsolve.layers.softmax import LogSoftmaxOperation, SoftmaxOperation
from hwsolve.spec.defining import Stated
from hwsolve.spec.fields import Array
from hwsolve.spec.nodes import Mapping, Node, Scalar
from hwsolve.spec.report import ROOT, Path, Report, did_you_mean


class WorksheetConstruction(Construction):
    """Builds the graph of a worksheet."""

    problem: Problem

    def __init__(self, problem: Problem, report: Report) -> None:
        super().__init__(problem, report)
        self.nodes: dict[str, str] = {}  # by name
        self.failed: set[str] = set()  # names whose definition has an error already
        self.places: dict[str, Node] = {}
        self.whole: set[str] = set()  # names whose definitions have been taken apart
        self.counts: dict[str, int] = {}  # given whole numbers, which may be indices
        self.detached: dict[str, str] = {}  # by name the copies that no gradient goes through
        self.at_points: set[str] = set()  # nodes with an axis of points in front

    def build(self) -> Computation | None:
        """The computation; None after an error."""
        self.enter_givens()
        for stated in self.problem.define:
            self.enter(stated)
        if not self.problem.define:
            self.wrong("define", say("There is nothing to work out: define a quantity."))
        if self.report.ok:
            self.enter_gradient()
        if not self.report.ok:
            return None
        if not self.names_fit(ROOT / "define"):
            return None
        if "pi" in self.nodes and any(Ref("pi") in walk(one.formula) for one in self.problem.define):
            self.remarks.append(say("{pi} is the quantity of this name here; the number is `acos(-1)`.", pi=Ref("pi")))
        self.graph.typed = {name: given.values for name, given in self.givens.items()}
        return Computation(self.graph, self.givens, [], self.remarks, self.warnings, operations(self.graph))

    def names_fit(self, path: Path) -> bool:
        """Whether all names, which are the problem's own, are told apart; a clash is an error."""
        self.graph.named = frozenset(label.symbol for label in self.graph.labels.values())
        if (found := clash(quantities(self.graph))) is not None:
            place = self.places.get(found.second.name, self.places.get(found.first.name))
            assert self.problem.node is not None
            self.report.add(place or self.problem.node, path, found.sentence(), say("Choose another name."))
        return found is None

    def enter_givens(self) -> None:
        """What is given, and the names of the points."""
        points, node = self.problem.at, self.problem.node
        assert node is not None
        heads = {key: node.entries[key][1] for key in ("given", "at") if key in node.entries}
        stated = heads.get("given")
        named = stated.entries if isinstance(stated, Mapping) else {}
        for name, array in self.problem.given.items():
            if self.usable(name, named[name][0], "given"):
                self.give(name, Given(array.shape, array.values), "" if points else "input")
                if (n := whole_number(array)) is not None:
                    self.counts[name] = n
                self.places[name] = array.node
        for name, values in (points.columns if points else {}).items():
            if self.usable(name, heads["at"], "at"):
                self.give(name, Given((len(values),), values), "input")
                self.at_points.add(self.nodes[name])
                self.graph.chosen.add(self.nodes[name])
                self.places[name] = heads["at"]
        self.graph.batched = points is not None

    def give(self, name: str, given: Given, of: str) -> None:
        """A quantity whose numbers are stated."""
        self.nodes[name] = self.builder.given(name, given.shape, of)
        self.givens[self.nodes[name]] = given

    def usable(self, name: str, node: Node, key: str) -> bool:
        """Whether a name can be that of a quantity, and none has it yet."""
        message: Message | None = None
        if not name.isidentifier():
            message = say("`{name}` is no name: letters, digits and `_`, not a digit first.", name=name)
        elif name in self.nodes or name in self.failed:
            message = say("There is a quantity `{name}` already.", name=name)
        if message is not None:
            self.report.add(node, ROOT / key / name, message, say("Choose another name."))
        return message is None

    def enter(self, stated: Stated) -> None:
        """A definition as a node; what it says is checked."""
        if not self.usable(stated.name, stated.head, "define"):
            return
        path = ROOT / "define" / stated.name
        self.problem.places[stated.name] = (stated.node, path)
        whole, copied = with_copies(stated.formula, self.copies())
        if copied:
            stated = msgspec.structs.replace(stated, formula=whole)
            for name in copied:
                self.detach(name, stated)
        shapes = {name: self.own_shape(node) for name, node in self.nodes.items()}
        later = {one.name for one in self.problem.define} - set(shapes)
        constants = tuple(name for name in CONSTANTS if name not in later and name not in shapes)
        try:
            found = defined(stated.formula, shapes, stated.left or None, self.counts, constants)
        except Unfit as why:
            name = why.part.name if isinstance(why.part, Ref | Call) else ""
            told = name in self.failed
            self.failed.add(stated.name)
            if told:
                return
            message, hint = why.message, did_you_mean(name, why.known) if why.known else why.hint
            if hint is None and misaligned(stated.formula, shapes, any_length=True):
                hint = say("With indices it reads as on paper: `{form}`.", form=BY_ELEMENT)
            if name in later and name != stated.name and why.known:
                message, hint = say("`{name}` is read here, and defined further below.", name=name), None
            if name == stated.name and why.known:
                message, hint = say("`{name}` can't be read in its own definition.", name=name), None
            self.report.add(pointed(stated.node, why), path, message, hint)
            return
        if stated.name not in self.whole and not stated.left:
            self.whole.add(stated.name)
            parts, f = taken_apart(stated.formula, shapes, {*shapes, *later, stated.name}, self.counts)
            for name, part in parts:
                self.whole.add(name)
                self.enter(Stated(name, (), part, stated.head, stated.node))
                self.problem.places[name] = (stated.node, path)
                of = say(
                    "{name} is a name for a part of {whole}: {part}.",
                    name=Ref(name),
                    whole=Ref(stated.name),
                    part=f"`{plain(part)}`",
                )
                self.remarks.append(of)
            if parts:
                self.enter(Stated(stated.name, (), f, stated.head, stated.node))
                return
        pair = misaligned(stated.formula, shapes) if not stated.left else None
        if pair is not None:
            self.remarks.append(remark(*pair))
        data = frozenset(name for name in found.reads if self.nodes[name] in self.at_points)
        operation = alone_along_axis(stated, shapes) or of_definition(found, data)
        inputs = tuple(self.nodes[name] for name in found.reads)
        if not inputs:
            self.failed.add(stated.name)
            text = plain(found.formula)
            form = f"given: {{{stated.name}: {f'{chr(34)}{text}{chr(34)}' if ',' in text else text}}}"
            hint = say("A number by itself stands under `given`, as `{form}`.", form=form)
            self.report.add(stated.node, path, say("This formula reads no quantity."), None if found.shape else hint)
            return
        lead = (self.problem.at.count,) if data and self.problem.at is not None else ()
        name = self.graph.add(
            Label(stated.name), (*lead, *found.shape), "forward", operation, inputs=inputs, layer=stated.name
        )
        if data:
            self.at_points.add(name)
        self.nodes[stated.name], self.places[stated.name] = name, stated.head
        self.graph.output = name

    def copies(self) -> dict[str, str]:
        """What the copy of each quantity is called."""
        taken = {*self.nodes, *self.failed, *(one.name for one in self.problem.define)}
        return {name: self.detached.get(name) or copy_of(name, taken) for name in self.nodes}

    def detach(self, name: str, stated: Stated) -> None:
        """A copy of a quantity that no gradient goes back through, once for all that read it."""
        if name in self.detached:
            return
        copy = self.copies()[name]
        data = frozenset((name,) if self.nodes[name] in self.at_points else ())
        found = defined(Ref(name), {name: self.own_shape(self.nodes[name])})
        operation = of_definition(found, data, constants=frozenset((name,)))
        shape = self.graph.nodes[self.nodes[name]].shape
        self.nodes[copy] = self.graph.add(
            Label(copy), shape, "forward", operation, inputs=(self.nodes[name],), layer=stated.name
        )
        if data:
            self.at_points.add(self.nodes[copy])
        self.detached[name] = copy
        self.places[copy] = stated.head
        self.remarks.append(
            say(
                "{copy} is {name} in `{form}`: its value as it is; the gradient stops there.",
                copy=Ref(copy),
                name=Ref(name),
                form="detach(…)",
            )
        )

    def own_shape(self, node: str) -> tuple[int, ...]:
        """The shape of a quantity at one point."""
        shape = self.graph.nodes[node].shape
        return shape[1:] if node in self.at_points else shape

    def enter_gradient(self) -> None:
        """The gradients of some quantities, which must be numbers."""
        wanted, tops = self.wanted(), list[str]()
        for name in self.problem.gradient_of:
            node = self.nodes.get(name)
            if node is None or self.graph.nodes[node].role != "forward":
                names = [one.name for one in self.problem.define]
                self.wrong("gradient_of", say("`{name}` is not defined.", name=name), did_you_mean(name, names))
            elif node in tops:
                self.wrong("gradient_of", say("`{name}` stands here twice.", name=name))
            elif self.own_shape(node):
                message = say("`{name}` is an array; only a number has a gradient here.", name=name)
                hint = say("As `{name}[1]`, or its sum, under a name of its own.", name=name)
                self.wrong("gradient_of", message, hint)
            elif self.problem.at is not None and node not in self.at_points:
                self.wrong("gradient_of", say("`{name}` is the same at all points.", name=name))
            else:
                tops.append(node)
        self.graph.heads = tuple(tops) if len(tops) > 1 else ()
        for top in reversed(tops) if self.report.ok else ():  # the first is what the circuit is drawn for
            self.graph.loss = top
            differentiate(self.graph, wanted=wanted)
        for top in tops if self.report.ok else ():
            self.say_cut(top, wanted)

    def say_cut(self, top: str, wanted: frozenset[str] | None) -> None:
        """What leads to a quantity through copies alone: its gradient is 0."""
        found, before = gradients_of(self.graph, top), leading_to(self.graph, top) if self.detached else set()
        for name in (name for name in self.nodes.values() if name in before and name not in found):
            node = self.graph.nodes[name]
            if node.role == "given" and wants_gradient(self.graph, node) and (wanted is None or name in wanted):
                f, x = self.graph.symbol(top), self.graph.symbol(name)
                slope = Call("==", (Ref(f"d{f}_d{x}"), Number(0)))
                why = say("{slope}: {f} reads {x} in `detach(…)` alone.", slope=slope, f=Ref(f), x=Ref(x))
                self.remarks.append(why)

    def wanted(self) -> frozenset[str] | None:
        """The nodes by which the gradient is asked; None for all that is given."""
        names = self.problem.wrt
        if names is None:
            return None
        if not self.problem.gradient_of:
            self.wrong("wrt", say("`wrt` goes with `gradient_of`, the quantity whose gradient is asked."))
        known = [name for name, node in self.nodes.items() if self.graph.nodes[node].role == "given"]
        for name in (name for name in names if name not in known):
            self.wrong("wrt", say("`{name}` is no given quantity.", name=name), did_you_mean(name, known))
        return frozenset(self.nodes[name] for name in names if name in self.nodes)


def whole_number(array: Array) -> int | None:
    """The int that a number is."""
    f = array.values[0] if not array.shape else None
    return f.numerator if isinstance(f, Number) and f.denominator == 1 else None


def alone_along_axis(stated: Stated, shapes: dict[str, tuple[int, ...]]) -> Operation | None:
    """The operation of a softmax or its logarithm that is a whole definition: stable, with the textbook's gradient."""
    match stated.formula:
        case Call("softmax" | "log_softmax" as name, (Ref(of, ()), *axis)) if not stated.left:
            made = SoftmaxOperation if name == "softmax" else LogSoftmaxOperation
            rank = len(shapes[of])
            return made(rank - (axis[0].numerator if axis and isinstance(axis[0], Number) else rank))
    return None


def pointed(node: Node, why: Unfit) -> Node:
    """The place of what is at fault within a formula that stands in one line."""
    text = plain(why.part)
    if not isinstance(node, Scalar) or not node.plain or "\n" in node.text:
        return node
    at = re.search(rf"(?<![\w.]){re.escape(text)}(?![\w.])", node.text)
    return Scalar(node.line, node.column + at.start(), "") if at is not None else node


def build(problem: Problem, report: Report) -> Computation | None:
    """The computation of a worksheet; None after errors."""
    return WorksheetConstruction(problem, report).build()
