"""A second way to every gradient: how the loss changes when all quantities move in one random direction.

The change of every quantity follows from its formula forwards (`formula.directional`); that of the loss must be the sum
of gradient times direction.  The two ways share the formulas and the derivatives of named functions, and neither the
rules for indices, nor the order of the graph, nor any array code.
"""

from __future__ import annotations

from random import Random
from typing import Any

from hwsolve import numbers
from hwsolve.formula.compiled import compute
from hwsolve.formula.directional import along, direction
from hwsolve.formula.tree import ZERO
from hwsolve.graph.explain.lines import Disagreement
from hwsolve.graph.graph import Graph, Node
from hwsolve.graph.operation import Array, forward_schematic
from hwsolve.graph.run import Values

CLOSE = 1e-9  # of Σ |gradient · direction|, in float64
SHAKEN = 4  # how often float64 values are shaken, where the two ways differ
MARGIN = 64


def check(graph: Graph, values: Values, exact: bool) -> None:
    """Raise Disagreement where the gradients of a run are not those of its formulas.

    Nothing is said where a change does not exist, as at a tie of a maximum, or is not decided.
    """
    gradients = {n.of: n.name for n in graph.nodes.values() if n.role == "gradient" and n.name in values}
    if not gradients:
        return
    way = Way(graph, gradients, values, exact)
    try:
        with numbers.quiet():
            if way.agrees():
                return
    except ArithmeticError:  # a tie, a branch that balls do not decide, a value that does not exist
        return
    raise Disagreement(f"in a random direction the loss changes by {way.change}, by its gradients {way.total}")


class Way:
    """A direction for every quantity that has a gradient, and both ways to the change of the loss along it."""

    def __init__(self, graph: Graph, gradients: dict[str, str], values: Values, exact: bool) -> None:
        self.graph, self.gradients, self.exact = graph, gradients, exact
        self.values = values if exact else {name: bare(v) for name, v in values.items()}
        self.errors = {} if exact else {name: error_of(v) for name, v in values.items()}
        dice = Random(" ".join(f"{graph.symbol(n.name)}{n.shape}" for n in graph.nodes.values()))
        self.own = {name: self.drawn(dice, self.values[name]) for name in gradients if name not in self.substitutes()}
        self.change: Any = 0
        self.total: Any = 0

    def substitutes(self) -> set[str]:
        """What an operation reads in the place of another input, which alone gets the gradient."""
        nodes = [n for n in self.graph.nodes.values() if n.operation is not None]
        return {n.inputs[k] for n in nodes for k in {*n.operation.fixed()} - {*n.operation.cut()} if k < len(n.inputs)}

    def drawn(self, dice: Random, like: Array) -> Array:
        """A direction: a whole number for every element, none of them 0."""
        import numpy as np

        def one() -> Any:
            n = dice.choice((-1, 1)) * dice.randint(1, 9)
            return numbers.exact(n) if self.exact else float(n)

        if not np.shape(like):
            return one()
        made = np.empty(np.shape(like), dtype=object if self.exact else np.float64)
        made[...] = np.array([one() for _ in range(made.size)], dtype=made.dtype).reshape(made.shape)
        return made

    def agrees(self) -> bool:
        """Whether both ways give the same."""
        self.change = self.forwards(self.values)
        terms = [self.values[self.gradients[name]] * d for name, d in self.own.items()]
        self.total = sum(map(added, terms))
        if self.exact:
            return self.same()
        size = sum(added(abs(t)) for t in terms)
        finite = abs(self.change) + size < float("inf")
        return not finite or abs(self.change - self.total) <= CLOSE * size or self.blurred(CLOSE * size)

    def same(self) -> bool:
        """Whether two exact or certified numbers may be one."""
        if numbers.is_exact(self.change) and numbers.is_exact(self.total):
            return bool(self.change == self.total)
        from flint import arb

        a, b = arb(self.change), arb(self.total)
        return not (a.is_finite() and b.is_finite()) or bool(a.overlaps(b))

    def blurred(self, close: float) -> bool:
        """Whether two floats differ by no more than the errors of what they are made of."""
        import numpy as np

        dice = np.random.default_rng(0)
        found = []
        for _ in range(SHAKEN):
            shaken = {n: v + self.errors[n] * dice.uniform(-1, 1, np.shape(v)) for n, v in self.values.items()}
            found.append(self.forwards(shaken))
        spread = max(abs(f - self.change) for f in found)
        off = sum(added(self.errors[self.gradients[name]] * abs(d)) for name, d in self.own.items())
        return not abs(self.change - self.total) > close + MARGIN * (spread + off)

    def forwards(self, values: Values) -> Any:
        """The change of the loss, or of the output under its upstream gradient."""
        changes: Values = {}
        for node in self.graph.nodes.values():
            found = self.of(node, values, changes) if node.role in ("forward", "loss") else None
            own = self.own.get(node.name)
            if found is not None or own is not None:
                changes[node.name] = own if found is None else found if own is None else found + own
        top = changes.get(self.graph.loss or self.graph.output, 0)
        upstream = {t.upstream for n in self.graph.nodes.values() for t in n.terms if t.output == self.graph.output}
        return added(top if self.graph.loss else values[upstream.pop()] * top)

    def of(self, node: Node, values: Values, changes: Values) -> Array | None:
        """The change of a computed quantity by those of what it reads; None where none of it moves."""
        operation = node.operation
        assert operation is not None
        reads = dict(zip(operation.inputs, node.inputs, strict=False))
        constant = {operation.inputs[k] for k in operation.cut()}
        moving = frozenset(name for name, i in reads.items() if i in changes and name not in constant)
        schematic = forward_schematic(operation, len(node.shape))
        f = along(schematic.formula, moving)
        if f == ZERO:
            return None
        arrays = {name: values[i] for name, i in reads.items()}
        arrays |= {direction(name): changes[reads[name]] for name in moving}
        sizes = operation.sizes(*(self.graph.nodes[i].shape for i in node.inputs))
        found = compute(f, schematic.indices, node.shape, arrays, sizes)
        return numbers.tidy(found) if self.exact else found


def added(x: Array) -> Any:
    """The sum of all elements."""
    return x.sum() if hasattr(x, "sum") else x


def bare(value: Array) -> Array:
    """A float, or an array of floats, without its error."""
    import numpy as np

    return np.asarray(value) if np.shape(value) else float(value)


def error_of(value: Array) -> Array:
    """How far off a float, or each of an array, may be."""
    found = getattr(value, "error", None)
    return 0.0 if found is None else found
