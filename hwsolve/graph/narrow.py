"""A large run in float64 beside one copy of it in float32, which costs half as much as the run: it shows its errors.

A copy shows nothing where a maximum or a case may fall another way (`can_follow`), where a number lies on a kink or is
nothing but rounding and is divided by, or where the copy has come far away.  Such a run is made beside shaken copies
(`graph.shaken`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from hwsolve.formula.functions import FUNCTIONS, function
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref, children, walk
from hwsolve.graph.calls import Calls
from hwsolve.graph.effort import operations
from hwsolve.graph.graph import Graph, Node
from hwsolve.graph.operation import Array, Operation
from hwsolve.graph.partial import inexact_within
from hwsolve.graph.shaken import called, is_smooth, operations_of, texts
from hwsolve.numbers import narrow
from hwsolve.numbers.narrow import HALF_UNIT, Places, Unclear, be_near, coarse, narrowed, on_its_side

LARGE = 10**6  # element operations of a pass
NOWHERE: Places = frozenset()
ZERO: Places = frozenset({(0, HALF_UNIT)})
SQUARES: Places = frozenset({(0, HALF_UNIT**2)})
POLYNOMIAL = ("+", "-", "*", "neg")


class NarrowValues:
    """The values of a run by slot, and those of the copy: long arrays in float32."""

    def __init__(self, slots: int) -> None:
        self.base: list[Any] = [None] * slots
        self.copy: list[Any] = [None] * slots

    def give(self, slot: int, value: Array) -> None:
        """A number, or an array, that is given."""
        self.base[slot], self.copy[slot] = value, coarse(value, value, False, False)

    def count(self, slot: int, n: Any) -> None:
        """A whole number."""
        self.give(slot, float(n))

    def move(self, old: int, new: int) -> None:
        """A new value in the place of the old one."""
        self.base[old], self.copy[old] = self.base[new], self.copy[new]

    def seen(self, slot: int) -> Array:
        """A value with its error; None where there is none."""
        value = self.base[slot]
        return None if value is None else narrow.measured(value, self.copy[slot])


class NarrowProgram:
    """The calls that compute the wanted nodes of a graph, in the run and in its copy."""

    def __init__(self, graph: Graph, wanted: Iterable[str]) -> None:
        self.calls = Calls(graph, wanted, exact=False)
        slots, nodes = self.calls.slots, graph.nodes.values()
        self.smooth = [any(map(is_smooth, operations_of(node))) for node in nodes]
        self.vanishes = [any(map(vanishes, operations_of(node))) for node in nodes]
        last = {step.out: k for k, step in enumerate(self.calls.steps)}
        self.turns = {last[slots[name]]: places for name, places in turns(graph).items() if slots[name] in last}
        self.held = [slots[n.name] for n in nodes if n.role == "forward" and slots[n.name] in last]

    def run(self, values: NarrowValues) -> None:
        """Compute every call in place."""
        base, copy = values.base, values.copy
        for k, (function_, taken, out, *_) in enumerate(self.calls.steps):
            base[out] = found = function_(*taken(base))
            arguments = taken(copy)
            if inexact_within(self.calls.steps[k], taken(base), arguments) is not None:
                raise Unclear
            if any(map(narrow.is_long, (found, *arguments))):
                arguments = [narrowed(x) for x in arguments]
            copy[out] = coarse(function_(*arguments), found, self.smooth[out], self.vanishes[out])
            if k in self.turns:
                copy[out] = on_its_side(found, copy[out], self.turns[k])
        for slot in self.held:
            be_near(base[slot], copy[slot])


def vanishes(operation: Operation) -> bool:
    """Whether a result may be too small for a float: not that of a root."""
    return any(
        not FUNCTIONS[name].piecewise for name in called(*texts(operation)) if name in FUNCTIONS and name != "sqrt"
    )


def can_follow(graph: Graph) -> bool:
    """Whether a graph is large, and has no operation in which a copy in float32 may go another way unseen."""
    if operations(graph) < LARGE:
        return False
    return all(turning(op) is not None for node in graph.nodes.values() for op in operations_of(node))


def turns(graph: Graph) -> dict[str, Places]:
    """Where the quantities turn that are read by more than sums and products, with what takes the place of one."""
    found: dict[str, Places] = {}
    for node in graph.nodes.values():
        for operation, names in read(node):
            for own, places in (turning(operation) or {}).items():
                name = names[operation.inputs.index(own)]
                found[name] = found.get(name, NOWHERE) | places
    return found | {n.name: found[n.follows] for n in graph.nodes.values() if n.follows in found}


def read(node: Node) -> Iterator[tuple[Operation, tuple[str, ...]]]:
    """The operations of a node with their inputs; a gradient is a multiple of the upstream one, whatever that is."""
    if node.operation is not None:
        yield node.operation, node.inputs
    yield from ((term.operation, term.inputs) for term in node.terms)


@cache
def turning(operation: Operation) -> dict[str, Places] | None:
    """Where inputs are read at a kink, or change much by little: none, if the operation is made of sums and products.

    None where that depends on more than one number, as in a maximum.
    """
    found: dict[str, Places] = {}
    for text in texts(operation):
        whole = parse(text)
        for f in walk(whole):
            turn = turn_of(f, whole)
            if turn is None:
                return None
            within, places = turn
            for r in (r for part in within for r in references_beside_roots(part)):
                if r.name in operation.inputs and (r.indices or r.name in operation.batched):
                    found[r.name] = found.get(r.name, NOWHERE) | places
    return found


def references_beside_roots(f: Formula) -> Iterator[Ref]:
    """The quantities in a formula, but for those below a root, which turns by itself."""
    if isinstance(f, Ref):
        yield f
    elif not (isinstance(f, Call) and f.name == "sqrt"):
        for part in children(f):
            yield from references_beside_roots(part)


def turn_of(f: Formula, whole: Formula) -> tuple[tuple[Formula, ...], Places] | None:
    """The arguments of one part of a formula that it turns by, and where."""
    match f:
        case BigOperator(op) if op != "Sum":
            return None
        case Call(name, _) if name in POLYNOMIAL:
            return (), NOWHERE
        case Call("**", (_, Number(n, 1))) if n > 0:
            return (), NOWHERE
        case Call("/", (_, divisor)):
            return (divisor,), ZERO
        case Call("**", args):
            return args, ZERO
        case Call("sqrt", args):
            return args, SQUARES
        case Call(name, args):
            known = function(name)
            if known is None or known.many or name not in FUNCTIONS:
                return None
            if not known.piecewise and not known.kinks:
                return args, ZERO
            alone = f == whole and all(isinstance(a, Ref) for a in args)
            kinks = frozenset((float(k), HALF_UNIT) for k in known.kinks)
            return (args, ZERO | kinks) if alone and kinks else None
    return (), NOWHERE
