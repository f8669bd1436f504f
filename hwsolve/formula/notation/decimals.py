"""Numbers as digits: the finite decimal of a rational, commas between thousands, powers of ten."""

from __future__ import annotations

import re
from functools import lru_cache

RECENT = 512  # written formulas that are kept: few, so that they stay near
LONGEST = 40  # significant digits of a number
PRODUCT = 2 * LONGEST  # of a decimal, as of two constants multiplied; a rational with more is written p/q
WHOLE = 10**LONGEST  # an integer below is written with all its digits

DECIMAL = re.compile(r"(-?)(\d+)(\.\d+)?(?:[eE]([+-]?\d+))?")
TINY = re.compile(r"(-?)0\.(0{6,})([1-9])(\d*)")


@lru_cache(maxsize=RECENT)
def decimal(numerator: int, denominator: int) -> str:
    """The rational as it is: "0.1", "-3", "1e-30", or "1/3" where it has no finite decimal."""
    if denominator == 1 and abs(numerator) < 10**LONGEST:
        return str(numerator)
    places = decimal_places(denominator)
    digits = abs(numerator) * 10**places // denominator if places is not None else 0
    if places is None or digits >= 10 ** (PRODUCT if places else LONGEST):
        return integer(numerator) if denominator == 1 else f"{integer(numerator)}/{integer(denominator)}"
    sign = "-" if numerator < 0 else ""
    if places > LONGEST // 2 and places > len(str(digits)):
        return f"{sign}{digits}e-{places}"
    text = str(digits).rjust(places + 1, "0")
    return f"{sign}{text[:-places]}.{text[-places:]}" if places else f"{sign}{text}"


def decimal_places(denominator: int) -> int | None:
    """How many decimal places 1/denominator has, None where it has no end."""
    twos = (denominator & -denominator).bit_length() - 1
    rest, fives = denominator >> twos, 0
    while rest % 5 == 0 and fives < 4 * LONGEST:
        rest, fives = rest // 5, fives + 1
    return max(twos, fives) if rest == 1 and twos < 4 * LONGEST else None


def integer(n: int) -> str:
    """The digits of an integer of any length."""
    if abs(n) < 10**4000:  # Python refuses str() of longer ones
        return str(n)
    head, tail = divmod(abs(n), 10**4000)
    return ("-" if n < 0 else "") + integer(head) + str(tail).rjust(4000, "0")


def short(text: str) -> str:
    """0.00000035 -> 3.5e-7: a decimal that begins with many zeros."""
    found = TINY.fullmatch(text)
    if found is None:
        return text
    sign, zeros, first, rest = found.groups()
    return f"{sign}{first}{'.' if rest else ''}{rest}e-{len(zeros) + 1}"


def commas(digits: str) -> str:
    """160000 -> 160,000."""
    if len(digits) < 4:
        return digits
    if len(digits) < 1000 and digits[0] != "0":
        return f"{int(digits):,}"
    first = len(digits) % 3
    groups = [digits[:first]] if first else []
    groups += [digits[i : i + 3] for i in range(first, len(digits), 3)]
    return ",".join(groups)


def parts(text: str) -> tuple[str, str, str] | None:
    """("-", "160,000.5", "-8") for "-160000.5e-8": sign, decimal with commas, power of ten ("" where there is none)."""
    found = DECIMAL.fullmatch(text)
    if found is None:
        return None
    sign, digits, fraction, power = found.groups()
    return sign, commas(digits) + (fraction or ""), "" if power is None else str(int(power))
