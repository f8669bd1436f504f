"""Chains from the loss: ∂E/∂w = ∂E/∂y · ∂y/∂β · ∂β/∂w, for every consumer of a quantity.

The first factor is a gradient that is known already.  A parameter's chain begins behind the functions of single
elements that follow the quantity which reads it.  Every factor ∂y/∂β is the slope of the formula of y: a chain is
evaluated at an element of the gradient, and never printed where it gives anything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve import numbers
from hwsolve.derivation.argument import Argument
from hwsolve.derivation.lines import Disagreement
from hwsolve.formula.instantiate import instantiate
from hwsolve.formula.operators import NoValue
from hwsolve.formula.tree import ONE, BigOperator, Call, Formula, Number, Ref, call, references, substitute, walk
from hwsolve.graph.elements import Indices, position
from hwsolve.graph.explain.enough_digits import element as value_at
from hwsolve.graph.explain.parts import Part
from hwsolve.graph.explain.room import terms
from hwsolve.graph.explain.special_cases import unguarded
from hwsolve.graph.stack import Stack
from hwsolve.solution import Stage, Value

if TYPE_CHECKING:
    from hwsolve.graph.explain.lines import Writer
    from hwsolve.graph.graph import Contribution, Graph, Node

LONG = 2_000  # terms of a slope that is worked out to check a chain


def chain_of(writer: Writer, node: Node) -> Formula | None:
    """The chain of partials of a gradient over nodes and the indices of its first part; None where there is none."""
    if not node.terms or len({term.output for term in node.terms}) < len(node.terms):
        return None  # a consumer that reads a quantity twice has one slope for both
    if writer.graph.labels[node.name].time is not None or any(
        writer.graph.labels[t.output].time is not None or isinstance(t.operation, Stack) for t in node.terms
    ):
        return None  # what comes back through time is a sum over steps
    parts = writer.parts(node.name)
    made = [of_term(writer.graph, node, term, part) for term, part in zip(node.terms, parts, strict=True)]
    known = [f for f in made if f is not None]
    if not known or len(known) < len(parts):
        return None
    names = parts[0].indices
    same = [substitute(f, renamed(part, names)) for f, part in zip(known, parts, strict=True)]
    return same[0] if len(same) == 1 else call("+", *same)


def renamed(part: Part, names: tuple[str, ...]) -> dict[str, Formula]:
    """The indices of one part as those of another."""
    return {a: Ref(b) for a, b in zip(part.indices, names, strict=True) if a != b}


def of_term(graph: Graph, node: Node, term: Contribution, part: Part) -> Formula | None:
    """What one consumer adds: the gradient of its output times its slope, summed as its formula sums."""
    if term.upstream is None or part.tie is not None or term.operation.view:
        return None
    if set(term.operation.fixed()) - set(term.operation.cut()):
        return None  # an input stands for another one: the formula alone does not give the slope
    if term.operation.shares and any(isinstance(f, Call) and f.name == "if" for f in walk(part.own)):
        return None  # slopes of what a comparison decides: there is nothing to see in them
    element = Ref(node.of, tuple(map(Ref, part.indices)))
    bare = unguarded(part.own)
    read = [ref for ref in references(bare) if ref.indices or ref.name in part.names]
    if [ref.name for ref in read].count("g") != 1 or len(read) == 1:
        return None  # g stands twice, or alone: the slope is 1
    return replaced(bare, lambda at: factors(graph, node, term, element, at))


def replaced(f: Formula, chain: Any) -> Formula | None:
    """A sum of g times a local derivative, as the sum of the chain; None where g stands in anything else."""
    match f:
        case Ref("g", indices):
            made: Formula = chain(indices)
            return made
        case BigOperator("Sum", body, index, low, high):
            inner = replaced(body, chain)
            return None if inner is None else BigOperator("Sum", inner, index, low, high)
        case Call("*" | "/" | "neg", args):
            inside = [a for a in args if any(ref.name == "g" for ref in references(a))]
            if len(inside) != 1 or (f.name == "/" and inside[0] is not args[0]):
                return None
            return replaced(inside[0], chain)
    return None


def factors(graph: Graph, node: Node, term: Contribution, element: Ref, at: tuple[Formula, ...]) -> Formula:
    """The known gradient and the slopes from there to an element."""
    slopes = [call("diff", Ref(term.output, at), element)]
    last, upstream = term.output, term.upstream
    while node.of in graph.parameters and (step := activation(graph, upstream)) is not None:
        slopes.insert(0, call("diff", Ref(step.output, at), Ref(last, at)))
        last, upstream = step.output, step.upstream
    return call("*", Ref(upstream or "", at), *slopes)


def activation(graph: Graph, gradient: str | None) -> Contribution | None:
    """The only consumer of a quantity, where it is a function of single elements whose own gradient is known."""
    terms = graph.nodes[gradient].terms if gradient in graph.nodes else ()
    if len(terms) != 1 or terms[0].upstream is None or terms[0].slot or not terms[0].operation.by_element:
        return None
    return terms[0] if graph.nodes[terms[0].output].shape == graph.nodes[graph.nodes[gradient].of].shape else None  # type: ignore[index]


class Formulas(dict[Ref, Formula]):
    """The formulas of single elements over nodes, made when their slopes are asked for."""

    def __init__(self, writer: Writer) -> None:
        super().__init__()
        self.writer = writer

    def __contains__(self, element: object) -> bool:
        node = self.writer.graph.nodes.get(getattr(element, "name", ""))
        return node is not None and node.operation is not None

    def __missing__(self, element: Ref) -> Formula:
        at = tuple(i.numerator for i in element.indices)  # type: ignore[attr-defined]
        made = self[element] = self.writer.formula(element.name, at)
        return made


def held_fixed(graph: Graph, node: Node) -> bool:
    """Whether a quantity is read once more as a constant: its slope is not that of the whole formula."""
    reads = [(graph.nodes[term.output].inputs, getattr(term.operation, "constants", ())) for term in node.terms]
    return any(names.count(node.of) > 1 and any(names[k] == node.of for k in fixed) for names, fixed in reads)


def at_element(writer: Writer, node: Node, chain: Formula, line: Value, at: Indices) -> Value | None:
    """The line of an element with its chain in front; None where a slope of the chain has no value.

    The chain is evaluated: what does not give the value raises `Disagreement`.
    """
    graph = writer.graph
    indices = writer.parts(node.name)[0].indices
    shapes = {n: node.shape for n, node in graph.nodes.items()}
    if terms(chain) > LONG:
        return None
    if held_fixed(graph, node):
        return line
    f = instantiate(chain, dict(zip(indices, at, strict=True)), shapes, LONG)
    if has_sum(f):
        return None
    argument = Argument(read=lambda name, place: writer.element(name, place))
    argument.formulas = formulas = Formulas(writer)
    if terms(f) * max((terms(formulas[y]) for y in outputs(f)), default=1) > LONG:
        return None
    found = read_alone(f, formulas)
    if found is None:
        return line
    f = found
    over_nodes = msgspec.structs.replace(line, formula=writer.formula(node.name, at), stages=(), quantity=None)
    try:
        argument.links(over_nodes, f)
    except Disagreement:
        if writer.exact:
            raise
        return None  # in float64 a saturated slope may have lost its digits: nothing is said of it
    except (numbers.NotFinite, numbers.Undecided, NoValue, ArithmeticError, LookupError, ValueError):
        return None
    if isinstance(f, Call) and f.name == "+" and (len(f.args) > writer.unroll or cancels(writer, f, line)):
        return line
    if not all(has_line(writer, part.args[0]) for part in walk(f) if isinstance(part, Call) and part.name == "diff"):
        return line
    return msgspec.structs.replace(line, stages=(Stage("=", writer.relabel(f), own=True), *line.stages))


def cancels(writer: Writer, chain: Call, line: Value) -> bool:
    """Whether a 0 is the sum of irrational terms: written in two ways, no number of digits tells that both are one."""
    if line.quantity is None or line.quantity.text.strip("-0."):
        return False
    values = [value_at(writer, next(references(part))) for part in chain.args]
    return bool(sum(not numbers.is_exact(v) and v != 0 for v in values) > 1)


def has_line(writer: Writer, element: Formula) -> bool:
    """Whether an element of a quantity is among those that are written out, and not carried over."""
    assert isinstance(element, Ref)
    node = writer.graph.nodes[element.name]
    at = tuple(i.numerator for i in element.indices if isinstance(i, Number))
    return writer.is_whole(node) or position(at, node.shape) < writer.most


def outputs(f: Formula) -> list[Ref]:
    """The first element of each quantity that a slope is taken of."""
    found: dict[str, Ref] = {}
    for part in walk(f):
        if isinstance(part, Call) and part.name == "diff" and isinstance(part.args[0], Ref):
            at = tuple(i if isinstance(i, Number) else ONE for i in part.args[0].indices)
            found.setdefault(part.args[0].name, Ref(part.args[0].name, at))
    return list(found.values())


def read_alone(f: Formula, formulas: Formulas) -> Formula | None:
    """A sum of chains without those of outputs that do not read the element; None where none is left."""
    parts = f.args if isinstance(f, Call) and f.name == "+" else (f,)
    kept = [part for part in parts if reads(part, formulas)]
    return None if not kept else kept[0] if len(kept) == 1 else Call("+", tuple(kept))


def reads(f: Formula, formulas: Formulas) -> bool:
    """Whether every slope of a chain is of a quantity that reads what it is taken by."""
    slopes = [part.args for part in walk(f) if isinstance(part, Call) and part.name == "diff"]
    return all(by in set(references(formulas[of])) or has_sum(formulas[of]) for of, by in slopes if isinstance(of, Ref))


def has_sum(f: Formula) -> bool:
    """Whether a formula has a sum that is not written out."""
    return any(isinstance(part, BigOperator) for part in walk(f))
