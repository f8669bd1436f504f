"""The columns of a table on a page of text: how wide they are, and how they give way where there is less room."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from hwsolve.render import table_pairs
from hwsolve.render.measure import fill, left, pieces, right, width
from hwsolve.render.table_heads import halves

NARROWEST, NARROWEST_TEXT = 3, 14
INSET = "  "
GAP = 2  # between columns

PARTS = re.compile(r"(?<=\.)(?=[^\W\d])|(?<=\s)(?=\S)")  # between the parts of a name, and between words
RELATIONS = ("=", "≈", "←")


class Column(msgspec.Struct):
    """A column of the page: each row of the table gives it one or more rows of text.  The head is the first.

    `pairs` are formulas and values that share it: with room for less they take more rows.
    """

    rows: list[list[str]]
    right: bool
    width: int
    pairs: list[tuple[str, str]] = []

    def cells(self, n: int) -> list[str]:
        """The rows of text of row n, as wide as the column."""
        return [right(text, self.width) if self.right else left(text, self.width) for text in self.rows[n]]


def shrunk(column: Column) -> Column:
    """A column of formulas and values that takes the room without which they would be broken within a factor."""
    heads = [table_pairs.natural(*column.pairs[0]), *[width(text.rstrip()) for text in column.rows[0][1:]]]
    return Column(column.rows, True, max([*heads, *[table_pairs.least(*pair) for pair in column.pairs]]))


def narrower(column: Column, least: int) -> Column:
    """A column of text that takes the room of its shortest form."""
    return Column(column.rows, False, min(column.width, max(column.width // 2 + 2, least)))


def widest(texts: Sequence[str]) -> int:
    """The columns of the widest text."""
    return max(map(width, texts), default=0)


def beside(terms: Column, numbers: Column) -> Column:
    """Numbers behind what they come from, these at the left: the two share the room of a column."""
    (head,), *left_rows = terms.rows
    heads = halves(head) if head else [""]  # in two rows, as it is longer than most of what it heads
    left_cells = [heads, *left_rows]
    pairs = [(a[0], b[0]) for a, b in zip(left_cells, numbers.rows, strict=True)]
    room = max(table_pairs.natural(*pair) for pair in pairs)
    found = in_room(pairs, room)
    found.rows[0] += [left(text, room) for text in heads[1:]]
    found.width = max(room, *map(width, heads))
    return found


def in_room(pairs: list[tuple[str, str]], room: int) -> Column:
    """Formulas and their values in so many columns."""
    return Column([table_pairs.paired(*pair, room) for pair in pairs], True, room, pairs)


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
    """The columns of text and formulas made narrower, the widest first, none by more than a half."""
    widths = [c.width for c in columns]
    least = [narrowest(c).width for c in columns]
    excess = full_width(columns, between) - room
    while excess > 0:
        slack = [w - m for w, m in zip(widths, least, strict=True)]
        if max(slack) <= 0:
            return columns
        widths[slack.index(max(slack))] -= 1
        excess -= 1
    whole = {n for n in range(1, len(columns[0].rows)) if spans([c.rows[n] for c in columns])}
    return [c if c.width == w else refolded(c, w, whole) for c, w in zip(columns, widths, strict=True)]


def narrowest(column: Column) -> Column:
    """A column in the least room in which no word and no factor is broken; of numbers in the room that it has."""
    if column.pairs:
        return shrunk(column)
    return column if column.right else narrower(column, max(NARROWEST_TEXT, longest_word(column)))


def refolded(column: Column, columns: int, whole: set[int]) -> Column:
    """A column in less room: text is broken behind dots and spaces, formulas before signs, `whole` rows never."""
    if column.pairs:
        made = in_room(column.pairs, columns)
        made.rows[0] += [left(text.rstrip(), columns) for text in column.rows[0][1:]]
        return made
    rows = [
        cell if n in whole else [piece for text in cell for piece in fold(text, columns)]
        for n, cell in enumerate(column.rows)
    ]
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
    found = 0
    for text in (text for cell in column.rows for text in cell):
        words = [word.rstrip() for part in PARTS.split(text) for word in pieces(part)]
        found = max(found, len(text) - len(text.lstrip()) + len(INSET) + widest(words))
    return found


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
