"""Bar charts of a count: a chart for each column of the table, a bar for each of its outermost rows."""

from __future__ import annotations

from collections.abc import Iterator

from hwsolve.figures import Bars
from hwsolve.kinds.count_params.counted import QUANTITIES
from hwsolve.language import say
from hwsolve.solution import Sentence, Table, Text

MOST = 60  # bars of a chart


def charts(table: Table, keys: tuple[str, ...]) -> Iterator[Bars | Sentence]:
    """The charts of a table, or why a column has none; one without a total is no sum of bars."""
    for key in keys:
        head = QUANTITIES[key].head
        column = next((n for n, title in enumerate(table.columns) if title == head), None)
        if column is None or not QUANTITIES[key].total:
            continue
        outermost = [row for row, depth in zip(table.rows[:-1], table.depths, strict=False) if depth == 0]
        bars: list[tuple[Text, int]] = [
            (name_of(row[0]), cell) for row in outermost if isinstance(cell := row[column], int)
        ]
        known = all(isinstance(row[column], int) or row[column] == "" for row in outermost)
        if not known:
            yield Sentence(say("{column}: no bars, since not all of its rows are numbers.", column=head))
        elif len(bars) > MOST:
            yield Sentence(say("{column}: no bars, since there would be more than {n}.", column=head, n=MOST))
        elif bars:
            yield Bars(head, tuple(bars))


def name_of(cell: object) -> Text:
    """The name of a row."""
    assert not isinstance(cell, int)
    return cell  # type: ignore[return-value]
