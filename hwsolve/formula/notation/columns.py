"""The columns of a written matrix: decimal points under each other, by signs that take room and are not seen."""

from __future__ import annotations

import re

NUMBER = re.compile(r"(\D?)(\d+)(?:\.(\d+))?")


def aligned(rows: list[list[str]], minus: str, unseen: str) -> list[list[str]]:
    """The cells; numbers of a column are filled up to one length with what `unseen` (a template) makes invisible.

    A column in which something is no plain number stays as it is.
    """
    columns = [column(list(cells), minus, unseen) for cells in zip(*rows, strict=True)]
    return [list(row) for row in zip(*columns, strict=True)]


def column(cells: list[str], minus: str, unseen: str) -> list[str]:
    """One column."""
    found = [NUMBER.fullmatch(cell) for cell in cells]
    matches = [m for m in found if m is not None and m[1] in ("", minus)]
    if len(matches) < len(cells):
        return cells
    signed = any(m[1] for m in matches)
    front = max(len(m[2]) for m in matches)
    behind = max(len(m[3]) + 1 if m[3] else 0 for m in matches)
    made = []
    for m in matches:
        before = "0" * (front - len(m[2]))
        missing = behind - (len(m[3]) + 1 if m[3] else 0)
        after = ("." + "0" * (missing - 1) if not m[3] else "0" * missing) if missing else ""
        left = unseen.format(before) if before else ""
        sign = m[1] or (unseen.format(minus) if signed else "")
        made.append(f"{left}{sign}{m[0][len(m[1]) :]}{unseen.format(after) if after else ''}")
    return made
