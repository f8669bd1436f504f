"""Numbers behind what they come from: two columns of a table that share their room, in one row or in several."""

from __future__ import annotations

import re

from hwsolve.render.measure import left, right, width

GAP = 2  # between a formula and its value
MOST = 3  # rows or so that a formula may take
SUMS, PRODUCTS = re.compile(r"(?= [+−] )"), re.compile(r"(?=[×·])")  # before which a formula is broken, sums first
INSET = "  "


def paired(terms: str, number: str, room: int) -> list[str]:
    """A formula and its value at the right, in rows of so many columns; the value stands in the last one."""
    if not terms and not number:
        return [""]
    rows = [terms] if natural(terms, number) <= room else broken(terms, room)
    if natural(rows[-1], number) > room:
        rows.append("")
    return [left(row, room) for row in rows[:-1]] + [rows[-1] + right(number, room - width(rows[-1]))]


def broken(terms: str, room: int) -> list[str]:
    """A formula in rows, broken before its signs; those below are set in."""
    rows, row = [], ""
    for term in SUMS.split(terms):
        for part in [term] if width(term) + len(INSET) <= room else PRODUCTS.split(term):
            if row.strip() and width(row) + width(part) > room:
                rows.append(row)
                row = INSET
            row += part if row.strip() or not rows else part.strip()
    return [*rows, row]


def natural(terms: str, number: str) -> int:
    """The columns of both in one row."""
    return width(terms) + width(number) + GAP * bool(terms and number)


def least(terms: str, number: str) -> int:
    """The columns without which a factor would be broken, or a formula would take too many rows."""
    parts = [part.strip() for term in SUMS.split(terms) for part in PRODUCTS.split(term)]
    longest = max(width(part) + len(INSET) * bool(k) for k, part in enumerate(parts))
    return max(longest, width(number), -(-natural(terms, number) // MOST))
