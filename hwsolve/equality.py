"""Are two formulas equal for all values of their names?  One normal form, random points, and SymPy.

Polynomials in the same names are brought into one form: equal forms are a proof.  A point where the two are surely
apart proves that they differ.  Where all points of a random sample agree to 60 digits, SymPy is asked as well: it may
prove that the difference vanishes, often has nothing to say, and where it contradicts, nothing is decided.
"""

from __future__ import annotations

import random
from typing import Any, NamedTuple

from hwsolve.formula.domain import CONSTANTS, Names
from hwsolve.formula.tree import Big, Call, Formula, Ref, transform, walk
from hwsolve.language import Message, say

POINTS = 24
POINTS_OF_LOOPS = 8  # of formulas with sums over elements: each point has many random numbers
TRIES = 200
BITS = 320
APART = 10**60
NEAR, FAR = 2500, 25_000  # values reach 2.5, and in every fourth point 25, beyond the corners of piecewise functions


class Same(NamedTuple):
    """Whether two formulas are equal: proven, or at so many points; else the point where they differ.

    `equal` is None where neither can be told.
    """

    equal: bool | None
    proven: bool = False
    points: int = 0
    witness: Message | None = None


PROVEN = Same(True, True)


def equal_for_all(a: Formula, b: Formula, free: dict[str, str]) -> Same:
    """Whether two formulas are equal for all values of their names.

    `free` says what some of the names range over: real, positive, negative, unit, index or size.
    """
    if a == b or _same_polynomial(a, b):
        return PROVEN
    a, b = opaque(a), opaque(b)
    domains = _domains(a, b, free)
    agreed, witness = _compared(a, b, domains)
    if witness is not None:
        return Same(False, True, agreed, witness)
    if agreed == 0 or not _elementary(a, b):
        return Same(True if agreed else None, points=agreed)
    from hwsolve.formula.symbolic import vanishes

    difference = vanishes(Call("-", (a, b)), domains)
    if difference is None:
        return Same(True, points=agreed)
    return PROVEN if difference else Same(None, points=agreed)


def _same_polynomial(a: Formula, b: Formula) -> bool:
    """Whether two formulas without rounding have one normal form."""
    from hwsolve.formula.polynomial import canonical

    if any(isinstance(f, Big) or (isinstance(f, Call) and f.name in ROUNDED) for f in (*walk(a), *walk(b))):
        return False
    return canonical(a) == canonical(b)


ROUNDED = frozenset({"floor", "ceil"})  # the normal form takes names in them as whole numbers


def _elementary(a: Formula, b: Formula) -> bool:
    """Whether SymPy knows all of it as it stands: no loops, elements or branches."""
    parts = (*walk(a), *walk(b))
    return not any(isinstance(f, Big) or (isinstance(f, Ref) and f.indices) for f in parts) and len(parts) < 120


def _compared(a: Formula, b: Formula, domains: dict[str, str]) -> tuple[int, Message | None]:
    """At how many random points the two agree, and the first where they are apart."""
    from hwsolve.formula.evaluate import evaluate
    from hwsolve.formula.operators import NoValue
    from hwsolve.numbers import NotFinite, Undecided, precision

    dice = random.Random(20)
    agreed = 0
    loops = any(isinstance(f, Big) for f in (*walk(a), *walk(b)))
    with precision(BITS):
        for trial in range(TRIES):
            reach = FAR if trial % 4 == 3 else NEAR
            point = Point(domains, dice, 5 if loops else 40, equal_indices=trial % 3 == 1, reach=reach)
            try:
                left, right = evaluate(a, point), evaluate(b, point)
                differ = _apart(left, right)
            except (Undecided, NotFinite, NoValue, LookupError, ArithmeticError, ValueError):
                continue
            if differ:
                return agreed, _witness(point, left, right)
            agreed += 1
            if agreed == (POINTS_OF_LOOPS if loops else POINTS):
                break
    return agreed, None


def opaque(f: Formula) -> Formula:
    """The formula with a quantity in the place of an unknown function of an element: f(z[i,j]) is some f.z[i,j]."""
    from hwsolve.formula.functions import function
    from hwsolve.formula.operators import COMPARISONS

    known = {*COMPARISONS, "+", "-", "*", "/", "**", "neg", "if", "element", "diff", "integral"}

    def change(node: Formula) -> Formula:
        if not isinstance(node, Call) or len(node.args) != 1 or node.name in known or function(node.name):
            return node
        inner = node.args[0]
        return Ref(f"{node.name}.{inner.name}", inner.indices) if isinstance(inner, Ref) else node

    return transform(f, change)


class Point:
    """A random value for every name and every element, drawn when it is first asked for."""

    def __init__(
        self, domains: dict[str, str], dice: random.Random, largest: int, equal_indices: bool, reach: int
    ) -> None:
        self.domains, self.dice, self.reach = domains, dice, reach
        self.values: dict[tuple[str, tuple[int, ...]], Any] = {}
        sizes = dice.sample(range(5, 5 + max(largest, 2 * len(domains))), len(domains))
        same = dice.randint(1, 4)
        for name, domain in domains.items():
            if domain == "size":
                self.values[name, ()] = sizes.pop()
            elif domain == "index":
                self.values[name, ()] = same if equal_indices else dice.randint(1, 4)

    def __call__(self, name: str, indices: tuple[int, ...]) -> Any:
        key = (name, indices)
        if key not in self.values:
            if not indices and name in CONSTANTS:
                raise LookupError(name)
            self.values[key] = self._draw(self.domains.get(name, "real"))
        return self.values[key]

    def _draw(self, domain: str) -> Any:
        from hwsolve.numbers import exact

        size = exact(self.dice.randint(60, self.reach), 997)
        if domain == "positive":
            return size
        if domain == "negative":
            return -size
        if domain == "unit":
            return exact(self.dice.randint(50, 950), 997)
        return size if self.dice.random() < 0.5 else -size


def _domains(a: Formula, b: Formula, free: dict[str, str]) -> dict[str, str]:
    """What each name ranges over: as the solution says, else an index or a bound is whole and all else real."""
    names = Names((a, b))
    return dict.fromkeys(names.sizes, "size") | dict.fromkeys(names.indices, "index") | free


def _apart(left: Any, right: Any) -> bool:
    """Surely different.  Balls that overlap but are too wide to tell raise Undecided."""
    from hwsolve.compare import interval
    from hwsolve.numbers import Undecided

    low, high = interval(left)
    least, most = interval(right)
    if high < least or most < low:
        return True
    if (high - low + most - least) * APART > 1 + abs(low) + abs(least):
        raise Undecided(say("whether two values are equal"))
    return False


def _witness(point: Point, left: Any, right: Any) -> Message:
    from hwsolve.numbers import show

    names = ", ".join(
        f"{name}{list(indices) if indices else ''} = {show(value).text}"
        for (name, indices), value in list(point.values.items())[:6]
    )
    left_text, right_text = show(left).text, show(right).text
    return say("for {point} it is {left}, not {right}", point=names, left=left_text, right=right_text)
