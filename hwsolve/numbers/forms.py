"""Forms: what an irrational number is made of, as a polynomial over atoms.

An atom is a function of forms, as exp(1) or tanh(w₁ + w₂).  Two numbers of one form are equal, and a form without atoms
is a rational; nothing is claimed of numbers whose forms differ.  A form never looks at the value of its number.

What is rewritten is equal wherever both sides exist: √a √a = a, F · 1/F = 1, cos² = 1 − sin²; more in `atoms`.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any
from weakref import WeakValueDictionary

from flint import fmpq

MOST = 400  # terms of a form; a longer sum or product is an atom
LARGEST_POWER = 8  # of a sum that is multiplied out
HIGHEST = 4  # power of an atom that is rewritten
MOST_STEPS = 500  # products of powers that one operation rewrites; what is left stays as it is, which is as true
SAVED, EARNED = 20_000, 1  # such steps of a whole work: for all of it, and for each operation
ONE = fmpq(1)

Monomial = tuple[tuple["Atom", Any], ...]  # atoms with their exponents, none of them 0, in the order of their numbers


class Atom:
    """A function of forms: one object for each, as long as a form holds it."""

    __slots__ = ("__weakref__", "key", "number")

    def __init__(self, key: tuple[Any, ...], number: int) -> None:
        self.key, self.number = key, number


class Form:
    """Σ coefficient · monomial, no coefficient being 0."""

    __slots__ = ("_hash", "terms")

    def __init__(self, terms: dict[Monomial, fmpq]) -> None:
        self.terms = terms
        self._hash: int | None = None

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Form) and self.terms == other.terms)

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset((m, int(c.p), int(c.q)) for m, c in self.terms.items()))  # fmpq's is slow
        return self._hash


class Effort:
    """How much may still be rewritten: reciprocals of sums beside each other double it with each operation.

    So the time that forms take grows with the number of operations alone.
    """

    of_operation: int | None = None  # of the one that is under way
    of_work = SAVED


def bounded(operation: Callable[..., Form]) -> Callable[..., Form]:
    """The operation, whose outermost call says how much may be rewritten in it."""

    def call(*given: Any) -> Form:
        if Effort.of_operation is not None:
            return operation(*given)
        Effort.of_work += EARNED
        allowed = Effort.of_operation = min(MOST_STEPS, Effort.of_work)
        try:
            return operation(*given)
        finally:
            Effort.of_work -= allowed - Effort.of_operation
            Effort.of_operation = None

    return call


def effort(taken: int = 0) -> int:
    """What is left of it in the operation that is under way, of which some is taken."""
    assert Effort.of_operation is not None
    Effort.of_operation -= taken
    return Effort.of_operation


ATOMS: WeakValueDictionary[tuple[Any, ...], Atom] = WeakValueDictionary()
NUMBERS = count()


def interned(*key: Any) -> Atom:
    """The one atom of a key: the name of a function and the forms of its arguments."""
    found = ATOMS.get(key)
    if found is None:
        found = ATOMS[key] = Atom(key, next(NUMBERS))
    return found


def atom(*key: Any) -> Form:
    """An atom as a form."""
    return Form({((interned(*key), 1),): ONE})


def constant(value: fmpq) -> Form:
    """A rational."""
    return Form({(): value} if value != 0 else {})


def rational(f: Form) -> fmpq | None:
    """The rational that a form is; None for any other."""
    if not f.terms:
        return fmpq(0)
    return f.terms.get(()) if len(f.terms) == 1 else None


def order(m: Monomial) -> tuple[tuple[int, Any], ...]:
    """What monomials are ordered by: the youngest atom counts most."""
    return tuple((x.number, e) for x, e in reversed(m))


def leading(f: Form) -> Monomial:
    """The greatest monomial of a form that is not 0."""
    return max(f.terms, key=order)


def scaled(f: Form, by: fmpq) -> Form:
    """A rational times a form."""
    return Form({m: c * by for m, c in f.terms.items()} if by != 0 else {})


def plus(a: Form, b: Form) -> Form:
    """a + b."""
    terms = dict(a.terms)
    add(terms, b, ONE)
    return Form(terms) if len(terms) <= MOST else atom("+", Form(terms))


def add(terms: dict[Monomial, fmpq], f: Form, by: fmpq) -> None:
    """Add a multiple of a form to some terms."""
    for m, c in f.terms.items():
        found = terms.get(m, 0) + c * by
        if found != 0:
            terms[m] = found
        else:
            terms.pop(m, None)


def difference(a: Form, b: Form) -> Form:
    """a − b."""
    return plus(a, scaled(b, -ONE))


@bounded
def product(a: Form, b: Form) -> Form:
    """a · b, multiplied out."""
    for f, other in ((a, b), (b, a)):
        c = rational(f)
        if c is not None:
            return scaled(other, c)
    if len(a.terms) * len(b.terms) > min(MOST, max(1, effort())):
        return atom("*", frozenset((a, b)))
    terms: dict[Monomial, fmpq] = {}
    for m, c in a.terms.items():
        for n, d in b.terms.items():
            powers = dict(m)
            for x, e in n:
                powers[x] = powers.get(x, 0) + e
            add(terms, reduced(powers), c * d)
    return Form(terms) if len(terms) <= MOST else atom("+", Form(terms))


@bounded
def reduced(powers: dict[Atom, Any]) -> Form:
    """A product of powers of atoms, without squares of roots, and without a sum beside its reciprocal."""
    for x, e in powers.items() if effort(1) > 0 else ():
        kind = x.key[0]
        if kind == "sqrt" and (e < 0 or e > 1):
            return product(reduced(powers | {x: e % 2}), power(x.key[1], e // 2))
        if kind in ("cos", "cosh") and 1 < e <= HIGHEST:  # cos² = 1 − sin², cosh² = 1 + sinh²
            other = atom(kind.replace("cos", "sin"), x.key[1])
            square = plus(constant(ONE), scaled(product(other, other), ONE if kind == "cosh" else -ONE))
            return product(reduced(powers | {x: e - 2}), square)
        if kind == "1/" and e < 0:
            return product(reduced(powers | {x: 0}), power(denominator(x), -e))
        if kind == "1/" and e == 1 and all(n <= powers.get(y, 0) <= HIGHEST * n for y, n in x.key[1]):
            left = powers | {y: powers[y] - n for y, n in x.key[1]}
            return difference(reduced(left | {x: e - 1}), product(reduced(left), x.key[2]))
    kept = [(x, e if type(e) is int else as_exponent(e)) for x, e in powers.items() if e != 0]
    return Form({tuple(sorted(kept, key=number) if len(kept) > 1 else kept): ONE})


def denominator(x: Atom) -> Form:
    """The sum F of an atom 1/F."""
    _, lead, others = x.key
    return plus(Form({lead: ONE}), others)


def number(factor: tuple[Atom, Any]) -> int:
    """What the factors of a monomial are ordered by."""
    return factor[0].number


def as_exponent(e: fmpq) -> Any:
    """An exponent, as an int where it is one."""
    return int(e.p) if e.q == 1 else e


def inverse(f: Form) -> Form:
    """1/f: of a sum an atom, whose leading coefficient is 1, and which no monomial divides."""
    return quotient(constant(ONE), f)


def quotient(a: Form, b: Form) -> Form:
    """a/b: what divides all terms of b is taken to a first, so that a term of b over b keeps its form."""
    if len(b.terms) == 1:
        ((m, c),) = b.terms.items()
        return product(a, scaled(reduced({x: -e for x, e in m}), 1 / c))
    common = {x: min(dict(m).get(x, 0) for m in b.terms) for m in b.terms for x, _ in m}
    outside = reduced({x: -e for x, e in common.items()})
    b = product(b, outside)
    lead = leading(b)
    c = b.terms[lead]
    others = Form({m: d / c for m, d in b.terms.items() if m != lead})
    return scaled(product(product(a, outside), atom("1/", lead, others)), 1 / c)


def power(f: Form, n: int) -> Form:
    """f to a whole power."""
    if n < 0:
        return inverse(power(f, -n))
    if len(f.terms) == 1:
        ((m, c),) = f.terms.items()
        return scaled(reduced({x: e * n for x, e in m}), c**n)
    if n > LARGEST_POWER:
        return atom("**", f, n)
    made = constant(ONE)
    for _ in range(n):
        made = product(made, f)
    return made
