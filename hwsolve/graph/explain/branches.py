"""Branches in words: which piece of a function a number lies in, as comparisons that are true: β = 0.274 > 0.

Functions made of pieces, and their slopes, are written with the number that is decided; the reason says why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve import numbers
from hwsolve.derivation.text_values import Reads
from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.functions import FUNCTIONS, Function
from hwsolve.formula.instantiate import fold
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref, call, children, walk
from hwsolve.language import Message, say
from hwsolve.numbers.formed import remembering
from hwsolve.numbers.identity import settled

if TYPE_CHECKING:
    from hwsolve.graph.explain.lines import Writer

NO_WORDS: Mapping[Any, Message] = {}
FEW = 4  # branches that are named each


class Branch(msgspec.Struct, frozen=True):
    """Where an argument lies: below which kinks; `at`: on one of them.  `claim` says it with its number."""

    piece: int
    at: bool
    claim: Formula
    bound: Formula  # the same without the number
    call: Call


def branches(writer: Writer, formulas: list[Formula]) -> list[Branch]:
    """Those of all functions made of pieces in some formulas over nodes, each once."""
    calls = dict.fromkeys(part for f in formulas for part in walk(f) if pieces_of(part) is not None)
    if not calls:
        return []
    places = settled(lambda: [place(writer, part) for part in calls], writer.forms)
    pairs = zip(calls, places, strict=True)
    return [branch(writer, part, *found) for part, found in pairs if found is not None and isinstance(part, Call)]


def pieces_of(f: Formula) -> Function | None:
    """The function behind a call, or the one that it is the slope of, if it is made of pieces of one number."""
    if not isinstance(f, Call) or not f.args or not isinstance(f.args[0], Ref):
        return None
    if any(isinstance(part, BigOperator) for part in walk(f)):
        return None
    known = FUNCTIONS.get(f.name.removeprefix("d_"))
    return known if known is not None and known.kinks and not known.many else None


def has_branches(f: Formula) -> bool:
    """Whether a formula has a case, or a function made of pieces, once indices and constants have decided theirs."""
    calls = list(walk(fold(f)))
    return any(isinstance(c, Call) and c.name == "if" for c in calls) or any(map(pieces_of, calls))


def place(writer: Writer, part: Formula) -> tuple[int, bool] | None:
    """How many kinks lie below the argument of a call, and whether it is the next; None where nothing tells."""
    known, (x, *_) = pieces_of(part), children(part)
    assert known is not None
    read = Reads(writer.key, writer.element)
    value = evaluate(x, read)
    kinks = [evaluate(parse(k), read) for k in known.kinks]
    if isinstance(value, float):
        kinks = [float(k) for k in kinks]
    try:
        below = sum(not numbers.equal(k, value) and numbers.less(k, value) for k in kinks)
        return below, below < len(kinks) and numbers.equal(value, kinks[below])
    except numbers.Undecided:
        if not remembering():
            raise
        return None


def branch(writer: Writer, part: Call, piece: int, at: bool) -> Branch:
    """Where the argument of a call lies, in words."""
    known = pieces_of(part)
    assert known is not None
    shown, key = writer.number(part.args[0]), writer.relabel(part.args[0])
    equal = "≈" if isinstance(shown, Number) and shown.rounded else "=="
    kinks = [parse(k) for k in known.kinks]
    if at:
        claim = call("==", key, kinks[piece])
        return Branch(piece, True, claim, claim, part)
    stated = call(equal, key, shown)
    if piece == len(kinks):
        return Branch(piece, False, call(">", stated, kinks[-1]), call(">", key, kinks[-1]), part)
    upper = kinks[piece]
    if piece == 0:
        return Branch(piece, False, call("<", stated, upper), call("<", key, upper), part)
    above = call("<", kinks[piece - 1], key)
    return Branch(piece, False, call("<", call(equal, above, shown), upper), call("<", above, upper), part)


def reason(writer: Writer, formulas: list[Formula], slopes: bool) -> Message | str:
    """Why the functions made of pieces have the values that they have; nothing where there are none.

    Those that pass stand first, a few with their numbers, more of them counted.
    """
    found = sorted(branches(writer, formulas), key=lambda b: (b.at, -b.piece))
    if not found:
        return ""
    kinks = [b for b in found if b.at]
    if len(found) > FEW:
        return counted([region(b) for b in found])
    plain = [b for b in found if not b.at]
    parts: list[Message] = []
    if len(found) == 1 and slopes and plain:
        value = writer.decided(found[0].call)
        slope = call("≈" if isinstance(value, Number) and value.rounded else "==", writer.relabel(found[0].call), value)
        return say("{slope}, as {case}", slope=slope, case=plain[0].claim)
    if plain:
        parts.append(say("{cases}", cases=tuple(dict.fromkeys(b.claim for b in plain))))
    if kinks and slopes:
        places = tuple(dict.fromkeys(b.claim for b in kinks))
        value = writer.decided(kinks[0].call)
        parts.append(say("taken as {value} at {places}, as PyTorch does", value=value, places=places))
    elif kinks:
        parts.append(say("{cases}", cases=tuple(b.claim for b in kinks)))
    return parts[0] if len(parts) == 1 else say("{first}; {second}", first=parts[0], second=parts[1])


def counted(cases: Sequence[Any], words: Mapping[Any, Message] = NO_WORDS) -> Message:
    """How often each of many cases holds; those that have words are said by them."""
    (first, n), *others = Counter(cases).items()
    text = say("{n} of {size}: {case}", n=n, size=len(cases), case=words.get(first, first))
    for case, n in others:
        text = say("{before}; {n}: {case}", before=text, n=n, case=words.get(case, case))
    return text


def region(b: Branch) -> Formula:
    """Where an argument lies, without its indices: z > 0."""

    def bare(f: Formula) -> Formula:
        if isinstance(f, Ref) and f.indices:
            return call("whole", Ref(f.name))
        return Call(f.name, tuple(map(bare, f.args))) if isinstance(f, Call) else f

    return call("form", bare(b.bound))
