"""How large a formula's value can get, before anything computes it: `9**9**9` in a spec must not eat the machine."""

from __future__ import annotations

from math import inf

from hwsolve.formula.tree import Big, Call, Formula, Number, children
from hwsolve.language import Message, say

MOST_BITS = 100_000  # of a number that a formula may make; names count as 64
MOST_TERMS = 10_000  # of a sum, written out


def excessive(f: Formula) -> Message | None:
    """Why a formula is not to be computed, or None."""
    if bits(f) > MOST_BITS:
        return say("The value of this formula is too large.")
    if terms(f) > MOST_TERMS:
        return say("This formula has more than {most} terms, written out.", most=f"{MOST_TERMS:,}")
    return None


def bits(f: Formula) -> float:
    """A bound of the bits of numerator and denominator, when powers, products and sums are exact."""
    match f:
        case Number(numerator, denominator):
            return max(numerator.bit_length(), denominator.bit_length())
        case Call("**", (base, exponent)):
            return max(bits(base), 1) * times(exponent) + bits(exponent)
        case Call("+" | "-" | "*" | "/" | "neg", args):
            return sum(bits(part) for part in args) + len(args)
        case Big(_, body, _, low, high):
            return bits(body) * span(low, high) + max(bits(low), bits(high))
    return max(64, *(bits(part) for part in children(f)), 0)


def terms(f: Formula) -> float:
    """A bound of the terms of a formula that is multiplied out."""
    match f:
        case Call("+" | "-", args):
            return sum(terms(part) for part in args)
        case Call("*", args):
            product = 1.0
            for part in args:
                product *= terms(part)
            return product
        case Call("**", (base, exponent)):
            of_base = terms(base)
            return of_base if of_base <= 1 else of_base ** min(times(exponent), 100.0)
        case Big(_, body, _, low, high):
            return terms(body) * span(low, high)
    return max(1, *(terms(part) for part in children(f)), 1)


def times(f: Formula, name: float = 64) -> float:
    """A bound of the magnitude of an exponent, where names stand for at most `name`."""
    match f:
        case Number(numerator, denominator):
            return abs(numerator) / denominator if numerator.bit_length() - denominator.bit_length() < 64 else inf
        case Call("neg", (part,)):
            return times(part, name)
        case Call("+" | "-", args):
            return sum(times(part, name) for part in args)
        case Call("*", args):
            product = 1.0
            for part in args:
                product *= times(part, name)
            return product
        case Call("/", (above, Number(numerator, denominator))) if numerator:
            return (
                times(above, name) * denominator / abs(numerator) if numerator.bit_length() < 64 else times(above, name)
            )
        case Call("**", _):
            return inf if bits(f) > 16 else 2.0 ** bits(f)
    return name


def span(low: Formula, high: Formula) -> float:
    """A bound of the length of a big operator's range; one that ends in a name is not written out."""
    return max(times(high, 1) + times(low, 1), 1)
