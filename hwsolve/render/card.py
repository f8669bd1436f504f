"""The answers as a table: what a solution sets in rows and columns, with values in place of keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from hwsolve.formula.tree import Formula, Ref
from hwsolve.quantities import brief
from hwsolve.solution import Answer, Cell, Solution, Table

UNKNOWN = "?"  # in place of a total that is not known
FEWEST = 2  # rows and columns of answers, below which they are named one by one


def tabled(s: Solution, answered: Mapping[str, Answer], write: Callable[[Formula], Formula]) -> Table | None:
    """The table of those that are answered, formulas as a page writes them; none where they are few, or leave gaps."""
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
        cells = [in_brief(s, answered[key]) if key in answered else gap for key in keys]
        made.append((row[0], *[write(cell) if isinstance(cell, Formula) else cell for cell in cells]))
    return msgspec.structs.replace(
        s.card, columns=(head, *[s.card.columns[n] for n in columns]), rows=tuple(made), drop=()
    )


def in_brief(s: Solution, answer: Answer) -> Any:
    """An answer as the box has it, in the names of the solution."""
    return answer.shown or brief(answer.value, answer.digits or s.digits)


def keys_of(table: Table | None) -> set[str]:
    """The keys that stand in a table of answers."""
    return {key_of(cell) for row in table.rows for cell in row[1:]} if table else set()


def key_of(cell: Cell) -> str:
    """The key in a cell."""
    return cell.name if isinstance(cell, Ref) else ""
