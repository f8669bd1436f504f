"""Formulas of elements before their quantities have names: made once for all steps of one kind, and for every name.

A pattern has no case, no function made of pieces and no sum that keeps its sign, so nothing but its numbers differs
from line to line: what can be said of it is worked out once, and putting names or numbers in is all that is left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from operator import itemgetter
from typing import Any, NamedTuple

from hwsolve import numbers
from hwsolve.derivation.text_values import is_smooth
from hwsolve.formula.functions import FUNCTIONS, function
from hwsolve.formula.operators import EXACT, called
from hwsolve.formula.tree import Call, Formula, Number, Ref

Indices = tuple[int, ...]
Code = Callable[[Sequence[Any]], Any]  # of what stands at the places
ARITHMETIC = ("+", "-", "*", "/", "**", "neg")
POLYNOMIAL = ("+", "-", "*", "neg", "**")
LEFT = 1 / 5_000  # of the largest term of a sum, in floats: where more is left of it, its digits do not cancel


class NoPattern(ValueError):
    """A formula of which more than its numbers may differ."""


class Branch(NamedTuple):
    """A part of a formula: what puts formulas at its places, what computes it, and a polynomial in floats."""

    put: Code
    value: Code
    near: Code | None


class Pattern:
    """A formula over places, each for an element of a quantity: `places` has their own names and indices, in order.

    An index may be a letter that gets its number with the name.  `smooth`: it has a function whose values are real
    numbers; `quotients`: it divides.
    """

    def __init__(self, f: Formula) -> None:
        self.places: list[tuple[str, tuple[int | str, ...]]] = []
        self.smooth = self.quotients = False
        self.alone = type(f) is Ref or (type(f) is Call and f.name == "neg" and type(f.args[0]) is Ref)
        self.sums: list[list[Code]] = []  # the terms of each sum within, in floats
        self._slots: dict[Ref, int] = {}
        self.top: list[list[Code]] = []  # the same of the sum that it is itself
        self.put, self.value, self.near = self.branch(f, self.top)

    def branch(self, f: Formula, sums: list[list[Code]]) -> Branch:
        """The code of a part; the terms of what is a sum go to `sums`."""
        if type(f) is Ref:
            slot = self._slots.setdefault(f, len(self._slots))
            if slot == len(self.places):
                self.places.append((f.name, tuple([number_or_letter(i) for i in f.indices])))
            return Branch(*[itemgetter(slot)] * 3)
        if type(f) is Number:
            known = f.numerator if f.denominator == 1 else numbers.exact(f.numerator, f.denominator)
            return Branch(lambda at: f, lambda at: known, lambda at: f.numerator / f.denominator)
        if type(f) is not Call:
            raise NoPattern
        self.look_at(f)
        parts = [self.branch(a, self.sums) for a in f.args]
        if (terms := terms_of(f.name, [p.near for p in parts])) is not None:
            sums.append(terms)
        return Branch(put_code(f.name, [p.put for p in parts]), value_code(f, parts), near_code(f.name, parts))

    def look_at(self, f: Call) -> None:
        """Note what a call is; refuse what may go one way or another."""
        self.quotients = self.quotients or f.name == "/"
        self.smooth = self.smooth or is_smooth(f)
        if f.name == "neg" and type(f.args[0]) is Number:
            raise NoPattern
        if f.name not in ARITHMETIC:
            for known in (function(f.name), FUNCTIONS.get(f.name)):
                if known is not None and (known.piecewise or known.kinks or known.many):
                    raise NoPattern
            if function(f.name) is None or f.name in EXACT:
                raise NoPattern


def terms_of(name: str, codes: list[Code | None]) -> list[Code] | None:
    """The terms of a sum in floats; None of anything else, or where one is more than products of numbers."""
    known = [code for code in codes if code is not None]
    if name not in ("+", "-") or len(known) < len(codes):
        return None
    return [known[0], *map(negative, known[1:])] if name == "-" else known


def number_or_letter(index: Formula) -> int | str:
    """An index as it is: a number, or a letter that gets one."""
    if type(index) is Number and index.denominator == 1:
        return index.numerator
    if type(index) is Ref and not index.indices:
        return index.name
    raise NoPattern


def put_code(name: str, parts: list[Code]) -> Code:
    """What makes a call of its parts; 0 in place of -0."""
    if name == "neg":
        (part,) = parts

        def negated(at: Sequence[Any]) -> Formula:
            x = part(at)
            return x if type(x) is Number and not (x.numerator or x.rounded) else Call("neg", (x,))

        return negated
    if len(parts) == 2:
        left, right = parts
        return lambda at: Call(name, (left(at), right(at)))
    return lambda at: Call(name, tuple([part(at) for part in parts]))


def value_code(f: Call, parts: list[Branch]) -> Code:
    """What computes a call in exact and certified numbers."""
    name, codes = f.name, [p.value for p in parts]
    operator = EXACT.get(name)
    if operator is None:
        return lambda at: called(name, [code(at) for code in codes])
    if len(codes) == 2:
        left, right = codes
        return lambda at: operator(left(at), right(at))
    return lambda at: operator(*[code(at) for code in codes])


def near_code(name: str, parts: list[Branch]) -> Code | None:
    """What computes sums, products and powers in floats."""
    codes = [p.near for p in parts]
    if name not in POLYNOMIAL or None in codes:
        return None
    first: Any = codes[0]
    match name:
        case "+":
            return lambda at: sum([code(at) for code in codes])  # type: ignore[misc]
        case "*":
            return lambda at: prod([code(at) for code in codes])  # type: ignore[misc]
        case "neg":
            return negative(first)
    second: Any = codes[1]
    if name == "**":
        return lambda at: first(at) ** second(at)
    return lambda at: first(at) - second(at)


def negative(code: Code) -> Code:
    """Minus a number."""
    return lambda at: -code(at)


def may_cancel(sums: list[list[Code]], at: Sequence[float]) -> bool:
    """Whether almost nothing may be left of one of some sums, of these numbers."""
    try:
        for codes in sums:
            terms = [code(at) for code in codes]
            if not abs(sum(terms)) > LEFT * max(map(abs, terms)):
                return True
    except (OverflowError, ZeroDivisionError):
        return True
    return False
