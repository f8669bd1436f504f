"""How quantities are written, and what they are called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from hwsolve.formula.tree import Formula, Number
from hwsolve.language import Message


class Called(msgspec.Struct, frozen=True):
    """What a quantity is called in words; `many`: it holds several things, as the scores."""

    words: Message
    many: bool = False


class Label(msgspec.Struct, frozen=True):
    """How a quantity is written: its symbol, and symbols of single elements where the problem names them."""

    symbol: str
    elements: dict[tuple[int, ...], str] = {}
    time: int | None = None  # which step of a sequence it is: an index of its own, behind `lead` others
    lead: int = 0
    cell: str = ""  # which cell of its layer the step belongs to
    called: Called | None = None

    @property
    def clock(self) -> Formula:
        """The time as an index."""
        return Number(self.time or 0)

    def at(self, indices: tuple[Any, ...], time: Any = None) -> tuple[Any, ...]:
        """The indices of an element as its key has them, with that of the time; `time` stands in its place."""
        when = () if self.time is None else (self.time if time is None else time,)
        return (*indices[: self.lead], *when, *indices[self.lead :])


def named_elements(symbols: Any, indices: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], str]]:
    """The names of single elements with their indices, from nested tuples of names."""
    if isinstance(symbols, str):
        yield indices, symbols
        return
    for k, part in enumerate(symbols, 1):
        yield from named_elements(part, (*indices, k))
