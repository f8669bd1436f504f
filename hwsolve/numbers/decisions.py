"""Decisions on rationals and balls, and what follows from a branch.

A branch that a ball does not decide raises Undecided.  The maximum and minimum are continuous: of overlapping balls
they are the hull of both.
"""

from __future__ import annotations

from flint import arb, fmpq

from hwsolve.language import say
from hwsolve.numbers.systems import Scalar, Undecided

ZERO, ONE = fmpq(0), fmpq(1)


def positive(x: Scalar) -> fmpq:
    """1 where x > 0, else 0."""
    if x > 0:
        return ONE
    if x <= 0:
        return ZERO
    raise Undecided(say("whether a value is positive"))


def nonnegative(x: Scalar) -> fmpq:
    """1 where x ≥ 0, else 0."""
    if x >= 0:
        return ONE
    if x < 0:
        return ZERO
    raise Undecided(say("whether a value is negative"))


def sign(x: Scalar) -> fmpq:
    """1, 0 or −1."""
    if x > 0:
        return ONE
    if x < 0:
        return -ONE
    if x == 0:
        return ZERO
    raise Undecided(say("the sign of a value"))


def inside(x: Scalar, low: int, high: int) -> bool:
    """Whether low < x < high."""
    if x > low and x < high:
        return True
    if x <= low or x >= high:
        return False
    raise Undecided(say("on which side of {low} or {high} a value lies", low=low, high=high))


def equal(a: Scalar, b: Scalar) -> bool:
    """Whether two values are the same.  One ball in two places is: it stands for one number."""
    if a is b or a == b:
        return True
    if type(a) is not arb and type(b) is not arb:
        return False
    if arb(a).overlaps(arb(b)):
        raise Undecided(say("whether two values are equal"))
    return False


def less(a: Scalar, b: Scalar) -> bool:
    """Whether a < b."""
    if a < b:
        return True
    if a is b or a >= b:
        return False
    raise Undecided(say("which of two values is the greater"))


def larger(a: Scalar, b: Scalar) -> Scalar:
    """The maximum of two; of overlapping balls their hull's."""
    if a >= b:
        return a
    return b if b >= a else arb(a).max(arb(b))


def smaller(a: Scalar, b: Scalar) -> Scalar:
    """The minimum of two; of overlapping balls their hull's."""
    if a <= b:
        return a
    return b if b <= a else arb(a).min(arb(b))


def floor(x: Scalar) -> fmpq:
    """The greatest integer that is not above x."""
    if type(x) is not arb:
        return fmpq(x.floor())
    whole = x.floor().unique_fmpz()
    if whole is None:
        raise Undecided(say("between which integers a value lies"))
    return fmpq(whole)


def ceil(x: Scalar) -> fmpq:
    """The least integer that is not below x."""
    return -floor(-x)
