"""The matrix line of a quantity: α = vᵀx with the numbers put in, the formulas of the elements, and the values.

The form is a formula over whole arrays: what the operation states, or, where every element is a function of the
elements at its own place, that function.  It is evaluated, and compared with the array that was computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve.derivation.lines import Disagreement, chain
from hwsolve.formula.evaluate import EPS
from hwsolve.formula.functions import function
from hwsolve.formula.instantiate import fold
from hwsolve.formula.notation import plain
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import ONE, BigOperator, Call, Formula, Ref, call, listed, references, transform, walk
from hwsolve.formula.whole_arrays import Misfit, magnitude, shape_of, value, whole
from hwsolve.graph.elements import count, elements
from hwsolve.graph.explain.origin import origin
from hwsolve.graph.explain.parts import Part, with_constants
from hwsolve.graph.explain.special_cases import unguarded
from hwsolve.graph.operation import Operation, Sizes, rename
from hwsolve.graph.update import over_whole_arrays
from hwsolve.numbers import NotFinite, Undecided
from hwsolve.quantities import alike, each, put_in, rounded
from hwsolve.solution import Quantity, Stage, Value

if TYPE_CHECKING:
    from hwsolve.graph.explain.lines import Writer
    from hwsolve.graph.graph import Contribution, Graph, Node

VALUED = 1_000  # elements of an array that is entered as a value, and of those that it is read from
SHOWN = 4  # digits that a rounded element shows at least
FEW = 4  # elements of an array that is worked out in its matrix line


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
    form = of_node(writer, node) if node.shape else None
    if form is None:
        return None
    graph = writer.graph
    form = with_constants(graph, form)
    arrays = {ref.name: graph.nodes[ref.name].shape for ref in references(form)}
    try:
        if shape_of(form, arrays) != node.shape:
            return None
        good = holds(form, writer.values, node, tuple(arrays), writer.exact)
    except (Misfit, NotFinite, Undecided):
        return None
    if not good:
        raise Disagreement(f"{plain(writer.key(node.name, ()))}: its matrix form does not give its value")
    over_nodes = by_numbers(graph, form)
    whole_form, shown = (transform(f, lambda part: called(writer, part)) for f in (form, over_nodes))
    return Matrix(whole_form, shown, over_nodes, tuple(arrays))


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
        return filled(writer.graph, node.operation, "y", names) or by_element(writer.graph, parts[0], node.shape)
    terms = [
        of_term(writer.graph, term) or by_element(writer.graph, part, node.shape)
        for term, part in zip(node.terms, parts, strict=True)
    ]
    known = [term for term in terms if term is not None]
    if not known or len(known) < len(terms):
        return None
    return known[0] if len(known) == 1 else call("+", *known)


def of_term(graph: Graph, term: Contribution) -> Formula | None:
    """What one consumer adds to a gradient, as its operation states it."""
    if term.upstream is None:
        return None
    names = dict(zip(term.operation.inputs, term.inputs, strict=False)) | {"y": term.output, "g": term.upstream}
    return filled(graph, term.operation, term.operation.inputs[term.slot], names)


def filled(graph: Graph, operation: Operation, of: str, names: dict[str, str]) -> Formula | None:
    """The form of the output or of a gradient, over the nodes behind its names."""
    shapes = (graph.nodes[names[name]].shape for name in operation.inputs if name in names)
    text = operation.matrix(*shapes).get(of)
    return None if text is None else rename(parse(text), names)


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

    return transform(f, change)


def holds(form: Formula, values: dict[str, Any], node: Node, names: tuple[str, ...], exact: bool) -> bool:
    """Whether a form gives the array: rationals are equal, balls overlap, floats differ by no more than rounding."""
    arrays = {n: values[n] for n in names}
    found, wanted = value(form, arrays), values[node.name]
    if exact:
        from flint import arb, fmpq

        pairs = zip(found.flat, wanted.flat, strict=True)
        return all(a == b if type(a) is type(b) is fmpq else arb(a).overlaps(arb(b)) for a, b in pairs)
    longest = max(max(getattr(array, "shape", ()), default=1) for array in arrays.values())
    return bool((abs(found - wanted) <= (8 + longest) * EPS * magnitude(form, arrays)).all())


# the line


def matrix_line(writer: Writer, node: Node, matrix: Matrix, lines: list[Value]) -> Value | None:
    """The whole array as a value, where a reader has all that the form reads and finds what is printed.

    `lines` are those of the elements; of a few of them the numbers and their formulas are put into the chain.
    """
    every = len(lines) == count(node.shape)
    if not readable(writer, node, matrix, every):
        return None
    shown = nested([writer.shown(node.name, at) for at in elements(node.shape)], node.shape)
    value = alike(shown, writer.digits)
    found = precise(value, nested([line.found or line.quantity for line in lines], node.shape) if every else value)
    stages = [Stage("=", matrix.shown, own=matrix.shown != matrix.form)]
    if every and len(lines) <= FEW:
        stages += worked(writer, node, matrix, lines)
    key = writer.key(node.name, ())
    of = origin(writer.graph, node.name)
    return Value(key, matrix.form, tuple(stages), value, found=None if found == value else found, origin=of)


def precise(value: Any, known: Any) -> Any:
    """The elements of a rounded array as a reader finds them: those that are exact to as many digits as the others."""
    if not any(q.relation == "≈" for part in (value, known) for q in each(part) if isinstance(q, Quantity)):
        return value

    def one(part: Any) -> Any:
        if isinstance(part, tuple):
            return tuple(map(one, part))
        return rounded(part)

    return one(known)


def readable(writer: Writer, node: Node, matrix: Matrix, every: bool) -> bool:
    """Whether a reader of the lines has all elements that the form reads, as precise as the value is printed.

    `every`: each element has a line, which says how precisely it is known.
    """
    graph = writer.graph
    names = {ref.name for ref in references(matrix.over_nodes)}
    if any(count(graph.nodes[n].shape) > VALUED or graph.labels[n].elements for n in (node.name, *names)):
        return False
    keys = {writer.key(n, at) for n in names for at in elements(graph.nodes[n].shape)}
    if not keys <= writer.known.keys():
        return False
    rough = not every and (not writer.exact or bool(keys & (writer.text.rough | writer.text.real)))
    return not rough or all(significant(writer.shown(node.name, at).text) >= SHOWN for at in elements(node.shape))


def worked(writer: Writer, node: Node, matrix: Matrix, lines: list[Value]) -> list[Stage]:
    """The numbers put into the form, and the formulas of the elements with theirs."""
    found: list[Stage] = []
    numbers = put_into(writer, matrix.over_nodes)
    if numbers is not None:
        found += chain(matrix.shown, numbers)[1:]
    inner = [part for part in walk(matrix.over_nodes) if isinstance(part, Call)]
    sums = any(part.name == "@" for part in inner)
    if sums or any(is_smooth(part) for part in inner):
        last = [line.stages[-1].formula for line in lines]
        if all(isinstance(f, Call) for f in last):
            (stage,) = chain(matrix.shown, nested(last, node.shape, True))[1:]
            found.append(msgspec.structs.replace(stage, own=True))
    return found


def is_smooth(part: Call) -> bool:
    """Whether a call is a function whose values no branch decides."""
    known = function(part.name)
    return known is not None and not known.piecewise


def put_into(writer: Writer, form: Formula) -> Formula | None:
    """The form with its numbers; None where a function, or the row that is added to each, would stand over arrays."""
    if any(isinstance(part, Call) and (part.name in ("rows", "diag") or is_smooth(part)) for part in walk(form)):
        return None

    def array(name: str) -> Any:
        """The printed elements of an array as rows."""
        shape = writer.graph.nodes[name].shape
        return alike(nested([writer.shown(name, at) for at in elements(shape)], shape), writer.digits)

    def put(f: Formula) -> Formula:
        match f:
            case Ref(name, ()) if name in writer.graph.nodes:
                return literal(array(name))
            case Ref(name) if name in writer.graph.nodes:
                return writer.number(f)
            case Call("T", (Ref(name, ()),)) if len(writer.graph.nodes[name].shape) == 2:
                return literal(tuple(zip(*array(name), strict=True)))
            case Call("T", (Ref(name, ()),)):
                return literal((array(name),))
            case Call("outer", (Ref(a, ()), Ref(b, ()))):
                return Call("@", (literal(tuple((q,) for q in array(a))), literal((array(b),))))
            case Call(name, (Ref(of, ()), *others)) if (known := function(name)) is not None and known.piecewise:
                places = elements(writer.graph.nodes[of].shape)
                ones = [writer.decided(Call(name, (Ref(of, tuple(map(call_number, at))), *others))) for at in places]
                return nested(ones, writer.graph.nodes[of].shape, True)
            case Call(name, args):
                return Call(name, tuple(map(put, args)))
        return f

    return put(form)


def call_number(i: int) -> Formula:
    """An index as a formula."""
    return ONE if i == 1 else parse(str(i))


def literal(value: Any) -> Formula:
    """Nested quantities as a formula."""
    return listed(*map(literal, value)) if isinstance(value, tuple) else put_in(value)


def significant(text: str) -> int:
    """How many significant digits a decimal shows."""
    digits = "".join(c for c in text.lower().partition("e")[0] if c.isdigit())
    return len(digits.lstrip("0"))


def nested(shown: list[Any], shape: Sizes, as_formula: bool = False) -> Any:
    """The elements in order as rows within rows."""
    if not shape:
        return shown[0]
    size = len(shown) // shape[0]
    parts = [nested(shown[k * size : (k + 1) * size], shape[1:], as_formula) for k in range(shape[0])]
    return listed(*parts) if as_formula else tuple(parts)



