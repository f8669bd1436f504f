"""Sums divided by sums: 2 − 2t² − 2xt(1 − t²) is (1 − t²)(2 − 2xt).

A sum is a polynomial in the bases of its terms; one that is divided by a single other leaves nothing over, in any order
of the powers, exactly where it is a multiple.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import gcd, lcm

from hwsolve.formula.simplify.powers import ordered
from hwsolve.formula.simplify.simplify import expanded, factored
from hwsolve.formula.simplify.terms import Term, integer, merge, sum_of, term_of, written
from hwsolve.formula.tree import ONE, Call, Formula, Number, walk

MOST_TERMS = 40  # of a sum that is divided
MOST_DIVISORS = 8
Atom = tuple[Formula, Formula]  # a base, and the power of it that counts as one
Powers = tuple[tuple[Atom, int], ...]
Polynomial = dict[Powers, Fraction]


def divisors(f: Formula) -> list[Call]:
    """The sums inside a formula by which another may be divided, each written in one way; the shortest first."""
    found: dict[frozenset[tuple[Powers, Fraction]], Call] = {}
    for node in walk(f):
        if isinstance(node, Call) and node.name in ("+", "-"):
            known = polynomial(expanded(node)) or {}
            if 2 <= len(known) <= MOST_TERMS // 4:
                found.setdefault(frozenset(known.items()), node)
    return sorted(found.values(), key=lambda node: sum(1 for _ in walk(node)))[:MOST_DIVISORS]


def divided(f: Formula, by: Iterable[Formula]) -> Formula:
    """A sum as a product with those of the divisors of which it is a multiple."""
    rest, taken = polynomial(expanded(f)), list[Term]()
    if rest is None or len(rest) > MOST_TERMS:
        return f
    for divisor in by:
        other = polynomial(expanded(divisor))
        while other is not None and len(rest) >= len(other) and (found := quotient_of(rest, other)) is not None:
            rest = found
            taken.append(Term(Fraction(1), ((divisor, ONE),)))
    if not taken:
        return f
    common = content(rest)
    last = term_of(factored(in_order({powers: c / common for powers, c in rest.items()})))
    sums = [(base, n) for base, n in last.factors if isinstance(base, Call) and base.name in ("+", "-")]
    plain = tuple([one for one in last.factors if one not in sums])
    return written(merge((Term(common * last.coefficient, plain), *taken, Term(Fraction(1), tuple(sums)))))


def content(p: Polynomial) -> Fraction:
    """The number that all coefficients share: what is left has whole ones without a common factor."""
    return Fraction(gcd(*[c.numerator for c in p.values()]), lcm(*[c.denominator for c in p.values()]))


def in_order(p: Polynomial) -> Formula:
    """A polynomial by the degrees of its terms, one with a plus first."""
    terms = [term(powers, c) for powers, c in sorted(p.items(), key=lambda x: sum(n for _, n in x[0]))]
    first = next((t for t in terms if t.coefficient > 0), terms[0])
    return ordered(sum_of([first, *[t for t in terms if t is not first]]))


def polynomial(terms: list[Term]) -> Polynomial | None:
    """The terms by their powers; None where a coefficient is a decimal or a base stands below a line."""
    found: Polynomial = {}
    for one in terms:
        powers: dict[Atom, int] = {}
        for base, exponent in one.factors:
            n = integer(exponent)
            if n is not None and n < 0:
                return None
            powers[(base, ONE if n is not None else exponent)] = 1 if n is None else n
        if one.decimal:
            return None
        key = tuple(sorted(powers.items(), key=lambda p: order(p[0])))
        found[key] = found.get(key, Fraction(0)) + one.coefficient
    return {powers: c for powers, c in found.items() if c}


def order(atom: Atom) -> str:
    """Any fixed order of bases."""
    return repr(atom)


def quotient_of(dividend: Polynomial, divisor: Polynomial) -> Polynomial | None:
    """How often the divisor goes into the dividend without a rest; None where one is left."""
    atoms = sorted({atom for one in (dividend, divisor) for powers in one for atom, _ in powers}, key=order)

    def rank(powers: Powers) -> list[int]:
        known = dict(powers)
        return [known.get(atom, 0) for atom in atoms]

    lead = max(divisor, key=rank)
    rest, found = dict(dividend), Polynomial()
    while rest:
        top = max(rest, key=rank)
        powers = less(top, lead)
        if powers is None or len(found) > MOST_TERMS:
            return None
        factor = found[powers] = rest[top] / divisor[lead]
        for own, c in divisor.items():
            key = more(powers, own)
            if (left := rest.get(key, Fraction(0)) - factor * c) == 0:
                del rest[key]
            else:
                rest[key] = left
    return found


def less(powers: Powers, other: Powers) -> Powers | None:
    """A product divided by another; None where that leaves a fraction."""
    left = dict(powers)
    for atom, n in other:
        left[atom] = left.get(atom, 0) - n
        if left[atom] < 0:
            return None
    return tuple([(atom, n) for atom, n in left.items() if n])


def more(powers: Powers, other: Powers) -> Powers:
    """The product of two products."""
    both = dict(powers)
    for atom, n in other:
        both[atom] = both.get(atom, 0) + n
    return tuple(sorted(both.items(), key=lambda p: order(p[0])))


def term(powers: Powers, coefficient: Fraction) -> Term:
    """A product as it is written."""
    factors = [(base, exponent if exponent != ONE else Number(n)) for (base, exponent), n in powers]
    return Term(coefficient, tuple(factors))
