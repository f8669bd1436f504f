"""How digits are printed: the one place where a value becomes text.

`=` stands only where the decimal is the value, `≈` elsewhere.  Every digit is right: both ends of a ball round to it.
"""

from __future__ import annotations

import math

import msgspec

from hwsolve.language import say
from hwsolve.numbers.measured import error_of
from hwsolve.numbers.systems import LADDER, Beyond, NotFinite, Scalar, TooRough, Undecided, is_exact, parts

EXACT_DIGITS = 12
FLOAT_DIGITS = 6
FULL_DIGITS = 30
PLAIN_BELOW, PLAIN_FROM = 15, -6  # powers of ten between which no exponent is written
LOG10_2 = math.log10(2)
MAX_POWER = 100_000  # of ten: a number beyond is not printed
MAX_EXPONENT = 2**40
FEWER = 5  # digits that a decimal of a ball may have less than the ball is known to
ROUGHER = 10 ** (FEWER + 2)  # such a decimal is up to so many times as far off as the ball is wide
MAX_STR = 13_000  # bits below which Python writes an int at once


class Shown(msgspec.Struct, frozen=True):
    """A value's decimal; `relation` is "=" or "≈"; `exact` is "p/q" or None; `system` exact, certified or float64."""

    text: str
    relation: str
    exact: str | None
    system: str


def show(value: Scalar, digits: int = 6) -> Shown:
    """A value as it is printed.

    An integer is whole, and so is a decimal of at most 12 significant digits; any other exact value is rounded.  A
    ball has `digits` proven ones, or raises Undecided.  A float has at most 6, as many as its error leaves.
    """
    digits = max(1, digits)
    if isinstance(value, float):
        return Shown(trusted_text(value, min(digits, FLOAT_DIGITS)), "≈", None, "float64")
    if is_exact(value):
        return show_rational(*parts(value), digits)
    if value == 0:
        return Shown("0", "=", "0", "certified")
    return Shown(ball_text(value, digits), "≈", None, "certified")


def show_rational(p: int, q: int, digits: int, whole: int = EXACT_DIGITS) -> Shown:
    """The rational p/q, in lowest terms: a decimal of at most `whole` digits as it is, any other one rounded."""
    if q == 1:
        return Shown(int_text(p), "=", int_text(p), "exact")
    fraction = f"{int_text(p)}/{int_text(q)}"
    text = finite_decimal(p, q, max(digits, whole))
    if text:
        return Shown(text, "=", fraction, "exact")
    return Shown(signed(p, *rounded_rational(abs(p), q, digits)), "≈", fraction, "exact")


def finite_decimal(p: int, q: int, digits: int) -> str:
    """The decimal of p/q where it ends within so many significant digits, else nothing."""
    twos = (q & -q).bit_length() - 1
    rest, fives = q >> twos, 0
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return ""
    places = max(twos, fives)
    significant = abs(p) * 2 ** (places - twos) * 5 ** (places - fives)
    if significant >= 10**digits:
        return ""
    text = str(significant)
    return signed(p, text, len(text) - 1 - places, PLAIN_BELOW)


def rounded_rational(p: int, q: int, digits: int) -> tuple[str, int]:
    """The significant digits of p/q > 0, and the power of ten of the first."""
    power = power_of_ten(p.bit_length() - q.bit_length() - 1)
    while True:
        places = digits - 1 - power
        top, bottom = (p * 10**places, q) if places >= 0 else (p, q * 10**-places)
        whole = (2 * top + bottom) // (2 * bottom)
        if whole < 10**digits:
            return str(whole), power
        power += 1


def power_of_ten(bits: int) -> int:
    """A power of ten that is not above 2^bits, and less than two places below."""
    return math.floor(bits * LOG10_2 - 1e-6)


def rounded_ball(value: Scalar, digits: int) -> tuple[str, int] | None:
    """The significant digits to which every number in a ball rounds, and the power of ten of the first."""
    from flint import ctx

    size = abs(value)
    mantissa, exponent = size.mid().man_exp()
    power = power_of_ten(mantissa.bit_length() + int(exponent) - 1) if abs(exponent) < MAX_EXPONENT else MAX_EXPONENT
    if abs(power) > MAX_POWER:
        raise Beyond(say("a number beyond 10^±{most}", most=f"{MAX_POWER:,}"))
    with ctx.workprec(max(ctx.prec, size.bits()) + 4 * digits + 64):
        while True:
            places = digits - 1 - power
            scaled = size * 10**places if places >= 0 else size / 10**-places
            if not scaled > 10**digits:  # else the power is that of a later digit
                whole = (scaled + type(size)(1) / 2).floor().unique_fmpz()
                if whole is None or whole < 10 ** (digits - 1):
                    return None
                if whole < 10**digits:
                    return str(whole), power
            power += 1


def ball_text(value: Scalar, digits: int) -> str:
    """A ball's proven digits."""
    if not value.is_finite():
        raise NotFinite(say("a value without bounds"))
    if value.contains(0):
        return zero_text(value, digits)
    # a ball around a tie, as 0.12345650…, rounds in two ways; to one more digit it rounds in one
    found = rounded_ball(value, digits) or rounded_ball(value, digits + 1)
    if found is None:
        raise Undecided(say("the first {digits} digits of a value", digits=digits))
    return signed(-1 if value < 0 else 1, *found)


def zero_text(value: Scalar, digits: int) -> str:
    """Zero to so many places, for a ball around 0 that no precision told from it."""
    from flint import ctx

    if ctx.prec < LADDER[-1] or not abs(value) * 2 * 10**digits < 1:
        raise Undecided(say("whether a value is zero"))
    return "0." + "0" * digits


def trusted_text(value: float, digits: int) -> str:
    """The digits of a float that its error does not change, at most so many."""
    error = error_of(value)
    if 0 < error >= abs(value) * 10.0**-digits and abs(value) + error < 0.5 * 10.0**-digits:
        return "0." + "0" * digits
    for n in range(digits, 0, -1):
        text = float_text(float(value), n)
        if error == 0 or text == float_text(value - error, n) == float_text(value + error, n):
            return text
    raise TooRough(say("the first digit of a value"))


def float_text(value: float, digits: int) -> str:
    """A float rounded to so many significant digits."""
    if not math.isfinite(value):
        raise NotFinite(say("a value that overflows or does not exist"))
    if value == 0:
        return "0." + "0" * digits
    mantissa, _, power = f"{value:#.{digits}g}".partition("e")
    if not power:
        return mantissa.removesuffix(".")
    return signed(-1 if value < 0 else 1, mantissa.lstrip("-").replace(".", ""), int(power))


def signed(sign: int, digits: str, power: int, plain_below: int | None = None) -> str:
    """Significant digits, the first of which counts 10^power, as a decimal or with an exponent."""
    minus = "-" if sign < 0 else ""
    if PLAIN_FROM <= power < (len(digits) if plain_below is None else plain_below):
        if power < 0:
            return f"{minus}0.{'0' * (-power - 1)}{digits}"
        whole, places = digits[: power + 1], digits[power + 1 :]
        return minus + whole.ljust(power + 1, "0") + (f".{places}" if places else "")
    places = digits[1:].rstrip("0") if plain_below else digits[1:]
    return f"{minus}{digits[0]}{'.' if places else ''}{places}e{power}"


def int_text(n: int) -> str:
    """An integer's digits, however many."""
    if n.bit_length() < MAX_STR:
        return str(n)
    from flint import fmpz

    return fmpz(n).str()


def known_bits() -> int:
    """The bits that balls are computed with."""
    from flint import ctx

    return int(ctx.prec)


def accuracy(value: Scalar) -> int:
    """The significant digits to which a ball is known; of any other value as many as anyone asks for."""
    bits = getattr(value, "rel_accuracy_bits", None)
    return 10**6 if bits is None else max(0, int(bits() * LOG10_2))


def full(value: Scalar) -> str:
    """A value as precisely as it is known: p/q, every proven digit of a ball (30 or more), a float's own digits."""
    if isinstance(value, float):
        return repr(float(value) + 0.0)  # no -0.0
    if is_exact(value):
        p, q = parts(value)
        return int_text(p) if q == 1 else f"{int_text(p)}/{int_text(q)}"
    if value == 0:
        return "0"
    if value.contains(0):
        return zero_text(value, FULL_DIGITS)
    most = int(min(value.rel_accuracy_bits(), max(known_bits(), value.bits())) * LOG10_2)
    for digits in range(most, max(FULL_DIGITS, most - FEWER) - 1, -1):
        found = rounded_ball(value, digits)
        if found:
            return signed(-1 if value < 0 else 1, *found)
    raise Undecided(say("the first {digits} digits of a value", digits=FULL_DIGITS))
