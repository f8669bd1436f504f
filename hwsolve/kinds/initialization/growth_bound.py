"""How fast a function may grow: |g(z)| ≤ C(1 + |z|)ⁿ e^(k|z|), read off its formula.

It holds for all z on one side of a piece; what bounds a divisor from below is `least`.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from flint import arb

from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.meaning import by_definition
from hwsolve.formula.simplify.terms import integer, mentions, negative
from hwsolve.formula.tree import Call, Formula, Number, Ref
from hwsolve.kinds.initialization.exponentials import NotExponential, exponential_polynomial
from hwsolve.kinds.initialization.piecewise import NotPieces
from hwsolve.language import say
from hwsolve.numbers import Scalar

BOUNDED = {"tanh": 1, "sigmoid": 1, "sin": 1, "cos": 1, "erf": 1, "normal_cdf": 1, "normal_pdf": 1, "atan": 2}


class Growth(msgspec.Struct, frozen=True):
    """C, n and k of the bound C(1 + |z|)ⁿ e^(k|z|), C ≥ 1."""

    factor: arb
    power: int = 0
    rate: arb = arb(0)


def growth(f: Formula, variable: str, values: dict[str, Scalar], side: int) -> Growth:
    """A bound of |f| where the variable is negative (side −1) or positive (1); raises NotPieces."""
    return Bounds(variable, values, side).of(f)


class Bounds:
    """Bounds of the parts of one formula on one side of 0."""

    def __init__(self, variable: str, values: dict[str, Scalar], side: int) -> None:
        self.variable, self.values, self.side = variable, values, side

    def number(self, f: Formula) -> arb:
        """The value of a formula that is free of the variable."""
        return arb(evaluate(f, lambda name, _: self.values[name]))

    def of(self, f: Formula) -> Growth:
        """The bound of |f|."""
        if not mentions(f, self.variable):
            return Growth(largest(abs(self.number(f)).upper(), arb(1)))
        match f:
            case Ref():
                return Growth(arb(1), 1)
            case Call("+" | "-", args):
                return sum_of([self.of(a) for a in args])
            case Call("neg", (a,)):
                return self.of(a)
            case Call("*", args):
                return product_of([self.of(a) for a in args])
            case Call("/", (a, b)):
                return product_of([self.of(a), self.inverse(b)])
            case Call("**", (a, exponent)) if (n := integer(exponent)) is not None:
                return product_of([self.of(a) if n > 0 else self.inverse(a)] * abs(n))
            case Call(name, (a, *_)):
                return self.function(f, name, a)
        raise self.unknown(f)

    def function(self, f: Call, name: str, inside: Formula) -> Growth:
        """The bound of a function of something."""
        if name in BOUNDED:
            return Growth(arb(BOUNDED[name]))
        if name == "exp":
            return self.exponential(inside)
        if name in ("softplus", "log_sigmoid"):  # |ln(1 + e^u)| ≤ ln 2 + |u|
            return sum_of([Growth(arb(1)), self.of(inside)])
        if name == "sqrt" and self.least(inside) is not None:  # √u ≤ 1 + u
            return sum_of([Growth(arb(1)), self.of(inside)])
        if name == "log" and (low := self.least(inside)) is not None and low >= 1:
            return self.of(inside)
        meaning = by_definition(f, cases=False)
        if meaning is not None:
            return self.of(meaning)
        raise self.unknown(f)

    def exponential(self, exponent: Formula) -> Growth:
        """e^u: 1 where u ≤ 0, e^C where |u| ≤ C, e^b e^(k|z|) where u = b + kz."""
        if self.least(negative(exponent)) is not None:
            return Growth(arb(1))
        try:
            terms = exponential_polynomial(exponent, self.variable)
        except NotExponential:
            terms = {}
        if terms and all(n <= 1 and not rate for n, rate in terms):
            size = {n: abs(self.number(c)).upper() for (n, _), c in terms.items()}
            return Growth(size.get(0, arb(0)).exp(), 0, size.get(1, arb(0)))
        bound = self.of(exponent)
        if bound.power or bound.rate > 0:
            raise self.unknown(Call("exp", (exponent,)))
        return Growth(bound.factor.exp())

    def inverse(self, f: Formula) -> Growth:
        """The bound of 1/|f|."""
        least = None
        for candidate in (f, negative(f)):
            found = abs(self.number(f)).lower() if not mentions(f, self.variable) else self.least(candidate)
            if found is not None and found > 0:
                least = found
        if least is None:
            raise self.unknown(Call("/", (Number(1), f)))
        return Growth(largest((1 / least).upper(), arb(1)))

    def least(self, f: Formula) -> arb | None:
        """A number ≥ 0 that f is surely not below; None where there is none to see."""
        if not mentions(f, self.variable):
            value = self.number(f)
            return value.lower() if value >= 0 else None
        match f:
            case Ref():
                return arb(0) if self.side > 0 else None
            case Call("neg", (Ref(),)):
                return arb(0) if self.side < 0 else None
            case Call("+", args):
                return combined([self.least(a) for a in args], sum_arb)
            case Call("-", (a, b)):
                return combined([self.least(a), self.least(negative(b))], sum_arb)
            case Call("*", args):
                signs = [self.least(a) for a in args]
                flipped = [self.least(negative(a)) if s is None else s for a, s in zip(args, signs, strict=True)]
                even = sum(s is None for s in signs) % 2 == 0
                return combined(flipped, product_arb) if even else None
            case Call("/", (a, b)):
                return arb(0) if self.least(a) is not None and self.least(b) is not None else None
            case Call("**", (a, n)) if (power := integer(n)) is not None and power > 0:
                low = self.least(a)
                return low**power if low is not None else arb(0) if power % 2 == 0 else None
            case Call("sqrt", (a,)):
                low = self.least(a)
                return arb(0) if low is None else low.sqrt().lower()
            case Call("exp" | "sigmoid" | "softplus" | "normal_cdf" | "normal_pdf" | "cosh", _):
                return arb(0)
        return None

    def unknown(self, f: Formula) -> NotPieces:
        """What to say where no bound is seen."""
        from hwsolve.formula.notation import unicode

        return NotPieces(say("How fast {f} grows could not be bounded, so its integral is not proven.", f=unicode(f)))


def largest(a: arb, b: arb) -> arb:
    """The larger of two numbers."""
    return a if a > b else b


def sum_of(parts: list[Growth]) -> Growth:
    """|u + v| ≤ |u| + |v|."""
    rate = parts[0].rate
    for p in parts[1:]:
        rate = largest(rate, p.rate)
    return Growth(sum_arb([p.factor for p in parts]), max(p.power for p in parts), rate)


def product_of(parts: list[Growth]) -> Growth:
    """|uv| = |u||v|."""
    if not parts:
        return Growth(arb(1))
    return Growth(product_arb([p.factor for p in parts]), sum(p.power for p in parts), sum_arb([p.rate for p in parts]))


def combined(parts: list[arb | None], combine: Callable[[list[arb]], arb]) -> arb | None:
    """The combination where all parts are known."""
    known = [p for p in parts if p is not None]
    return combine(known) if len(known) == len(parts) else None


def sum_arb(values: list[arb]) -> arb:
    """Σ."""
    return sum(values, arb(0))


def product_arb(values: list[arb]) -> arb:
    """Π."""
    out = arb(1)
    for value in values:
        out = out * value
    return out
