"""Short equations of one form beside each other, as those of the gates of a cell: as many in a row as there is room."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from hwsolve.formula.tree import Call, Formula, Number, Ref, children, walk
from hwsolve.render.measure import width
from hwsolve.render.quantity_rows import Row

GAP = 3  # columns between them
Spans = list[tuple[str, str]]  # a row of text


def side_by_side(rows: Iterable[Row], write: Callable[[Row], list[Spans]], columns: int) -> Iterator[Spans]:
    """The text of equations; those of one form in rows of several, where each has room in one."""
    for run in runs(rows):
        made = [write(row) for row in run]
        widths = [width("".join([text for text, _ in row])) for one in made for row in one]
        many = 1 if len(widths) > len(run) else across(widths, columns)
        if many == 1:
            yield from (row for one in made for row in one)
            continue
        sizes = [max(widths[k::many]) for k in range(many)]
        for start in range(0, len(made), many):
            yield beside([one[0] for one in made[start : start + many]], sizes)


def runs(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows in their order; those that say the same of other quantities, none of which reads another, are one run."""
    run: list[Row] = []
    for row in rows:
        if run and (form(row) is None or form(row) != form(run[0]) or reads(row, run)):
            yield run
            run = []
        run.append(row)
    if run:
        yield run


def form(row: Row) -> Any:
    """What a row has in common with others of its form; None where it stands alone: with a reason, or words."""
    if row.reason or row.words or row.case or row.where or len(row.links) < 2:
        return None
    return row.depth, tuple([(relation, bare(f)) for relation, f in row.links])


def bare(f: Formula) -> Any:
    """A formula without its names and numbers; σ(z) is as tanh(z)."""
    parts = () if isinstance(f, Ref) else children(f)
    if not parts or (isinstance(f, Call) and f.name == "neg" and isinstance(f.args[0], Number)):
        return ""
    of_one = isinstance(f, Call) and len(parts) == 1 and f.name.isidentifier()
    return type(f), "" if of_one else getattr(f, "name", ""), tuple(map(bare, parts))


def reads(row: Row, run: Sequence[Row]) -> bool:
    """Whether a row reads what one of the others defines."""
    defined = {other.links[0][1] for other in run}
    return any(part in defined for _, f in row.links[1:] for part in walk(f))


def across(widths: Sequence[int], columns: int) -> int:
    """How many equations of these widths stand in a row: as many as have room, and rows as full as each other."""
    for rows in range(1, len(widths)):
        many = -(-len(widths) // rows)
        if sum(max(widths[k::many]) for k in range(many)) + GAP * (many - 1) <= columns:
            return many
    return 1


def beside(equations: Sequence[Spans], sizes: Sequence[int]) -> Spans:
    """Equations in one row, each as wide as its column."""
    row: Spans = []
    for k, spans in enumerate(equations):
        (first, style), *rest = spans
        row += [(first.lstrip() if k else first, style), *rest]
        if k < len(equations) - 1:
            row.append((" " * (sizes[k] + GAP - width("".join([text for text, _ in spans]))), ""))
    return row
