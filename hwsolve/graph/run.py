"""A graph and its values: one pass, or many steps of training, in exact and certified numbers or in float64.

A run is pure: the same graph and the same givens give the same values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from math import isfinite
from operator import itemgetter
from typing import Any

import msgspec
from numpy import ndindex

from hwsolve import numbers
from hwsolve.formula.functions import FUNCTIONS
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, walk
from hwsolve.graph.graph import Contribution, Graph, Node
from hwsolve.graph.operation import Array
from hwsolve.language import say
from hwsolve.numbers.formed import Known
from hwsolve.numbers.forms import Form
from hwsolve.numbers.identity import abridged, settled
from hwsolve.numbers.measured import SALTS, Contrary
from hwsolve.numbers.rounding import measured, shake
from hwsolve.numbers.systems import NoResult

Values = dict[str, Array]
Step = tuple[Callable[..., Array], tuple[int, ...], int]


class Trajectory(msgspec.Struct):
    """What training went through: the loss before each step and after the last, and all values at the kept steps."""

    losses: list[Any]
    kept: dict[int, Values]
    known: Known = {}  # the forms of balls, where they were asked


class Program:
    """The calls that compute the wanted nodes, each with the slots of its arguments."""

    def __init__(self, graph: Graph, wanted: Iterable[str], exact: bool):
        self.slots = {name: k for k, name in enumerate(graph.nodes)}
        self.symbols = [graph.labels[name].symbol for name in graph.nodes]
        self.layers = [node.layer for node in graph.nodes.values()]
        needed = set(wanted)
        calls: list[Step] = []
        for node in reversed(list(graph.nodes.values())):
            if node.name not in needed or not (node.operation or node.terms):
                continue
            needed.update(sources(node))
            calls.extend(reversed(self.calls(node, exact)))
        calls.reverse()
        self.steps = [(function, arguments(slots), out) for function, slots, out in calls]
        self.smooth = {self.slots[node.name] for node in graph.nodes.values() if is_smooth(node)}

    def calls(self, node: Node, exact: bool) -> list[Step]:
        """The calls behind one node; rationals that have grown too long become balls."""
        out = self.slots[node.name]
        if node.operation is not None:
            made: list[Step] = [(node.operation.forward, tuple(self.slots[i] for i in node.inputs), out)]
        else:
            made = [self.term(node.terms[0], out)]
            for more in node.terms[1:]:
                function, slots, _ = self.term(more, out)
                made.append((partial(accumulate, function), (out, *slots), out))
        return [(partial(tidied, f), slots, o) for f, slots, o in made] if exact else made

    def term(self, term: Contribution, out: int) -> Step:
        """The call that gives one consumer's part of a gradient."""
        slots = (self.slots[term.output], *(self.slots[i] for i in term.inputs))
        if term.upstream is None:
            return partial(term.operation.backward, term.slot, 1), slots, out
        return partial(term.operation.backward, term.slot), (self.slots[term.upstream], *slots), out

    def run(self, values: list[Array]) -> None:
        """Compute every call in place."""
        try:
            for function, taken, out in self.steps:
                values[out] = function(*taken(values))
        except ZeroDivisionError:  # of rationals; balls and floats become infinite
            raise self.at(numbers.NotFinite(say("division by zero")), out) from None
        except numbers.NotFinite as why:
            raise self.at(why, out) from None
        except numbers.Undecided as why:
            names = ", ".join(self.names(why.values, values))
            what = say("{what}, {names}", what=why.what, names=names) if names else why.what
            raise self.at(numbers.Undecided(what), out) from None

    def run_thrice(self, runs: list[list[Array]]) -> None:
        """Compute every call in float64, and in the copies that are shaken."""
        for function, taken, out in self.steps:
            read = [list(taken(values)) for values in runs]
            found = [function(*read[0])]
            for copy, salt in zip(read[1:], SALTS, strict=True):
                with Contrary(salt):
                    found.append(function(*copy))
            for values, v in zip(runs, shake(found, read, out in self.smooth), strict=True):
                values[out] = v

    def at(self, why: NoResult, slot: int) -> NoResult:
        """What went wrong, and in which quantity."""
        said = say("{what} (in {quantity})", what=why.what, quantity=self.symbols[slot])
        return why.within(said, self.layers[slot])

    def names(self, wanted: tuple[Any, ...], values: list[Array]) -> Iterator[str]:
        """What some elements of the arrays are called."""
        for element in wanted:
            for symbol, array in zip(self.symbols, values, strict=True):
                found = [at for at, v in elements(array) if v is element]
                if found:
                    yield symbol + (f"[{','.join(str(i + 1) for i in found[0])}]" if found[0] else "")
                    break


def elements(array: Array) -> Iterator[tuple[tuple[int, ...], Any]]:
    """The values of an array with their places; a scalar has the place ()."""
    places = ndindex(array.shape) if hasattr(array, "shape") else ((),)
    return ((at, array[at] if at else array) for at in places)


def arguments(slots: tuple[int, ...]) -> Callable[[list[Array]], Iterable[Array]]:
    """What takes these slots out of the values."""
    return itemgetter(*slots) if len(slots) > 1 else itemgetter(slice(slots[0], slots[0] + 1))


def accumulate(function: Callable[..., Array], so_far: Array, *arguments: Array) -> Array:
    """One more consumer's part added to a gradient."""
    return so_far + function(*arguments)


def is_smooth(node: Node) -> bool:
    """Whether a node takes a function that is irrational at most numbers."""
    operations = [node.operation] if node.operation is not None else [t.operation for t in node.terms]
    return any(takes_functions(op.text(), tuple(op.gradients().values())) for op in operations)


@cache
def takes_functions(*texts: Any) -> bool:
    """Whether formulas have a function that is not made of pieces."""
    parts = (n for t in (texts[0], *texts[1]) for n in walk(parse(t)) if isinstance(n, Call))
    known = (FUNCTIONS.get(n.name) for n in parts)
    return any(f is not None and not f.piecewise for f in known)


def tidied(function: Callable[..., Array], *arguments: Array) -> Array:
    """The result with overlong rationals as balls, and proven finite."""
    return numbers.tidy(function(*arguments))


def sources(node: Node) -> set[str]:
    """What a node reads."""
    found = set(node.inputs)
    for term in node.terms:
        found |= {term.output, *term.inputs} | ({term.upstream} if term.upstream else set())
    return found


def train(graph: Graph, givens: Callable[[], Values], steps: int, keep: Iterable[int], exact: bool) -> Trajectory:
    """`steps` updates; the values at step k are those after k updates, and all of them are kept for the k in `keep`.

    With no update in the graph (or `steps` 0) there is one pass.  A counter that is given is the number of updates
    made before.
    """
    wanted = set(keep)

    def work() -> Trajectory:
        return trained(graph, givens(), steps, wanted, exact)

    with numbers.quiet():
        if not exact:
            return work()
        shared: dict[Form, Any] = {}
        found = settled(work, shared=shared)
    found.known = {id(ball): (ball, form) for form, ball in shared.items()}
    return found


def trained(graph: Graph, givens: Values, steps: int, wanted: set[int], exact: bool) -> Trajectory:
    """The passes of `train`; in float64 with copies beside them that show its errors."""
    updates = {n.name: n.follows for n in graph.nodes.values() if n.role == "update"}
    losses = {graph.loss} if graph.loss else set()
    forward = Program(graph, {n.name for n in graph.nodes.values() if n.role in ("forward", "loss")}, exact)
    quick = Program(graph, losses | set(updates), exact)
    whole = Program(graph, graph.nodes, exact)
    slots = whole.slots
    counters = [(slots[n.name], givens.get(n.name, 0)) for n in graph.nodes.values() if n.role == "counter"]
    moves = [(slots[new], slots[old]) for new, old in updates.items()]
    runs: list[list[Any]] = [[None] * len(slots) for _ in range(1 if exact else 1 + len(SALTS))]
    for name, value in ((n, v) for n, v in givens.items() if graph.nodes[n].role != "counter"):
        for values, v in zip(
            runs, [value] if exact else shake([value] * len(runs), [[value]] * len(runs), False), strict=True
        ):
            values[slots[name]] = v
    trajectory = Trajectory([], {})
    for step in range(steps + 1 if updates else 1):
        last = bool(updates) and step == steps
        program = forward if last else whole if step in wanted else quick
        for values in runs:
            for slot, before in counters:
                values[slot] = numbers.exact(before + step + 1) if exact else float(before + step + 1)
        program.run(runs[0]) if exact else program.run_thrice(runs)
        if losses:
            trajectory.losses.append(seen(runs, slots[graph.loss]))
        if step in wanted:
            trajectory.kept[step] = {name: seen(runs, k) for name, k in slots.items() if runs[0][k] is not None}
        if not last:
            for values in runs:
                for new, old in moves:
                    values[old] = abridged(values[new])
    if not exact:
        check_finite(trajectory)
    return trajectory


def seen(runs: list[list[Array]], slot: int) -> Array:
    """A value as it is kept: in float64 with its error."""
    return runs[0][slot] if len(runs) == 1 else measured([values[slot] for values in runs])


def check_finite(trajectory: Trajectory) -> None:
    """Refuse float64 values that overflowed; exact and certified ones are checked as they arise."""
    for step, loss in enumerate(trajectory.losses):
        if isinstance(loss, float) and not isfinite(loss):
            raise numbers.NotFinite(say("a loss that is not finite, after {n} updates", n=step))
    for values in trajectory.kept.values():
        for value in values.values():
            numbers.finite(value)
