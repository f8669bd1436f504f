"""Functions of square matrices in definitions: `diag`, `det` and `inv`, by their elements.

Determinants are Leibniz's sums and inverses adjugates over determinants, as they are worked out by hand: up to 3 × 3.
"""

from __future__ import annotations

from hwsolve.formula.array_functions import Along, Index, Parts, Sizes, Unfit, chosen
from hwsolve.formula.misfits import sizes
from hwsolve.formula.notation.plain import plain
from hwsolve.formula.tree import ONE, ZERO, Formula, Number, call
from hwsolve.language import say

LARGEST = 3  # rows of a matrix whose inverse is written out


def diagonal_shape(w: Parts, f: Formula, a: Formula) -> Sizes:
    """A matrix for a vector, the diagonal of a matrix."""
    own = w.shape(a)
    if len(own) == 1:
        return (own[0], own[0])
    if len(own) == 2 and own[0] == own[1]:
        return (own[0],)
    raise Unfit(say("`{part}` is no vector and no square matrix: {shape}.", part=plain(a), shape=sizes(own)), f)


def diagonal_element(w: Parts, at: Index, a: Formula) -> Formula:
    """An element of the diagonal, or 0 beside it."""
    if len(w.shape(a)) == 2:
        return w.element(a, (at[0], at[0]))
    i, j = at
    one = w.element(a, (i,))
    if i == j:
        return one
    return ZERO if isinstance(i, Number) and isinstance(j, Number) else call("if", call("==", i, j), one, 0)


def square(w: Parts, f: Formula, a: Formula) -> Sizes:
    """The shape of a square matrix that is not too large."""
    own = w.shape(a)
    if len(own) != 2 or own[0] != own[1]:
        raise Unfit(say("`{part}` is no square matrix: {shape}.", part=plain(a), shape=sizes(own)), f)
    if own[0] > LARGEST:
        message = say(
            "`{part}` is {shape}: `det` and `inv` are worked out up to {most}.",
            part=plain(a),
            shape=sizes(own),
            most=sizes((LARGEST, LARGEST)),
        )
        raise Unfit(message, f)
    return own


def determinant(w: Parts, a: Formula, rows: tuple[int, ...], columns: tuple[int, ...]) -> Formula:
    """Of some rows and columns, along the first row."""
    if not rows:
        return ONE
    first, *others = rows
    found: Formula | None = None
    for k, column in enumerate(columns):
        one = w.element(a, (Number(first), Number(column)))
        if others:
            one = call("*", one, determinant(w, a, tuple(others), columns[:k] + columns[k + 1 :]))
        found = one if found is None else call("-" if k % 2 else "+", found, one)
    assert found is not None
    return found


def places(w: Parts, a: Formula) -> tuple[int, ...]:
    """The numbers of the rows, which are those of the columns."""
    return tuple(range(1, w.shape(a)[0] + 1))


def cofactor(w: Parts, a: Formula, row: int, column: int) -> Formula:
    """The element of the inverse there, times the determinant: what is left without its row and column, turned."""
    every = places(w, a)
    left = determinant(w, a, tuple(i for i in every if i != column), tuple(j for j in every if j != row))
    return call("neg", left) if (row + column) % 2 else left


def inverse_element(w: Parts, at: Index, a: Formula) -> Formula:
    """A cofactor over the determinant."""
    every = places(w, a)
    whole = determinant(w, a, every, every)
    rows = []
    for i in every:
        entries: list[Formula] = [call("/", cofactor(w, a, i, j), whole) for j in every]
        rows.append(entries[at[1].numerator - 1] if isinstance(at[1], Number) else chosen(entries, at[1], 1))
    return rows[at[0].numerator - 1] if isinstance(at[0], Number) else chosen(rows, at[0], 1)


SQUARE: dict[str, Along] = {
    "diag": Along(diagonal_shape, diagonal_element),
    "det": Along(
        lambda w, f, a: square(w, f, a)[2:],
        lambda w, at, a: determinant(w, a, places(w, a), places(w, a)),
    ),
    "inv": Along(square, inverse_element),
}
