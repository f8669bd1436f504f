"""A graph and its values: one pass, or many steps of training, in exact and certified numbers or in float64.

A run is pure: the same graph and the same givens give the same values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import isfinite
from typing import Any

import msgspec
from numpy import ndindex

from hwsolve import numbers
from hwsolve.graph.calls import Calls
from hwsolve.graph.graph import Graph
from hwsolve.graph.operation import Array
from hwsolve.graph.shaken import ShakenProgram, ShakenValues
from hwsolve.language import say
from hwsolve.numbers.formed import Known
from hwsolve.numbers.forms import Form
from hwsolve.numbers.identity import abridged, settled
from hwsolve.numbers.systems import NoResult

Values = dict[str, Array]


class Trajectory(msgspec.Struct):
    """What training went through: the loss before each step and after the last, and all values at the kept steps."""

    losses: list[Any]
    kept: dict[int, Values]
    known: Known = {}  # the forms of balls, where they were asked


class PlainValues:
    """The exact and certified values of a run by slot."""

    def __init__(self, slots: int) -> None:
        self.values: list[Any] = [None] * slots

    def give(self, slot: int, value: Array) -> None:
        """A number, or an array, that is given."""
        self.values[slot] = value

    def count(self, slot: int, n: Any) -> None:
        """A whole number."""
        self.values[slot] = numbers.exact(n)

    def move(self, old: int, new: int) -> None:
        """A new value in the place of the old one."""
        self.values[old] = abridged(self.values[new])

    def seen(self, slot: int) -> Array:
        """A value as it is kept; None where there is none."""
        return self.values[slot]


class PlainProgram:
    """The calls that compute the wanted nodes in exact and certified numbers, and what is said where one fails."""

    def __init__(self, graph: Graph, wanted: Iterable[str]) -> None:
        self.calls = Calls(graph, wanted, exact=True)
        self.symbols = [graph.labels[name].symbol for name in graph.nodes]
        self.layers = [node.layer for node in graph.nodes.values()]

    def run(self, state: PlainValues) -> None:
        """Compute every call in place."""
        values = state.values
        try:
            for function, taken, out, *_ in self.calls.steps:
                values[out] = function(*taken(values))
        except ZeroDivisionError:  # of rationals; balls and floats become infinite
            raise self.at(numbers.NotFinite(say("division by zero")), out) from None
        except numbers.NotFinite as why:
            raise self.at(why, out) from None
        except numbers.Undecided as why:
            names = ", ".join(self.names(why.values, values))
            what = say("{what}, {names}", what=why.what, names=names) if names else why.what
            raise self.at(numbers.Undecided(what), out) from None

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
    of_kind: Any = PlainProgram if exact else ShakenProgram
    forward = of_kind(graph, {n.name for n in graph.nodes.values() if n.role in ("forward", "loss")})
    quick = of_kind(graph, losses | set(updates))
    whole = of_kind(graph, graph.nodes)
    slots = whole.calls.slots
    counters = [(slots[n.name], givens.get(n.name, 0)) for n in graph.nodes.values() if n.role == "counter"]
    moves = [(slots[old], slots[new]) for new, old in updates.items()]
    values = (PlainValues if exact else ShakenValues)(len(slots))
    for name, value in givens.items():
        if graph.nodes[name].role != "counter":
            values.give(slots[name], value)
    trajectory = Trajectory([], {})
    for step in range(steps + 1 if updates else 1):
        last = bool(updates) and step == steps
        for slot, before in counters:
            values.count(slot, before + step + 1)
        (forward if last else whole if step in wanted else quick).run(values)
        if losses:
            trajectory.losses.append(values.seen(slots[graph.loss]))
        if step in wanted:
            seen = {name: values.seen(k) for name, k in slots.items()}
            trajectory.kept[step] = {name: value for name, value in seen.items() if value is not None}
        if not last:
            for old, new in moves:
                values.move(old, new)
    if not exact:
        check_finite(trajectory)
    return trajectory


def check_finite(trajectory: Trajectory) -> None:
    """Refuse float64 values that overflowed; exact and certified ones are checked as they arise."""
    for step, loss in enumerate(trajectory.losses):
        if isinstance(loss, float) and not isfinite(loss):
            raise numbers.NotFinite(say("a loss that is not finite, after {n} updates", n=step))
    for values in trajectory.kept.values():
        for value in values.values():
            numbers.finite(value)
