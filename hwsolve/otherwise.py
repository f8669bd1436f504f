"""A published answer that is wrong here: another reading of the problem under which it is right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from hwsolve.answers import BadKey, about, look_up
from hwsolve.compare import Free, compare, formula_of
from hwsolve.formula.growth import difference, in_lower_terms, sign_of
from hwsolve.formula.tree import ZERO, Formula, Number
from hwsolve.language import Message, say
from hwsolve.readings import Cause, Reading, Readings
from hwsolve.solution import Answer, Published, Solution, Text

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

    What is right under one, and has stated elsewhere what is right here, is exchanged.
    """
    others, found = Others(published, s, free), [one.judged for one in published]
    for n, one in enumerate(published):
        if one.judged.verdict != "wrong" or not isinstance(one.value, Formula):
            continue
        why, same = others.read(one, readings())
        found[n] = msgspec.structs.replace(one.judged, why=why or one.judged.why)
        if same is not None:
            other = published.index(same)
            found[n] = msgspec.structs.replace(found[n], exchanged=same.judged.source)
            found[other] = msgspec.structs.replace(found[other], exchanged=one.judged.source)
    return found


class Others:
    """What sources state, to be read otherwise; of what is right and speaks against a reading each is said once."""

    def __init__(self, published: Sequence[Stated], s: Solution, free: Free) -> None:
        self.right = [one for one in published if one.judged.verdict == "agrees"]
        self.s, self.free = s, free
        self.said: set[str] = set()

    def read(self, wrong: Stated, readings: Readings) -> tuple[Text, Stated | None]:
        """Why something is wrong, the leading part first where that agrees, and what it is exchanged with."""
        why, same = self.cause(wrong, readings)
        if why and wrong.judged.lower and (found := formula_of(look_up(wrong.judged.key, self.s.answers))) is not None:
            why = in_lower_terms(wrong.value, found, why) or why
        return why, same

    def cause(self, wrong: Stated, readings: Readings) -> tuple[Text, Stated | None]:
        """Under which reading something is right: one under which nothing else that is right would be wrong, if any."""
        found: list[Reading] = []
        for reading in readings:
            if not holds(wrong, reading.answers, self.free):
                continue
            same = next((one for one in self.right if one.elsewhere and same_answer(one, wrong)), None)
            if same is not None:
                return reading.why, same
            if not reading.last and self.against(reading.answers) is None:
                return self.told(wrong, reading), None
            found.append(reading)
        return self.told(wrong, min(found, key=lambda reading: reading.last)) if found else "", None

    def told(self, wrong: Stated, reading: Reading) -> Text:
        """A reading in words: what its causes add or take away, where that is all, and what speaks against them."""
        key, answers = wrong.judged.key, self.s.answers
        offs = [apart(key, cause.answers, answers) for cause in reading.causes]
        known = [(cause, off) for cause, off in zip(reading.causes, offs, strict=True) if off is not None]
        computed = formula_of(look_up(key, answers))
        whole = None if computed is None else difference(wrong.value, computed)
        if not known or len(known) != len(offs) or not adds_up(known, whole):
            return self.unlike(reading.why, reading.answers)
        return in_a_row([self.unlike(amount(off, cause.why), cause.answers) for cause, off in known])

    def unlike(self, why: Message, answers: dict[str, Answer]) -> Message:
        """A reading, and what is stated beside it that is right only without it."""
        against = self.against(answers)
        if against is None or against.judged.key in self.said:
            return why
        self.said.add(against.judged.key)
        if (name := self.s.symbols.get(against.judged.key)) is None:
            return say("{why}, unlike another stated answer", why=why)
        return say("{why}, unlike the {stated} stated for {key}", why=why, stated=against.value, key=name)

    def against(self, answers: dict[str, Answer]) -> Stated | None:
        """Something that is stated of the problem, and right, and would be wrong among other answers."""
        right = [one for one in self.right if not one.elsewhere]
        return next((one for one in right if holds(one, answers, self.free) is False), None)


def holds(one: Stated, answers: dict[str, Answer], free: Free) -> bool | None:
    """Whether what is stated is right among other answers; None where that is not known."""
    try:
        value = look_up(one.judged.key, answers)
    except BadKey:
        return None
    if formula_of(value) is None or not isinstance(one.value, Formula):
        return None
    of = about(answers)(one.judged.key)
    found = compare(one.judged.stated, one.value, value, free, None, as_source=True, of=of)
    return False if found.ok and found.how and isinstance(formula_of(value), Number) else found.ok


def same_answer(one: Stated, other: Stated) -> bool:
    """Whether two stated values are of one key, which may stand in parentheses."""
    return one.judged.key.strip("()") == other.judged.key.strip("()")


# how far counts are apart


def apart(key: str, answers: dict[str, Answer], usual: dict[str, Answer]) -> Formula | None:
    """By how much an answer is another, as a polynomial in sizes or a number; None where it is no such thing."""
    try:
        one, other = formula_of(look_up(key, answers)), formula_of(look_up(key, usual))
    except BadKey:
        return None
    return None if one is None or other is None else difference(one, other)


def adds_up(parts: Sequence[tuple[Cause, Formula]], whole: Formula | None) -> bool:
    """Whether each cause changes something, and all of them together what there is."""
    if whole is None or any(sign_of(off) == 0 for _, off in parts):
        return False
    for _, off in parts:
        if (whole := difference(whole, off)) is None:
            return False
    return whole == ZERO


def amount(off: Formula, why: Message) -> Message:
    """How much too large or too small a count is by a cause."""
    sign = sign_of(off)
    if sign is None:
        return say("{off} added: {why}", off=off, why=why)
    if sign > 0:
        return say("{off} too many: {why}", off=off, why=why)
    return say("{off} too few: {why}", off=difference(ZERO, off), why=why)


def in_a_row(parts: Sequence[Message]) -> Message:
    """Causes one behind the other."""
    first, *rest = parts
    return say("{first}; {rest}", first=first, rest=in_a_row(rest)) if rest else first
