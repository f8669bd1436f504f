"""Writes a spec as a person would: what fits into a line is a line, layer lists are one layer below the other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

WIDTH = 118
OPEN = frozenset({"blocks", "network", "layers"})  # never in one line
PLAIN = re.compile(r"(?:\d+\*)?[A-Za-z_$][\w.$*/+-]*( [\w.$*/+-]+)*")  # a word that YAML reads as it stands
WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null"})


def spec_text(spec: dict[str, Any], comments: tuple[str, ...] = ()) -> str:
    """The text of a spec: nested dicts and lists of words, numbers and flags, below comments."""
    return "\n".join([*(f"# {line}" for line in comments), *below(spec, 0)]) + "\n"


def below(value: Any, indent: int) -> Iterator[str]:
    """The lines of a mapping or a list that stands below its key."""
    pad = " " * indent
    if isinstance(value, dict):
        for key, part in value.items():
            yield from keyed(f"{pad}{word(key)}:", key, part, indent)
        return
    for part in value:
        line = f"{pad}- {inline(part, last=False)}"
        if len(line) <= WIDTH or not isinstance(part, dict | list):
            yield line
        else:
            first, *rest = below(part, indent + 2)
            yield f"{pad}- {first.lstrip()}"
            yield from rest


def keyed(head: str, key: str, part: Any, indent: int) -> Iterator[str]:
    """A key with what it holds behind it or below it."""
    line = f"{head} {inline(part)}"
    if not isinstance(part, dict | list) or not part or (key not in OPEN and len(line) <= WIDTH):
        yield line
    else:
        yield head
        yield from below(part, indent + 2)


def inline(value: Any, last: bool = True) -> str:
    """A value in one line; a mapping of one key in a list needs no braces unless `last`."""
    if isinstance(value, dict):
        pairs = ", ".join(f"{word(key)}: {inline(part)}" for key, part in value.items())
        return pairs if not last and len(value) == 1 else f"{{{pairs}}}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(inline(part, last=False) for part in value) + "]"
    return word(value)


def word(value: Any) -> str:
    """A number, a flag, or a text in quotes where YAML needs them."""
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, int | float):
        return str(value)
    plain = PLAIN.fullmatch(value) and value.lower() not in WORDS
    return value if plain else json.dumps(value, ensure_ascii=False)
