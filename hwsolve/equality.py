"""Are two formulas equal for all values of their names?  Random points in exact numbers and balls.

A point where the two are surely apart proves that they differ.  Polynomials and quotients of them that agree at all
points of a random sample this large are equal with a probability that no one needs to doubt (Schwartz 1980, Zippel
1979); for the rest, agreement to 60 digits at every point is what is asked.
"""

from __future__ import annotations

import random
from typing import Any

from hwsolve.formula.tree import Big, Call, Formula, Ref, transform, walk
from hwsolve.language import Message, say

POINTS = 24
TRIES = 200
HOPELESS = 30  # tries without a single value
BITS = 320
APART = 10**60


def equal_for_all(a: Formula, b: Formula, free: dict[str, str]) -> tuple[bool | None, Message | None]:
    """True, or False with a point where they differ, or None where neither can be evaluated at any point."""
    from hwsolve.formula.evaluate import evaluate
    from hwsolve.numbers import NotFinite, Undecided, precision

    if a == b:
        return True, None
    a, b = opaque(a), opaque(b)
    domains = _domains(a, b, free)
    dice = random.Random(20)
    agreed = 0
    loops = any(isinstance(f, Big) for f in (*walk(a), *walk(b)))
    with precision(BITS):
        for trial in range(TRIES):
            if trial == HOPELESS and not agreed:
                break
            point = Point(domains, dice, 5 if loops else 40, equal_indices=trial % 3 == 1)
            try:
                left, right = evaluate(a, point), evaluate(b, point)
                differ = _apart(left, right)
            except (Undecided, NotFinite, ArithmeticError, ValueError):
                continue
            if differ:
                return False, _witness(point, left, right)
            agreed += 1
            if agreed == POINTS:
                return True, None
    return (True, None) if agreed else (None, None)


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

    def __init__(self, domains: dict[str, str], dice: random.Random, largest: int, equal_indices: bool) -> None:
        self.domains = domains
        self.dice = dice
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
            self.values[key] = self._draw(self.domains.get(name, "real"))
        return self.values[key]

    def _draw(self, domain: str) -> Any:
        from hwsolve.numbers import exact

        size = exact(self.dice.randint(60, 2500), 997)
        if domain == "positive":
            return size
        if domain == "negative":
            return -size
        if domain == "unit":
            return exact(self.dice.randint(50, 950), 997)
        return size if self.dice.random() < 0.5 else -size


def _domains(a: Formula, b: Formula, free: dict[str, str]) -> dict[str, str]:
    """What each name ranges over: as the solution says, else an index or a bound is whole and all else real."""
    domains = dict(free)
    for f in (*walk(a), *walk(b)):
        whole: list[tuple[Formula, str]] = []
        if isinstance(f, Ref):
            whole = [(index, "index") for index in f.indices]
        elif isinstance(f, Big):
            whole = [(f.low, "size"), (f.high, "size")]
        for part, domain in whole:
            for node in walk(part):
                if isinstance(node, Ref) and not node.indices:
                    domains.setdefault(node.name, domain)
    return domains


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
