"""Elements that a mask makes 0: their lines say which of its elements does, and no number is worked out beside it."""

from __future__ import annotations

from typing import Any

from hwsolve.formula.tree import ZERO, Call, Formula, Ref


def hidden(writer: Any, f: Formula) -> list[Ref]:
    """The elements of masks that make a product 0."""
    return [ref for ref in factors_of(f) if ref.name in writer.graph.selectors and writer.selector(ref) == ZERO]


def factors_of(f: Formula) -> list[Ref]:
    """The elements that are factors of a product, or of what is divided."""
    match f:
        case Call("*", args):
            return [ref for part in args for ref in factors_of(part)]
        case Call("/", (top, _)):
            return factors_of(top)
    return [f] if isinstance(f, Ref) else []
