"""A stated total that differs: whether it is the sum of what is stated for its parts, which may be rounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

import msgspec

from hwsolve.compare import interval
from hwsolve.formula.key_sums import Term, terms_of
from hwsolve.formula.parse import FormulaError, parse
from hwsolve.language import Message, say
from hwsolve.numbers import is_exact
from hwsolve.solution import Published, Quantity, Solution, Text, Value
from hwsolve.typed import scaled, typed


class Part(NamedTuple):
    """What is stated for a part of a total, as a number, and how it was judged."""

    value: Fraction
    judged: Published


def with_sums(published: list[Published], solution: Solution) -> list[Published]:
    """What sources state, with the totals named that are wrong as the sums of their stated parts."""
    if not any(p.verdict == "wrong" for p in published):
        return published
    sums = {p.key: terms for p in published if len(terms := sum_typed(p.key)) > 1}
    sums |= {line.key.name: terms for line in solution.lines if isinstance(line, Value) and (terms := sum_of(line))}
    if not sums:
        return published
    parts = StatedParts(published, solution, sums)
    return list(map(parts.judged, published))


def sum_of(line: Value) -> tuple[Term, ...]:
    """The terms of a value that is a sum of other values; nothing where it is made in another way."""
    if line.key.indices or not isinstance(line.quantity, Quantity):
        return ()
    return tuple(terms_of(line.formula))


def sum_typed(key: str) -> tuple[Term, ...]:
    """The terms of a key that is a sum of keys."""
    try:
        return tuple(terms_of(parse(key)))
    except FormulaError:
        return ()


class StatedParts:
    """What is stated for the parts of totals, each by its own key, or by that of a part of the same size."""

    def __init__(self, published: Iterable[Published], solution: Solution, sums: dict[str, tuple[Term, ...]]) -> None:
        self.sums, self.answers = sums, solution.answers
        self.named: dict[str, Part] = {}
        self.alike: dict[tuple[str, Fraction], list[Part]] = {}
        for p in published:
            if (stated := number(p.stated)) is None or p.key not in self.answers or (size := self.size(p.key)) is None:
                continue
            self.named[p.key] = part = Part(stated, p)
            self.alike.setdefault((p.key.partition(".")[0], size), []).append(part)

    def size(self, key: str) -> Fraction | None:
        """The value that came out for a key, or for a sum of keys, if it is one number, and exact."""
        if key not in self.answers and key in self.sums:
            sizes = [(times, self.size(name)) for times, name in self.sums[key]]
            known = [times * size for times, size in sizes if size is not None]
            return sum(known, Fraction(0)) if len(known) == len(sizes) else None
        value = self.answers[key].value if key in self.answers else None
        if not isinstance(value, Quantity) or not is_exact(value.value):
            return None
        return interval(value.value)[0]

    def leaves(self, key: str) -> Iterator[tuple[int, Part | None]]:
        """The parts of a total, each as it is stated; None for one that is not."""
        for times, name in self.sums[key]:
            if name in self.named:
                yield times, self.named[name]
            elif name in self.sums and name != key:
                yield from ((times * n, part) for n, part in self.leaves(name))
            else:
                size = self.size(name)
                alike = self.alike.get((name.partition(".")[0], size), []) if size is not None else []
                yield times, alike[0] if len({part.value for part in alike}) == 1 else None

    def judged(self, p: Published) -> Published:
        """A total that is the sum of its stated parts, with that as the cause; another one as it is."""
        wanted = typed(p.stated) or scaled(p.stated)
        computed = self.size(p.key)
        if p.verdict != "wrong" or wanted is None or computed is None or p.key not in self.sums:
            return p
        found = list(self.leaves(p.key))
        parts = [(times, part) for times, part in found if part is not None]
        if (
            len(parts) < max(2, len(found))
            or abs(sum(n * part.value for n, part in parts) - wanted.value) > wanted.half
        ):
            return p
        verdicts = {part.judged.verdict for _, part in parts}
        share = percent(computed - wanted.value, computed)
        off = say("{why} ({percent}%)", why=p.why, percent=share)
        why = say("the sum of the stated parts, {how}; {why}", how=how(verdicts), why=off)
        far = None if "wrong" in verdicts else too_far(p.why, computed > wanted.value, share)
        return msgspec.structs.replace(p, why=why, inexact=None if far is None else (how(verdicts), far))


def how(verdicts: set[str]) -> Text:
    """In which way parts are not what came out."""
    if "wrong" in verdicts:
        return say("some of which are wrong")
    return say("some of which are truncated") if "cut off" in verdicts else say("some of which are rounded")


def too_far(why: Text, small: bool, share: str) -> Text | None:
    """How far a stated number is from the one that came out, where that is all that differs."""
    if not isinstance(why, Message) or "off" not in why.values:
        return None
    what = {"off": why.values["off"], "percent": share}
    return say("{off} or {percent}% too small", **what) if small else say("{off} or {percent}% too large", **what)


def number(text: str) -> Fraction | None:
    """The number that a source states."""
    found = typed(text) or scaled(text)
    return None if found is None else found.value


def percent(part: Fraction, whole: Fraction) -> str:
    """How much of a whole a part is, to two digits."""
    return f"{float(abs(100 * part / whole)):.2g}" if whole else "0"
