"""A formula in one or two indices as vectors and matrices: δ(i,k)·p[i] - p[i]·p[k] is diag(p) - p pᵀ.

`None` where the formula is no sum of such products.
"""

from __future__ import annotations

from hwsolve.formula.notation import unicode
from hwsolve.formula.simplify.simplify import expanded
from hwsolve.formula.simplify.terms import Term, addends, mentions, sum_of, written
from hwsolve.formula.tree import ONE, BigOperator, Call, Formula, Ref

LETTERS = "pqrs"


class Vectors:
    """Vectors that stand in a matrix form; a longer one gets a letter."""

    def __init__(self) -> None:
        self.letters: dict[Formula, str] = {}

    def name(self, vector: Formula) -> str:
        """A vector's own letter or the one that it is given."""
        if isinstance(vector, Ref):
            return unicode(vector)
        if vector not in self.letters:
            self.letters[vector] = LETTERS[len(self.letters)]
        return self.letters[vector]

    def legend(self) -> str:
        """`p = softmax(x)`."""
        return ", ".join(f"{letter} = {unicode(vector)}" for vector, letter in self.letters.items())


def matrix_form(f: Formula, indices: tuple[str, ...]) -> str | None:
    """The matrix form of an element f[k] of a vector, or f[i,k] of a matrix, with what its letters stand for."""
    vectors = Vectors()
    text = ""
    for term in addends(sum_of(expanded(f))):
        single = len(indices) == 1
        part = one_index(term, indices[0], vectors) if single else two_indices(term, indices[0], indices[1], vectors)
        if part is None or len(vectors.letters) > len(LETTERS):
            return None
        sign = "−" if term.coefficient < 0 else "+"
        text += f" {sign} {part}" if text else (f"−{part}" if sign == "−" else part)
    legend = vectors.legend()
    return f"{text}, {legend}" if legend and text else text or None


def scaled(term: Term, scalars: list[tuple[Formula, Formula]], rest: str) -> str:
    """The number and the scalars in front of a matrix."""
    front = Term(abs(term.coefficient), tuple(scalars), term.decimal)
    if front.coefficient == 1 and not scalars:
        return rest
    text = unicode(written(front))
    return f"({text}) {rest}" if any(c in text for c in "/+−Σ") else f"{text} {rest}"


def split(term: Term, *indices: str) -> tuple[list[tuple[Formula, Formula]], list[Formula]] | None:
    """Factors without any of the indices, and those with them (to the first power)."""
    free = [x for x in term.factors if not any(mentions(x[0], i) or mentions(x[1], i) for i in indices)]
    bound = [x for x in term.factors if x not in free]
    if any(exponent != ONE for _, exponent in bound):
        return None
    return free, [base for base, _ in bound]


def one_index(term: Term, k: str, vectors: Vectors) -> str | None:
    """s·v[k], s·Σ W[k,j]·x[j] or s·Σ W[j,k]·x[j]."""
    parts = split(term, k)
    if parts is None or len(parts[1]) != 1:
        return None
    scalars, (factor,) = parts
    text = vector_text(factor, k, vectors) or matrix_times_vector(factor, k, vectors)
    return text and scaled(term, scalars, text)


def vector_text(f: Formula, k: str, vectors: Vectors) -> str | None:
    """x[k] or softmax(x)[k]."""
    match f:
        case Ref(name, (Ref(index, ()),)) if index == k:
            return vectors.name(Ref(name))
        case Call("element", (vector, Ref(index, ()))) if index == k:
            return vectors.name(vector)
    return None


def matrix_times_vector(f: Formula, k: str, vectors: Vectors) -> str | None:
    """Σ W[k,j]·x[j] is W x, Σ W[j,k]·x[j] is Wᵀ x."""
    match f:
        case BigOperator("Sum", Call("*", (Ref(name, (Ref(a, ()), Ref(b, ()))), other)), j, low, _) if low == ONE:
            vector = vector_text(other, j, vectors)
            if vector and {a, b} == {k, j}:
                return f"{name} {vector}" if a == k else f"{name}ᵀ {vector}"
    return None


def two_indices(term: Term, i: str, k: str, vectors: Vectors) -> str | None:
    """diag(v), u vᵀ, W or Wᵀ, and I."""
    parts = split(term, i, k)
    if parts is None:
        return None
    scalars, factors = parts
    text: str | None = None
    match sorted(factors, key=lambda f: not (isinstance(f, Call) and f.name == "delta")):
        case [Call("delta")]:
            text = "I"
        case [Call("delta"), vector]:
            inner = vector_text(vector, i, vectors) or vector_text(vector, k, vectors)
            text = inner and f"diag({inner})"
        case [Ref(name, (Ref(a, ()), Ref(b, ())))] if {a, b} == {i, k}:
            text = name if a == i else f"{name}ᵀ"
        case [one, other]:
            if vector_text(one, i, Vectors()) is None:
                one, other = other, one
            left, right = vector_text(one, i, vectors), vector_text(other, k, vectors)
            text = left and right and f"{left} {right}ᵀ"
    return text and scaled(term, scalars, text)
