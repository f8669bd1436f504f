"""Numerals: the number that a text writes, exactly, as YAML 1.2 has it with underscores between digits.

`010` is ten, `1e-3` a number, `0x1F` is 31; `1:30` and `1_` are no numbers.
"""

from __future__ import annotations

import re
from math import gcd

from hwsolve.formula.tree import Number
from hwsolve.language import Explained, say

MOST_DIGITS = 1000
MOST_EXPONENT = 1000
DECIMAL = re.compile(r"([-+]?)(\d[\d_]*|(?=\.\d))(?:\.([\d_]*))?(?:[eE]([-+]?\d+))?", re.ASCII)
WHOLE = re.compile(r"[-+]?\d(?:_?\d)*", re.ASCII)
DIGITS = re.compile(r"[-+]?[\d_]+|0[ox][0-9a-fA-F]+", re.ASCII)
FRACTION = re.compile(r"([-+]?\d(?:_?\d)*) */ *(\d(?:_?\d)*)", re.ASCII)
BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
BADLY_GROUPED = re.compile(r"(?<!\w)\d[\d.]*(?:_\d+)*_(?!\d)\w*|\._\d*")


class Excess(Explained, ValueError):
    """A number that is too long to work with; the message says why."""


def too_long() -> Excess:
    """The error of a number with too many digits."""
    return Excess(say("This number has more than {most} digits.", most=MOST_DIGITS))


def whole_number(text: str) -> int | None:
    """The integer that a text writes, or None: `010` is ten, `6_480` is 6480, `0x1F` is 31."""
    if len(text) > MOST_DIGITS:
        if DIGITS.fullmatch(text):
            raise too_long()
        return None
    if text.isdecimal() and text.isascii():
        return int(text)
    if WHOLE.fullmatch(text):
        return int(text)
    return int(text, 0) if BASED.fullmatch(text) else None


def decimal(text: str) -> Number | None:
    """The exact rational that a decimal or a fraction writes, or None."""
    match = DECIMAL.fullmatch(text)
    if match is None or ("_" in text and BADLY_GROUPED.search(text)):
        return _fraction(text)
    sign, before, after, exponent = match.groups()
    after = after or ""
    if not before and not after:
        return None
    if len(before) + len(after) > MOST_DIGITS:
        raise too_long()
    digits = int((before + after).replace("_", ""))
    shift = -len(after.replace("_", ""))
    if exponent:
        if len(exponent) > 6 or abs(int(exponent)) > MOST_EXPONENT:
            raise Excess(say("The exponent of this number is beyond {most}.", most=f"±{MOST_EXPONENT}"))
        shift += int(exponent)
    if sign == "-":
        digits = -digits
    if shift >= 0:
        return Number(digits * 10**shift)
    power: int = 10**-shift
    common = gcd(digits, power)
    return Number(digits // common, power // common)


def _fraction(text: str) -> Number | None:
    if len(text) > 2 * MOST_DIGITS:
        if DIGITS.fullmatch(text):
            raise too_long()
        return None
    match = FRACTION.fullmatch(text)
    if match is None:
        return Number(number) if BASED.fullmatch(text) and (number := whole_number(text)) is not None else None
    above, below = int(match[1]), int(match[2])
    if below == 0:
        raise Excess(say("The denominator is 0."))
    common = gcd(above, below)
    return Number(above // common, below // common)
