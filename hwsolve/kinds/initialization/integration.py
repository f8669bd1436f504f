"""∫ g(z)² φ(z) dz over a piece, as a ball that surely holds it.

Between −T and T the integral is Arb's: Gauss–Legendre rules with bounds on the error, for integrands that are analytic
around each part of the way (F. Johansson, "Numerical integration in arbitrary-precision ball arithmetic", 2018).  The
tails beyond are bounded: where |g(z)| ≤ C(1 + |z|)ⁿ e^(k|z|), the integrand falls at least as fast as at T.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import count
from typing import Any

from flint import acb, arb, ctx, fmpq

from hwsolve.kinds.initialization.complex_values import compiled
from hwsolve.kinds.initialization.growth_bound import Growth, growth
from hwsolve.kinds.initialization.piecewise import Piece
from hwsolve.language import say
from hwsolve.numbers import NotFinite, Scalar, Undecided

Lookup = Any


def mean_square(pieces: tuple[Piece, ...], variable: str, values: dict[str, Scalar]) -> arb:
    """E[g(z)²] for z ~ N(0, 1): the sum over the pieces of g; `values` are those of its names."""
    known = [square_integral(p, variable, values) if values else remembered(p, variable, ctx.prec) for p in pieces]
    return sum(known, arb(0))


@lru_cache(maxsize=32)
def remembered(piece: Piece, variable: str, bits: int) -> arb:
    """The integral of a piece without names: a check asks for it, and then the page."""
    return square_integral(piece, variable, {})


def square_integral(piece: Piece, variable: str, values: dict[str, Scalar]) -> arb:
    """∫ g(z)² φ(z) dz over one piece."""
    g = compiled(piece.formula, variable, values)
    low, high = point(piece.low), point(piece.high)
    tails = arb(0)
    if low is None:
        cut, bound = tail(growth(piece.formula, variable, values, -1), -1 if high is None else high)
        low, tails = -cut, tails + bound
    if high is None:
        cut, bound = tail(growth(piece.formula, variable, values, 1), 1 if low is None else low)
        high, tails = cut, tails + bound
    scale = (2 * arb.pi()).sqrt()

    evaluations, most = count(), 500_000 + 1000 * ctx.prec

    def integrand(z: acb, analytic: bool) -> acb:
        next(evaluations)
        value = g(z, analytic)
        found: acb = value * value * (-z * z / 2).exp() / scale
        return found

    found = acb.integral(integrand, acb(low), acb(high), eval_limit=most).real + tails
    if next(evaluations) > most // 2 and not found.rel_accuracy_bits() > 32:
        raise NotFinite(say("an integral that takes more than {n} evaluations", n=f"{most:,}"))
    if not found.is_finite():
        raise Undecided(say("the integral of a function"))
    return found


def point(end: Fraction | None) -> arb | None:
    """An end of a piece as a ball."""
    return None if end is None else arb(fmpq(end.numerator, end.denominator))


def tail(g: Growth, end: Any) -> tuple[arb, arb]:
    """T beyond |end|, and a ball that holds ∫_T^∞ g² φ: below h(T)/r where the logarithm of h falls by r or more.

    h(z) = C²(1 + z)^(2n) e^(2kz) φ(z) has d ln h/dz = 2n/(1 + z) + 2k − z, which falls with z.
    """
    start = int(abs(arb(end)).ceil().unique_fmpz() or 0) + 2 * int(float(g.rate)) + 6
    step = max(2, int((ctx.prec) ** 0.5) // 4)
    while True:
        cut = arb(start)
        fall = cut - 2 * g.rate - 2 * g.power / (1 + cut)
        log_height = 2 * g.factor.log() + 2 * g.power * (1 + cut).log() + 2 * g.rate * cut - cut * cut / 2
        if fall > 1 and log_height < -(ctx.prec + 8) * arb(2).log():
            bound = log_height.exp() / fall
            return cut, arb(0).union(bound)
        start += step


def overlap(a: Scalar, b: Scalar) -> bool:
    """Whether a value and a ball may be one number."""
    return bool(arb(a).overlaps(arb(b)))
