"""How whole arrays are set: `w x + b`, `g xᵀ`, `f′(z) ⊙ wᵀ g`; a factor beside an array stands apart from it.

The pieces are of the kind `array`, or `odot` for a product element by element, which binds less than its signs show.
"""

from __future__ import annotations

from collections.abc import Callable

from hwsolve.formula.notation.names import derivative, parts
from hwsolve.formula.notation.writer import ARRAYS, ATOM, PRODUCT, SIGN, Piece, Writer
from hwsolve.formula.tree import Call, Formula, Ref

Args = tuple[Formula, ...]


def whole(w: Writer, args: Args) -> Piece:
    """A quantity as a whole, where a number in its name is that of its layer."""
    (ref,) = args
    assert isinstance(ref, Ref)
    return Piece(w.whole(ref.name), SIGN if derivative(ref.name) else ATOM, "array")


def unit(w: Writer, args: Args) -> Piece:
    """The one element of a quantity, written as the quantity is."""
    (ref,) = args
    assert isinstance(ref, Ref)
    kind = "partial" if derivative(ref.name) else "symbol" if parts(ref.name).single else "word"
    return Piece(w.whole(ref.name), SIGN if kind == "partial" else ATOM, kind)


def form(w: Writer, args: Args) -> Piece:
    """A form that a reader has seen, and that nothing is claimed of here."""
    return w.write(args[0])


def array(w: Writer, args: Args) -> Piece:
    """A formula that is an array, as it is written elsewhere."""
    piece = w.write(args[0])
    return Piece(piece.text, piece.level, "array")


def fenced(w: Writer, piece: Piece, holds: bool) -> str:
    """A piece, in parentheses where it does not hold together by itself."""
    return piece.text if holds else w.parentheses(piece.text)


def beside(w: Writer, f: Formula, first: bool) -> str:
    """A factor of a matrix product: what is a product itself may only stand first."""
    piece = w.write(f)
    holds = piece.level > PRODUCT or (first and piece.level == PRODUCT and piece.kind == "array")
    return fenced(w, piece, holds)


def product(w: Writer, args: Args) -> Piece:
    """W x."""
    left, right = args
    gap = (
        "" if isinstance(left, Call) and left.name == "T" and isinstance(right, Call) and right.name == "whole" else " "
    )
    return Piece(f"{beside(w, left, True)}{gap}{beside(w, right, False)}", PRODUCT, "array")


def transposed(w: Writer, f: Formula) -> str:
    """Wᵀ, (∂L/∂z)ᵀ."""
    piece = w.write(f)
    return w.transposed(fenced(w, piece, piece.level == ATOM))


def transpose(w: Writer, args: Args) -> Piece:
    """Rows as columns."""
    return Piece(transposed(w, args[0]), ATOM, "array")


def outer(w: Writer, args: Args) -> Piece:
    """u vᵀ."""
    return Piece(f"{beside(w, args[0], True)} {transposed(w, args[1])}", PRODUCT, "array")


def odot(w: Writer, args: Args) -> Piece:
    """a ⊙ b."""
    pieces = [w.write(a) for a in args]
    nested = [isinstance(a, Call) and a.name == "odot" and n == 0 for n, a in enumerate(args)]
    texts = [fenced(w, p, p.level > PRODUCT or known) for p, known in zip(pieces, nested, strict=True)]
    return Piece(w.odot.join(texts), PRODUCT, "odot")


def total(w: Writer, args: Args) -> Piece:
    """Σ x, of all elements; `sum(x)` as it was typed."""
    piece = w.write(args[0])
    if piece.kind not in ARRAYS:
        return Piece(w.named("sum") + w.parentheses(piece.text), ATOM, "call")
    return Piece(w.sigma + fenced(w, piece, piece.level > PRODUCT), PRODUCT, "big")


def listed(w: Writer, args: Args) -> Piece:
    """An array of numbers: a column, or rows."""
    rows = [a.args if isinstance(a, Call) and a.name == "[]" else (a,) for a in args]
    deep = any(isinstance(a, Call) and a.name == "[]" for a in args)
    return Piece(w.array([[w.write(a).text for a in row] for row in rows], deep), ATOM, "array")


def called(name: str) -> Callable[[Writer, Args], Piece]:
    """A function of arrays by its name."""

    def write(w: Writer, args: Args) -> Piece:
        return Piece(w.named(name) + w.parentheses(", ".join([w.write(a).text for a in args])), ATOM, "array")

    return write


MATRICES: dict[str, Callable[[Writer, Args], Piece]] = {
    "whole": whole,
    "array": array,
    "unit": unit,
    "form": form,
    "rows": array,
    "@": product,
    "T": transpose,
    "outer": outer,
    "odot": odot,
    "sum": total,
    "[]": listed,
    **{name: called(name) for name in ("diag", "rot180", "full", "stuffed", "crop")},
}
