"""Polynomials with whole coefficients in few names, by plain numbers: most sizes are such, and need no library."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hwsolve.formula.tree import ZERO, Call, Formula, Number, Ref

MOST_TERMS = 64
MOST_POWER = 16
Powers = tuple[int, ...]  # of each name, in their order
Whole = dict[Powers, int]


def plain_names(f: Formula) -> list[Ref] | None:
    """The names of a formula of sums, products and powers of names and whole numbers, in order; None of another."""
    found: dict[Ref, None] = {}
    return sorted(found, key=lambda ref: ref.name) if collect(f, found) else None


def collect(f: Formula, found: dict[Ref, None]) -> bool:
    """Note the names of a formula; False where it is none of these."""
    if type(f) is Number:
        return f.denominator == 1
    if type(f) is Ref:
        found[f] = None
        return not f.indices
    if type(f) is not Call:
        return False
    if f.name == "**":
        power = f.args[1]
        whole = type(power) is Number and power.denominator == 1 and 0 <= power.numerator <= MOST_POWER
        return whole and collect(f.args[0], found)
    return f.name in ("+", "-", "neg", "*") and all([collect(part, found) for part in f.args])


def multiplied_out(f: Formula, names: Sequence[Formula]) -> Whole | None:
    """The monomials of such a formula; None where they are many."""
    if type(f) is Number:
        return {(0,) * len(names): f.numerator} if f.numerator else {}
    if type(f) is Ref:
        return {tuple([int(name == f) for name in names]): 1}
    assert type(f) is Call
    if f.name == "**":
        base, power = f.args
        assert type(power) is Number
        return product_of([multiplied_out(base, names)] * power.numerator, names)
    parts = [multiplied_out(part, names) for part in f.args]
    if f.name == "*":
        return product_of(parts, names)
    made: Whole = {}
    for k, part in enumerate(parts):
        if part is None:
            return None
        sign = -1 if f.name == "neg" or (f.name == "-" and k) else 1
        for powers, n in part.items():
            made[powers] = made.get(powers, 0) + sign * n
    return {powers: n for powers, n in made.items() if n}


def product_of(factors: list[Whole | None], names: Sequence[Formula]) -> Whole | None:
    """The product of polynomials; None where it has many terms, or a factor has."""
    made: Whole = {(0,) * len(names): 1}
    for factor in factors:
        if factor is None or len(made) * len(factor) > MOST_TERMS:
            return None
        terms: Whole = {}
        for a, m in made.items():
            for b, n in factor.items():
                powers = tuple([x + y for x, y in zip(a, b, strict=True)])
                terms[powers] = terms.get(powers, 0) + m * n
        made = {powers: n for powers, n in terms.items() if n}
    return made


def whole_form(f: Formula) -> Formula | None:
    """Such a formula multiplied out, the highest degree first; None where it is another, or long."""
    names = plain_names(f)
    made = None if names is None else multiplied_out(f, names)
    if made is None or names is None:
        return None
    ordered = sorted(made, key=lambda powers: (sum(powers), powers), reverse=True)
    return written([(powers, made[powers], 1) for powers in ordered], names)


def written(terms: Iterable[tuple[Sequence[int], int, int]], atoms: Sequence[Formula]) -> Formula:
    """Monomials, as the powers of atoms and a coefficient p/q, written as a sum."""
    total: Formula | None = None
    for exponents, p, q in terms:
        term = monomial([(atom, int(e)) for atom, e in zip(atoms, exponents, strict=True) if e], abs(p), q)
        if total is None:
            total = term if p > 0 else negated(term)
        elif p < 0:
            total = Call("-", (total, term))
        else:
            total = Call("+", (*total.args, term) if type(total) is Call and total.name == "+" else (total, term))
    return ZERO if total is None else total


def monomial(powers: list[tuple[Formula, int]], p: int, q: int) -> Formula:
    """A product of powers and a coefficient that is not negative."""
    factors: list[Formula] = [atom if e == 1 else Call("**", (atom, Number(e))) for atom, e in powers]
    if p != 1 or not factors:
        factors.insert(0, Number(p))
    product = factors[0] if len(factors) == 1 else Call("*", tuple(factors))
    return product if q == 1 else Call("/", (product, Number(q))) if powers else Number(p, q)


def negated(f: Formula) -> Formula:
    """A term with the other sign."""
    return Number(-f.numerator, f.denominator) if isinstance(f, Number) else Call("neg", (f,))
