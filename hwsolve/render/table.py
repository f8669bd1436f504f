"""Tables as text: cells, which columns are numbers, and what gives way where a table is wider than the page.

In order: heads in two rows, the columns that the table says may go, names and words in rows under each other, numbers
at the right end.  A column that goes is named below the table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import msgspec

from hwsolve.formula.notation import unicode
from hwsolve.formula.notation.unicode import number_text
from hwsolve.formula.tree import Call, Formula, Number
from hwsolve.language import say
from hwsolve.render.measure import fill, left, pieces, right, width
from hwsolve.render.table_heads import halves, heads_of, name_of, working
from hwsolve.solution import Cell, Quantity, Table, Text

LONGEST, HEAD, TAIL = 120, 40, 20  # rows of a table in the short form
NARROWEST, NARROWEST_TEXT = 3, 14
UNKNOWN = ("?", "–", "")  # in place of a number
INSET = "  "
GAP = 2  # between columns

PARTS = re.compile(r"(?<=\.)(?=[^\W\d])|(?<=\s)(?=\S)")  # between the parts of a name, and between words
RELATIONS = ("=", "≈", "←")
Words = Callable[[Text], str]


class Column(msgspec.Struct):
    """A column of the page: each row of the table gives it one or more rows of text.  The head is the first."""

    rows: list[list[str]]
    right: bool
    width: int

    def cells(self, n: int) -> list[str]:
        """The rows of text of row n, as wide as the column."""
        return [right(text, self.width) if self.right else left(text, self.width) for text in self.rows[n]]


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


def fitted(table: Table, words: Words, room: int, full: bool = True) -> tuple[Table, list[Text]]:
    """The table without the columns for which there is no room, and their heads."""
    dropped: list[Text] = []
    while len(table.columns) > 1 and full_width(least(table, words, full)) > room:
        numbers = [n for n, numeric in enumerate(numeric_columns(table)) if numeric and n]
        if not table.drop and len(numbers) < 2:
            break
        n = table.drop[0] if table.drop else numbers[-1]
        dropped = [name for name in dropped if name != working(table.columns[n])] + [name_of(table, n)]
        table = only(table, [k for k in range(len(table.columns)) if k != n])
    return table, dropped


def least(table: Table, words: Words, full: bool) -> list[Column]:
    """The columns, heads in two rows; those of text as narrow as they may be where nothing is left to drop."""
    columns = headed(columns_of(table, words, full), 0)
    return columns if table.drop else [c if c.right else narrower(c, NARROWEST_TEXT) for c in columns]


def narrower(column: Column, least: int) -> Column:
    """A column of text that takes the room of its shortest form."""
    return Column(column.rows, False, min(column.width, max(column.width // 2 + 2, least)))


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


def widest(texts: Sequence[str]) -> int:
    """The columns of the widest text."""
    return max(map(width, texts), default=0)


def beside(terms: Column, numbers: Column) -> Column:
    """Numbers behind what they come from, these at the left: the two share the room of a column."""
    (head,), *left_rows = terms.rows
    heads = halves(head) if head else [""]  # in two rows, as it is longer than most of what it heads
    left_cells = [heads, *left_rows]
    pairs = [(a[0], b[0]) for a, b in zip(left_cells, numbers.rows, strict=True)]
    room = max(width(a) + width(b) + GAP * bool(a and b) for a, b in pairs)
    rows = [[a + right(b, room - width(a))] for a, b in pairs]
    rows[0] += [left(text, room) for text in heads[1:]]
    return Column(rows, True, max(room, *map(width, heads)))


def spans(row: Sequence[list[str]]) -> bool:
    """Whether a row is one text with nothing behind it: it takes the room of all columns."""
    return len(row) > 1 and not any(text for cell in row[1:] for text in cell)


def full_width(columns: Sequence[Column], between: int = GAP) -> int:
    """The width of a table's text."""
    return sum([c.width for c in columns]) + between * (len(columns) - 1)


def headed(columns: list[Column], excess: int) -> list[Column]:
    """The columns that are wider for their heads alone, these in two rows; all of them for an excess of 0."""
    made, left_over = [], excess or 10**9
    for c in columns:
        head = c.rows[0][0]
        if len(c.rows[0]) > 1:  # is in two rows already
            made.append(c)
            continue
        cells = widest([text for row in c.rows[1:] for text in row])
        two = halves(head.strip())
        wide = max(cells, *map(width, two))
        if left_over > 0 and cells < width(head) and wide < c.width:
            left_over -= c.width - wide
            c = Column([two, *c.rows[1:]], c.right, wide)
        made.append(c)
    return made


def folded(columns: list[Column], room: int, between: int) -> list[Column]:
    """The columns of text made narrower, the widest first, none by more than a half, broken behind dots and spaces."""
    widths = [c.width for c in columns]
    least = [c.width if c.right else narrower(c, max(NARROWEST_TEXT, longest_word(c))).width for c in columns]
    excess = full_width(columns, between) - room
    while excess > 0:
        slack = [w - m for w, m in zip(widths, least, strict=True)]
        if max(slack) <= 0:
            return columns
        widths[slack.index(max(slack))] -= 1
        excess -= 1
    return [c if c.width == w else refolded(c, w) for c, w in zip(columns, widths, strict=True)]


def refolded(column: Column, columns: int) -> Column:
    """A column of text in fewer columns."""
    rows = [[piece for text in cell for piece in fold(text, columns)] for cell in column.rows]
    return Column(rows, False, columns)


def fold(text: str, columns: int) -> list[str]:
    """`smaller1.residual1.conv1` in rows, broken behind dots and spaces; the rows below are set in."""
    if width(text) <= columns:
        return [text]
    inset = text[: len(text) - len(text.lstrip())]
    if len(sides := text.split(" = ")) == 2 and max(width(sides[0]), width(f"{inset}  = {sides[1]}")) <= columns:
        return [sides[0], f"{inset}  = {sides[1]}"]  # an equation, before its sign
    rows, row = [], ""
    for part in [piece for word in PARTS.split(text) for piece in pieces(word)]:
        if row.strip() and width(row) + width(part.rstrip()) > columns:
            apart = row.rstrip().endswith(RELATIONS)  # from what stands behind it: its left side goes along
            at = max(row.rfind(", "), row.rfind("，")) + 1 if apart else 0
            rows.append(row[: at or None].rstrip())
            row = inset + "  " + (row[at:].lstrip() if at else "")
        row += part
    return [piece for r in [*rows, row] for piece in fill(r, columns)]


def longest_word(column: Column) -> int:
    """The columns that a column of text needs to break no word."""
    words = [w for cell in column.rows for text in cell for part in PARTS.split(text) for w in pieces(part)]
    return len(INSET) + widest([word.rstrip() for word in words])


def squeezed(columns: list[Column], room: int, between: int) -> list[Column]:
    """The widest columns made narrower until the table fits, those of text first, words broken last of all."""
    for c in columns:
        c.width = min(c.width, max(room, NARROWEST))
    solid = {id(c): longest_word(c) for c in columns if not c.right}
    while full_width(columns, between) > room:
        wide = [c for c in columns if c.width > NARROWEST]
        if not wide:
            break
        whole = [c for c in wide if c.width > solid.get(id(c), c.width)]
        max(whole or [c for c in wide if not c.right] or wide, key=lambda c: c.width).width -= 1
    for c in columns:
        broken = fill if c.right else fold
        c.rows = [[piece for text in cell for piece in broken(text, c.width)] for cell in c.rows]
    return columns
