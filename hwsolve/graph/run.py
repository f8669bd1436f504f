"""A graph and its values: one pass, or many steps of training, in exact and certified numbers or in float64.

A run is pure: the same graph and the same givens give the same values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import isfinite
from typing import Any, NamedTuple

import msgspec
from numpy import ndindex

from hwsolve import numbers
from hwsolve.graph.calls import Calls
from hwsolve.graph.graph import Graph, Node
from hwsolve.graph.narrow import NarrowProgram, NarrowValues, can_follow
from hwsolve.graph.operation import Array
from hwsolve.graph.shaken import ShakenProgram, ShakenValues
from hwsolve.language import say
from hwsolve.numbers.formed import Known
from hwsolve.numbers.forms import Form
from hwsolve.numbers.identity import abridged, settled, shortened
from hwsolve.numbers.narrow import Unclear
from hwsolve.numbers.systems import NoResult

Values = dict[str, Array]
SHORT, SHORT_BACK = 24, 100  # terms of forms that are kept short: of a quantity, and of a gradient


class Trajectory(msgspec.Struct):
    """What training went through: the loss before each step and after the last, and all values at the kept steps."""

    losses: list[Any]
    kept: dict[int, Values]
    wholes: dict[int, Any] = {}  # the loss over all data, by the updates before
    graphs: dict[int, Graph] = {}  # those of the kept steps, where they differ
    known: Known = {}  # the forms of balls, where they were asked


class Feed(msgspec.Struct, frozen=True):
    """What differs from step to step: the numbers that are given, and the graph where these have another shape.

    The graphs have the same nodes.  `wholes` are the updates after which the loss over all data is wanted, of the graph
    `whole` on `data`.
    """

    given: Callable[[int], Values]
    graph: Callable[[int], Graph]
    wholes: frozenset[int] = frozenset()
    whole: Graph | None = None
    data: Callable[[], Values] = dict


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
        self.graph, self.calls = graph, Calls(graph, wanted, exact=True)
        self.symbols = [graph.labels[name].symbol for name in graph.nodes]
        self.layers = [place_of(graph, name) for name in graph.nodes]
        self.most = [longest_form(graph, node) for node in graph.nodes.values()]

    def run(self, state: PlainValues) -> None:
        """Compute every call in place."""
        values = state.values
        try:
            for function, taken, out, *_ in self.calls.steps:
                values[out] = shortened(function(*taken(values)), self.most[out])
        except ZeroDivisionError:  # of rationals; balls and floats become infinite
            raise self.failed(numbers.NotFinite(say("division by zero")), out, values) from None
        except numbers.NotFinite as why:
            raise self.failed(why, out, values) from None
        except numbers.Undecided as why:
            names = ", ".join(self.names(why.values, values))
            what = say("{what}, {names}", what=why.what, names=names) if names else why.what
            raise self.at(numbers.Undecided(what), out) from None

    def failed(self, why: NoResult, slot: int, values: list[Array]) -> NoResult:
        """What has no value, in which element."""
        from hwsolve.graph.failing import failing

        names = list(self.graph.nodes)
        found = failing(self.graph, names[slot], dict(zip(names, values, strict=True)))
        if found is None:
            return self.at(why, slot)
        return why.within(say("{what} (in {quantity})", what=found[0], quantity=found[1]), self.layers[slot])

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


def longest_form(graph: Graph, node: Node) -> int:
    """How many terms the form of an element may have, where forms are short.

    Of the gradient that comes back to the rows of a softmax one: its terms are the other factors of sums that are 0.
    """
    if node.role != "gradient":
        return SHORT
    operation = graph.nodes[node.of].operation
    return 1 if operation is not None and operation.by_rows else SHORT_BACK


def place_of(graph: Graph, name: str) -> str:
    """Where an error in a quantity stands: its layer, `loss` or `optimizer`; a gradient's is that of what reads it."""
    node = graph.nodes[name]
    if node.role == "gradient" and node.terms:
        return place_of(graph, node.terms[0].output)
    if node.role in ("setting", "temporary") and not node.of:
        return f"optimizer.{graph.symbol(name)}"
    of_parameter = node.role == "update" and graph.nodes[node.follows].role != "given"
    return "optimizer" if of_parameter or node.role in ("state", "temporary") else node.layer


def elements(array: Array) -> Iterator[tuple[tuple[int, ...], Any]]:
    """The values of an array with their places; a scalar has the place ()."""
    places = ndindex(array.shape) if hasattr(array, "shape") else ((),)
    return ((at, array[at] if at else array) for at in places)


def train(
    graph: Graph,
    givens: Callable[[], Values],
    steps: int,
    keep: Iterable[int],
    exact: bool,
    feed: Feed | None = None,
) -> Trajectory:
    """`steps` updates; the values at step k are those after k updates, and all of them are kept for the k in `keep`.

    With no update in the graph (or `steps` 0) there is one pass.  A counter that is given is the number of updates
    made before.
    """
    wanted = set(keep)

    def work(way: Way = PLAIN) -> Trajectory:
        return trained(graph, givens(), steps, wanted, way, feed)

    with numbers.quiet():
        if not exact:
            try:
                return work(NARROW if can_follow(graph) else SHAKEN)
            except Unclear:
                return work(SHAKEN)
        shared: dict[Form, Any] = {}
        found = settled(work, shared=shared)
    found.known = {id(ball): (ball, form) for form, ball in shared.items()}
    return found


class Way(NamedTuple):
    """How a run is made: what holds its values, and what computes them."""

    values: Callable[[int], Any]
    program: Callable[[Graph, Iterable[str]], Any]


PLAIN = Way(PlainValues, PlainProgram)
SHAKEN = Way(ShakenValues, ShakenProgram)  # in float64, with copies beside it that show its errors
NARROW = Way(NarrowValues, NarrowProgram)  # the same with a copy in float32


class Programs:
    """The calls of one graph: its forward pass, what leads to the next step alone, and everything."""

    def __init__(self, graph: Graph, of_kind: Callable[[Graph, Iterable[str]], Any]) -> None:
        updates = {n.name for n in graph.nodes.values() if n.role == "update"}
        losses = {graph.loss} if graph.loss else set()
        self.forward = of_kind(graph, {n.name for n in graph.nodes.values() if n.role in ("forward", "loss")})
        self.quick = of_kind(graph, losses | updates)
        self.whole = of_kind(graph, graph.nodes)


def trained(
    graph: Graph, givens: Values, steps: int, wanted: set[int], way: Way, feed: Feed | None = None
) -> Trajectory:
    """The passes of `train`, in one way."""
    updates = {n.name: n.follows for n in graph.nodes.values() if n.role == "update"}
    programs = {id(graph): Programs(graph, way.program)}
    slots = programs[id(graph)].whole.calls.slots
    counters = [(slots[n.name], whole_number(givens.get(n.name, 0))) for n in counting(graph)]
    moves = [(slots[old], slots[new]) for new, old in updates.items()]
    values = way.values(len(slots))
    give(values, slots, {n: v for n, v in givens.items() if graph.nodes[n].role != "counter"})
    trajectory = Trajectory([], {})
    for step in range(steps + 1 if updates else 1):
        last = 0 < steps == step and bool(updates)
        here = graph
        if feed is not None:
            here = feed.graph(step)
            if step in feed.wholes and feed.whole is not None:
                give(values, slots, feed.data())
                made(programs, feed.whole, way).forward.run(values)
                trajectory.wholes[step] = values.seen(slots[graph.loss])
            give(values, slots, feed.given(step))
        for slot, before in counters:
            values.count(slot, before + step + 1)
        calls = made(programs, here, way)
        (calls.forward if last else calls.whole if step in wanted else calls.quick).run(values)
        if graph.loss:
            trajectory.losses.append(values.seen(slots[graph.loss]))
        if step in wanted:
            if feed is not None:
                trajectory.graphs[step] = here
            seen = {name: values.seen(k) for name, k in slots.items()}
            trajectory.kept[step] = {name: value for name, value in seen.items() if value is not None}
        if not last:
            for old, new in moves:
                values.move(old, new)
    if way is not PLAIN:
        check_finite(trajectory)
    return trajectory


def made(programs: dict[int, Programs], graph: Graph, way: Way) -> Programs:
    """The calls of a graph, made once."""
    if id(graph) not in programs:
        programs[id(graph)] = Programs(graph, way.program)
    return programs[id(graph)]


def counting(graph: Graph) -> list[Node]:
    """The counters of a graph."""
    return [n for n in graph.nodes.values() if n.role == "counter"]


def whole_number(value: Any) -> int:
    """A given number of updates."""
    return int(float(value))


def give(values: Any, slots: dict[str, int], given: Values) -> None:
    """Put given numbers in their places."""
    for name, value in given.items():
        values.give(slots[name], value)


def check_finite(trajectory: Trajectory) -> None:
    """Refuse float64 values that overflowed; exact and certified ones are checked as they arise."""
    for step, loss in enumerate(trajectory.losses):
        if isinstance(loss, float) and not isfinite(loss):
            raise numbers.NotFinite(say("a loss that is not finite, after {n} updates", n=step))
    for values in trajectory.kept.values():
        for value in values.values():
            numbers.finite(value)
