"""Formulas as rectangles of characters: an array in a chain stands in brackets of its height.

⎡0.6  0.1⎤   A box has a baseline, the row that its relation stands in; boxes are set side by side on their baselines.
⎣0.2  0.7⎦
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import msgspec

from hwsolve.formula.tree import Call, Formula, Ref, children, rebuild
from hwsolve.render.measure import left, right, width

Write = Callable[[Formula], str]
PLACES = 0xF0000  # private signs that hold the places of arrays while a formula is written
PLACE = re.compile(f"([{chr(PLACES)}-{chr(PLACES + 999)}])")
TALLEST = 6  # elements of a vector that is set as a column


class Box(msgspec.Struct, frozen=True):
    """Rows of the same width, and which of them is the baseline."""

    rows: tuple[str, ...]
    base: int = 0

    @property
    def width(self) -> int:
        """The columns of the box."""
        return width(self.rows[0])


def text_box(text: str) -> Box:
    """Text in one row."""
    return Box((text,))


def beside(boxes: Iterable[Box]) -> Box:
    """Boxes side by side on their baselines."""
    every = list(boxes)
    above = max(b.base for b in every)
    below = max(len(b.rows) - b.base for b in every)
    rows = []
    for n in range(above + below):
        parts = []
        for b in every:
            at = n - above + b.base
            parts.append(b.rows[at] if 0 <= at < len(b.rows) else " " * b.width)
        rows.append("".join(parts))
    return Box(tuple(rows), above)


def box_of(f: Formula, write: Write) -> Box:
    """A formula, its arrays as brackets of their height."""
    arrays: list[Call] = []
    lifted = lift(f, arrays)
    text = write(lifted)
    if not arrays:
        return text_box(text)
    parts = [part for part in PLACE.split(text) if part]
    return beside(
        matrix_box(arrays[ord(part) - PLACES], write) if PLACE.fullmatch(part) else text_box(part) for part in parts
    )


def lift(f: Formula, arrays: list[Call]) -> Formula:
    """The formula with a sign for each array that is set as a box."""
    if type(f) is Call and f.name == "[]" and boxable(f):
        arrays.append(f)
        return Call("array", (Ref(chr(PLACES + len(arrays) - 1)),))
    parts = children(f)
    return rebuild(f, tuple([lift(p, arrays) for p in parts])) if parts else f


def boxable(f: Call) -> bool:
    """Whether an array is a matrix, or a vector short enough for a column."""
    inner = [a for a in f.args if type(a) is Call and a.name == "[]"]
    if not inner:
        return len(f.args) <= TALLEST
    return not any(type(a) is Call and a.name == "[]" for row in inner for a in row.args)


def matrix_box(f: Call, write: Write) -> Box:
    """Rows and columns in brackets, decimal points under each other."""
    rows = [list(a.args) if type(a) is Call and a.name == "[]" else [a] for a in f.args]
    columns = [aligned([write(cell) for cell in column]) for column in zip(*rows, strict=True)]
    texts = ["  ".join(cells) for cells in zip(*columns, strict=True)]
    if len(texts) == 1:
        return text_box(f"[{texts[0]}]")
    ends = ["⎡⎤", *["⎢⎥"] * (len(texts) - 2), "⎣⎦"]
    framed = [end[0] + text + end[1] for end, text in zip(ends, texts, strict=True)]
    return Box(tuple(framed), (len(framed) - 1) // 2)


def aligned(texts: list[str]) -> list[str]:
    """Numbers with their points under each other; other texts at the left."""
    heads = [text.partition(".")[0] if number_like(text) else "" for text in texts]
    front = max(map(width, heads))
    pairs = zip(heads, texts, strict=True)
    set_in = [right(head, front) + text[len(head) :] if head else text for head, text in pairs]
    widest = max(map(width, set_in))
    return [left(text, widest) for text in set_in]


def number_like(text: str) -> bool:
    """Whether a text is a decimal."""
    return text.lstrip("−-")[:1].isdigit() and " " not in text
