"""Tables as text: cells, which columns are numbers, and what gives way where a table is wider than the page.

In order: heads in two rows, formulas in rows under each other, the columns that the table says may go, names and words
in rows under each other, numbers at the right end.  A column that goes is named below the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from hwsolve.formula.notation import unicode
from hwsolve.formula.notation.unicode import number_text
from hwsolve.formula.tree import Call, Formula, Number
from hwsolve.language import say
from hwsolve.render.table_columns import (
    GAP,
    INSET,
    NARROWEST_TEXT,
    Column,
    beside,
    fold,
    folded,
    full_width,
    headed,
    narrower,
    narrowest,
    spans,
    squeezed,
    widest,
)
from hwsolve.render.table_heads import heads_of, name_of, working
from hwsolve.solution import Cell, Quantity, Table, Text

LONGEST, HEAD, TAIL = 120, 40, 20  # rows of a table in the short form
MOST_TALL = 3  # one of so many rows of a table may have formulas in several rows
UNKNOWN = ("?", "–", "")  # in place of a number
Words = Callable[[Text], str]


# the table that is shown


def on_page(table: Table, full: bool) -> Table:
    """The rows of a page, those that a short one leaves closed in one row; no column that is empty throughout."""
    rows, depths = list(table.rows), list(table.depths or (0,) * len(table.rows))
    for first, last, text in () if full else sorted(table.folds, key=lambda f: -f[0]):
        taken = slice(first, last + 1)
        rows[taken] = [(text, *[""] * (len(table.columns) - 1))]
        depths[taken] = [min(depths[taken], default=0)]
    kept = [n for n in range(len(table.columns)) if n == 0 or not rows or any(row[n] not in ("", 0) for row in rows)]
    return only(msgspec.structs.replace(table, rows=tuple(rows), depths=tuple(depths), folds=()), kept)


def only(table: Table, kept: Sequence[int]) -> Table:
    """These columns of a table; one without a head goes with the one behind it."""
    kept = [n for n in kept if table.columns[n] or n + 1 in kept]
    return msgspec.structs.replace(
        table,
        columns=tuple([table.columns[n] for n in kept]),
        rows=tuple([tuple([row[n] for n in kept]) for row in table.rows]),
        drop=tuple([kept.index(n) for n in table.drop if n in kept]),
    )


def fitted(table: Table, words: Words, room: int, full: bool = True, folds: bool = True) -> tuple[Table, list[Text]]:
    """The table without the columns for which there is no room, and their heads; `folds`: formulas may be broken."""
    dropped: list[Text] = []
    while len(table.columns) > 1 and not has_room(table, words, room, full, folds):
        numbers = [n for n, numeric in enumerate(numeric_columns(table)) if numeric and n]
        if not table.drop and len(numbers) < 2:
            break
        n = table.drop[0] if table.drop else numbers[-1]
        dropped = [name for name in dropped if name != working(table.columns[n])] + [name_of(table, n)]
        table = only(table, [k for k in range(len(table.columns)) if k != n])
    return table, dropped


def has_room(table: Table, words: Words, room: int, full: bool, folds: bool) -> bool:
    """Whether a table fits, without many of its formulas in several rows where one of them may go."""
    if full_width(least(table, words, full, folds)) > room:
        return False
    if not table.drop or not folds:
        return True
    made = layout(table, words, room, GAP, full)
    tall = [any(len(c.rows[n]) > 1 for c in made if c.pairs) for n in range(1, len(made[0].rows))]
    return sum(tall) * MOST_TALL <= len(tall)


def least(table: Table, words: Words, full: bool, folds: bool) -> list[Column]:
    """The columns, heads in two rows, formulas broken; those of text as narrow as they may be where none may go."""
    columns = headed(columns_of(table, words, full), 0)
    columns = [narrowest(c) for c in columns] if folds else columns
    return columns if table.drop else [c if c.right else narrower(c, NARROWEST_TEXT) for c in columns]


# cells


def texts(table: Table, words: Words, full: bool = True) -> list[list[str]]:
    """Heads and cells as text; in the short form, a long table's middle is left out."""
    every = list(zip(table.depths or (0,) * len(table.rows), table.rows, strict=True))
    whole = full or len(every) <= LONGEST
    body: list[list[str]] = []
    for depth, row in every if whole else every[:HEAD] + every[-TAIL:]:
        first, *others = [cell_text(c, words) for c in row]
        body.append([INSET * depth + first, *others])
    heads = [words(c) for c in heads_of(table)]
    if whole:
        return [heads, *body]
    rest = words(say("… {n} more rows …", n=f"{len(every) - HEAD - TAIL:,}"))
    return [heads, *body[:HEAD], [rest] + [""] * (len(heads) - 1), *body[HEAD:]]


def cell_text(cell: Cell, words: Words) -> str:
    """A cell as a person reads it; a rounded number says so, and a product takes little room."""
    if isinstance(cell, Quantity):
        text = number_text(cell.text)
        return text if cell.relation == "=" else f"≈ {text}"
    if isinstance(cell, Formula):
        return compact(cell)
    return f"{cell:,}".replace("-", "−") if isinstance(cell, int) else words(cell)


def compact(f: Formula, write: Callable[[Formula], str] = unicode) -> str:
    """`7×7×3×64`, and `3 × 7×7×3×64` for a number of products."""
    if isinstance(f, Call) and f.name == "*" and len(f.args) == 2:
        n, product = f.args
        if isinstance(n, Number) and isinstance(product, Call) and product.name == "*":
            return f"{compact(n, write)} × {compact(product, write)}"
    return write(f).replace(" × ", "×").replace(" · ", "·")


def numeric_columns(table: Table) -> list[bool]:
    """Whether a column holds numbers, or what stands for one: then it is set to the right."""
    body = table.rows[:-1] if table.total and len(table.rows) > 1 else table.rows
    columns = zip(*body, strict=True) if body else [()] * len(table.columns)
    return [numeric([c for c in column if c != ""]) for column in columns]


def numeric(cells: list[Cell]) -> bool:
    """Whether cells are numbers."""
    known = [isinstance(c, int | Quantity | Number) for c in cells]
    return any(known) and all(a or c in UNKNOWN for a, c in zip(known, cells, strict=True))


# rows of text


def drawn(table: Table, words: Words, room: int, full: bool = True) -> Iterator[tuple[str, list[str]]]:
    """The rows of text, each with what it is: head, rule, row or total; a rule is one text."""
    columns = layout(table, words, room, GAP, full)
    rule = "─" * full_width(columns)
    last = len(columns[0].rows) - 1
    for n in range(last + 1):
        total = table.total and n == last and n > 1
        if total:
            yield "rule", [rule]
        kind = "head" if n == 0 else "total" if total else "row"
        if n and spans([c.rows[n] for c in columns]):
            yield from ((kind, [text]) for part in columns[0].rows[n] for text in fold(part, room))
            continue
        cells = [c.cells(n) for c in columns]
        for k in range(max(map(len, cells))):
            row = [texts[k] if k < len(texts) else " " * c.width for c, texts in zip(columns, cells, strict=True)]
            yield kind, row
        if n == 0:
            yield "rule", [rule]


# columns


def layout(table: Table, words: Words, room: int, between: int = GAP, full: bool = True) -> list[Column]:
    """The columns of the page for `room` columns of text, `between` of which part two columns."""
    columns = columns_of(table, words, full)
    if full_width(columns, between) > room:
        columns = headed(columns, full_width(columns, between) - room)
    if full_width(columns, between) > room:
        columns = folded(columns, room, between)
    return columns if full_width(columns, between) <= room else squeezed(columns, room, between)


def columns_of(table: Table, words: Words, full: bool) -> list[Column]:
    """Every column as wide as its widest text."""
    rows = texts(table, words, full)
    numbers = numeric_columns(table)
    narrow = [row for row in rows[1:] if not spans([[text] for text in row])]
    narrow = [rows[0], *narrow] if narrow else rows
    found: list[Column] = []
    for n, flush in enumerate(numbers):
        terms = found.pop() if n and not table.columns[n - 1] else None
        column = Column([[row[n]] for row in rows], flush, widest([row[n] for row in narrow]))
        found.append(column if terms is None else beside(terms, column))
    return found
