"""What training did to the loss, decided on the values themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from hwsolve import numbers
from hwsolve.derivation.lines import identity_line
from hwsolve.formula.tree import ZERO, Ref, call
from hwsolve.graph.run import Trajectory
from hwsolve.language import say
from hwsolve.quantities import put_in, quantity
from hwsolve.solution import Form, Group, Item, Sentence, Stage


def compared(first: Ref, last: Ref, losses: list[Any], digits: int, unchanged: bool) -> Iterator[Item]:
    """E⁺ ≈ 0.0159766 < 0.025538 = E: the loss fell, or rose, or stayed."""
    before, after = losses[0], losses[-1]
    sign = "" if unchanged else decided(before, after)
    if sign == "?":
        yield Sentence(say("Whether the loss fell cannot be told from its first thousands of digits."))
    elif not sign:
        yield Sentence(say("The loss stayed as it was."))
    else:
        why = say("the loss fell") if sign == "<" else say("the loss rose")
        yield Group((chain(first, last, before, after, sign, digits),), why)
        yield Group((identity_line(call("-", last, first), ZERO, {}, relation=sign),), detail="data")


def decided(before: Any, after: Any) -> str:
    """The sign between the loss after and before; nothing where they are the same, ? where it cannot be told."""
    try:
        return "<" if numbers.less(after, before) else ">" if numbers.less(before, after) else ""
    except numbers.Undecided:
        if not numbers.last_precision():
            raise
        return "?"


def chain(first: Ref, last: Ref, before: Any, after: Any, sign: str, digits: int) -> Form:
    """The comparison with its numbers, if these are apart as they are printed."""
    shown = [quantity(v, digits) for v in (after, before)]
    new, old = map(put_in, shown)
    apart = new.numerator * old.denominator - old.numerator * new.denominator
    if apart == 0 or (apart < 0) != (sign == "<"):
        return Form((Stage("", last), Stage(sign, first)))
    return Form((Stage("", last), Stage(shown[0].relation, new), Stage(sign, old), Stage(shown[1].relation, first)))


def unchanged(trajectory: Trajectory, parameters: Iterable[str]) -> bool:
    """Whether no parameter changed at all."""
    first, *_, last = [trajectory.kept[step] for step in sorted(trajectory.kept)]
    return all(identical(first[name], last[name]) for name in parameters)


def identical(a: Any, b: Any) -> bool:
    """Whether two arrays hold the same numbers; balls do only where they are points."""
    same = a == b
    return bool(same.all()) if hasattr(same, "all") else bool(same)
