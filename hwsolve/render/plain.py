"""Plain text: what the terminal shows, for a pipe or a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hwsolve.render.measure import fill, width
from hwsolve.render.options import Options
from hwsolve.render.page import Block, Box, Grille, Heading, Page, Row
from hwsolve.render.table import layout
from hwsolve.solution import Solution, Table

GAP = 2


def render(solutions: Sequence[Solution], options: Options) -> str:
    """The pages under each other."""
    page = Page(options)
    texts = ["\n".join(rows(page, solution)).strip("\n") for solution in solutions]
    return "\n\n\n".join(texts) + "\n"


def rows(page: Page, solution: Solution) -> Iterator[str]:
    """The rows of text, an empty one before each heading and block."""
    after_heading = False
    for block in page.blocks(solution):
        if not after_heading or isinstance(block, Heading):
            yield ""
        after_heading = isinstance(block, Heading)
        yield from block_rows(page, block)


def block_rows(page: Page, block: Block) -> Iterator[str]:
    """One block as text."""
    match block:
        case Heading(text, level):
            rows = fill(text if level < 3 else f"· {text}", page.columns)
            yield from rows
            if level < 2:
                yield ("=" if level == 0 else "-") * max(map(width, rows))
        case Box(title, inner):
            yield title
            yield "-" * min(width(title), page.columns)
            yield from ("  " + joined(row) for row in inner)
        case Grille(table):
            yield from table_rows(page, table)
        case _:
            yield from map(joined, block.rows)


def table_rows(page: Page, table: Table) -> Iterator[str]:
    """A table with a rule below its heads and above its totals."""
    if table.title:
        yield "  " + page.words(table.title)
    columns = layout(table, page.words, page.columns - 2, GAP, page.options.full)
    rule = "  " + "-" * (sum(c.width for c in columns) + GAP * (len(columns) - 1))
    last = len(columns[0].rows) - 1
    for n in range(last + 1):
        if table.total and n == last and n > 1:
            yield rule
        cells = [c.cells(n) for c in columns]
        for k in range(max(map(len, cells))):
            row = [texts[k] if k < len(texts) else " " * c.width for c, texts in zip(columns, cells, strict=True)]
            yield ("  " + (" " * GAP).join(row)).rstrip()
        if n == 0:
            yield rule


def joined(row: Row) -> str:
    """A row without its styles."""
    return "".join([text for text, _ in row]).rstrip()
