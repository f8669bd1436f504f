"""A run in float64 beside two copies of it, whose results are shaken: how far they come away shows its error.

Of every step the run itself comes first; the noise for all of its results is then made in one go, and the copies
follow: both at once, as one more leading axis, where an operation goes element by element, else one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from hwsolve.formula.functions import FUNCTIONS, function
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Formula, Ref, walk
from hwsolve.graph.calls import Calls, Step
from hwsolve.graph.graph import Graph, Node
from hwsolve.graph.operation import Array, Operation
from hwsolve.numbers.measured import SALTS, Contrary
from hwsolve.numbers.rounding import Shaking, copies_of, measured, off_kinks, same


class ShakenValues:
    """The values of a run by slot, and those of its copies: (2, …), and apart."""

    def __init__(self, slots: int) -> None:
        self.base: list[Any] = [None] * slots
        self.both: list[Any] = [None] * slots
        self.first: list[Any] = [None] * slots
        self.second: list[Any] = [None] * slots

    def give(self, slot: int, value: Array) -> None:
        """A number, or an array, that is given."""
        self.base[slot] = value
        self.keep(slot, copies_of(value))

    def keep(self, slot: int, copies: Array) -> None:
        """What the copies have."""
        self.both[slot] = copies
        self.first[slot], self.second[slot] = copies

    def count(self, slot: int, n: Any) -> None:
        """A whole number."""
        self.give(slot, float(n))

    def move(self, old: int, new: int) -> None:
        """A new value in the place of the old one."""
        for values in (self.base, self.both, self.first, self.second):
            values[old] = values[new]

    def seen(self, slot: int) -> Array:
        """A value with its error; None where there is none."""
        return None if self.base[slot] is None else measured(self.base[slot], self.both[slot])


class Copies(NamedTuple):
    """How the copies follow a call: both at once, arguments in these shapes, or apart; and how its result is shaken."""

    at_once: bool
    shapes: tuple[tuple[int, ...] | None, ...]
    like_input: bool  # equal inputs are then shaken alike
    kinked: bool  # its result is read where a kink may be


class ShakenProgram:
    """The calls that compute the wanted nodes of a graph, in the run and in its copies."""

    def __init__(self, graph: Graph, wanted: Iterable[str]) -> None:
        self.calls = Calls(graph, wanted, exact=False)
        slots = self.calls.slots
        self.smooth = {slots[node.name] for node in graph.nodes.values() if any(map(is_smooth, operations(node)))}
        self.kinked = {slots[name] for name in kinked(graph)}
        self.plan: list[tuple[Step, Copies]] = []

    def run(self, values: ShakenValues) -> None:
        """Compute every call in place."""
        base, read, found = values.base, [], []
        for call in self.calls.steps:
            read.append(call.taken(base))
            base[call.out] = call.function(*read[-1])
            found.append(base[call.out])
        if not found:
            return
        if not self.plan:
            self.plan = [(c, self.planned(c, r, f)) for c, r, f in zip(self.calls.steps, read, found, strict=True)]
            self.shaking = Shaking(found, [c.out in self.smooth for c in self.calls.steps])
        like = [r[0] if c.like_input else f for (_, c), r, f in zip(self.plan, read, found, strict=True)]
        whole = self.shaking.draw(like)
        try:
            for k, (call, how) in enumerate(self.plan):
                copies = computed(call, how, values)
                if not whole[k] or call.out in self.smooth or not self.same(call, read[k], values):
                    copies = self.shaking.shaken(k, copies)
                    if how.kinked:
                        copies = off_kinks(np.asarray(found[k]), copies)
                values.keep(call.out, copies)
        finally:
            Contrary.salt = None

    def planned(self, call: Step, read: Iterable[Array], found: Array) -> Copies:
        """How the copies follow a call, by the shapes of what the run itself read and found."""
        inputs, shape = [np.shape(x) for x in read], np.shape(found)
        at_once = by_element(call) and all(s in ((), shape) for s in inputs)
        shapes = tuple((2,) + (1,) * len(shape) if s == () and shape else None for s in inputs)
        like_input = call.out in self.smooth and inputs[0] == shape
        return Copies(at_once, shapes if any(shapes) else (), like_input, call.out in self.kinked)

    def same(self, call: Step, read: Iterable[Array], values: ShakenValues) -> bool:
        """Whether what a call read is whole, and the same for all."""
        return all(same(np.asarray(a), copies) for a, copies in zip(read, call.taken(values.both), strict=True))


def computed(call: Step, how: Copies, values: ShakenValues) -> Array:
    """What a call gives for both copies: (2, …)."""
    if how.at_once:
        read = call.taken(values.both)
        if how.shapes:
            read = [x if s is None else x.reshape(s) for x, s in zip(read, how.shapes, strict=True)]
        return call.function(*read)
    Contrary.salt = SALTS[0]
    first = call.function(*call.taken(values.first))
    Contrary.salt = SALTS[1]
    second = call.function(*call.taken(values.second))
    Contrary.salt = None
    made = np.empty((2, *np.shape(first)))
    made[0], made[1] = first, second
    return made


def operations(node: Node) -> list[Operation]:
    """What a node is computed by."""
    return [node.operation] if node.operation is not None else [t.operation for t in node.terms]


def kinked(graph: Graph) -> set[str]:
    """The nodes that an operation with a kink or a branch reads, and what takes the place of one of them."""
    found = {name for node in graph.nodes.values() for name in read_at_kinks(node)}
    return found | {node.name for node in graph.nodes.values() if node.follows in found}


def read_at_kinks(node: Node) -> Iterable[str]:
    """What a node reads where it may have a kink."""
    if node.operation is not None and has_kinks(node.operation):
        yield from node.inputs
    for term in node.terms:
        if has_kinks(term.operation):
            yield from (term.output, *term.inputs, *([term.upstream] if term.upstream else []))


def by_element(call: Step) -> bool:
    """Whether both copies can be computed as one array: no function then stands where its own error is lost."""
    operation = call.operation
    if not operation.by_element or call.slot:
        return False
    return not is_smooth(operation) or is_one_function(parse(operation.text()))


def is_one_function(f: Formula) -> bool:
    """Whether a formula is one function of its inputs, so that its result is shaken as the function would be."""
    return isinstance(f, Call) and f.name in FUNCTIONS and all(isinstance(a, Ref) for a in f.args)


def is_smooth(operation: Operation) -> bool:
    """Whether an operation takes a function that is irrational at most numbers, and so is not made of pieces."""
    return any(name in FUNCTIONS and not FUNCTIONS[name].piecewise for name in called(*texts(operation)))


def has_kinks(operation: Operation) -> bool:
    """Whether an operation has a branch, or a function with a kink."""
    known = ((name, function(name)) for name in called(*texts(operation)))
    return any(name == "if" or (f is not None and (f.piecewise or f.kinks)) for name, f in known)


def texts(operation: Operation) -> tuple[str, ...]:
    """The formulas of an operation: its own, and the gradients that it states."""
    return (operation.text(), *operation.gradients().values())


@cache
def called(*formulas: str) -> frozenset[str]:
    """The functions and operators in formulas."""
    return frozenset(n.name for text in formulas for n in walk(parse(text)) if isinstance(n, Call))
