"""Sizes and parts of a sentence in a row."""

from __future__ import annotations

from typing import Any

from hwsolve.formula.tree import formula
from hwsolve.language import Message, say


def by(sizes: Any) -> Message:
    """K × K."""
    values = [formula(n) for n in sizes]
    if len(values) == 1:
        return say("{a}", a=values[0])
    if len(values) == 2:
        return say("{a} × {b}", a=values[0], b=values[1])
    return say("{a} × {b} × {c}", a=values[0], b=values[1], c=values[2])


def each(sizes: list[Any]) -> Any:
    """One size for all axes, or those of each."""
    values = [formula(n) for n in sizes]
    return values[0] if all(v == values[0] for v in values) else by(values)


def listing(parts: list[Message]) -> Message:
    """Parts of a sentence, with commas between."""
    found = parts[0]
    for part in parts[1:]:
        found = say("{a}, {b}", a=found, b=part)
    return found
