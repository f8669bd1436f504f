"""Formulas made simpler: big operators, common factors, products multiplied out, and every node tidied."""

from __future__ import annotations

from fractions import Fraction

from hwsolve.formula.simplify.terms import (
    Term,
    addends,
    difference,
    integer,
    mentions,
    merge,
    negative,
    power,
    product,
    quotient,
    rational,
    sum_of,
    term_of,
    total,
    written,
)
from hwsolve.formula.tree import ONE, ZERO, BigOperator, Call, Formula, Number, children, rebuild, walk

MOST_TERMS = 100  # of a product that is multiplied out


def choice(condition: Formula, then: Formula, other: Formula) -> Formula:
    """if(condition, then, other)."""
    return then if then == other else Call("if", (condition, then, other))


def big(op: str, body: Formula, index: str, low: Formula, high: Formula) -> Formula:
    """A big operator; of a sum, what does not depend on the index is taken out."""
    if op != "Sum":
        return BigOperator(op, body, index, low, high)
    term = term_of(body)
    if term.coefficient == 0:
        return ZERO
    inside = tuple(f for f in term.factors if mentions(f[0], index) or mentions(f[1], index))
    outside = Term(term.coefficient, tuple(f for f in term.factors if f not in inside), term.decimal)
    if not inside:
        return product(written(outside), total(high, ONE, negative(low)))
    return product(written(outside), BigOperator("Sum", written(Term(Fraction(1), inside)), index, low, high))


def factored(f: Formula) -> Formula:
    """A sum with the factors that all its terms share taken out."""
    if not (isinstance(f, Call) and f.name in ("+", "-")):
        return f
    terms = addends(f)
    shared = [(base, least) for base, _ in terms[0].factors if (least := _shared(base, terms)) != ZERO]
    sizes = {abs(t.coefficient) for t in terms}
    number = sizes.pop() if len(sizes) == 1 else Fraction(1)
    if number == 0:
        return ZERO
    if not shared and number == 1:
        return f
    opposite = Term(1 / number, tuple((base, negative(exponent)) for base, exponent in shared))
    rest = total(*(written(merge((t, opposite))) for t in terms))
    return written(merge((Term(number, tuple(shared), terms[0].decimal), term_of(rest))))


def together(f: Formula) -> Formula:
    """A sum of fractions over one denominator, what stands above it multiplied out."""
    if not (isinstance(f, Call) and f.name in ("+", "-")):
        return f
    terms = addends(f)
    below: dict[Formula, int] = {}
    for term in terms:
        for base, exponent in term.factors:
            n = integer(exponent)
            if n is not None and n < 0:
                below[base] = min(below.get(base, 0), n)
    if not below:
        return f
    opposite = Term(Fraction(1), tuple((base, Number(-n)) for base, n in below.items()))
    above = expand(total(*(written(merge((t, opposite))) for t in terms)))
    return written(merge((term_of(above), Term(Fraction(1), tuple((b, Number(n)) for b, n in below.items())))))


def _shared(base: Formula, terms: list[Term]) -> Formula:
    """The power of a base that all terms have: the least of several whole ones, else 0."""
    powers = [dict(t.factors).get(base) for t in terms]
    numbers = [None if p is None else integer(p) for p in powers]
    if all(n is not None and n > 0 for n in numbers):
        return Number(min(n for n in numbers if n is not None))
    if all(n is not None and n < 0 for n in numbers):
        return Number(min(n for n in numbers if n is not None))
    return powers[0] if powers[0] is not None and all(p == powers[0] for p in powers) else ZERO


def expand(f: Formula) -> Formula:
    """Products of sums multiplied out, whole exponents up to 4 too; indices are put in order by it."""
    return sum_of(expanded(f))


def expanded(f: Formula) -> list[Term]:
    """The terms of a formula when it is multiplied out."""
    match f:
        case Call("+", args):
            return [t for a in args for t in expanded(a)]
        case Call("-", (a, b)):
            return expanded(a) + [_scaled(t, -1) for t in expanded(b)]
        case Call("neg", (inner,)):
            return [_scaled(t, -1) for t in expanded(inner)]
    term = term_of(f)
    out = [Term(term.coefficient, (), term.decimal)]
    for base, exponent in term.factors:
        n = integer(exponent)
        multiplied: list[Term] = []
        if isinstance(base, Call) and base.name in ("+", "-") and n is not None and 0 < n <= 4:
            multiplied = expanded(sum_of(expanded(base)))
        if n is not None and multiplied and len(out) * len(multiplied) ** n <= MOST_TERMS:
            for _ in range(n):
                out = [merge((a, b)) for a in out for b in multiplied]
        else:
            out = [merge((a, Term(Fraction(1), ((base, exponent),)))) for a in out]
    return out


def _scaled(term: Term, by: int) -> Term:
    return Term(by * term.coefficient, term.factors, term.decimal)


def size(f: Formula) -> int:
    """How many nodes a formula has."""
    return sum(1 for _ in walk(f))


def simplify(f: Formula) -> Formula:
    """Every node made again by the rules above, the lowest first."""
    parts = children(f)
    if not parts:
        return f
    return tidy(rebuild(f, tuple(simplify(p) for p in parts)))


def tidy(f: Formula) -> Formula:
    """One node made again by the rules above."""
    match f:
        case Call("+", args):
            return total(*args)
        case Call("-", (a, b)):
            return difference(a, b)
        case Call("neg", (a,)):
            return negative(a)
        case Call("*", args):
            return product(*args)
        case Call("/", (a, b)):
            return quotient(a, b)
        case Call("**", (a, b)):
            return power(a, b)
        case Call("if", (c, a, b)):
            return choice(c, a, b)
        case Call("delta", (i, j)) if (known := equal_indices(i, j)) is not None:
            return ONE if known else ZERO
        case BigOperator(op, body, index, low, high):
            return big(op, body, index, low, high)
    return f


def equal_indices(i: Formula, j: Formula) -> bool | None:
    """Whether two indices are the same; None where that depends on their values."""
    if i == j:
        return True
    if type(i) is Number and type(j) is Number:
        return i.numerator * j.denominator == j.numerator * i.denominator
    apart = rational(expand(difference(i, j)))
    return None if apart is None else apart == 0
