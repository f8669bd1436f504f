"""The matrix line of a quantity: its form, the numbers put in, the formulas of the elements with theirs, the values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve.derivation.lines import chain, value_line
from hwsolve.formula.functions import function
from hwsolve.formula.tree import Call, Formula, Number, Ref, listed, references, walk
from hwsolve.graph.elements import count, elements
from hwsolve.graph.explain.enough_digits import cancels
from hwsolve.graph.explain.matrix import Matrix
from hwsolve.graph.explain.origin import origin
from hwsolve.graph.operation import Sizes
from hwsolve.quantities import alike, each, put_in, rounded
from hwsolve.solution import Quantity, Stage, Value

if TYPE_CHECKING:
    from hwsolve.graph.explain.lines import Writer
    from hwsolve.graph.graph import Node

VALUED = 1_000  # elements of an array that is entered as a value, and of those that it is read from
SHOWN = 4  # digits that a rounded element shows at least
FEW = 4  # elements of an array that is worked out in its matrix line


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
    return value_line(key, matrix.form, value, tuple(stages), None if found == value else found, origin=of)


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
    names = set(matrix.reads)
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
    if numbers is not None and not (writer.exact and any(map(loses_digits, walk(numbers)))):
        found += chain(matrix.shown, numbers)[1:]
    inner = [part for part in walk(matrix.over_nodes) if isinstance(part, Call)]
    sums = any(part.name == "@" for part in inner)
    if sums or any(is_smooth(part) for part in inner):
        last = [line.stages[-1].formula for line in lines]
        if all(isinstance(f, Call) for f in last) and len({has_names(f) for f in last}) == 1:
            (stage,) = chain(matrix.shown, listed_rows(last, node.shape))[1:]
            near = any(name in matrix.reads for name, _ in writer.text.near)  # a 0 that no digits prove is no number
            own = not near and all(Ref("…") not in walk(f) for f in last)
            found.append(msgspec.structs.replace(stage, own=own, sparse=any(k.stages[-1].sparse for k in lines)))
    return found


def has_names(f: Formula) -> bool:
    """Whether a form reads something: one whose terms are all 0 has no form with its numbers."""
    return any(isinstance(part, Ref) and part != Ref("…") for part in walk(f))


def loses_digits(part: Formula) -> bool:
    """Whether elements of a sum of arrays cancel: their own lines have more digits."""
    if not isinstance(part, Call) or part.name not in ("+", "-"):
        return False
    terms = [entries(a) for a in part.args]
    if any(term is None for term in terms) or len({len(term or ()) for term in terms}) > 1:
        return False
    return any(cancels(Call(part.name, at)) for at in zip(*terms, strict=True))


def entries(f: Formula) -> list[Formula] | None:
    """The elements of an array of numbers, each with the factor before it; None of other parts."""
    match f:
        case Number():
            return [f]
        case Call("[]", parts):
            inner = [entries(part) for part in parts]
            return None if any(part is None for part in inner) else [n for part in inner for n in part or ()]
        case Call("*", (Number() as factor, Call("[]") as array)):
            own = entries(array)
            return None if own is None else [Call("*", (factor, n)) for n in own]
    return None


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

    def chosen(of: Formula, at: list[Formula]) -> Any:
        """The part that indices choose, a sample and a head: the first, or the second of what is turned."""
        (ref,) = references(of)
        rows = array(ref.name) if of == ref else tuple(zip(*array(ref.name), strict=True))
        for k in at:
            assert isinstance(k, Number)
            rows = rows[k.numerator - 1]
        return rows

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
            case Call("part", (of, *at)):
                return literal(chosen(of, at))
            case Call("T", (Call("part", (of, *at)),)):
                return literal(tuple(zip(*chosen(of, at), strict=True)))
            case Call("outer", (Ref(a, ()), Ref(b, ()))):
                return Call("@", (literal(tuple((q,) for q in array(a))), literal((array(b),))))
            case Call(name, (Ref(of, ()), *others)) if (known := function(name)) is not None and known.piecewise:
                places = elements(writer.graph.nodes[of].shape)
                ones = [writer.decided(Call(name, (Ref(of, tuple(map(Number, at))), *others))) for at in places]
                return listed_rows(ones, writer.graph.nodes[of].shape)
            case Call(name, args):
                return Call(name, tuple(map(put, args)))
        return f

    return put(form)


def literal(value: Any) -> Formula:
    """Nested quantities as a formula."""
    return listed(*map(literal, value)) if isinstance(value, tuple) else put_in(value)


def significant(text: str) -> int:
    """How many significant digits a decimal shows."""
    digits = "".join(c for c in text.lower().partition("e")[0] if c.isdigit())
    return len(digits.lstrip("0"))


def nested(shown: list[Any], shape: Sizes) -> Any:
    """The elements in order as rows within rows."""
    if not shape:
        return shown[0]
    size = len(shown) // shape[0]
    return tuple([nested(shown[k * size : (k + 1) * size], shape[1:]) for k in range(shape[0])])


def listed_rows(elements: list[Formula], shape: Sizes) -> Formula:
    """The same as a formula."""

    def rows(part: Any) -> Formula:
        return listed(*map(rows, part)) if isinstance(part, tuple) else part

    return rows(nested(elements, shape))
