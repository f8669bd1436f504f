"""What is counted: one record for each quantity, which says all that pages, tables and totals need to know of it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hwsolve.kinds.count_params.conventions import Asked
from hwsolve.language import Message

Parts = tuple[tuple[int, str], ...]  # (times, key)


def never(asked: Asked) -> bool:
    """Whether the total is the largest count of a layer, and no sum."""
    return False


def mixed(asked: Asked) -> str:
    """No type of its own."""
    return ""


def unsaid(asked: Asked) -> Message | None:
    """No convention of its own."""
    return None


class Counted(msgspec.Struct, frozen=True):
    """A quantity with the keys `key` (of all) and `key.LAYER`, or `key.LAYER.PART` for each of `parts`.

    `words`: how the total is called, `head` its column.  `layer(counts, item, layer, lines)` writes the lines of one
    layer, `of(asked)` says what it is a sum of instead; without both its lines come with those of another.  `reads`:
    what its lines read beside that.  `said`: its convention in a sentence.  `always`: counted although nobody asks.
    `joined(counts, item, lines)` writes lines of a composite that are no sums.
    `experts`: all experts of a mixture count, not the active ones alone.
    `total`: whether all layers together have one; `column`: whether a table may show it.  `bytes`: it is memory, of
    numbers of one type (`dtype`) where that can be said.
    """

    key: str
    words: Message
    head: Message
    layer: Callable[..., None] | None = None
    of: Callable[[Asked], Parts] | None = None
    reads: tuple[str, ...] = ()
    said: Callable[[Asked], Message | None] = unsaid
    largest: Callable[[Asked], bool] = never
    always: bool = False
    total: bool = True
    column: bool = True
    bytes: bool = False
    dtype: Callable[[Asked], str] = mixed
    parts: tuple[str, ...] = ()
    joined: Callable[..., None] | None = None
    experts: bool = False

    def made_of(self, asked: Asked) -> Parts:
        """What it is a sum of."""
        return self.of(asked) if self.of is not None else ()
