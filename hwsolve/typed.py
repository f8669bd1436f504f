"""A decimal as it was typed: which number it is, to which digit, and whether it is another number cut off there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from fractions import Fraction

DECIMAL = re.compile(r"([-+−]?)(\d[\d_,]*)?(?:\.([\d_]*))?(?:[eE]([-+]?\d+))?")
SCALED = re.compile(r"(.*?)(\s*(?:[*×·]\s*10\s*\*\*\s*\(?([-+−]?\d{1,4})\)?|/\s*1(0{1,99})))")
LARGEST_EXPONENT = 10_000


class Typed(NamedTuple):
    """A decimal as it was typed: its value, half a unit of its last digit, and its count of significant digits.

    `places`: it has digits behind a point and no exponent, so that in a table 0.00 may stand for 0.004.
    """

    value: Fraction
    half: Fraction
    digits: int
    places: bool = False


def typed(text: str) -> Typed | None:
    """`6.4e9` is 64·10⁸ ± 5·10⁷, known to two digits; a text that is no decimal is None."""
    from fractions import Fraction

    match = DECIMAL.fullmatch(text.strip())
    if match is None or not (match[2] or match[3]):
        return None
    whole, part = re.sub("[_,]", "", match[2] or ""), (match[3] or "").replace("_", "")
    exponent = int(match[4] or 0) - len(part)
    if abs(exponent) > LARGEST_EXPONENT:
        return None
    unit = Fraction(10) ** exponent
    value = int(whole + part or "0") * unit
    digits = len((whole + part).lstrip("0")) or 1
    places = bool(match[3]) and not match[4]
    return Typed(-value if match[1] in ("-", "−") and match[1] else value, unit / 2, digits, places)


def scaled(text: str) -> Typed | None:
    """`6.4*10**9`, as a source writes 6.4e9, and `12.5/100` for 12.5 %.  A fraction of whole numbers is itself."""
    from fractions import Fraction

    match = SCALED.fullmatch(text.strip())
    if match is None or (mantissa := typed(match[1])) is None or (match[4] and "." not in match[1]):
        return None
    factor = Fraction(1, 10 ** len(match[4])) if match[4] else Fraction(10) ** int(match[3].replace("−", "-"))
    return Typed(mantissa.value * factor, mantissa.half * factor, mantissa.digits)


def loose(text: str) -> Typed | None:
    """`1790` known to three digits: a source may round a whole number, and zeros at its end hold the places then."""
    number = typed(text)
    if number is None or not number.value or "." in text or "e" in text.lower():
        return None
    digits = str(abs(int(number.value)))
    zeros = len(digits) - len(digits.rstrip("0"))
    left = len(digits) - zeros
    if not zeros or left < 2 or left == zeros + 1:  # 240 is no rounded 237, but 5,400 is 5,376
        return None
    return number._replace(half=number.half * 10**zeros, digits=left)


def rounds_to(wanted: Typed, low: Fraction, high: Fraction) -> bool:
    """Whether a number near enough rounds to what was typed: 2.75 becomes 2.8, and no 2.7."""
    halfway = low == high and abs(low - wanted.value) == wanted.half
    return not halfway or abs(wanted.value) > abs(low) or wanted.value / (2 * wanted.half) % 2 == 0


def begins(wanted: Typed, low: Fraction, high: Fraction) -> bool:
    """Whether what was typed has at least the first significant digit of a number between low and high.

    0.5 becomes 1 where it is rounded to a whole number, and 0.3 becomes 0: neither says anything of the number.
    """
    from fractions import Fraction

    if wanted.places or low <= wanted.value <= high:
        return True
    size = max(abs(low), abs(high))
    unit = Fraction(1)
    while unit > size:
        unit /= 10
    while unit * 10 <= size:
        unit *= 10
    return max(abs(low - wanted.value), abs(high - wanted.value)) <= unit / 2


def cut_off(wanted: Typed, low: Fraction, high: Fraction) -> bool | None:
    """Whether a number between low and high has the digits that were typed and goes on; None where it may."""
    if wanted.value < 0 or (wanted.value == 0 and high <= 0):
        low, high = -high, -low
    start = abs(wanted.value)
    if start <= low and high < start + 2 * wanted.half:
        return True
    return False if high < start or low >= start + 2 * wanted.half else None


def next_digit(text: str, negative: bool) -> str:
    """The decimal one unit of its last digit further from 0, in the notation it was typed in: `6.5e9` for `6.4e9`."""
    text = text.strip()
    behind = SCALED.fullmatch(text)
    mantissa, scale = (behind[1], behind[2]) if behind else (text, "")
    match = DECIMAL.fullmatch(mantissa)
    assert match is not None
    places = len((match[3] or "").replace("_", ""))
    digits = str(int(re.sub("[_,]", "", (match[2] or "") + (match[3] or ""))) + 1).rjust(places + 1, "0")
    number = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    exponent = f"e{match[4]}" if match[4] else ""
    return f"{'-' if negative else ''}{number}{exponent}{scale}"
