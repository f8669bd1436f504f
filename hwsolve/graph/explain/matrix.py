"""The form of a quantity over whole arrays: α = vᵀx, ∂E/∂α = ∂E/∂b ⊙ ReLU′(α).

It is what the operation states, or, where every element is a function of the elements at its own place, that function.
It is evaluated, and compared with the array that was computed.
"""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve.derivation.lines import Disagreement
from hwsolve.formula.evaluate import EPS
from hwsolve.formula.functions import function
from hwsolve.formula.instantiate import fold
from hwsolve.formula.notation import plain
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import (
    ONE,
    BigOperator,
    Call,
    Formula,
    Number,
    Ref,
    call,
    references,
    substitute,
    transform,
    walk,
)
from hwsolve.formula.whole_arrays import Misfit, magnitude, shape_of, value, whole
from hwsolve.graph.elements import count, elements
from hwsolve.graph.explain.contraction import by_products
from hwsolve.graph.explain.parts import Part, at_update, with_constants
from hwsolve.graph.explain.special_cases import unguarded
from hwsolve.graph.operation import Operation, Sizes, rename
from hwsolve.graph.stack import is_stack
from hwsolve.graph.update import over_whole_arrays
from hwsolve.numbers import NotFinite, Undecided

ITSELF = "the gradient of a number by itself"  # no text can say it

if TYPE_CHECKING:
    from hwsolve.graph.explain.lines import Writer
    from hwsolve.graph.graph import Contribution, Graph, Node


class Matrix(msgspec.Struct, frozen=True):
    """The form of a quantity, over the keys that a reader knows, and what it reads.

    `form` gives the array in its own shape; `shown` has numbers for quantities of one element, `over_nodes` is the same
    over the names of nodes.
    """

    form: Formula
    shown: Formula
    over_nodes: Formula
    reads: tuple[str, ...]


def matrix_of(writer: Writer, node: Node) -> Matrix | None:
    """The form of a quantity, which gives its value; None for a number, or where no form is known or fits."""
    form = of_node(writer, node) if node.shape and writer.graph.labels[node.name].time is None else None
    if form is None:
        return None
    graph = writer.graph
    form = fold(at_update(graph, with_constants(graph, form), writer.values))
    arrays = {ref.name: graph.nodes[ref.name].shape for ref in references(form) if ref.name in graph.nodes}  # not π
    if any(is_part(writer, name) for name in arrays):
        return None
    try:
        if shape_of(form, arrays) != node.shape:
            return None
        good = holds(form, writer.values, node, tuple(arrays), writer.exact)
    except (Misfit, NotFinite, Undecided, ZeroDivisionError):  # by 0: where an operation knows the limit
        return None
    if not good and not writer.exact and any(isinstance(f, Call) and function(f.name) for f in walk(form)):
        return None  # how far off a function is where it saturates, float64 does not say
    if not good:
        raise Disagreement(f"{plain(writer.key(node.name, ()))}: its matrix form does not give its value")
    over_nodes = by_numbers(graph, form)
    whole_form, shown = (transform(f, lambda part: called(writer, part)) for f in (form, over_nodes))
    return Matrix(whole_form, shown, over_nodes, tuple(arrays))


def is_part(writer: Writer, name: str) -> bool:
    """Whether no name stands for a quantity alone: it is a step of a sequence, or an array of elements of others."""
    graph, node = writer.graph, writer.graph.nodes[name]
    if graph.labels[name].time is not None:
        return True
    if node.operation is None or not is_stack(graph, name):
        return is_stack(graph, name)
    whole = writer.key(name, ()).name
    return any(writer.key(name, at) != Ref(whole, tuple(map(Number, at))) for at in elements(node.shape))


def called(writer: Writer, part: Formula) -> Formula:
    """A quantity, or its one element, as a reader knows it."""
    if not isinstance(part, Ref) or part.name not in writer.graph.nodes:
        return part
    if part.indices:
        return writer.relabel(part)
    key = writer.key(part.name, ()).name
    return whole(key) if writer.graph.nodes[part.name].shape else Ref(key)


# the form


def of_node(writer: Writer, node: Node) -> Formula | None:
    """The form of a quantity over the names of nodes."""
    parts = writer.parts(node.name)
    if node.operation is not None:
        names = dict(zip(node.operation.inputs, node.inputs, strict=False))
        return filled(writer.graph, node.operation, "y", names) or of_part(writer.graph, parts[0], node.shape)
    known: list[Formula] = []
    for term, part in zip(node.terms, parts, strict=True):
        form = of_term(writer.graph, term) or of_part(writer.graph, part, node.shape) or of_last(writer.graph, term)
        if form is None or reads_parts(writer, form):  # the others need not be looked at
            return None
        known.append(form)
    if not known:
        return None
    return known[0] if len(known) == 1 else call("+", *known)


def reads_parts(writer: Writer, form: Formula) -> bool:
    """Whether a form reads what no name stands for alone."""
    names = {ref.name for ref in references(form)}
    return any(is_part(writer, name) for name in names if name in writer.graph.nodes)


def of_term(graph: Graph, term: Contribution) -> Formula | None:
    """What one consumer adds to a gradient, as its operation states it."""
    if term.upstream is None:
        return None
    names = dict(zip(term.operation.inputs, term.inputs, strict=False)) | {"y": term.output, "g": term.upstream}
    return filled(graph, term.operation, term.operation.inputs[term.slot], names)


def of_last(graph: Graph, term: Contribution) -> Formula | None:
    """The same of the number whose gradient is taken: that of it by itself is 1."""
    if term.upstream is not None:
        return None
    names = dict(zip(term.operation.inputs, term.inputs, strict=False)) | {"y": term.output, "g": ITSELF}
    form = filled(graph, term.operation, term.operation.inputs[term.slot], names)
    return None if form is None else substitute(transform(form, without_factor), {ITSELF: ONE})


def without_factor(f: Formula) -> Formula:
    """A product without the gradient that is 1, and with one number before it, if that is another than 1."""
    if isinstance(f, Call) and f.name == "/" and f.args[0] == Ref(ITSELF):
        return call("/", ONE, f.args[1])
    if not isinstance(f, Call) or f.name != "*":
        return f
    flat = [part for a in f.args for part in (a.args if isinstance(a, Call) and a.name == "*" else (a,))]
    rest = [a for a in flat if a != Ref(ITSELF)]
    known = [n for a in rest if (n := rational(a)) is not None]
    if len(known) > 1 or 1 in known:
        made = prod(known, start=Fraction(1))
        rest = [a for a in rest if rational(a) is None]
        number = Number(made.numerator, made.denominator)
        rest = rest if made == 1 and rest else [number, *rest]
    return rest[0] if len(rest) == 1 else call("*", *rest) if rest else Ref(ITSELF)


def rational(f: Formula) -> Fraction | None:
    """The number that a formula is, as it is or as a ratio of two."""
    match f:
        case Number(p, q):
            return Fraction(p, q)
        case Call("/", (Number(p, q), Number(r, s))) if r:
            return Fraction(p, q) / Fraction(r, s)
    return None


def filled(graph: Graph, operation: Operation, of: str, names: dict[str, str]) -> Formula | None:
    """The form of the output or of a gradient, over the nodes behind its names."""
    shapes = (graph.nodes[names[name]].shape for name in operation.inputs if name in names)
    text = operation.matrix(*shapes).get(of)
    return None if text is None else rename(parse(text, arrays=True), names)


def of_part(graph: Graph, part: Part, shape: Sizes) -> Formula | None:
    """The form that an element's formula says: of a function of what is at its own place, or of a sum of products."""
    return by_element(graph, part, shape) or by_products(graph, part, shape)


def by_element(graph: Graph, part: Part, shape: Sizes) -> Formula | None:
    """The form of a quantity each element of which is a function of numbers and of elements at its own place."""
    f = fold(unguarded(part.over_nodes))
    own = tuple(Ref(i) for i in part.indices)
    arrays: set[str] = set()
    for part_of in walk(f):
        if isinstance(part_of, BigOperator) or (isinstance(part_of, Call) and part_of.name in ("if", "delta")):
            return None
        if not isinstance(part_of, Ref) or part_of in own:
            continue
        known = graph.nodes.get(part_of.name)
        if part_of.indices and (part_of.indices != own or known is None or known.shape != shape):
            return None
        arrays |= {part_of.name} if part_of.indices else set()
    bare = transform(f, lambda node: Ref(node.name) if isinstance(node, Ref) and node.indices else node)
    if not arrays or any(ref in own for ref in references(bare)):
        return None
    return over_whole_arrays(bare, frozenset(arrays))


def by_numbers(graph: Graph, f: Formula) -> Formula:
    """The form with a quantity of one element as the number that it is: a factor in front of an array."""

    def lone(node: Formula) -> Formula | None:
        if isinstance(node, Ref) and not node.indices and node.name in graph.nodes:
            shape = graph.nodes[node.name].shape
            return Ref(node.name, (ONE,) * len(shape)) if shape and count(shape) == 1 else None
        return None

    def change(node: Formula) -> Formula:
        match node:
            case Call("outer", (a, b)) if (g := lone(b)) is not None:
                return call("*", g, a) if lone(a) is None else node
            case Call("outer", (a, b)) if (g := lone(a)) is not None:
                return call("*", g, Call("T", (b,)))
            case Call("@", (a, b)) if (g := lone(b)) is not None and isinstance(b, Ref):
                return call("*", g, a) if len(graph.nodes[b.name].shape) == 1 and lone(a) is None else node
        return node

    return change(f)


def holds(form: Formula, values: dict[str, Any], node: Node, names: tuple[str, ...], exact: bool) -> bool:
    """Whether a form gives the array: rationals are equal, balls overlap, floats differ by no more than rounding."""
    arrays = {n: values[n] for n in names}
    found, wanted = value(form, arrays), values[node.name]
    if exact:
        from flint import arb, fmpq

        pairs = zip(found.flat, wanted.flat, strict=True)
        return all(a == b if type(a) is type(b) is fmpq else arb(a).overlaps(arb(b)) for a, b in pairs)
    if any(x - x for x in found.flat):  # infinite or no number
        raise ZeroDivisionError
    longest = max(max(getattr(array, "shape", ()), default=1) for array in arrays.values())
    return bool((abs(found - wanted) <= (8 + longest) * EPS * magnitude(form, arrays)).all())
