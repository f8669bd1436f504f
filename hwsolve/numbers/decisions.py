"""Decisions on rationals and balls, and what follows from a branch.

A branch that a ball does not decide raises Undecided.  The maximum and minimum are continuous: of overlapping balls
they are the hull of both.
"""

from __future__ import annotations

from flint import arb, fmpq

from hwsolve.language import say
from hwsolve.numbers.formed import ball_of, remembered
from hwsolve.numbers.systems import MAX_RATIONAL_BITS, Scalar, Undecided

ZERO, ONE = fmpq(0), fmpq(1)
RATIONAL = (fmpq, int)


def positive(x: Scalar) -> fmpq:
    """1 where x > 0, else 0."""
    if x > 0:
        return ONE
    if x <= 0:
        return ZERO
    raise Undecided(say("whether a value is positive"), x)


def nonnegative(x: Scalar) -> fmpq:
    """1 where x ≥ 0, else 0."""
    if x >= 0:
        return ONE
    if x < 0:
        return ZERO
    raise Undecided(say("whether a value is negative"), x)


def sign(x: Scalar) -> fmpq:
    """1, 0 or −1."""
    if x > 0:
        return ONE
    if x < 0:
        return -ONE
    if x == 0:
        return ZERO
    raise Undecided(say("the sign of a value"), x)


def settled(v: Scalar) -> Scalar:
    """A ball of radius 0 as the rational that it is, below 4,096 bits, and an int as one."""
    if type(v) is int:
        return fmpq(v)
    if type(v) is arb and v.is_exact():
        mantissa, exponent = v.man_exp()
        if abs(exponent) + mantissa.bit_length() <= MAX_RATIONAL_BITS:
            return fmpq(mantissa) * fmpq(2) ** int(exponent)
    return v


def as_float(v: Scalar) -> float:
    """A value beside a float, which rationals are not compared with."""
    return int(v.p) / int(v.q) if type(v) is fmpq else float(v)


def equal(a: Scalar, b: Scalar) -> bool:
    """Whether two values are the same.  One ball in two places is: it stands for one number."""
    if a is b or a == b:
        return True
    if isinstance(a, float) or isinstance(b, float):
        return as_float(a) == as_float(b)
    if (type(a) in RATIONAL and type(b) in RATIONAL) or a < b or a > b:
        return False
    raise Undecided(say("whether two values are equal"), a, b)


def less(a: Scalar, b: Scalar) -> bool:
    """Whether a < b."""
    if isinstance(a, float) or isinstance(b, float):
        return as_float(a) < as_float(b)
    if a < b:
        return True
    if a is b or a >= b:
        return False
    raise Undecided(say("which of two values is the greater"), a, b)


def difference(a: Scalar, b: Scalar) -> Scalar:
    """a − b; of one ball in two places, which is one number, 0."""
    return ZERO if a is b else a - b


def sign_apart(a: Scalar, b: Scalar) -> fmpq:
    """The sign of a − b."""
    return -ONE if less(a, b) else ONE if less(b, a) else ZERO


def larger(a: Scalar, b: Scalar) -> Scalar:
    """The maximum of two; of overlapping balls their hull's."""
    if a >= b:
        return a
    return b if b >= a else remembered("max", lambda x, y: arb(x).max(arb(y)), a, b)


def smaller(a: Scalar, b: Scalar) -> Scalar:
    """The minimum of two; of overlapping balls their hull's."""
    if a <= b:
        return a
    return b if b <= a else remembered("min", lambda x, y: arb(x).min(arb(y)), a, b)


def floor(x: Scalar) -> fmpq:
    """The greatest integer that is not above x."""
    if type(x) is fmpq:
        return fmpq(x.floor())
    whole = ball_of(x).floor().unique_fmpz()
    if whole is None:
        raise Undecided(say("between which integers a value lies"), x)
    return fmpq(whole)


def ceil(x: Scalar) -> fmpq:
    """The least integer that is not below x."""
    return -floor(-x)
