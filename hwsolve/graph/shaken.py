"""A run in float64 beside two copies of it, whose results are shaken: how far they come away shows its error.

Of every step the run itself comes first; the noise for all of its results is then made in one go, and the copies
follow: both at once, as one more leading axis, where an operation goes element by element, else one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from hwsolve.formula import functions
from hwsolve.formula.function_code import has_code
from hwsolve.formula.functions import FUNCTIONS
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Formula, Ref, walk
from hwsolve.graph.calls import Calls, Step
from hwsolve.graph.graph import Graph, Node
from hwsolve.graph.operation import Array, Operation
from hwsolve.graph.partial import divides, inexact_within, largest_of, limit
from hwsolve.numbers.measured import SALTS, Contrary
from hwsolve.numbers.rounding import Shaking, by_size, copies_of, measured, off_kinks, same, shaken_copies

Code = Callable[..., Array]


class ShakenValues:
    """The values of a run by slot, and those of both copies: (2, …)."""

    def __init__(self, slots: int) -> None:
        self.base: list[Any] = [None] * slots
        self.copies: list[Any] = [None] * slots

    def give(self, slot: int, value: Array) -> None:
        """A number, or an array, that is given."""
        self.base[slot], self.copies[slot] = value, copies_of(value)

    def count(self, slot: int, n: Any) -> None:
        """A whole number."""
        self.give(slot, float(n))

    def move(self, old: int, new: int) -> None:
        """A new value in the place of the old one."""
        self.base[old], self.copies[old] = self.base[new], self.copies[new]

    def seen(self, slot: int) -> Array:
        """A value with its error; None where there is none."""
        return None if self.base[slot] is None else measured(self.base[slot], self.copies[slot])


class Copies(NamedTuple):
    """How the copies follow a call: both at once, arguments in these shapes, or apart; and how its result is shaken."""

    at_once: bool
    shapes: tuple[tuple[int, ...] | None, ...]
    smooth: bool
    like_input: bool  # equal inputs are shaken alike
    kinked: bool  # its result is read where a kink may be
    divides: bool  # whole numbers may give others


class ShakenProgram:
    """The calls that compute the wanted nodes of a graph, in the run and in its copies."""

    def __init__(self, graph: Graph, wanted: Iterable[str]) -> None:
        self.calls = Calls(graph, wanted, exact=False)
        slots = self.calls.slots
        self.smooth = {slots[node.name] for node in graph.nodes.values() if any(map(is_smooth, operations_of(node)))}
        self.kinked = {slots[name] for name in kinked(graph)}
        self.plan: list[Copies] = []

    def run(self, values: ShakenValues) -> None:
        """Compute every call in place."""
        steps, base, all_copies = self.calls.steps, values.base, values.copies
        read, found = [], []
        for function, taken, out, *_ in steps:
            arguments = taken(base)
            base[out] = result = function(*arguments)
            read.append(arguments)
            found.append(result)
        if not found:
            return
        if not self.plan:
            self.plan = [self.planned(*of_one) for of_one in zip(steps, read, found, strict=True)]
            made = {step.out for step in steps}
            self.given = [slot for slot, x in enumerate(base) if x is not None and slot not in made]
            self.limit = min(limit(s.operation, tuple(map(np.size, r))) for s, r in zip(steps, read, strict=True))
            self.shaking = Shaking(found, [how.smooth for how in self.plan])
        like = [r[0] if how.like_input else f for how, r, f in zip(self.plan, read, found, strict=True)]
        whole, shaken = self.shaking.draw(like), self.shaking.shaken
        large = largest_of([*found, *(base[slot] for slot in self.given)]) > self.limit
        for k, (how, (function, taken, out, *_)) in enumerate(zip(self.plan, steps, strict=True)):
            arguments = taken(all_copies)
            met = inexact_within(steps[k], read[k], arguments, large) if large or how.divides else None
            if met is not None:
                arguments = [shaken_copies(x) if same(x, c) else c for x, c in zip(read[k], arguments, strict=True)]
            copies = at_once(function, arguments, how.shapes) if how.at_once else apart(function, arguments)
            if met is not None and not how.smooth:
                copies = by_size(copies, found[k], met)
            if how.smooth or met is not None or not whole[k] or not all(map(same, read[k], arguments)):
                copies = shaken(k, copies)
                if how.kinked:
                    copies = off_kinks(np.asarray(found[k]), copies)
            all_copies[out] = copies

    def planned(self, call: Step, read: Iterable[Array], found: Array) -> Copies:
        """How the copies follow a call, by the shapes of what the run itself read and found."""
        inputs, shape = [np.shape(x) for x in read], np.shape(found)
        operation, smooth = call.operation, call.out in self.smooth
        by_element = operation.by_element and not call.slot and all(s in ((), shape) for s in inputs)
        shapes = tuple((2,) + (1,) * len(shape) if s == () and shape and by_element else None for s in inputs)
        together = (by_element or operation.stacks()) and not hides_functions(operation)
        kinked = call.out in self.kinked
        return Copies(
            together, shapes if any(shapes) else (), smooth, smooth and inputs[0] == shape, kinked, divides(operation)
        )


def at_once(function: Code, copies: Iterable[Array], shapes: tuple[tuple[int, ...] | None, ...]) -> Array:
    """What a call gives for both copies, each of its arguments (2, …)."""
    if shapes:
        copies = [x if s is None else x.reshape(s) for x, s in zip(copies, shapes, strict=True)]
    return function(*copies)


def apart(function: Code, copies: Iterable[Array]) -> Array:
    """The same, one copy after the other."""
    results = []
    try:
        for k, salt in enumerate(SALTS):
            Contrary.salt = salt
            results.append(function(*[x[k] for x in copies]))
    finally:
        Contrary.salt = None
    made = np.empty((2, *np.shape(results[0])))
    made[0], made[1] = results
    return made


def operations_of(node: Node) -> list[Operation]:
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


def hides_functions(operation: Operation) -> bool:
    """Whether functions stand within an operation where the error of its result does not cover theirs."""
    return is_smooth(operation) and not is_one_function(parse(operation.text()))


def is_one_function(f: Formula) -> bool:
    """Whether a formula is one function of its inputs, and its slope one too: the result is shaken as they would be."""
    return isinstance(f, Call) and has_code(f"d_{f.name}") and all(isinstance(a, Ref) for a in f.args)


def is_smooth(operation: Operation) -> bool:
    """Whether an operation takes a function that is irrational at most numbers, and so is not made of pieces."""
    return any(name in FUNCTIONS and not FUNCTIONS[name].piecewise for name in called(*texts(operation)))


def has_kinks(operation: Operation) -> bool:
    """Whether an operation has a branch, or a function with a kink."""
    known = ((name, functions.function(name)) for name in called(*texts(operation)))
    return any(name == "if" or (f is not None and (f.piecewise or f.kinks)) for name, f in known)


def texts(operation: Operation) -> tuple[str, ...]:
    """The formulas of an operation: its own, and the gradients that it states."""
    return (operation.text(), *operation.gradients().values())


@cache
def called(*formulas: str) -> frozenset[str]:
    """The functions and operators in formulas."""
    return frozenset(n.name for text in formulas for n in walk(parse(text)) if isinstance(n, Call))
