"""The steps of training: which of them are written out, how their passes are headed, and whether the loss fell.

The values at step k are those after k updates; step 0 is the start.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite
from typing import Any

from hwsolve import numbers
from hwsolve.graph.run import Trajectory
from hwsolve.language import Message, say
from hwsolve.solution import Answer

FEW, MANY = 5, 100  # steps that are all written out: at most, and with `full`


def worked(steps: int, full: bool) -> set[int]:
    """The steps whose gradients and updates are written out: all of a few, else the first and the last."""
    return set(range(max(steps, 1))) if steps <= (MANY if full else FEW) else {0, steps - 1}


def passes(worked: set[int], steps: int) -> set[int]:
    """The steps whose forward pass is written out: those worked out, and what comes after each."""
    return {s for first in worked for s in (first, first + 1) if s <= steps}


def headings(step: int) -> tuple[Message, Message]:
    """What stands over the forward pass and over the loss."""
    if step == 0:
        return say("Forward pass"), say("Loss")
    if step == 1:
        return say("Forward pass after the update"), say("Loss after the update")
    return say("Forward pass after {n} updates", n=step), say("Loss after {n} updates", n=step)


def verdict(trajectory: Trajectory, parameters: Iterable[str]) -> Message:
    """Whether the loss fell, decided on the values themselves."""
    before, after = trajectory.losses[0], trajectory.losses[-1]
    first, *_, last = [trajectory.kept[step] for step in sorted(trajectory.kept)]
    if all(identical(first[name], last[name]) for name in parameters):
        return say("The loss stayed as it was:")
    try:
        if numbers.less(after, before):
            return say("The loss fell:")
        return say("The loss rose:") if numbers.less(before, after) else say("The loss stayed as it was:")
    except numbers.Undecided:
        if not numbers.last_precision():
            raise
        return say("Whether the loss fell cannot be told from its first thousands of digits:")


def identical(a: Any, b: Any) -> bool:
    """Whether two arrays hold the same numbers; balls do only where they are points."""
    same = a == b
    return bool(same.all()) if hasattr(same, "all") else bool(same)


def step_of(answer: tuple[str, Answer]) -> int:
    """The step that an answer's key belongs to: answers stand in the order of the steps."""
    return int(answer[0].partition("@")[2].partition("[")[0] or 0)


def heights(values: list[Any]) -> tuple[float, ...]:
    """Values as a curve can show them; none where one is too large to be drawn."""
    try:
        found = tuple(float(v) for v in values)
    except OverflowError:
        return ()
    return found if all(map(isfinite, found)) else ()
