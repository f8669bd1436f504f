"""A second way to every gradient: how the loss changes when all quantities move in one random direction.

The change of every quantity follows from its formula forwards (`formula.directional`); that of the loss must be the sum
of gradient times direction.  The two ways share the formulas and the derivatives of named functions, and neither the
rules for indices, nor the order of the graph, nor any array code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import prod
from typing import Any

import numpy as np

from hwsolve import numbers
from hwsolve.derivation.lines import Disagreement
from hwsolve.formula.compiled import compute
from hwsolve.formula.directional import along, direction
from hwsolve.formula.evaluate import measured_ball
from hwsolve.formula.random_points import Dice
from hwsolve.formula.tree import ZERO
from hwsolve.graph.differentiate import gradients_of
from hwsolve.graph.effort import operations
from hwsolve.graph.graph import Graph, Node
from hwsolve.graph.operation import Array, Sizes, forward_schematic
from hwsolve.graph.run import Feed, Trajectory, Values, train

CLOSE = 10**-9  # of Σ |gradient · direction|, in float64
FLOAT_BITS = 53
STEPS = [n for n in range(-9, 10) if n]
MOST = 10**5  # element operations of a pass that is checked


def checked(
    graph: Graph,
    givens: Callable[[], Values],
    steps: int,
    keep: Iterable[int],
    exact: bool,
    feed: Feed | None = None,
) -> Trajectory:
    """The run of `train`, and the gradients of its first step that is kept a second way."""
    trajectory = train(graph, givens, steps, keep, exact, feed)
    if trajectory.kept and operations(graph) <= MOST:
        first = min(trajectory.kept)
        check(graph if feed is None else feed.graph(first), trajectory.kept[first], exact)
    return trajectory


def check(graph: Graph, values: Values, exact: bool) -> None:
    """Raise Disagreement where the gradients of a run are not those of its formulas.

    Nothing is said where a change does not exist, as at a tie of a maximum, or is not decided.
    """
    for top in graph.heads if graph.loss in graph.heads else (graph.loss,):
        way = Way(graph, values, exact, top)
        try:
            with numbers.quiet():
                if way.agrees():
                    continue
        except ArithmeticError:  # a tie, a branch that balls do not decide, a value that does not exist
            continue
        raise Disagreement(f"in a random direction the loss changes by {way.change}, by its gradients {way.total}")


class Way:
    """A direction for every quantity that has a gradient, and both ways to the change of the loss along it."""

    def __init__(self, graph: Graph, values: Values, exact: bool, top: str = "") -> None:
        self.graph, self.found, self.exact, self.top = graph, values, exact, top or graph.loss
        self.values = values if exact else {name: bare(v) for name, v in values.items()}
        self.gradients = {of: name for of, name in gradients_of(graph, self.top).items() if name in values}
        dice = Dice(" ".join(f"{graph.symbol(n.name)}{n.shape}" for n in graph.nodes.values()))
        stands = self.substitutes()
        self.own = {name: self.drawn(dice, graph.nodes[name].shape) for name in self.gradients if name not in stands}
        self.change: Any = 0
        self.total: Any = 0

    def substitutes(self) -> set[str]:
        """What an operation reads in the place of another input, which alone gets the gradient."""
        found: set[str] = set()
        for node in self.graph.nodes.values():
            stands = set(node.operation.fixed()) - set(node.operation.cut()) if node.operation else ()
            found |= {node.inputs[k] for k in stands if k < len(node.inputs)}
        return found

    def drawn(self, dice: Dice, shape: Sizes) -> Array:
        """A direction: a whole number for every element, none of them 0."""
        made = [self.number(n) for n in dice.choices(STEPS, k=prod(shape))]
        return np.array(made, dtype=object if self.exact else np.float64).reshape(shape) if shape else made[0]

    def number(self, n: int) -> Any:
        """A whole number in the number system of the run."""
        return numbers.exact(n) if self.exact else float(n)

    def agrees(self) -> bool:
        """Whether both ways give the same."""
        self.change = self.forwards()
        terms = [self.values[self.gradients[name]] * d for name, d in self.own.items()]
        self.total = sum(map(added, terms))
        if self.exact:
            return self.same()
        size = sum(added(abs(t)) for t in terms)
        finite = abs(self.change) + size < float("inf")
        return not finite or abs(self.change - self.total) <= CLOSE * size or self.blurred()

    def same(self) -> bool:
        """Whether two exact or certified numbers may be one."""
        if numbers.is_exact(self.change) and numbers.is_exact(self.total):
            return bool(self.change == self.total)
        from flint import arb

        a, b = arb(self.change), arb(self.total)
        return not (a.is_finite() and b.is_finite()) or bool(a.overlaps(b))

    def blurred(self) -> bool:
        """Whether two floats differ by no more than rounding: the same once more on balls around the floats."""
        with numbers.precision(FLOAT_BITS):
            balls = {name: in_balls(v) for name, v in self.found.items()}
            return Way(self.graph, balls, exact=True, top=self.top).agrees()

    def forwards(self) -> Any:
        """The change of the loss, or of the output under its upstream gradient."""
        changes: Values = {}
        for node in self.graph.nodes.values():
            found = self.of(node, changes) if node.role in ("forward", "loss") else None
            own = self.own.get(node.name)
            if found is not None or own is not None:
                changes[node.name] = own if found is None else found if own is None else found + own
        if self.top:
            return added(changes.get(self.top, 0))
        terms = (t for n in self.graph.nodes.values() for t in n.terms)
        heads = {t.output: t.upstream for t in terms if t.upstream and self.graph.nodes[t.upstream].role == "given"}
        return sum(added(self.values[upstream] * changes.get(output, 0)) for output, upstream in heads.items())

    def of(self, node: Node, changes: Values) -> Array | None:
        """The change of a computed quantity by those of what it reads; None where none of it moves."""
        operation = node.operation
        assert operation is not None
        reads = dict(zip(operation.inputs, node.inputs, strict=False))
        constant = {operation.inputs[k] for k in operation.cut() if k not in operation.nothing_through()}
        moving = frozenset(name for name, i in reads.items() if i in changes and name not in constant)
        schematic = forward_schematic(operation, len(node.shape))
        f = along(schematic.formula, moving)
        if f == ZERO:
            return None
        arrays = {name: self.values[i] for name, i in reads.items()}
        arrays |= {direction(name): changes[reads[name]] for name in moving}
        sizes = operation.sizes(*(self.graph.nodes[i].shape for i in node.inputs))
        found = compute(f, schematic.indices, node.shape, arrays, sizes)
        return numbers.tidy(found) if self.exact else found


def added(x: Array) -> Any:
    """The sum of all elements."""
    return x.sum() if hasattr(x, "sum") else x


def bare(x: Array) -> Array:
    """A float, or an array of floats, without its error."""
    return np.asarray(x) if np.shape(x) else float(x)


def in_balls(x: Array) -> Array:
    """The numbers that a float, or each of an array, may stand for."""
    if not np.shape(x):
        return measured_ball(x, 0)
    made = np.empty(np.shape(x), dtype=object)
    for at in np.ndindex(made.shape):
        made[at] = measured_ball(x[at], 0)
    return made
