"""What a quantity of a graph comes from: the operations behind it, which of their slots it is, and by what rule."""

from __future__ import annotations

from functools import lru_cache

from hwsolve.formula.functions import function
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import ONE, ZERO, Call, Formula, Ref
from hwsolve.graph.graph import Graph
from hwsolve.graph.operation import Operation
from hwsolve.graph.stack import is_stack
from hwsolve.solution import Origin


def origin(graph: Graph, name: str) -> Origin:
    """The operation, the slot, and the rule of a quantity's lines, for machines.

    Of a forward value, the slot is `y` and the rule `formula`.  Of a gradient, the slot is the input; the rule is
    `stated` where the operation states the formula, else `derived`.  What several consumers add up is joined by `+`.
    """
    node = graph.nodes[name]
    if node.operation is not None:
        return called(node.operation), "y", "update" if node.role in ("update", "temporary") else "formula"
    slots = [(term.operation, term.operation.inputs[term.slot]) for term in node.terms]
    rules = ["stated" if slot in operation.gradients() else "derived" for operation, slot in slots]
    return "+".join(called(o) for o, _ in slots), "+".join(s for _, s in slots), "+".join(dict.fromkeys(rules))


@lru_cache(maxsize=1024)
def called(operation: Operation) -> str:
    """The id of an operation: the function that it takes of single elements, else the name of its class."""
    match parse(operation.text()):
        case Call(name, args) if function(name) and all(isinstance(a, Ref) and not a.indices for a in args):
            return name
    return str(getattr(operation, "function", type(operation).__name__))


def by_itself(graph: Graph, name: str, value: Formula) -> Formula:
    """The formula of an element that is a number by itself: this number, and 0 times something that is there."""
    node = graph.nodes[name]
    read = node.inputs[0] if node.operation else node.terms[0].upstream or node.terms[0].inputs[0]
    zero = Call("*", (ZERO, Ref(read, (ONE,) * len(graph.nodes[read].shape))))
    return zero if value == ZERO else Call("+", (value, zero))


def is_view(graph: Graph, name: str) -> bool:
    """Whether a quantity only shows others in another place."""
    node = graph.nodes[name]
    if any(is_stack(graph, t.output) for t in node.terms):
        return False  # what comes back to a stack of steps is written at the steps
    operations = [node.operation] if node.operation else [t.operation for t in node.terms]
    return all(o is not None and o.view for o in operations)
