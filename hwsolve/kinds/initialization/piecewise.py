"""A function of one variable, cut at its kinks into pieces without branches.

PReLU is αz on (−∞, 0) and z on (0, ∞).  A function by cases, or one defined through `max` or `abs`, is written out as
`if`s; each condition is linear in the variable and cuts the line at one point.
"""

from __future__ import annotations

from fractions import Fraction

import msgspec

from hwsolve.formula.functions import function
from hwsolve.formula.meaning import applied, with_defaults
from hwsolve.formula.operators import COMPARISONS
from hwsolve.formula.parse import parse
from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.tree import Call, Formula, children, rebuild, transform, walk
from hwsolve.kinds.initialization.exponentials import NotExponential, exponential_polynomial, rational_coefficients
from hwsolve.language import Explained, say

MOST_PIECES = 50
HOLDS = {
    "<": lambda s: s < 0, ">": lambda s: s > 0, "<=": lambda s: s <= 0, ">=": lambda s: s >= 0, "==": lambda s: s == 0,
}  # fmt: skip


class NotPieces(Explained):
    """The kinks of a function cannot be found."""


class Piece(msgspec.Struct, frozen=True):
    """A formula without branches between two points; None stands for an infinite end."""

    low: Fraction | None
    high: Fraction | None
    formula: Formula

    @property
    def inside(self) -> Fraction:
        """A point between the ends."""
        if self.low is None:
            return Fraction(0) if self.high is None else self.high - 1
        return self.low + 1 if self.high is None else (self.low + self.high) / 2

    @property
    def some(self) -> tuple[Fraction, ...]:
        """A few points between the ends."""
        middle = self.inside
        left, right = (Fraction(1) if end is None else abs(end - middle) for end in (self.low, self.high))
        parts = (-left * Fraction(3, 7), Fraction(0), right * Fraction(5, 13), right * Fraction(8, 9))
        return tuple(middle + part for part in parts)


def pieces(f: Formula, variable: str) -> tuple[Piece, ...]:
    """The pieces of f from left to right; raises NotPieces."""
    found = [Piece(None, None, transform(f, by_cases))]
    while True:
        split = [part for piece in found for part in decided(piece, variable)]
        if split == found:
            return joined([Piece(p.low, p.high, simplify(p.formula)) for p in found])
        if len(split) > MOST_PIECES:
            raise NotPieces(say("The function has more than {n} pieces.", n=MOST_PIECES))
        found = split


def by_cases(f: Formula) -> Formula:
    """A call of a function that has branches, written out with `if`."""
    if not isinstance(f, Call) or (known := function(f.name)) is None:
        return f
    args = with_defaults(f, known)
    if known.many and len(args) > 2:
        return by_cases(Call(f.name, (args[0], by_cases(Call(f.name, args[1:])))))
    if len(args) != len(known.parameters):
        return f
    if known.cases is not None and not mentions_call(known.cases, f.name):
        return transform(applied(parse(known.cases), known, args), by_cases)
    if known.definition is not None and branches(parse(known.definition)):
        return transform(applied(parse(known.definition), known, args), by_cases)
    return f


def mentions_call(text: str, name: str) -> bool:
    """Whether a formula's text calls the function of that name."""
    return any(isinstance(node, Call) and node.name == name for node in walk(parse(text)))


def branches(f: Formula) -> bool:
    """Whether a function in the formula is decided by a branch."""
    calls = [node for node in walk(f) if isinstance(node, Call)]
    return any((known := function(c.name)) is not None and known.cases is not None for c in calls)


def decided(piece: Piece, variable: str) -> list[Piece]:
    """The piece cut at its first innermost condition, which is then decided; the piece itself where there is none."""
    condition = next((c for node in walk(piece.formula) if (c := innermost(node)) is not None), None)
    if condition is None:
        return [piece]
    border = simplify(Call("-", condition.args))
    constant, slope = linear(border, variable)
    parts = [piece]
    if slope != 0:
        kink = -constant / slope
        if (piece.low is None or piece.low < kink) and (piece.high is None or kink < piece.high):
            parts = [Piece(piece.low, kink, piece.formula), Piece(kink, piece.high, piece.formula)]
    return [
        Piece(p.low, p.high, settled(p.formula, condition, HOLDS[condition.name](constant + slope * p.inside)))
        for p in parts
    ]


def innermost(f: Formula) -> Call | None:
    """The condition of an `if` that has no `if` in its condition."""
    if isinstance(f, Call) and f.name == "if":
        condition = f.args[0]
        inner = any(isinstance(node, Call) and node.name == "if" for node in walk(condition))
        if not inner and isinstance(condition, Call) and condition.name in COMPARISONS:
            return condition
    return None


def settled(f: Formula, condition: Formula, holds: bool) -> Formula:
    """f with a condition decided."""
    match f:
        case Call("if", (c, then, other)) if c == condition:
            return settled(then if holds else other, condition, holds)
    parts = children(f)
    return rebuild(f, tuple(settled(p, condition, holds) for p in parts)) if parts else f


def linear(border: Formula, variable: str) -> tuple[Fraction, Fraction]:
    """b and a of b + a·variable; raises NotPieces where the border of two cases is another formula."""
    try:
        found = rational_coefficients(exponential_polynomial(border, variable))
    except NotExponential:
        found = {(2, Fraction(0)): Fraction(1)}
    if found is None:
        raise NotPieces(say("Where the function has its kinks depends on a name."))
    if any(n > 1 or rate for n, rate in found):
        raise NotPieces(say("The kinks of the function cannot be found: the border of two cases is not linear."))
    return found.get((0, Fraction(0)), Fraction(0)), found.get((1, Fraction(0)), Fraction(0))


def joined(parts: list[Piece]) -> tuple[Piece, ...]:
    """Neighbours with one formula as one piece."""
    kept: list[Piece] = []
    for piece in parts:
        if kept and kept[-1].formula == piece.formula:
            kept[-1] = Piece(kept[-1].low, piece.high, piece.formula)
        else:
            kept.append(piece)
    return tuple(kept)
