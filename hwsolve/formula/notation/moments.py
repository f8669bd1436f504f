"""How E, Var and P are set: `Var W`, `E(a²)`, `Var(W a)`, `P(z < 0)`; a symbol or a call needs no parentheses."""

from __future__ import annotations

from collections.abc import Callable

from hwsolve.formula.notation.writer import ATOM, POWER, Piece, Writer
from hwsolve.formula.tree import Formula

Args = tuple[Formula, ...]


def operator(name: str) -> Callable[[Writer, Args], Piece]:
    """E and Var stand in front of a symbol or a call, and before anything else in parentheses: E a² could be (E a)²."""

    def write(w: Writer, args: Args) -> Piece:
        inner = w.write(args[0])
        bare = inner.level > POWER
        held = inner.text if bare else w.parentheses(inner.text)
        gap = w.thin if bare else ""
        return Piece(w.named(name) + gap + held, POWER, "moment")

    return write


def probability(w: Writer, args: Args) -> Piece:
    """P(z < 0)."""
    return Piece(w.named("P") + w.parentheses(w.write(args[0]).text), ATOM, "call")


MOMENTS: dict[str, Callable[[Writer, Args], Piece]] = {
    "E": operator("E"),
    "Var": operator("Var"),
    "P": probability,
}
