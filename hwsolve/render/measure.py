"""How many columns text takes, and text fitted into them; Chinese characters take two."""

from __future__ import annotations

import re
from itertools import accumulate
from unicodedata import combining, east_asian_width

WORD = re.compile(r"(?:\S|\xa0)+[^\S\xa0]*|\s+")  # a space that ties is no end of a word
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


def fits(text: str, columns: int) -> bool:
    """Whether a text is no wider; of a longer one only its beginning is looked at."""
    if text.isascii():
        return len(text) <= columns
    return all(used <= columns for used in accumulate(map(COLUMNS.__getitem__, text)))


def chopped(word: str, columns: int) -> list[str]:
    """A word in rows, each the most that fits, but at least one character."""
    rows, start, used = [], 0, 0
    for n, c in enumerate(word):
        used += COLUMNS[c]
        if used > columns and n > start:
            rows.append(word[start:n])
            start, used = n, COLUMNS[c]
    return [*rows, word[start:]]


def fill(text: str, columns: int) -> list[str]:
    """A paragraph in rows: broken between words, and between Chinese characters; a word too long is broken."""
    rows, row, used = [], "", 0
    for piece in pieces(text):
        word = piece.rstrip()
        if used + width(word) > columns:
            if row.strip():
                rows.append(row.rstrip())
            *full, last = chopped(word, columns)
            rows += full
            row, used = "", 0
            piece = last + piece[len(word) :]
        row += piece
        used += width(piece)
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
