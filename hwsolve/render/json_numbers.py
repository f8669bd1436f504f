"""Values of a solution as JSON: numbers that a machine reads, and nested lists of them."""

from __future__ import annotations

from typing import Any

import msgspec

from hwsolve.formula.notation import plain, unicode
from hwsolve.formula.notation.unicode import number_text
from hwsolve.formula.tree import Formula
from hwsolve.solution import Missing, Quantity

MOST, LEAST = 40, 30  # digits of a value that is no fraction; most of one that lines find from carried decimals
ROUGH = 10**7  # a carried decimal is up to so many times as far off as its ball is wide: 5 digits, and a leading 1
SURE = 3  # digits that are worth stating


class Leaves:
    """The elements of a nested answer, and the weakest system among them."""

    WEAKER = {"exact": 0, "certified": 1, "float64": 2, "symbolic": 3}

    def __init__(self, digits: int = MOST) -> None:
        self.system = "exact"
        self.digits = digits

    def seen(self, system: str) -> None:
        if self.WEAKER[system] > self.WEAKER[self.system]:
            self.system = system

    def number(self, value: Any) -> Any:
        """Numbers for JSON; a formula among them is text."""
        if type(value) in (tuple, list):
            return [self.number(v) for v in value]
        if isinstance(value, Quantity):
            self.seen(value.system)
            return json_number(value)
        if isinstance(value, Formula):
            self.seen("symbolic")
            return plain(value)
        return None if isinstance(value, Missing) else value

    def exact(self, value: Any) -> Any:
        """The exact forms, None where one of them has none."""
        if type(value) in (tuple, list):
            inner = [self.exact(v) for v in value]
            return None if None in inner else inner
        if isinstance(value, Quantity):
            return value.exact
        return str(value) if isinstance(value, int) else None

    def full(self, value: Any) -> Any:
        """Every proven digit of what has no exact form, None where all have one."""
        if type(value) in (tuple, list):
            inner = [self.full(v) for v in value]
            return None if all(v is None for v in inner) else inner
        return digits_of(value, self.digits) if isinstance(value, Quantity) else None

    def text(self, value: Any) -> str:
        if type(value) in (tuple, list):
            return "[" + ", ".join([self.text(v) for v in value]) + "]"
        if isinstance(value, Quantity):
            return number_text(value.text)
        return unicode(value) if isinstance(value, Formula) else number_text(str(value))


def digits_of(q: Quantity, most: int = MOST) -> str | None:
    """A ball with its proven digits, at most so many of them; None of any other value."""
    if q.system != "certified" or q.exact is not None:
        return None
    if q.value == 0:
        return "0"  # a ball around 0 is not equal to it: this one is proven
    from hwsolve.numbers import LADDER, Undecided, accuracy, precision, show

    with precision(LADDER[-1]):
        sure = min(most, accuracy(q.value))
        for digits in (most, *range(sure, max(SURE, sure - 5), -1)):
            try:
                return max(show(q.value, digits).text, q.text, key=len)
            except Undecided:
                continue
    return q.text


def roughened(value: Any) -> Any:
    """A ball around what lines find that read carried decimals instead of balls; a rational as it is."""
    from hwsolve.numbers.printing import ROUGHER

    return type(value)(value.mid(), value.rad() * ROUGHER) if hasattr(value, "rad") else value


def json_number(q: Quantity) -> Any:
    """The value as a JSON number: whole for an integer, else the nearest float64."""
    value = q.value
    if type(value) is int:
        return value
    if isinstance(value, float):
        return float(value)  # NumPy's float64 is a float that JSON does not know
    try:
        if q.exact is not None:
            numerator, _, denominator = q.exact.partition("/")
            return int(numerator) / int(denominator) if denominator else int(numerator)
        return float(value) if value != 0 else 0
    except (OverflowError, ValueError):
        return msgspec.Raw(q.text.encode()) if numeric(q.text) else q.text


def numeric(text: str) -> bool:
    """Whether the text is a JSON number."""
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return False
    return True
