"""Numbers that a spec states, as data: a decimal or fraction as it is, a formula such as √2 as a line of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hwsolve.language import say
from hwsolve.solution import Given, Group, Stage, Step, Value


def worked(g: Given) -> bool:
    """Whether a given number is a formula, as √2, that no decimal is equal to."""
    return g.typed is not None and g.quantity is not None and g.quantity.exact is None


def irrational(given: Iterable[Given]) -> Iterator[Step]:
    """Such numbers as lines: whoever evaluates what reads them needs more than their decimals."""
    known = ((g.key, g.typed, g.quantity) for g in given if worked(g))
    lines = tuple(Value(key, typed, (Stage("=", typed),), q) for key, typed, q in known if typed and q)
    if lines:
        yield Step(say("Given"), (Group(lines),))


def stated(g: Given) -> str:
    """A given number as exactly as it is known."""
    q = g.quantity
    assert q is not None
    if q.relation == "=":
        return q.text
    if q.exact is not None:
        return q.exact
    from hwsolve.numbers import LADDER, full, precision

    with precision(LADDER[-1]):
        return str(full(q.value))
