"""How many columns text takes, and text fitted into them; Chinese characters take two."""

from __future__ import annotations

import re
from unicodedata import combining, east_asian_width

WIDE = re.compile("[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\U0001f300-\U0003fffd]")
COMBINING = re.compile("[\u0300-\u036f\u20d0-\u20ff]")
WORD = re.compile(r"\S+\s*|\s+")
CLOSING = "，。、；：？！）》」』”’"
OPENING = "（《「『“‘"


def width(text: str) -> int:
    """The columns of a text."""
    if text.isascii() or not (WIDE.search(text) or COMBINING.search(text)):
        return len(text)
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


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
    """A paragraph in rows: broken between words, and between Chinese characters; a word that is too long is broken too."""
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
        if not WIDE.search(word):
            found.append(word)
            continue
        run = ""
        for c in word:
            if run and (WIDE.match(c) or WIDE.match(run[-1])) and c not in CLOSING and not c.isspace() and run[-1] not in OPENING:
                found.append(run)
                run = ""
            run += c
        found.append(run)
    return found
