"""The matrix form of a quantity whose elements are too many to write out: z = W x + b, ∂L/∂W = g xᵀ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwsolve.formula.notation import symbol

if TYPE_CHECKING:
    from hwsolve.graph.graph import Node, Term
    from hwsolve.graph.lines import Writer


def matrix_form(writer: Writer, node: Node) -> str | None:
    """`z⁽¹⁾ = w⁽¹⁾ x + b⁽¹⁾`; None where an operation has no matrix form."""
    if node.operation is not None:
        names = dict(zip(node.operation.inputs, node.inputs, strict=False))
        right = filled(writer, node.operation.matrix(batched(writer)).get("y"), names)
    else:
        parts = [of_term(writer, term) for term in node.terms]
        right = None if None in parts else " + ".join(part for part in parts if part)
    return right and f"{written(writer, node.name)} = {right}"


def of_term(writer: Writer, term: Term) -> str | None:
    """What one consumer adds to a gradient."""
    if term.upstream is None:
        return None
    names = dict(zip(term.operation.inputs, term.inputs, strict=False)) | {"y": term.output, "g": term.upstream}
    return filled(writer, term.operation.matrix(batched(writer)).get(term.operation.inputs[term.slot]), names)


def filled(writer: Writer, text: str | None, names: dict[str, str]) -> str | None:
    """The text with symbols for its names."""
    return text and text.format(**{name: written(writer, node) for name, node in names.items()})


def written(writer: Writer, name: str) -> str:
    """The symbol of a whole quantity."""
    node = writer.graph.nodes[name]
    return symbol(writer.key(name, ()).name, whole=bool(node.shape))


def batched(writer: Writer) -> bool:
    """Whether the data has rows of samples."""
    return writer.graph.batched
