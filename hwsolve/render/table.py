"""Tables as text: cells, which columns are numbers, and how many rows of text a row takes to fit the width.

A table that is too wide puts its last columns into a second row of text under the first: nothing runs off the edge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec

from hwsolve.formula.notation import unicode
from hwsolve.formula.notation.unicode import number_text
from hwsolve.formula.tree import Formula
from hwsolve.language import say
from hwsolve.render.measure import fill, left, right, width
from hwsolve.solution import Cell, Quantity, Table, Text

LONGEST, HEAD, TAIL = 120, 40, 20  # rows of a table in the short form
NARROWEST, NARROWEST_TEXT = 8, 14


PARTS = re.compile(r"(?<=\.)(?=[^\W\d])|(?<=\s)(?=\S)")  # between the parts of a name, and between words


class Column(msgspec.Struct):
    """A column of the page: each row of the table gives it one or more rows of text."""

    rows: list[list[str]]  # the head is the first
    right: list[list[bool]]  # which of them are set to the right
    width: int

    def cells(self, n: int) -> list[str]:
        """The rows of text of row n, as wide as the column."""
        return [
            right(text, self.width) if flush else left(text, self.width)
            for text, flush in zip(self.rows[n], self.right[n], strict=True)
        ]


def texts(table: Table, words: Callable[[Text], str], full: bool = True) -> list[list[str]]:
    """Heads and cells as text; in the short form, a long table's middle is left out."""
    rows = [[words(c) for c in table.columns], *[[cell_text(c, words) for c in row] for row in table.rows]]
    if full or len(rows) <= LONGEST + 1:
        return rows
    hidden = len(rows) - 1 - HEAD - TAIL
    rest = words(say("… {n} more rows …", n=f"{hidden:,}"))
    return [*rows[: HEAD + 1], [rest] + [""] * (len(rows[0]) - 1), *rows[-TAIL:]]


def kept_rows(table: Table, full: bool) -> Sequence[Sequence[Cell]]:
    """The rows of a table; in the short form, one that says how many are left out stands for a long table's middle."""
    if full or len(table.rows) <= LONGEST:
        return table.rows
    rest = say("… {n} more rows …", n=f"{len(table.rows) - HEAD - TAIL:,}")
    return (*table.rows[:HEAD], (rest, *[""] * (len(table.columns) - 1)), *table.rows[-TAIL:])


def cell_text(cell: Cell, words: Callable[[Text], str]) -> str:
    """A cell as a person reads it; a rounded number says so."""
    if isinstance(cell, Quantity):
        text = number_text(cell.text)
        return text if cell.relation == "=" else f"≈ {text}"
    if isinstance(cell, Formula):
        return unicode(cell)
    return f"{cell:,}".replace("-", "−") if isinstance(cell, int) else words(cell)


def numeric_columns(table: Table) -> list[bool]:
    """Whether a column holds numbers alone: then it is set to the right."""
    columns = zip(*table.rows, strict=True) if table.rows else [()] * len(table.columns)
    filled = [[c for c in column if c != ""] for column in columns]
    return [bool(cells) and all(isinstance(c, int | Quantity) for c in cells) for cells in filled]


def layout(table: Table, words: Callable[[Text], str], room: int, between: int, full: bool = True) -> list[Column]:
    """The columns of the page for `room` columns of text, `between` of which part two columns."""
    rows = texts(table, words, full)
    numbers = numeric_columns(table)
    ellipsis = next((n for n, row in enumerate(rows) if len(table.rows) > LONGEST and row[0].startswith("…")), None)
    for stacked in range(1, max(len(table.columns), 2)):
        columns = stack(rows, numbers, stacked, ellipsis)
        if full_width(columns, between) <= room:
            return columns
        if stacked == 1 and (narrower := folded(columns, numbers, room, between)):
            return narrower
    return squeezed(columns, room, between)


def full_width(columns: list[Column], between: int) -> int:
    """The width of a table's text."""
    return sum(c.width for c in columns) + between * (len(columns) - 1)


def folded(columns: list[Column], numbers: list[bool], room: int, between: int) -> list[Column] | None:
    """The columns of text made narrower, the widest first, none by more than a half: names go on behind a dot, words
    in a second row.  None where that is not enough."""
    widths = [c.width for c in columns]
    least = [w if n else min(w, max(w // 2 + 2, NARROWEST_TEXT)) for w, n in zip(widths, numbers, strict=True)]
    if sum(least) + between * (len(columns) - 1) > room:
        return None
    excess = full_width(columns, between) - room
    while excess > 0:
        slack = [w - m for w, m in zip(widths, least, strict=True)]
        widths[slack.index(max(slack))] -= 1
        excess -= 1
    return [c if c.width == w else refolded(c, w) for c, w in zip(columns, widths, strict=True)]


def refolded(column: Column, columns: int) -> Column:
    """A column of text in fewer columns."""
    rows = [[piece for text in cell for piece in fold(text, columns)] for cell in column.rows]
    return Column(rows, [[False] * len(cell) for cell in rows], columns)


def fold(text: str, columns: int) -> list[str]:
    """`smaller1.residual1.conv1` in rows, broken behind dots and spaces; the rows below are set in."""
    if width(text) <= columns:
        return [text]
    rows, row = [], ""
    for part in PARTS.split(text):
        if row.strip() and width(row) + width(part.rstrip()) > columns:
            rows.append(row.rstrip())
            row = "  "
        row += part
    return [piece for r in [*rows, row] for piece in fill(r, columns)]


def stack(rows: list[list[str]], numbers: list[bool], stacked: int, ellipsis: int | None = None) -> list[Column]:
    """The first column alone, the others in `stacked` rows of text."""
    count = len(rows[0])
    per_row = -(-(count - 1) // stacked) if count > 1 else 0
    groups = [[0], *[list(range(n, count, per_row)) for n in range(1, 1 + per_row)]]
    columns = []
    for group in groups:
        cells = [[row[n] for n in group] for row in rows]
        widest = max(width(t) for n, cell in enumerate(cells) for t in cell if n != ellipsis)
        cells[0] += [""] * (stacked - len(group))
        right_set = [[numbers[n] for n in group]] * len(rows)
        columns.append(Column(cells, [right_set[0] + [False] * (stacked - len(group)), *right_set[1:]], widest))
    return columns


def squeezed(columns: list[Column], room: int, between: int) -> list[Column]:
    """The widest columns made narrower until the table fits; their cells are broken between words."""
    for c in columns:
        c.width = min(c.width, max(room, NARROWEST))
    while full_width(columns, between) > room:
        widest = max(columns, key=lambda c: c.width)
        if widest.width <= NARROWEST:
            break
        widest.width -= 1
    for c in columns:
        filled = [[fill(text, c.width) for text in cell] for cell in c.rows]
        c.right = [
            [r for r, texts in zip(flush, cell, strict=True) for _ in texts]
            for flush, cell in zip(c.right, filled, strict=True)
        ]
        c.rows = [[text for texts in cell for text in texts] for cell in filled]
    return columns
