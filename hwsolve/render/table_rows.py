"""The rows of a table for formats that set it themselves, with how far each is set in, and sums in its cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from hwsolve.formula.notation.in_line import in_line
from hwsolve.formula.tree import BigOperator, Formula, walk
from hwsolve.language import say
from hwsolve.render.table import HEAD, LONGEST, TAIL, compact
from hwsolve.solution import Cell, Table


def kept_rows(table: Table, full: bool) -> Iterator[tuple[int, Sequence[Cell]]]:
    """The rows of a table; in the short form, one that says how many are left out stands for a long table's middle."""
    every = list(zip(table.depths or (0,) * len(table.rows), table.rows, strict=True))
    if full or len(every) <= LONGEST:
        yield from every
        return
    rest = say("… {n} more rows …", n=f"{len(every) - HEAD - TAIL:,}")
    yield from every[:HEAD]
    yield 0, (rest, *[""] * (len(table.columns) - 1))
    yield from every[-TAIL:]


def in_lines(table: Table) -> Table:
    """A table whose sums have their bounds in line."""

    def cell(found: Cell) -> Cell:
        sums = isinstance(found, Formula) and any(isinstance(part, BigOperator) for part in walk(found))
        return compact(found, in_line) if sums and isinstance(found, Formula) else found

    return msgspec.structs.replace(table, rows=tuple([tuple(map(cell, row)) for row in table.rows]))
