"""Formulas of a solution as text that a machine evaluates: lines, links, and what sentences claim."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hwsolve.formula.comparisons import by_steps
from hwsolve.formula.notation import plain
from hwsolve.formula.notation.plain import COMPARISONS
from hwsolve.formula.tree import Call, Formula, Number, Ref, transform
from hwsolve.language import Message
from hwsolve.solution import Free, Stage, Text

Object = dict[str, Any]


def claims(text: Text, free: Free) -> Object:
    """The comparisons that a sentence states, each of which is true."""
    found = [plain(f) for f in places(text) if isinstance(f, Call) and f.name in COMPARISONS]
    said = [{"formula": f, "free": free} if free else f for f in found]
    return {"claims": said} if said else {}


def places(text: Any) -> Iterator[Any]:
    """What stands at the places of a sentence."""
    if isinstance(text, Message):
        for value in text.values.values():
            yield from places(value)
    elif isinstance(text, tuple):
        for value in text:
            yield from places(value)
    else:
        yield text


def link(s: Stage) -> list[str]:
    """A link: its relation, its formula, and the factor of a ⟺."""
    f = transform(s.formula, rounded) if s.relation == "≈" else s.formula
    return [s.relation, plain(f), *([plain(s.factor)] if s.factor is not None else [])]


def rounded(f: Formula) -> Formula:
    """A rounded number as what it is, `~0.321245`."""
    if type(f) is not Number or not f.rounded:
        return f
    return Call("neg", (Ref(f"~{f.text[1:]}"),)) if f.text.startswith("-") else Ref(f"~{f.text}")


def computable(f: Formula) -> str:
    """A formula for a reader that works in fractions and in real numbers, and cannot order the two."""
    text = plain(f)
    if type(f) is Ref:
        return text
    ordered = "<" in text or ">" in text or "max(" in text or "min(" in text
    return plain(by_steps(f)) if ordered else text
