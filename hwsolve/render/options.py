"""What a reader asks of the page."""

from __future__ import annotations

import msgspec


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """`width` in columns; `color` None means as the terminal allows; `full` writes asides and carried values too.

    `columns`: words that name the number columns of a layer table that are wanted, all where there are none.
    `only`: a key, of which nothing but its derivation is shown; `questions`: the problem without its solution.
    `checks`: all that was judged, in tables.
    `compact`: data in one row; `several`: data as a list, though it be of one solution.
    `ascii`: formulas in text are of these signs alone, as the output has no others.
    """

    width: int = 80
    color: bool | None = None
    full: bool = False
    only: str | None = None
    questions: bool = False
    checks: bool = False
    language: str = "en"
    columns: tuple[str, ...] = ()
    compact: bool = False
    several: bool = False
    ascii: bool = False
