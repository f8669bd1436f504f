"""The calls of array code that compute the nodes of a graph, in order, each with the slots of its arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

from hwsolve import numbers
from hwsolve.graph.graph import Contribution, Graph, Node
from hwsolve.graph.operation import Array, Operation


class Step(NamedTuple):
    """One call: array code, what takes its arguments out of the values, and the slot of its result.

    It is the operation's forward code, or that of the gradient of its input number `slot`.
    """

    function: Callable[..., Array]
    taken: Callable[[list[Any]], Any]
    out: int
    operation: Operation
    slot: int | None


class Calls:
    """The calls behind the wanted nodes; rationals that have grown too long become balls where it is `exact`."""

    def __init__(self, graph: Graph, wanted: Iterable[str], exact: bool) -> None:
        self.slots = {name: k for k, name in enumerate(graph.nodes)}
        self.exact = exact
        needed = set(wanted)
        steps: list[Step] = []
        for node in reversed(list(graph.nodes.values())):
            if node.name not in needed or not (node.operation or node.terms):
                continue
            needed.update(sources(node))
            steps.extend(reversed(self.of(node)))
        self.steps = steps[::-1]

    def of(self, node: Node) -> list[Step]:
        """The calls of one node."""
        out = self.slots[node.name]
        if node.operation is not None:
            return [self.step(node.operation.forward, node.inputs, out, node.operation)]
        return [self.term(term, out, more=k > 0) for k, term in enumerate(node.terms)]

    def term(self, term: Contribution, out: int, more: bool) -> Step:
        """The call that gives one consumer's part of a gradient, or adds it to what is there."""
        operation, slot = term.operation, term.slot
        function: Callable[..., Array] = partial(operation.backward, slot)
        names: tuple[str, ...] = (term.output, *term.inputs)
        if term.upstream is None:
            function = partial(function, 1)
        else:
            names = (term.upstream, *names)
        if not more:
            return self.step(function, names, out, operation, slot)
        return self.step(partial(accumulate, function), names, out, operation, slot, (out,))

    def step(
        self,
        function: Callable[..., Array],
        names: tuple[str, ...],
        out: int,
        operation: Operation,
        slot: int | None = None,
        before: tuple[int, ...] = (),
    ) -> Step:
        """A call of a function with the values of these nodes, those of the slots `before` in front."""
        slots = (*before, *(self.slots[n] for n in names))
        return Step(partial(tidied, function) if self.exact else function, arguments(slots), out, operation, slot)


def arguments(slots: tuple[int, ...]) -> Callable[[list[Array]], Any]:
    """What takes these slots out of the values."""
    return itemgetter(*slots) if len(slots) > 1 else itemgetter(slice(slots[0], slots[0] + 1))


def accumulate(function: Callable[..., Array], so_far: Array, *arguments: Array) -> Array:
    """One more consumer's part added to a gradient."""
    return so_far + function(*arguments)


def tidied(function: Callable[..., Array], *arguments: Array) -> Array:
    """The result with overlong rationals as balls, and proven finite."""
    return numbers.tidy(function(*arguments))


def sources(node: Node) -> set[str]:
    """What a node reads."""
    found = set(node.inputs)
    for term in node.terms:
        found |= {term.output, *term.inputs} | ({term.upstream} if term.upstream else set())
    return found
