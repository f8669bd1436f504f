"""How large a formula's value can get, before anything computes it: `9**9**9` in a spec must not eat the machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from math import comb, inf

from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref, children, walk
from hwsolve.language import Message, say

MOST_BITS = 100_000  # of a number that a formula may make; names count as 64
MOST_TERMS = 10_000  # of a sum, written out


def once(bound: Callable[[Limits, Formula], float]) -> Callable[[Limits, Formula], float]:
    """A bound of a node, worked out once; one that overflows is infinite."""

    @wraps(bound)
    def known(self: Limits, f: Formula) -> float:
        key = (bound.__name__, id(f))
        if key not in self.found:
            try:
                self.found[key] = bound(self, f)
            except OverflowError:
                self.found[key] = inf
        return self.found[key]

    return known


class Limits:
    """Bounds of the nodes of one formula, which lives as long: a power asks for those of its exponent many times."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, int], float] = {}

    @once
    def bits(self, f: Formula) -> float:
        """A bound of the bits of numerator and denominator, when powers, products and sums are exact."""
        match f:
            case Number(numerator, denominator):
                return max(numerator.bit_length(), denominator.bit_length())
            case Call("**", (base, exponent)):
                return max(self.bits(base), 1) * self.times(exponent) + self.bits(exponent)
            case Call("+" | "-" | "*" | "/" | "neg", args):
                return sum(self.bits(part) for part in args) + len(args)
            case BigOperator(_, body, _, low, high):
                return self.bits(body) * self.span(low, high) + max(self.bits(low), self.bits(high))
        return max(64, *(self.bits(part) for part in children(f)), 0)

    @once
    def terms(self, f: Formula) -> float:
        """A bound of the terms of a formula that is multiplied out."""
        match f:
            case Call("+" | "-", args):
                return sum(self.terms(part) for part in args)
            case Call("*", args):
                return product(self.terms(part) for part in args)
            case Call("**", (base, exponent)):
                return self.of_power(self.terms(base), exponent)
            case BigOperator(_, body, _, low, high):
                return self.terms(body) * self.span(low, high)
        return max(1, *(self.terms(part) for part in children(f)), 1)

    def of_power(self, base: float, exponent: Formula) -> float:
        """A bound of the terms of a power: the ways to take n of the base's; a power n that is a name stays one."""
        if base <= 1 or base > MOST_TERMS or any(isinstance(part, Ref) for part in walk(exponent)):
            return base
        times = int(min(self.times(exponent), MOST_TERMS))
        return max(base, comb(times + int(base) - 1, times))

    @once
    def times(self, f: Formula) -> float:
        """A bound of the magnitude of an exponent."""
        return self.size(f, 64)

    @once
    def length(self, f: Formula) -> float:
        """A bound of the magnitude of an end of a range: one that is a name is not written out."""
        return self.size(f, 1)

    def size(self, f: Formula, name: float) -> float:
        """A bound of a magnitude, where names stand for at most `name`."""
        part = self.times if name == 64 else self.length
        match f:
            case Number(numerator, denominator):
                return abs(numerator) / denominator if numerator.bit_length() - denominator.bit_length() < 64 else inf
            case Call("neg", (a,)):
                return part(a)
            case Call("+" | "-", args):
                return sum(part(a) for a in args)
            case Call("*", args):
                return product(part(a) for a in args)
            case Call("/", (above, Number(numerator, denominator))) if numerator:
                return part(above) * denominator / abs(numerator) if numerator.bit_length() < 64 else part(above)
            case Call("**", _):
                return inf if self.bits(f) > 16 else 2.0 ** self.bits(f)
        return name

    def span(self, low: Formula, high: Formula) -> float:
        """A bound of the length of a big operator's range."""
        return max(self.length(high) + self.length(low), 1)


def product(parts: Iterable[float]) -> float:
    """The product of bounds; 0 times one without end is 0."""
    out = 1.0
    for part in parts:
        out = out * part if out and part else 0.0
    return out


def excessive(f: Formula) -> Message | None:
    """Why a formula is not to be computed, or None."""
    limits = Limits()
    if limits.bits(f) > MOST_BITS:
        return say("The value of this formula is too large.")
    if limits.terms(f) > MOST_TERMS:
        return say("This formula has more than {most} terms, written out.", most=f"{MOST_TERMS:,}")
    return None
