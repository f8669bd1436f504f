"""Sentences in pieces: text, and the formulas that stand in it, for formats that write the two differently."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hwsolve.formula.tree import Formula
from hwsolve.language import translate
from hwsolve.quantities import put_in
from hwsolve.solution import Quantity, Text

PLACES = 0xF0000  # private signs that hold the places of formulas while a sentence is put together
PLACE = re.compile(f"([{chr(PLACES)}-{chr(PLACES + 9999)}])")


def pieces(text: Text, language: str) -> Iterator[str | Formula]:
    """The text between formulas, and the formulas; several at one place are parted by commas."""
    found: list[Formula] = []

    def held(value: Any) -> Any:
        if isinstance(value, tuple):
            return ", ".join([str(held(v)) for v in value])
        if not isinstance(value, Formula | Quantity):
            return value
        found.append(put_in(value) if isinstance(value, Quantity) else value)
        return chr(PLACES + len(found) - 1)

    for part in PLACE.split(text if isinstance(text, str) else translate(text, language, held)):
        if PLACE.fullmatch(part) and ord(part) - PLACES < len(found):
            yield found[ord(part) - PLACES]
        elif part:
            yield part
