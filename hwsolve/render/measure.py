"""How many columns text takes, and text fitted into them; Chinese characters take two."""

from __future__ import annotations

import re
from unicodedata import combining, east_asian_width

WORD = re.compile(r"\S+\s*|\s+")
CLOSING = "，。、；：？！）》」』”’"
OPENING = "（《「『“‘"


class Columns(dict[str, int]):
    """How many columns a character takes, looked up once."""

    def __missing__(self, c: str) -> int:
        columns = self[c] = 0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1
        return columns


COLUMNS = Columns()


def width(text: str) -> int:
    """The columns of a text."""
    return len(text) if text.isascii() else sum(map(COLUMNS.__getitem__, text))


def wide(c: str) -> bool:
    """Whether a character takes two columns; a row may be broken beside it."""
    return COLUMNS[c] == 2


def left(text: str, columns: int) -> str:
    """The text at the left of a field."""
    return text + " " * (columns - width(text))


def right(text: str, columns: int) -> str:
    """The text at the right of a field."""
    return " " * (columns - width(text)) + text


def cut(text: str, columns: int) -> tuple[str, str]:
    """The most of a text that fits, at least one character, and the rest."""
    used = 0
    for n, c in enumerate(text):
        used += width(c)
        if used > columns and n > 0:
            return text[:n], text[n:]
    return text, ""


def fill(text: str, columns: int) -> list[str]:
    """A paragraph in rows: broken between words, and between Chinese characters; a word too long is broken."""
    rows, row = [], ""
    for piece in pieces(text):
        if width(row) + width(piece.rstrip()) <= columns:
            row += piece
            continue
        if row.strip():
            rows.append(row.rstrip())
        row = piece
        while width(row.rstrip()) > columns:
            head, row = cut(row, columns)
            rows.append(head)
    return [*rows, row.rstrip()] if row.strip() or not rows else rows


def pieces(text: str) -> list[str]:
    """What a row may be broken between; punctuation stays with the character it belongs to."""
    found: list[str] = []
    for word in WORD.findall(text):
        run = ""
        for c in "" if word.isascii() else word:
            if run and (wide(c) or wide(run[-1])) and not (c in CLOSING or c.isspace() or run[-1] in OPENING):
                found.append(run)
                run = ""
            run += c
        found.append(run or word)
    return found
