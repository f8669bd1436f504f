"""Where the parts of a JSON text stand: the line and column of a value by the keys that lead to it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from hwsolve.spec.report import LINE_END

Way = tuple[str | int, ...]  # from the top of a document: keys, and places in lists from 0
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


def places(text: str, wanted: Iterable[Way]) -> dict[Way, tuple[int, int]]:
    """The line and column, from 1, of the values that are there."""
    left = set(wanted)
    offsets: dict[Way, int] = {}
    way: list[str | int] = []
    in_list: list[bool] = []
    key = False  # whether the next text is a key
    for token in TOKEN.finditer(text):
        word = token[0]
        if word in ("]", "}"):
            if in_list:
                in_list.pop()
                way.pop()
            key = False
        elif word == ",":
            if in_list and in_list[-1]:
                way[-1] = int(way[-1]) + 1
            key = bool(in_list) and not in_list[-1]
        elif key:
            way[-1], key = str(json.loads(word, strict=False)), False
        elif word != ":":
            if tuple(way) in left:
                offsets[tuple(way)] = token.start()
            if word in ("[", "{"):
                in_list.append(word == "[")
                way.append(0)
                key = word == "{"
    return {found: place(text, offset) for found, offset in offsets.items()}


def place(text: str, offset: int) -> tuple[int, int]:
    """The line and column of a place in a text."""
    line, start = 1, 0
    for end in LINE_END.finditer(text, 0, offset):
        line, start = line + 1, end.end()
    return line, offset - start + 1
