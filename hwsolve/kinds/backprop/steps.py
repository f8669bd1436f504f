"""The steps of training: which of them are written out.

The values at step k are those after k updates; step 0 is the start.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any

from hwsolve.language import Message, say
from hwsolve.solution import Answer

FEW, MANY = 5, 100  # steps that are all written out: at most, and with `full`


def worked(steps: int, full: bool) -> set[int]:
    """The steps whose gradients and updates are written out: all of a few, else the first and the last."""
    return set(range(max(steps, 1))) if steps <= (MANY if full else FEW) else {0, steps - 1}


def passes(worked: set[int], steps: int) -> set[int]:
    """The steps whose forward pass is written out: those worked out, and what comes after each."""
    return {s for first in worked for s in (first, first + 1) if s <= steps}


def few_tried(problem: Any, steps: int) -> Iterator[Message]:
    """What the patterns of a problem do not meet where there are very many steps."""
    if steps > MANY and "*" in "".join((problem.only or "", *(ask.text for ask in problem.ask))):
        yield say(
            "Of {n} steps a pattern with * meets only what is written out: it meets every step of at most {most}.",
            n=f"{steps:,}",
            most=MANY,
        )


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
