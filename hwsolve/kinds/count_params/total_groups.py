"""The lines of totals as groups: those of what is asked for, and for a machine alone those of other totals."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import groupby

from hwsolve.formula.tree import Ref
from hwsolve.sections import one_group
from hwsolve.solution import Group, Line, Value


def total_groups(lines: Sequence[Line], wanted: Container[str], in_table: Container[str]) -> Iterator[Group]:
    """The lines in their order; for a machine alone are totals that nobody asks for, or that a column ends with."""

    def is_shown(line: Line) -> bool:
        key = total_of(line)
        said = key in in_table and isinstance(line, Value) and not line.rule  # an identity says more, and a unit
        return key in wanted and not said

    for asked, part in groupby(lines, is_shown):
        if asked:
            yield from by_reason(part)
        else:
            yield Group(tuple(part), detail="data", close=True)


def by_reason(lines: Iterable[Line]) -> Iterator[Group]:
    """Lines as they follow each other; one with a reason stands by itself."""
    run: list[Line] = []
    for line in lines:
        if isinstance(line, Value) and line.rule:
            yield from one_group(run)
            yield Group((line,), line.rule, 0, close=True)
            run = []
        else:
            run.append(line)
    yield from one_group(run)


def total_of(line: Line) -> str:
    """The total that a line is of, or of which it adds up a part."""
    key = getattr(line, "key", None) or getattr(line, "lhs", None)
    return key.name.partition(".part")[0] if isinstance(key, Ref) else ""
