"""Which numbers of Python a formula gives: fractions and reals of mpmath cannot be mixed in every operation.

Kinds are int, rational, real, and any where both may come out.  Sums and products may be mixed; a difference or a
quotient may be if the real number stands in front, or the other one is an int.
"""

from __future__ import annotations

from collections.abc import Iterable

from hwsolve.formula.functions import function
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref

INT, RATIONAL, REAL, ANY = "int", "rational", "real", "any"
WHOLE = ("floor", "ceil", "delta")
CONSTANTS = {"pi": "mp.pi", "e": "mp.e"}


class Kinds:
    """What is known of the quantities above."""

    def __init__(self) -> None:
        self.keys: dict[str, str] = {}  # single numbers
        self.arrays: dict[str, str] = {}  # names of those that have elements, by what kind all are of

    def know(self, key: Ref, kind: str) -> None:
        """A quantity that stands above."""
        kind = RATIONAL if kind == INT else kind
        if key.indices:
            self.arrays[key.name] = either((self.arrays.get(key.name, kind), kind))
        else:
            self.keys[key.name] = kind

    def kind(self, f: Formula, bound: frozenset[str]) -> str:
        """The kind of a formula; nothing is known of `bound` names."""
        match f:
            case Number(_, denominator):
                return INT if denominator == 1 else RATIONAL
            case Ref(name, ()) if name in bound:
                return ANY
            case Ref(name, ()) if name in self.keys:
                return self.keys[name]
            case Ref(name, ()) if name in CONSTANTS and name not in self.arrays:
                return REAL
            case Ref(name):
                return self.arrays.get(name, RATIONAL)
            case BigOperator():
                found = self.kind(f.body, bound | {f.index})
                return RATIONAL if found == INT else found
            case Call(name, args):
                return self.of_call(name, args, bound)
        return ANY

    def of_call(self, name: str, args: tuple[Formula, ...], bound: frozenset[str]) -> str:
        """The kind of what an operator or a function gives."""
        if name in ("integral", "E"):
            return REAL
        if name in ("element", "part"):
            return self.kind(args[0], bound)
        found = [self.kind(a, bound) for a in (args[1:] if name == "if" else args)]
        if name == "/":
            return combined(RATIONAL if k == INT else k for k in found)
        if name == "**":
            whole = isinstance(args[1], Number) and args[1].denominator == 1
            return (RATIONAL if found[0] == INT else found[0]) if whole else ANY
        if name in WHOLE:
            return RATIONAL
        if name in ("if", "max", "min", "[]", "tuple"):
            return either(found)
        known = function(name)
        if known is not None and known.piecewise:  # a piece may be a constant
            return RATIONAL if set(found) <= {INT, RATIONAL} else ANY
        if known is not None:
            return ANY if known.cases else REAL
        return combined([RATIONAL, *found])  # an int in Python is a single number


def combined(kinds: Iterable[str]) -> str:
    """The kind of a sum or a product."""
    found = set(kinds)
    return next((kind for kind in (REAL, ANY, RATIONAL) if kind in found), INT)


def either(kinds: Iterable[str]) -> str:
    """The kind of one of several."""
    found = {RATIONAL if kind == INT else kind for kind in kinds}
    return found.pop() if len(found) == 1 else ANY


def subtracts(left: str, right: str) -> bool:
    """Whether Python can subtract or divide them as they are."""
    return INT in (left, right) or left == REAL or (left == right == RATIONAL)


def compares(left: str, right: str) -> bool:
    """Whether Python can compare them as they are."""
    return INT in (left, right) or (left == right and left != ANY)
