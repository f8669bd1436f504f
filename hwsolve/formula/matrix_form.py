"""A formula in one or two indices as vectors and matrices: δ(i,k)·p[i] - p[i]·p[k] is diag(p) - outer(p, p).

`None` where the formula is no sum of such products.
"""

from __future__ import annotations

from hwsolve.formula.simplify.simplify import expanded
from hwsolve.formula.simplify.terms import Term, addends, mentions, sum_of, written
from hwsolve.formula.tree import ONE, BigOperator, Call, Formula, Ref, call, references

LETTERS = "pqrs"
IDENTITY = call("array", Ref("I"))


class Vectors:
    """Vectors that stand in a matrix form; a longer one gets a letter."""

    def __init__(self, taken: frozenset[str] = frozenset()) -> None:
        self.free = [letter for letter in LETTERS if letter not in taken]
        self.letters: dict[Formula, Ref] = {}

    def name(self, vector: Formula) -> Formula:
        """A vector by its own name or by the letter that it is given."""
        if isinstance(vector, Ref):
            return call("array", vector)
        if vector not in self.letters and self.free:
            self.letters[vector] = Ref(self.free.pop(0))
        return call("array", self.letters.get(vector, vector))

    def legend(self) -> list[Formula]:
        """What the letters stand for: p == softmax(x)."""
        return [Call("==", (letter, vector)) for vector, letter in self.letters.items()]


def matrix_form(f: Formula, indices: tuple[str, ...]) -> tuple[Formula, ...] | None:
    """The matrix form of an element f[k] of a vector, or f[i,k] of a matrix, and what its letters stand for."""
    vectors = Vectors(frozenset(ref.name for ref in references(f)))
    form: Formula | None = None
    for term in addends(sum_of(expanded(f))):
        single = len(indices) == 1
        part = one_index(term, indices[0], vectors) if single else two_indices(term, indices[0], indices[1], vectors)
        if part is None:
            return None
        if form is None:
            form = -part if term.coefficient < 0 else part
        else:
            form = form - part if term.coefficient < 0 else form + part
    return None if form is None else (form, *vectors.legend())


def scaled(term: Term, scalars: list[tuple[Formula, Formula]], rest: Formula) -> Formula:
    """The number and the scalars in front of a matrix."""
    front = Term(abs(term.coefficient), tuple(scalars), term.decimal)
    return rest if front.coefficient == 1 and not scalars else written(front) * rest


def split(term: Term, *indices: str) -> tuple[list[tuple[Formula, Formula]], list[Formula]] | None:
    """Factors without any of the indices, and those with them (to the first power)."""
    free = [x for x in term.factors if not any(mentions(x[0], i) or mentions(x[1], i) for i in indices)]
    bound = [x for x in term.factors if x not in free]
    if any(exponent != ONE for _, exponent in bound):
        return None
    return free, [base for base, _ in bound]


def one_index(term: Term, k: str, vectors: Vectors) -> Formula | None:
    """s·v[k], s·δ(i,k), s·Σ W[k,j]·x[j] or s·Σ W[j,k]·x[j]."""
    parts = split(term, k)
    if parts is None or len(parts[1]) != 1:
        return None
    scalars, (factor,) = parts
    found = vector_of(factor, k, vectors) or unit_vector(factor, k, vectors) or matrix_times_vector(factor, k, vectors)
    return found and scaled(term, scalars, found)


def vector_of(f: Formula, k: str, vectors: Vectors) -> Formula | None:
    """x[k] or softmax(x)[k]."""
    match f:
        case Ref(name, (Ref(index, ()),)) if index == k:
            return vectors.name(Ref(name))
        case Call("element", (vector, Ref(index, ()))) if index == k:
            return vectors.name(vector)
    return None


def unit_vector(f: Formula, k: str, vectors: Vectors) -> Formula | None:
    """δ(i,k) over all k, where i is an index or a number."""
    match f:
        case Call("delta", (a, b)) if Ref(k) in (a, b) and mentions(a, k) != mentions(b, k):
            return vectors.name(f)
    return None


def matrix_times_vector(f: Formula, k: str, vectors: Vectors) -> Formula | None:
    """Σ W[k,j]·x[j] is W @ x, Σ W[j,k]·x[j] is T(W) @ x."""
    match f:
        case BigOperator("Sum", Call("*", (Ref(name, (Ref(a, ()), Ref(b, ()))), other)), j, low, _) if low == ONE:
            vector = vector_of(other, j, vectors)
            if vector and {a, b} == {k, j}:
                return call("@", matrix(name, turned=a != k), vector)
    return None


def matrix(name: str, turned: bool) -> Formula:
    """W, or its transpose."""
    found = call("array", Ref(name))
    return call("T", found) if turned else found


def two_indices(term: Term, i: str, k: str, vectors: Vectors) -> Formula | None:
    """diag(v), outer(u, v), W or its transpose, and I."""
    parts = split(term, i, k)
    if parts is None:
        return None
    scalars, factors = parts
    found: Formula | None = None
    match sorted(factors, key=lambda f: not (isinstance(f, Call) and f.name == "delta")):
        case [Call("delta")]:
            found = IDENTITY
        case [Call("delta"), vector]:
            inner = vector_of(vector, i, vectors) or vector_of(vector, k, vectors)
            found = inner and call("diag", inner)
        case [Ref(name, (Ref(a, ()), Ref(b, ())))] if {a, b} == {i, k}:
            found = matrix(name, turned=a != i)
        case [one, other]:
            if vector_of(one, i, Vectors()) is None:
                one, other = other, one
            left, right = vector_of(one, i, vectors), vector_of(other, k, vectors)
            found = left and right and call("outer", left, right)
    return found and scaled(term, scalars, found)
