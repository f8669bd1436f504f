"""How whole arrays are set: `w x + b`, `g xᵀ`, `f′(z) ⊙ wᵀ g`; a factor beside an array stands apart from it.

The pieces are of the kind `array`, or `odot` for a product element by element, which binds less than its signs show.
"""

from __future__ import annotations

from collections.abc import Callable

from hwsolve.formula.notation.moments import MOMENTS
from hwsolve.formula.notation.names import derivative, parts
from hwsolve.formula.notation.writer import ARRAYS, ATOM, PRODUCT, SIGN, SUM, Piece, Writer
from hwsolve.formula.tree import Call, Formula, Ref

Args = tuple[Formula, ...]
ANY = Ref("·")  # an index that runs


def whole(w: Writer, args: Args) -> Piece:
    """A quantity as a whole, where a number in its name is that of its layer."""
    (ref,) = args
    assert isinstance(ref, Ref)
    return Piece(w.whole(ref.name), SIGN if derivative(ref.name) else ATOM, "array")


def part(w: Writer, args: Args) -> Piece:
    """q₁, the part of an array that its first indices choose; w[·, 1, ·] that of the second."""
    known, at = args[0], args[1:]
    if isinstance(known, Call) and known.name == "T":
        known, at = known.args[0], (ANY, *at, ANY)
    name = known.args[0] if isinstance(known, Call) else known
    assert isinstance(name, Ref)
    piece = w.write(Ref(name.name, at))
    return Piece(piece.text, piece.level, "array", piece.front)


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
    return Piece(piece.text, piece.level, "array", piece.front)


def fenced(w: Writer, piece: Piece, holds: bool) -> Piece:
    """A piece, in parentheses where it does not hold together by itself."""
    return piece if holds else w.held(piece, piece.kind)


def beside(w: Writer, f: Formula, first: bool) -> Piece:
    """A factor of a matrix product: what is a product itself may only stand first."""
    piece = w.write(f)
    holds = piece.level > PRODUCT or (first and piece.level == PRODUCT and piece.kind == "array")
    return fenced(w, piece, holds)


def is_letter(f: Call) -> bool:
    """Whether an array is a quantity of its own, no derivative."""
    known = f.args[0] if f.name == "part" and isinstance(f.args[0], Call) else f
    return known.name == "whole" and isinstance(known.args[0], Ref) and derivative(known.args[0].name) is None


def product(w: Writer, args: Args) -> Piece:
    """W x."""
    left, right = args
    close = isinstance(left, Call) and left.name == "T" and isinstance(right, Call) and is_letter(right)
    first, second = beside(w, left, True), beside(w, right, False)
    return Piece(first.text + ("" if close else w.gap) + second.text, PRODUCT, "array", first.front)


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


def correlation(w: Writer, args: Args) -> Piece:
    """w ⋆ g, the full correlation; with cells that are apart by its name."""
    if len(args) > 2:
        return called("full")(w, args)
    held = [fenced(w, p, p.level > PRODUCT) for p in map(w.write, args)]
    return Piece(w.star.join([p.text for p in held]), SUM, "array", held[0].front)


def total(w: Writer, args: Args) -> Piece:
    """Σ x, of all elements; `sum(x)` as it was typed."""
    piece = w.write(args[0])
    if piece.kind not in ARRAYS:
        return Piece(w.named("sum") + w.parentheses(piece.text), ATOM, "call")
    return Piece(w.sigma + fenced(w, piece, piece.level > PRODUCT).text, PRODUCT, "big")


def listed(w: Writer, args: Args) -> Piece:
    """An array of numbers: a column, or rows; one of more axes as matrices behind each other."""
    rows = [a.args if isinstance(a, Call) and a.name == "[]" else (a,) for a in args]
    if w.boxes and any(isinstance(cell, Call) and cell.name == "[]" for row in rows for cell in row):
        return in_a_row(w, args) if len(args) > 1 else w.write(args[0])
    deep = any(isinstance(a, Call) and a.name == "[]" for a in args)
    return Piece(w.array([[w.write(a).text for a in row] for row in rows], deep), ATOM, "array")


def in_a_row(w: Writer, args: Args) -> Piece:
    """(a, b, c), as an array stands in a sentence."""
    return Piece(w.parentheses(w.comma.join([w.write(a).text for a in args])), ATOM, "array")


def of_layer(w: Writer, args: Args) -> Piece:
    """W⁽ˡ⁾: a quantity of a layer, whose number may be a formula; of a copy within a copy there are several."""
    known, *numbers = args
    return Piece(w.raised(w.write(known).text, Call("bracketed", tuple(numbers))), ATOM, "array")


def bracketed(w: Writer, args: Args) -> Piece:
    """The number of a layer where it stands above."""
    return Piece(w.parentheses(w.comma.join([w.write(a).text for a in args])), ATOM, "group")


def gradient(w: Writer, args: Args) -> Piece:
    """∂a, for the gradient of a loss that is known."""
    return Piece(w.del_sign + w.write(args[0]).text, SIGN, "array")


def called(name: str, kind: str = "array") -> Callable[[Writer, Args], Piece]:
    """A function, usually of arrays, by its name."""

    def write(w: Writer, args: Args) -> Piece:
        return Piece(w.named(name) + w.parentheses(w.comma.join([w.write(a).text for a in args])), ATOM, kind)

    return write


MATRICES: dict[str, Callable[[Writer, Args], Piece]] = {
    "exp'": called("exp", "call"),  # where e is a quantity
    "whole": whole,
    "array": array,
    "unit": unit,
    "part": part,
    "form": form,
    "rows": array,
    "@": product,
    "T": transpose,
    "outer": outer,
    "odot": odot,
    "full": correlation,
    "sum": total,
    "layer": of_layer,
    "bracketed": bracketed,
    "grad": gradient,
    "[]": listed,
    "tuple": in_a_row,
    **MOMENTS,
    **{name: called(name) for name in ("diag", "rot180", "stuffed", "crop")},
}
