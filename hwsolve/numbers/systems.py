"""The three number systems: exact rationals, balls that surely hold the value, and float64.

A scalar is an int, a `flint.fmpq`, a `flint.arb` or a float.  It is exact until an operation has no rational result,
and a ball from there on.  A float stands only in float64 mode and never meets the other three.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from hwsolve.language import Message, say

if TYPE_CHECKING:
    from flint import arb, fmpq

    from hwsolve.formula.tree import Number

Scalar = Any  # int | fmpq | arb | float: flint's classes have no annotations
LADDER = (128, 256, 1024, 8192)
MAX_RATIONAL_BITS = 4096


class NoResult(ArithmeticError):
    """What keeps a value from being worked out or printed: `what` it is, of which values, and in which `layer`."""

    layer = ""

    def __init__(self, what: Message, *values: Scalar) -> None:
        super().__init__(str(what))
        self.what, self.values = what, values

    def within(self, what: Message, layer: str) -> NoResult:
        """The same with a message that names the quantity."""
        made = type(self)(what)
        made.layer = layer
        return made


class Undecided(NoResult):
    """A branch or a digit that is not proven at this precision."""


class NotFinite(NoResult):
    """A value that does not exist as a real number: a division by zero, a logarithm of −1."""


class Beyond(NotFinite):
    """A number that exists, and is too large or too near 0 to be printed."""


class TooRough(Undecided):
    """A branch or a digit that float64 does not decide, whatever the precision."""


class precision:  # noqa: N801 (read as a statement: `with precision(256):`)
    """Balls are computed with so many bits inside the block."""

    def __init__(self, bits: int) -> None:
        self.bits = bits

    def __enter__(self) -> None:
        from flint import ctx

        self.before, ctx.prec = ctx.prec, self.bits

    def __exit__(self, *error: object) -> None:
        from flint import ctx

        ctx.prec = self.before


def last_precision() -> bool:
    """Whether no higher precision is to come."""
    from flint import ctx

    return bool(ctx.prec >= LADDER[-1])


def exact(numerator: int, denominator: int = 1) -> fmpq:
    """The rational numerator/denominator."""
    from flint import fmpq

    if denominator == 0:
        raise NotFinite(say("division by zero"))
    return fmpq(numerator, denominator)


def value_of(number: Number) -> fmpq:
    """The rational that a number of a formula says."""
    from flint import fmpq

    return fmpq(number.numerator, number.denominator)


def rationals(every: Iterable[Any]) -> list[fmpq]:
    """The rationals that many numbers of formulas say."""
    from flint import fmpq

    return [fmpq(n.numerator, n.denominator) for n in every]


def is_exact(value: Scalar) -> bool:
    """Whether a value is an integer or a rational."""
    return isinstance(value, int) or (not isinstance(value, float) and not hasattr(value, "rad"))


def parts(value: Scalar) -> tuple[int, int]:
    """Numerator and denominator of an exact value."""
    return (value, 1) if isinstance(value, int) else (int(value.p), int(value.q))


def failed(ball: arb, what: Message) -> Undecided | NotFinite:
    """What a ball without bounds means: more precision may bound it, below the highest."""
    from flint import ctx

    return Undecided(what) if ctx.prec < LADDER[-1] else NotFinite(what)


def narrow(ball: arb, digits: int) -> bool:
    """Whether the radius is below the last of so many significant digits, or as small as it can be near zero."""
    from flint import ctx

    tiny = ball.rad() * 10**digits
    return bool(tiny <= abs(ball.mid())) or bool(tiny <= type(ball)(2) ** (-ctx.prec // 2))


def close(a: Scalar, b: Scalar, digits: int = 6) -> bool:
    """Whether a value and its explanation agree: equal rationals, or overlapping balls narrower than the last digit."""
    from flint import arb

    if is_exact(a) and is_exact(b):
        return bool(a == b)
    a, b = arb(a), arb(b)
    return bool(a.overlaps(b)) and narrow(a, digits) and narrow(b, digits)
