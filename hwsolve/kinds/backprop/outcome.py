"""What training did to the loss, decided on the values themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hwsolve import numbers
from hwsolve.formula.tree import Ref
from hwsolve.graph.run import Trajectory
from hwsolve.language import say
from hwsolve.quantities import put_in, quantity
from hwsolve.solution import Group, Identity, Item, Sentence, Stage


def compared(first: Ref, last: Ref, losses: list[Any], digits: int, unchanged: bool) -> Item:
    """E⁺ ≈ 0.0159766 < 0.025538 = E: the loss fell, or rose, or stayed."""
    before, after = losses[0], losses[-1]
    if unchanged:
        return Sentence(say("The loss stayed as it was."))
    try:
        fell, rose = numbers.less(after, before), numbers.less(before, after)
    except numbers.Undecided:
        if not numbers.last_precision():
            raise
        return Sentence(say("Whether the loss fell cannot be told from its first thousands of digits."))
    if not (fell or rose):
        return Sentence(say("The loss stayed as it was."))
    sign, why = ("<", say("the loss fell")) if fell else (">", say("the loss rose"))
    return Group((ordered(first, last, before, after, sign, digits),), why)


def ordered(first: Ref, last: Ref, before: Any, after: Any, sign: str, digits: int) -> Identity:
    """The comparison with its numbers, if these are apart as they are printed."""
    shown = [quantity(v, digits) for v in (after, before)]
    new, old = map(put_in, shown)
    apart = new.numerator * old.denominator - old.numerator * new.denominator
    if apart == 0 or (apart < 0) != (sign == "<"):
        return Identity(last, first, {}, relation=sign)
    links = (Stage(sign, old), Stage("=", first))
    if old.rounded:  # a bound that is rounded bounds nothing
        links = (Stage(sign, first), Stage("≈", old))
    return Identity(last, new, {}, links=links, relation=shown[0].relation)


def unchanged(trajectory: Trajectory, parameters: Iterable[str]) -> bool:
    """Whether no parameter changed at all."""
    first, *_, last = [trajectory.kept[step] for step in sorted(trajectory.kept)]
    return all(identical(first[name], last[name]) for name in parameters)


def identical(a: Any, b: Any) -> bool:
    """Whether two arrays hold the same numbers; balls do only where they are points."""
    same = a == b
    return bool(same.all()) if hasattr(same, "all") else bool(same)



