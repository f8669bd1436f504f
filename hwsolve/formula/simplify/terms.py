"""Products, sums and powers that tidy themselves: 0 and 1 vanish, numbers fold, like factors and terms merge.

Nothing is expanded and nothing below the top is rewritten, so what comes out still looks like what went in.
A product is seen as a `Term`: a rational coefficient and factors with exponents, in the order they were written.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from hwsolve.formula.tree import ONE, ZERO, BigOperator, Call, Formula, Number, Ref, children

Factors = tuple[tuple[Formula, Formula], ...]  # (base, exponent) …


class Term(NamedTuple):
    """coefficient · Π base**exponent; `decimal` where the coefficient came from a decimal such as 0.1."""

    coefficient: Fraction
    factors: Factors
    decimal: bool = False


def rational(f: Formula) -> Fraction | None:
    """The number that a formula is, if it is one."""
    if isinstance(f, Number):
        return Fraction(f.numerator, f.denominator)
    if isinstance(f, Call) and f.name in ("neg", "/", "*"):
        term = term_of(f)
        return None if term.factors else term.coefficient
    return None


def integer(f: Formula) -> int | None:
    """The whole number that a formula is, if it is one."""
    value = rational(f)
    return None if value is None or value.denominator != 1 else value.numerator


def mentions(f: Formula, name: str) -> bool:
    """Whether a reference of that name stands in the formula (a bound index of the same name does not count)."""
    match f:
        case Ref(own, indices):
            return own == name or any(mentions(i, name) for i in indices)
        case BigOperator(_, body, index, low, high):
            return (index != name and mentions(body, name)) or mentions(low, name) or mentions(high, name)
    return any(mentions(part, name) for part in children(f))


def term_of(f: Formula) -> Term:
    """A formula as coefficient and factors."""
    match f:
        case Number(numerator, denominator):
            return Term(Fraction(numerator, denominator), (), denominator != 1)
        case Call("neg", (inner,)):
            term = term_of(inner)
            return Term(-term.coefficient, term.factors, term.decimal)
        case Call("*", args):
            return merge(term_of(a) for a in args)
        case Call("/", (above, below)):
            return merge((term_of(above), inverse(below)))
        case Call("**", (base, exponent)):
            return power_term(base, exponent)
    return Term(Fraction(1), ((f, ONE),))


def inverse(f: Formula) -> Term:
    """1/f, as it is where f is 0."""
    term = term_of(f)
    if term.coefficient == 0:
        return Term(Fraction(1), ((f, Number(-1)),))
    return Term(1 / term.coefficient, tuple((b, negative(e)) for b, e in term.factors), term.decimal)


def power_term(base: Formula, exponent: Formula) -> Term:
    """base**exponent; only whole exponents are taken into a product, as (xy)**½ has other rules."""
    n = integer(exponent)
    if n is None:
        return Term(Fraction(1), ((base, exponent),))
    term = term_of(base)
    if (term.coefficient == 0 and n <= 0) or abs(n) > 1000:
        return Term(Fraction(1), ((base, exponent),))
    return Term(term.coefficient**n, tuple((b, product(e, exponent)) for b, e in term.factors), term.decimal)


def merge(terms: Iterable[Term]) -> Term:
    """The product of terms: exponents of one base add, sqrt(u)**2 is u."""
    coefficient, decimal = Fraction(1), False
    factors: dict[Formula, Formula] = {}
    for term in terms:
        coefficient *= term.coefficient
        decimal = decimal or (term.decimal and term.coefficient.denominator != 1)
        for base, exponent in term.factors:
            match base, integer(exponent):
                case Call("delta", _), int(n) if n > 0:
                    factors[base] = ONE
                    continue
            factors[base] = total(factors[base], exponent) if base in factors else exponent
    sign, factors = _opposites(_roots(factors))
    coefficient *= sign
    if coefficient == 0:
        return Term(Fraction(0), ())
    kept = tuple((base, exponent) for base, exponent in factors.items() if integer(exponent) != 0)
    return Term(coefficient, kept, decimal)


def _opposites(factors: dict[Formula, Formula]) -> tuple[int, dict[Formula, Formula]]:
    """(a - b)·(b - a) is -(a - b)**2: the sign, and the factors with one of the two bases."""
    differences = [b for b in factors if isinstance(b, Call) and b.name == "-"]
    sign = 1
    for k, base in enumerate(differences[1:], 1):
        for other in differences[:k]:
            n = integer(factors[base]) if base in factors else None
            if n is not None and other in factors and negative(base) == other:
                del factors[base]
                factors[other] = total(factors[other], Number(n))
                sign = -sign if n % 2 else sign
    return sign, factors


def _roots(factors: dict[Formula, Formula]) -> dict[Formula, Formula]:
    """sqrt(u)**2 is u, sqrt(u)/u is 1/sqrt(u), |u|**2 is u**2, |u|·sign(u) is u, and sign(u)**3 is sign(u).

    Each rule reads the powers that the one before has left: sqrt(u) itself may be what another root is of.
    """
    out = dict(factors)
    while any(_rule(base, out) for base in [*out]):
        continue
    return out


def _rule(base: Formula, powers: dict[Formula, Formula]) -> bool:
    """Apply the rule of one base, and whether it had one."""
    n = integer(powers.get(base, ZERO))
    if not n or not isinstance(base, Call) or base.name not in ("sqrt", "abs", "sign"):
        return False
    (u,) = base.args
    of_u = integer(powers.get(u, ZERO))
    absolute = Call("abs", (u,))
    size = integer(powers.get(absolute, ZERO)) or 0
    if base.name == "sqrt":
        if of_u is None or (n % 2 and n * of_u >= 0) or isinstance(u, Number):
            return False
        out, added = Number(n % 2 * (n + 2 * of_u)), ZERO if n % 2 else Number(n // 2)
        if n % 2:
            powers.pop(u)
    elif base.name == "abs":
        if n % 2:
            return False
        out, added = ZERO, Number(n)
    elif size > 0 and n > 0:
        out, added, powers[absolute] = Number(n - 1), ONE, Number(size - 1)
    elif n > 2:
        out, added = Number(2 - n % 2), ZERO
    else:
        return False
    powers[base] = out
    powers[u] = total(powers.get(u, ZERO), added)
    return True


def written(term: Term) -> Formula:
    """A term as a formula: numbers first, then names, then functions; negative exponents below the line."""
    if term.coefficient < 0:
        return _signed(written(Term(-term.coefficient, term.factors, term.decimal)))
    above: list[Formula] = []
    below: list[Formula] = []
    for base, exponent in sorted(term.factors, key=lambda item: not isinstance(item[0], Ref)):
        n = rational(exponent)
        if n is not None and n < 0:
            below.append(_power(base, negative(exponent)))
        else:
            above.append(_power(base, exponent))
    number = term.coefficient
    if term.decimal and _finite(number) and number.denominator != 1:
        above.insert(0, Number(number.numerator, number.denominator))
    else:
        if number.numerator != 1 or not above:
            above.insert(0, Number(number.numerator))
        if number.denominator != 1:
            below.insert(0, Number(number.denominator))
    top = above[0] if len(above) == 1 else Call("*", tuple(above))
    if not below:
        return top
    return Call("/", (top, below[0] if len(below) == 1 else Call("*", tuple(below))))


def _signed(f: Formula) -> Formula:
    """-f with the sign on the first factor, as -2*x and -x/y are read."""
    match f:
        case Number(numerator, denominator):
            return Number(-numerator, denominator)
        case Call("*" | "/", (first, *rest)):
            return Call(f.name, (_signed(first), *rest))
    return Call("neg", (f,))


def _power(base: Formula, exponent: Formula) -> Formula:
    return base if exponent == ONE else Call("**", (base, exponent))


def _finite(number: Fraction) -> bool:
    """Whether the decimal of a fraction ends."""
    rest = number.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def product(*factors: Formula) -> Formula:
    """The product of formulas."""
    if len(factors) == 1:
        return factors[0]
    others = tuple(f for f in factors if f != ONE)
    if len(others) <= 1:
        return others[0] if others else ONE
    return written(merge(term_of(f) for f in others))


def quotient(above: Formula, below: Formula) -> Formula:
    """above / below."""
    return above if below == ONE else written(merge((term_of(above), inverse(below))))


def negative(f: Formula) -> Formula:
    """-f; a sum of two changes its order."""
    match f:
        case Call("neg", (inner,)):
            return inner
        case Call("-", (a, b)):
            return total(b, Call("neg", (a,)))
    term = term_of(f)
    return written(Term(-term.coefficient, term.factors, term.decimal))


def power(base: Formula, exponent: Formula) -> Formula:
    """base**exponent."""
    match integer(exponent):
        case 0:
            return ONE
        case 1:
            return base
    return written(merge((power_term(base, exponent),)))


def addends(f: Formula, sign: int = 1) -> list[Term]:
    """The terms of a sum; a product is one term, even of sums."""
    match f:
        case Call("+", args):
            return [t for a in args for t in addends(a, sign)]
        case Call("-", (a, b)):
            return addends(a, sign) + addends(b, -sign)
        case Call("neg", (inner,)):
            return addends(inner, -sign)
    term = term_of(f)
    return [Term(sign * term.coefficient, term.factors, term.decimal)]


def sum_of(terms: Iterable[Term]) -> Formula:
    """Terms added up; those with the same factors merge, and a positive one comes first if there is one."""
    merged: dict[frozenset[tuple[Formula, Formula]], Term] = {}
    for term in terms:
        key = frozenset(term.factors)
        if key in merged:
            old = merged[key]
            merged[key] = Term(old.coefficient + term.coefficient, old.factors, old.decimal or term.decimal)
        else:
            merged[key] = term
    kept = [t for t in merged.values() if t.coefficient != 0]
    first = next((k for k, t in enumerate(kept) if t.coefficient > 0), 0)
    kept.insert(0, kept.pop(first)) if kept else None
    result: Formula | None = None
    run: list[Formula] = []
    for term in kept:
        if result is not None and term.coefficient < 0:
            result = Call("-", (_joined(run), written(Term(-term.coefficient, term.factors, term.decimal))))
            run = [result]
        else:
            run.append(written(term))
            result = run[0]
    return _joined(run) if run else ZERO


def _joined(run: list[Formula]) -> Formula:
    return run[0] if len(run) == 1 else Call("+", tuple(run))


def total(*parts: Formula) -> Formula:
    """The sum of formulas."""
    if len(parts) == 1:
        return parts[0]
    return sum_of(t for p in parts for t in addends(p))


def difference(a: Formula, b: Formula) -> Formula:
    """a - b."""
    return sum_of(addends(a) + addends(b, -1))
