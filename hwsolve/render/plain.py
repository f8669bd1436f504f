"""Plain text: what the terminal shows, for a pipe or a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hwsolve.render.measure import fill, left, width
from hwsolve.render.options import Options
from hwsolve.render.page import Framed, Grille, Heading, Page, Part, Row, Rows
from hwsolve.render.table import drawn
from hwsolve.render.table_columns import GAP
from hwsolve.solution import Solution, Table

WIDEST = 100  # columns of a box
BETWEEN = " " * GAP


def render(solutions: Sequence[Solution], options: Options) -> str:
    """The pages under each other."""
    page = Page(options)
    texts = ["\n".join(rows(page, solution)).strip("\n") for solution in solutions]
    return "\n\n\n".join(texts) + "\n"


def rows(page: Page, solution: Solution) -> Iterator[str]:
    """The rows of text, an empty one before each heading and each block that is not close to what stands above."""
    after: Part | None = None
    for part in page.parts(solution):
        if after is not None and not together(after, part):
            yield ""
        after = part
        yield from part_rows(page, part)


def together(above: Part, below: Part) -> bool:
    """Whether no empty row stands between: below a heading, and between rows that follow each other."""
    if isinstance(below, Heading):
        return False
    if isinstance(above, Heading):
        return above.level > 0
    return isinstance(above, Rows) and isinstance(below, Rows) and below.close


def part_rows(page: Page, part: Part) -> Iterator[str]:
    """One part as text."""
    match part:
        case Heading(text, level):
            rows = fill(text if level < 3 else f"· {text}", page.columns)
            yield from rows
            if level < 2:
                yield ("═" if level == 0 else "─") * max(map(width, rows))
        case Framed(title, inner):
            room = page.columns - 4 if page.columns < WIDEST else WIDEST - 4
            texts = [joined(row) for row in inner]
            room = max([room, *map(width, texts)])
            head = f"─ {title} "
            yield f"╭{head}{'─' * (room + 2 - width(head))}╮"
            yield from (f"│ {left(text, room)} │" for text in texts)
            yield f"╰{'─' * (room + 2)}╯"
        case Grille(table):
            yield from table_rows(page, table)
        case _:
            yield from map(joined, part.rows)


def table_rows(page: Page, table: Table) -> Iterator[str]:
    """A table with a rule below its heads and above its totals."""
    if table.title:
        yield from ("  " + row for row in page.rows_of(table.title, page.columns - 2))
    for _, cells in drawn(table, page.words, page.columns - 2, page.options.full):
        yield ("  " + BETWEEN.join(cells)).rstrip()


def joined(row: Row) -> str:
    """A row without its styles."""
    return "".join([text for text, _ in row]).rstrip()
