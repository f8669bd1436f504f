"""Quotients, powers, roots, logarithms and what else is not defined everywhere, on rationals and balls."""

from __future__ import annotations

import math
from collections.abc import Callable

from flint import arb, fmpq

from hwsolve.language import Message, say
from hwsolve.numbers.systems import MAX_RATIONAL_BITS, NotFinite, Scalar, failed

ZERO = fmpq(0)
LARGEST_FACTORIAL = 500


def bounded(ball: arb, what: Message) -> arb:
    """The ball, if it has bounds."""
    if not ball.is_finite():
        raise failed(ball, what)
    return ball


def divide(a: Scalar, b: Scalar) -> Scalar:
    """a/b."""
    if type(b) is not arb and b == 0:
        raise NotFinite(say("division by zero"))
    quotient = a / b
    if type(quotient) is arb and not quotient.is_finite():
        raise (
            failed(quotient, say("division by a value that may be zero"))
            if b != 0
            else NotFinite(say("division by zero"))
        )
    return quotient


def power_of_numbers(x: Scalar, y: Scalar) -> Scalar:
    """x to the power y: rational where it is, and below 4,096 bits."""
    if type(y) is not arb and y.q == 1:
        return whole_power(x, int(y.p))
    if type(x) is not arb and type(y) is not arb:
        if x < 0:
            raise NotFinite(say("a root of a negative number"))
        root = exact_root(x, int(y.q))
        if root is not None:
            return whole_power(root, int(y.p))
    return bounded(arb(x) ** y, say("a power"))


def whole_power(x: Scalar, n: int) -> Scalar:
    """x to an integer power."""
    if n < 0 and x == 0:
        raise NotFinite(say("division by zero"))
    if type(x) is not arb and x.height_bits() * abs(n) <= MAX_RATIONAL_BITS:
        return x**n
    ball = by_squaring(arb(x), abs(n))
    return ball if n >= 0 else bounded(1 / ball, say("division by a value that may be zero"))


def by_squaring(x: arb, n: int) -> arb:
    """x to the power n ≥ 0 by products alone: `arb ** 2` is no number where the ball holds 0."""
    result = arb(1)
    while n:
        if n & 1:
            result = result * x
        x, n = x * x, n >> 1
    return result


def exact_root(x: fmpq, n: int) -> fmpq | None:
    """The n-th root of x ≥ 0, where it is rational."""
    if n > MAX_RATIONAL_BITS:
        return x if x in (0, 1) else None
    top, bottom = x.p.root(n), x.q.root(n)
    return fmpq(top, bottom) if top**n == x.p and bottom**n == x.q else None


def sqrt(x: Scalar) -> Scalar:
    """The square root."""
    if x < 0:
        raise NotFinite(say("a square root of a negative number"))
    if type(x) is arb:
        return bounded(x.sqrt(), say("a square root of a value that may be negative"))
    root = exact_root(x, 2)
    return arb(x).sqrt() if root is None else root


def log(x: Scalar) -> Scalar:
    """The natural logarithm."""
    if x <= 0:
        raise NotFinite(say("a logarithm of a number that is not positive"))
    if type(x) is arb:
        return bounded(x.log(), say("a logarithm of a value that may not be positive"))
    return ZERO if x == 1 else arb(x).log()


def log_to(base: int) -> Callable[[Scalar], Scalar]:
    """The logarithm to a base, which is an integer at the base's powers."""

    def function(x: Scalar) -> Scalar:
        if type(x) is not arb and x > 0:
            near = math.floor(float(arb(x).log() / arb(base).log()))
            for n in (near, near + 1):
                if abs(n) < MAX_RATIONAL_BITS and fmpq(base) ** n == x:
                    return fmpq(n)
        return log(x) / arb(base).log()

    return function


def asin(x: Scalar) -> Scalar:
    """The angle in [−π/2, π/2] whose sine is x."""
    if abs(x) > 1:
        raise NotFinite(say("an arcsine of a number outside −1 to 1"))
    return ZERO if x == 0 else bounded(arb(x).asin(), say("an arcsine of a value that may lie outside −1 to 1"))


def acos(x: Scalar) -> Scalar:
    """The angle in [0, π] whose cosine is x."""
    if abs(x) > 1:
        raise NotFinite(say("an arccosine of a number outside −1 to 1"))
    return ZERO if x == 1 else bounded(arb(x).acos(), say("an arccosine of a value that may lie outside −1 to 1"))


def tan(x: Scalar) -> Scalar:
    """The tangent."""
    return ZERO if x == 0 else bounded(arb(x).tan(), say("a tangent near its pole"))


def gamma(x: Scalar) -> Scalar:
    """Γ(x), which is (x − 1)! at the positive integers."""
    if type(x) is not arb and x.q == 1:
        if x <= 0:
            raise NotFinite(say("the gamma function at 0 or a negative integer"))
        if x <= LARGEST_FACTORIAL:
            return fmpq(math.factorial(int(x.p) - 1))
    return bounded(arb(x).gamma(), say("the gamma function near its pole"))


def d_gamma(x: Scalar) -> arb:
    """Γ′(x) = Γ(x)ψ(x)."""
    return arb(bounded(arb(x).digamma(), say("the gamma function near its pole")) * gamma(x))
