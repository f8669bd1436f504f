"""The matrix form of a quantity whose elements are too many to write out: z = W x + b, ∂L/∂W = g xᵀ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwsolve.formula.notation import symbol
from hwsolve.graph.operation import Operation
from hwsolve.language import Message, say

if TYPE_CHECKING:
    from hwsolve.graph.explain.lines import Writer
    from hwsolve.graph.graph import Node, Term


def matrix_form(writer: Writer, node: Node) -> Message | None:
    """`z⁽¹⁾ = w⁽¹⁾ x + b⁽¹⁾` in a sentence; None where an operation has no matrix form."""
    left = written(writer, node.name)
    if node.operation is None:
        parts = [of_term(writer, term) for term in node.terms]
        known = [part for part in parts if part is not None]
        return say("In matrix form: {form}", form=f"{left} = {' + '.join(known)}") if len(known) == len(parts) else None
    names = dict(zip(node.operation.inputs, node.inputs, strict=False))
    right = filled(writer, node.operation, "y", names)
    if right is None:
        return None
    added = writer.graph.nodes[names["b"]] if "b" in names else node
    if added.shape == node.shape:
        return say("In matrix form: {form}", form=f"{left} = {right}")
    b = written(writer, added.name)
    if added.shape:
        return say("In matrix form: {form} ({b} to each row)", form=f"{left} = {right}", b=b)
    return say("In matrix form: {form} ({b} to each element)", form=f"{left} = {right}", b=b)


def of_term(writer: Writer, term: Term) -> str | None:
    """What one consumer adds to a gradient."""
    if term.upstream is None:
        return None
    names = dict(zip(term.operation.inputs, term.inputs, strict=False)) | {"y": term.output, "g": term.upstream}
    return filled(writer, term.operation, term.operation.inputs[term.slot], names)


def filled(writer: Writer, operation: Operation, of: str, names: dict[str, str]) -> str | None:
    """The form of the output or of a gradient, with symbols for its names."""
    shapes = (writer.graph.nodes[names[name]].shape for name in operation.inputs if name in names)
    text = operation.matrix(*shapes).get(of)
    if text is None:
        return None
    symbols = {name: written(writer, node) for name, node in names.items()}
    turned = {f"{{{name}}}ᵀ": f"({s})ᵀ" for name, s in symbols.items() if "/" in s}
    for place, wanted in turned.items():
        text = text.replace(place, wanted)
    return text.format(**symbols)


def written(writer: Writer, name: str) -> str:
    """The symbol of a whole quantity."""
    node = writer.graph.nodes[name]
    return symbol(writer.key(name, ()).name, whole=bool(node.shape))
