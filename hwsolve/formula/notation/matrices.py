"""How whole arrays are set: `w x + b`, `g xᵀ`, `f′(z) ⊙ wᵀ g`; a factor beside an array stands apart from it.

The pieces are of the kind `array`, or `odot` for a product element by element, which binds less than its signs show.
"""

from __future__ import annotations

from collections.abc import Callable

from hwsolve.formula.notation.moments import MOMENTS
from hwsolve.formula.notation.names import derivative
from hwsolve.formula.notation.writer import ARRAYS, ATOM, PRODUCT, SIGN, Piece, Writer
from hwsolve.formula.tree import Call, Formula, Ref

Args = tuple[Formula, ...]


def whole(w: Writer, args: Args) -> Piece:
    """A quantity as a whole, where a number in its name is that of its layer."""
    (ref,) = args
    assert isinstance(ref, Ref)
    return Piece(w.whole(ref.name), SIGN if derivative(ref.name) else ATOM, "array")


def array(w: Writer, args: Args) -> Piece:
    """A formula that is an array, as it is written elsewhere."""
    piece = w.write(args[0])
    return Piece(piece.text, piece.level, "array", piece.front)


def fenced(w: Writer, piece: Piece, holds: bool) -> Piece:
    """A piece, in parentheses where it does not hold together by itself."""
    return piece if holds else w.held(piece, piece.kind)


def beside(w: Writer, f: Formula, first: bool) -> Piece:
    """A factor of a matrix product: what is a product itself may only stand first."""
    piece = w.write(f)
    holds = piece.level > PRODUCT or (first and piece.level == PRODUCT and piece.kind == "array")
    return fenced(w, piece, holds)


def product(w: Writer, args: Args) -> Piece:
    """W x."""
    left, right = beside(w, args[0], True), beside(w, args[1], False)
    return Piece(left.text + w.gap + right.text, PRODUCT, "array", left.front)


def transposed(w: Writer, f: Formula) -> str:
    """Wᵀ, (∂L/∂z)ᵀ."""
    piece = w.write(f)
    return w.transposed(fenced(w, piece, piece.level == ATOM).text)


def transpose(w: Writer, args: Args) -> Piece:
    """Rows as columns."""
    return Piece(transposed(w, args[0]), ATOM, "array")


def outer(w: Writer, args: Args) -> Piece:
    """u vᵀ."""
    left = beside(w, args[0], True)
    return Piece(left.text + w.gap + transposed(w, args[1]), PRODUCT, "array", left.front)


def odot(w: Writer, args: Args) -> Piece:
    """a ⊙ b."""
    pieces = [w.write(a) for a in args]
    nested = [isinstance(a, Call) and a.name == "odot" and n == 0 for n, a in enumerate(args)]
    held = [fenced(w, p, p.level > PRODUCT or known) for p, known in zip(pieces, nested, strict=True)]
    return Piece(w.odot.join([p.text for p in held]), PRODUCT, "odot", held[0].front)


def total(w: Writer, args: Args) -> Piece:
    """Σ x, of all elements; `sum(x)` as it was typed."""
    piece = w.write(args[0])
    if piece.kind not in ARRAYS:
        return Piece(w.named("sum") + w.parentheses(piece.text), ATOM, "call")
    return Piece(w.sigma + fenced(w, piece, piece.level > PRODUCT).text, PRODUCT, "big")


def listed(w: Writer, args: Args) -> Piece:
    """An array of numbers: a column, or rows."""
    rows = [a.args if isinstance(a, Call) and a.name == "[]" else (a,) for a in args]
    deep = any(isinstance(a, Call) and a.name == "[]" for a in args)
    return Piece(w.array([[w.write(a).text for a in row] for row in rows], deep), ATOM, "array")


def called(name: str) -> Callable[[Writer, Args], Piece]:
    """A function of arrays by its name."""

    def write(w: Writer, args: Args) -> Piece:
        return Piece(w.named(name) + w.parentheses(w.comma.join([w.write(a).text for a in args])), ATOM, "array")

    return write


MATRICES: dict[str, Callable[[Writer, Args], Piece]] = {
    "whole": whole,
    "array": array,
    "rows": array,
    "@": product,
    "T": transpose,
    "outer": outer,
    "odot": odot,
    "sum": total,
    "[]": listed,
    **MOMENTS,
    **{name: called(name) for name in ("diag", "rot180", "full", "stuffed", "crop")},
}
