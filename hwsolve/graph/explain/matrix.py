"""The matrix form of a quantity whose elements are too many to write out: z = W x + b, ∂L/∂W = g xᵀ.

A form is a formula over whole arrays.  It is evaluated, and compared with the array that was computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hwsolve.derivation.lines import Disagreement
from hwsolve.formula.evaluate import EPS
from hwsolve.formula.notation import plain
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Formula, Ref, call, references, transform
from hwsolve.formula.whole_arrays import Misfit, magnitude, shape_of, value, whole
from hwsolve.graph.elements import count, elements
from hwsolve.graph.explain.parts import with_constants
from hwsolve.graph.operation import Operation, Sizes, rename
from hwsolve.language import Message, say
from hwsolve.solution import Array, Prose, Quantity

if TYPE_CHECKING:
    from hwsolve.graph.explain.lines import Writer
    from hwsolve.graph.graph import Contribution, Graph, Node

VALUED = 1_000  # elements of an array that is entered as a value, and of those that it is read from
SHOWN = 4  # digits that a rounded element shows at least


def matrix_form(writer: Writer, node: Node) -> Prose | None:
    """`z⁽¹⁾ = w⁽¹⁾ x + b⁽¹⁾` in a sentence; None for a number, or where no form is known or fits."""
    form = of_node(writer.graph, node) if node.shape else None
    if form is None:
        return None
    form = with_constants(writer.graph, form)
    names = {ref.name for ref in references(form)}
    try:
        if shape_of(form, {name: writer.graph.nodes[name].shape for name in names}) != node.shape:
            return None
    except Misfit:
        return None
    if not holds(form, writer.values, node.name, names, writer.exact):
        raise Disagreement(f"{plain(writer.key(node.name, ()))}: its matrix form does not give its value")

    def called(part: Formula) -> Formula:
        return symbol(writer, part.name) if isinstance(part, Ref) else part

    right = transform(form, called)
    text = sentence(writer, node, Call("==", (symbol(writer, node.name), right)))
    return Prose(text, array=entered(writer, node, right, names))


def of_node(graph: Graph, node: Node) -> Formula | None:
    """The form of a quantity over the names of nodes."""
    if node.operation is not None:
        names = dict(zip(node.operation.inputs, node.inputs, strict=False))
        return filled(graph, node.operation, "y", names)
    parts = [of_term(graph, term) for term in node.terms]
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    return known[0] if len(known) == 1 else call("+", *known)


def of_term(graph: Graph, term: Contribution) -> Formula | None:
    """What one consumer adds to a gradient."""
    if term.upstream is None:
        return None
    names = dict(zip(term.operation.inputs, term.inputs, strict=False)) | {"y": term.output, "g": term.upstream}
    return filled(graph, term.operation, term.operation.inputs[term.slot], names)


def filled(graph: Graph, operation: Operation, of: str, names: dict[str, str]) -> Formula | None:
    """The form of the output or of a gradient, over the nodes behind its names."""
    shapes = (graph.nodes[names[name]].shape for name in operation.inputs if name in names)
    text = operation.matrix(*shapes).get(of)
    return None if text is None else rename(parse(text), names)


def symbol(writer: Writer, name: str) -> Formula:
    """A quantity as a whole."""
    key = writer.key(name, ()).name
    return whole(key) if writer.graph.nodes[name].shape else Ref(key)


def sentence(writer: Writer, node: Node, form: Formula) -> Message:
    """The form, and where a bias is added to."""
    names = dict(zip(node.operation.inputs, node.inputs, strict=False)) if node.operation else {}
    added = writer.graph.nodes[names["b"]] if "b" in names else node
    if added.shape == node.shape:
        return say("In matrix form: {form}", form=form)
    b = symbol(writer, added.name)
    if added.shape:
        return say("In matrix form: {form} ({b} to each row)", form=form, b=b)
    return say("In matrix form: {form} ({b} to each element)", form=form, b=b)


def holds(form: Formula, values: dict[str, Any], name: str, names: set[str], exact: bool) -> bool:
    """Whether a form gives the array: rationals are equal, balls overlap, floats differ by no more than rounding."""
    arrays = {n: values[n] for n in names}
    found, wanted = value(form, arrays), values[name]
    if exact:
        from flint import arb, fmpq

        pairs = zip(found.flat, wanted.flat, strict=True)
        return all(a == b if type(a) is type(b) is fmpq else arb(a).overlaps(arb(b)) for a, b in pairs)
    longest = max(max(getattr(array, "shape", ()), default=1) for array in arrays.values())
    return bool((abs(found - wanted) <= (8 + longest) * EPS * magnitude(form, arrays)).all())


# as a value that a reader of the lines finds


def entered(writer: Writer, node: Node, form: Formula, names: set[str]) -> Array | None:
    """The whole array as a value, where a reader has all that the form reads and finds what is printed."""
    graph = writer.graph
    if any(count(graph.nodes[n].shape) > VALUED or graph.labels[n].elements for n in (node.name, *names)):
        return None
    keys = {writer.key(n, at) for n in names for at in elements(graph.nodes[n].shape)}
    if not keys <= writer.known.keys():
        return None
    rough = not writer.exact or bool(keys & (writer.text.rough | writer.text.real))
    shown = [writer.shown(node.name, at) for at in elements(node.shape)]
    if rough and any(significant(q.text) < SHOWN for q in shown):
        return None
    relation = "=" if not rough and all(q.relation == "=" for q in shown) else "≈"
    return Array(writer.key(node.name, ()), form, relation, nested(shown, node.shape))


def significant(text: str) -> int:
    """How many significant digits a decimal shows."""
    digits = "".join(c for c in text.lower().partition("e")[0] if c.isdigit())
    return len(digits.lstrip("0"))


def nested(shown: list[Quantity], shape: Sizes) -> Any:
    """The elements in order as rows within rows."""
    if not shape:
        return shown[0]
    size = len(shown) // shape[0]
    return tuple(nested(shown[k * size : (k + 1) * size], shape[1:]) for k in range(shape[0]))
