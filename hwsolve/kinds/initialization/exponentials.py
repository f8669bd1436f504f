"""Sums of terms c·zⁿ·e^(kz), and their integrals against the normal density: closed forms in Φ and φ.

With φ(z) = e^(−z²/2)/√(2π) and M_n(a, b) = ∫_a^b zⁿ φ(z) dz:
M_0 = Φ(b) − Φ(a), M_1 = φ(a) − φ(b), M_n = a^(n−1) φ(a) − b^(n−1) φ(b) + (n − 1) M_{n−2} (by parts), and
∫_a^b zⁿ e^(kz) φ(z) dz = e^(k²/2) Σ_j C(n, j) k^(n−j) M_j(a − k, b − k) (completing the square).
"""

from __future__ import annotations

from fractions import Fraction
from math import comb

from hwsolve.formula.meaning import by_definition
from hwsolve.formula.simplify.terms import integer, mentions, negative, product, quotient, rational, total
from hwsolve.formula.tree import ONE, ZERO, Call, Formula, Number, Ref

Key = tuple[int, Fraction]  # n and k of zⁿ e^(kz)
Terms = dict[Key, Formula]
Moments = dict[tuple[str, Fraction], Fraction]  # coefficients of 1, Φ(r) and φ(r): ("", 0), ("normal_cdf", r) …
CONSTANT: Key = (0, Fraction(0))
MOST_POWER = 12
EXPANDED = ("sinh", "cosh", "elu", "selu")  # functions that are exponentials by definition


class NotExponential(Exception):
    """A formula that is no sum of such terms."""


def exponential_polynomial(f: Formula, variable: str) -> Terms:
    """The terms of f with their coefficients, which are free of the variable."""
    if not mentions(f, variable):
        return {CONSTANT: f} if f != ZERO else {}
    match f:
        case Ref():
            return {(1, Fraction(0)): ONE}
        case Call("+", args):
            return added(*(exponential_polynomial(a, variable) for a in args))
        case Call("-", (a, b)):
            return added(exponential_polynomial(a, variable), negated(exponential_polynomial(b, variable)))
        case Call("neg", (a,)):
            return negated(exponential_polynomial(a, variable))
        case Call("*", args):
            out: Terms = {CONSTANT: ONE}
            for a in args:
                out = multiplied(out, exponential_polynomial(a, variable))
            return out
        case Call("/", (a, b)) if not mentions(b, variable):
            return {key: quotient(c, b) for key, c in exponential_polynomial(a, variable).items()}
        case Call("**", (a, n)) if (power := integer(n)) is not None and 0 <= power <= MOST_POWER:
            out = {CONSTANT: ONE}
            for _ in range(power):
                out = multiplied(out, exponential_polynomial(a, variable))
            return out
        case Call("exp", (a,)):
            return exponential(a, variable)
        case Call(name, _) if name in EXPANDED and (meaning := by_definition(f, cases=False)) is not None:
            return exponential_polynomial(meaning, variable)
    raise NotExponential


def exponential(exponent: Formula, variable: str) -> Terms:
    """e^(b + kz) with a rational k."""
    inside = exponential_polynomial(exponent, variable)
    rates = rational_coefficients({key: c for key, c in inside.items() if key != CONSTANT})
    if rates is None or any(key != (1, Fraction(0)) for key in rates):
        raise NotExponential
    b = inside.get(CONSTANT, ZERO)
    return {(0, rates.get((1, Fraction(0)), Fraction(0))): ONE if b == ZERO else Call("exp", (b,))}


def added(*parts: Terms) -> Terms:
    """The sum; what cancels is left out."""
    out: Terms = {}
    for part in parts:
        for key, c in part.items():
            out[key] = total(out[key], c) if key in out else c
    return {key: c for key, c in out.items() if c != ZERO}


def negated(terms: Terms) -> Terms:
    """−f."""
    return {key: negative(c) for key, c in terms.items()}


def multiplied(a: Terms, b: Terms) -> Terms:
    """The product, term by term."""
    return added(*({(n + m, k + l): product(c, d)} for (n, k), c in a.items() for (m, l), d in b.items()))


def rational_coefficients(terms: Terms) -> dict[Key, Fraction] | None:
    """The coefficients as numbers; None where one has a name."""
    found = {key: rational(c) for key, c in terms.items()}
    return None if None in found.values() else {key: c for key, c in found.items() if c is not None}


# the normal density


def normal_integral(f: Formula, variable: str, low: Fraction | None, high: Fraction | None) -> Formula:
    """∫ f(z) φ(z) dz between two points (None: infinite) in closed form; raises NotExponential."""
    parts = []
    for (n, rate), coefficient in exponential_polynomial(f, variable).items():
        moments = shifted(n, rate, low, high)
        scale = Call("exp", (number(rate * rate / 2),)) if rate else ONE
        parts += [product(coefficient, number(c), scale, atom(*key)) for key, c in moments.items() if c]
    return total(*parts) if parts else ZERO


def shifted(n: int, rate: Fraction, low: Fraction | None, high: Fraction | None) -> Moments:
    """Σ_j C(n, j) k^(n−j) M_j(a − k, b − k)."""
    a, b = (None if end is None else end - rate for end in (low, high))
    out: Moments = {}
    for j in range(n + 1):
        weight = comb(n, j) * rate ** (n - j)
        for key, c in partial_moment(j, a, b).items():
            out[key] = out.get(key, Fraction(0)) + weight * c
    return out if rate else mirrored(out)


def mirrored(moments: Moments) -> Moments:
    """Φ(−r) as 1 − Φ(r), so that the terms of neighbouring pieces meet."""
    out: Moments = {}
    for (name, at), c in moments.items():
        flipped = name == "normal_cdf" and at < 0
        for key, sign in ((("", Fraction(0)), 1), ((name, -at), -1)) if flipped else (((name, at), 1),):
            out[key] = out.get(key, Fraction(0)) + sign * c
    return out


def partial_moment(n: int, low: Fraction | None, high: Fraction | None) -> Moments:
    """M_n(a, b) by its recursion."""
    out: Moments = {}

    def add(name: str, at: Fraction, c: Fraction) -> None:
        out[name, at] = out.get((name, at), Fraction(0)) + c

    if n == 0 and low is not None and high is not None and low == -high:
        add("normal_cdf", high, Fraction(2))
        add("", Fraction(0), Fraction(-1))
        return out
    if n == 0:
        for end, sign in ((high, 1), (low, -1)):
            if end is None:
                add("", Fraction(0), Fraction(sign == 1))
            elif end == 0:
                add("", Fraction(0), Fraction(sign, 2))
            else:
                add("normal_cdf", end, Fraction(sign))
        return out
    for end, sign in ((low, 1), (high, -1)):
        if end is not None:
            add("normal_pdf", abs(end), sign * end ** (n - 1))
    if n >= 2:
        for key, c in partial_moment(n - 2, low, high).items():
            add(*key, (n - 1) * c)
    return out


def number(value: Fraction) -> Number:
    """A rational in a formula."""
    return Number(value.numerator, value.denominator)


def atom(name: str, at: Fraction) -> Formula:
    """1, Φ(r) or φ(r)."""
    return Call(name, (number(at),)) if name else ONE
