"""The answers as a table: what a solution sets in rows and columns, with values in place of keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from hwsolve.formula.tree import Ref
from hwsolve.solution import Answer, Cell, Solution, Table

UNKNOWN = "?"  # in place of a total that is not known
FEWEST = 2  # rows and columns of answers, below which they are named one by one


def tabled(s: Solution, answered: Mapping[str, Answer], write: Callable[[Answer], Cell]) -> Table | None:
    """The table of those that are answered; none where they are few, or leave gaps in it."""
    if s.card is None:
        return None
    (head, *heads), rows = s.card.columns, s.card.rows
    columns = [n for n, _ in enumerate(heads, 1) if any(key_of(row[n]) in answered for row in rows)]
    whole = all(key in answered for key in keys_of(s.card) & s.answers.keys())  # then what is not known has a place too
    known = {*answered, *s.partial} if whole else {*answered}
    kept = [row for row in rows if any(key_of(row[n]) in known for n in columns)]
    if len(columns) < FEWEST or len(kept) < FEWEST:
        return None
    made: list[tuple[Cell, ...]] = []
    for row in kept:
        keys = [key_of(row[n]) for n in columns]
        if any(key in s.answers and key not in answered for key in keys):
            return None
        gap = UNKNOWN if any(key in s.partial for key in keys) else ""
        made.append((row[0], *[write(answered[key]) if key in answered else gap for key in keys]))
    return msgspec.structs.replace(
        s.card, columns=(head, *[s.card.columns[n] for n in columns]), rows=tuple(made), drop=()
    )


def keys_of(table: Table | None) -> set[str]:
    """The keys that stand in a table of answers."""
    return {key_of(cell) for row in table.rows for cell in row[1:]} if table else set()


def key_of(cell: Cell) -> str:
    """The key in a cell."""
    return cell.name if isinstance(cell, Ref) else ""
