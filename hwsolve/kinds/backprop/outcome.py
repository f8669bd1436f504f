"""What training did to the loss, decided on the values themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from hwsolve import numbers
from hwsolve.derivation.lines import identity_line
from hwsolve.figures import Curve
from hwsolve.formula.tree import ZERO, Ref, call
from hwsolve.graph.run import Trajectory
from hwsolve.kinds.backprop.steps import heights
from hwsolve.language import Message, say
from hwsolve.quantities import put_in, quantity
from hwsolve.sections import one_group
from hwsolve.solution import Answer, Carried, Form, Group, Item, Line, Sentence, Stage, Table


def compared(
    first: Ref, last: Ref, losses: list[Any], answers: dict[str, Answer], digits: int, unchanged: bool,
    objective: bool = False,
) -> Iterator[Sentence | Group]:  # fmt: skip
    """E⁺ ≈ 0.0159766 < 0.025538 = E: the loss fell, or rose, or stayed; the box of answers says so too."""
    before, after = losses[0], losses[-1]
    sign = "" if unchanged else decided(before, after)
    if sign != "?" and (answer := answers.get(last.name)) is not None:
        answers[last.name] = msgspec.structs.replace(answer, legend=(verdict(sign, objective),))
    if sign == "?":
        text = say("Whether the objective fell cannot be told from its first thousands of digits.")
        yield Sentence(
            text if objective else say("Whether the loss fell cannot be told from its first thousands of digits.")
        )
    elif not sign:
        yield Sentence(verdict(sign, objective))
    else:
        why = say("the loss fell") if sign == "<" else say("the loss rose")
        if objective:
            why = say("the objective fell") if sign == "<" else say("the objective rose")
        yield Group((chain(first, last, before, after, sign, digits),), why)
        yield Group((identity_line(call("-", last, first), ZERO, {}, relation=sign),), detail="data")


def verdict(sign: str, objective: bool) -> Message:
    """What a sign between the loss after and before says."""
    if sign == "<":
        return say("The objective fell.") if objective else say("The loss fell.")
    if sign == ">":
        return say("The objective rose.") if objective else say("The loss rose.")
    return say("The objective stayed as it was.") if objective else say("The loss stayed as it was.")


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


def of_losses(page: Any, trajectory: Trajectory) -> list[Item]:
    """The losses of all steps of training, and their curve."""
    losses = trajectory.losses
    if not page.updates or not losses or page.graph.nodes[page.graph.loss].shape:
        return []
    name, shown = page.graph.loss, [quantity(v, page.writer.digits) for v in losses]
    lines: list[Line] = []
    for k, q in enumerate(shown):
        key = page.writer.key(name, (), k)
        if key not in page.writer.known:
            page.writer.known[key] = (name, ())
            lines.append(Carried(key, q, numbers.full(losses[k])))
            page.answers[key.name] = Answer(q)
    items: list[Item] = [*one_group(lines)]
    if page.steps > 1:
        symbol = page.graph.labels[name].symbol
        items.append(Table(say("The loss at every step"), (say("updates"), symbol), tuple(enumerate(shown))))
        if ys := heights(losses):
            items.append(Curve(say("Loss"), say("updates"), symbol, tuple(map(float, range(len(ys)))), ((symbol, ys),)))
    return items
