"""A published answer that is wrong here: another reading of the problem under which it is right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from hwsolve.answers import BadKey, look_up
from hwsolve.compare import Free, compare
from hwsolve.formula.tree import Formula
from hwsolve.language import Message, say
from hwsolve.solution import Answer, Published, Solution, Text

Readings = Iterable[tuple[Message, dict[str, Answer]]]  # answers under other readings of a problem, each in words
Otherwise = Callable[[Any], Readings]


def no_other(problem: Any) -> Readings:
    """The readings of a problem whose kind knows none."""
    return ()


class Stated(NamedTuple):
    """What a source states, judged, and as it was read; `elsewhere`: of another problem."""

    judged: Published
    value: Any
    elsewhere: bool = False


def read_otherwise(
    published: Sequence[Stated], readings: Callable[[], Readings], s: Solution, free: Free
) -> list[Published]:
    """What sources state; what is wrong, with the reading of the problem under which it is right, if there is one.

    A reading comes first under which nothing else that is stated of the problem, and right, would be wrong.  What is
    right under one, and has stated elsewhere what is right here, is exchanged.
    """
    found = [one.judged for one in published]
    for n, one in enumerate(published):
        if one.judged.verdict != "wrong" or not isinstance(one.value, Formula):
            continue
        why, other = cause(one, published, readings(), s, free)
        found[n] = msgspec.structs.replace(one.judged, why=why or one.judged.why)
        if other is not None:
            found[n] = msgspec.structs.replace(found[n], exchanged=published[other].judged.source)
            found[other] = msgspec.structs.replace(found[other], exchanged=one.judged.source)
    return found


def cause(
    wrong: Stated, published: Sequence[Stated], readings: Readings, s: Solution, free: Free
) -> tuple[Text, int | None]:
    """Under which reading something is right, what else there is to say of it, and what it is exchanged with."""
    right = [one for one in published if one.judged.verdict == "agrees"]
    second: Text = ""
    for why, answers in readings:
        if not holds(wrong, answers, free):
            continue
        if (same := next((one for one in right if one.elsewhere and same_answer(one, wrong)), None)) is not None:
            return why, published.index(same)
        against = next((one for one in right if not one.elsewhere and holds(one, answers, free) is False), None)
        if against is None:
            return why, None
        second = second or but(why, against, s)
    return second, None


def holds(one: Stated, answers: dict[str, Answer], free: Free) -> bool | None:
    """Whether what is stated is right among other answers; None where that is not known."""
    try:
        value = look_up(one.judged.key, answers)
    except BadKey:
        return None
    if not isinstance(value, Formula) or not isinstance(one.value, Formula):
        return None
    return compare(one.judged.stated, one.value, value, free, None).ok


def same_answer(one: Stated, other: Stated) -> bool:
    """Whether two stated values are of one key, which may stand in parentheses."""
    return one.judged.key.strip("()") == other.judged.key.strip("()")


def but(why: Message, against: Stated, s: Solution) -> Message:
    """A reading under which something else that is stated would be wrong."""
    if (name := s.symbols.get(against.judged.key)) is None:
        return say("{why}; but then another stated answer would be wrong", why=why)
    what = {"key": name, "stated": against.value}
    return say("{why}; but then {key} = {stated}, also stated, would be wrong", why=why, **what)
