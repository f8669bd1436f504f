"""The terminal: the same page as plain text, with colour and a box around the answers, by rich.

Only the sixteen named colours are used, none of them yellow or white, so that light and dark backgrounds both do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO

from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.style import Style
from rich.text import Text

from hwsolve.render.measure import fill, width
from hwsolve.render.options import Options
from hwsolve.render.page import Framed, Grille, Heading, Page, Part, Row, Rows
from hwsolve.render.plain import BETWEEN, WIDEST, together
from hwsolve.render.table import drawn
from hwsolve.solution import Solution, Table

STYLES = {
    "title": "bold",
    "heading": "bold magenta",
    "subheading": "bold",
    "value": "bold",
    "rule": "dim",
    "remark": "dim italic",
    "marked": "bold reverse",
    "figure": "cyan",
    "good": "bold green",
    "bad": "bold red",
    "note": "bold cyan",
    "warning": "bold red",
}
PARSED = {name: Style.parse(style) for name, style in STYLES.items()}
MARKS = {"✓": "good", "✗": "bad"}
KINDS = {"head": "value", "total": "value", "rule": "rule"}  # of the rows of a table


def render(solutions: Sequence[Solution], options: Options) -> str:
    """The pages under each other, with the escapes of a terminal unless colour is refused."""
    out = StringIO()
    console = Console(
        file=out,
        width=max(options.width, 20),
        force_terminal=options.color,
        highlight=False,
        markup=False,
        emoji=False,
        no_color=True if options.color is False else None,
        legacy_windows=False,
    )
    write(console, solutions, options)
    return out.getvalue()


def write(console: Console, solutions: Sequence[Solution], options: Options) -> None:
    """The pages on a console of rich."""
    page = Page(options)
    for n, solution in enumerate(solutions):
        if n:
            console.print("\n")
        after: Part | None = None
        for part in page.parts(solution):
            if after is not None and not together(after, part):
                console.print()
            after = part
            for made in renderables(page, part):
                console.print(made, overflow="fold", no_wrap=isinstance(part, Rows))


def renderables(page: Page, part: Part) -> list[RenderableType]:
    """One part as rich draws it."""
    match part:
        case Heading(text, level):
            titles = fill(text if level < 3 else f"· {text}", page.columns)
            style = PARSED["title" if level == 0 else "heading" if level == 1 else "subheading"]
            rule = ("═" if level == 0 else "─") * max(map(width, titles))
            return [*(Text(row, style) for row in titles), *([Text(rule, PARSED["heading"])] if level < 2 else [])]
        case Framed(title, inner):
            rows = Text("\n").join([styled(row) for row in inner])
            heading = Text(title, PARSED["heading"])
            columns = min(page.columns, WIDEST)
            widest = min(max(line.cell_len for line in rows.split()) + 4, page.columns)
            return [
                Panel(
                    rows,
                    title=heading,
                    title_align="left",
                    border_style=PARSED["heading"],
                    padding=(0, 1),
                    width=max(columns, widest),
                )
            ]
        case Grille(table):
            return list(table_rows(page, table))
        case _:
            return [styled(row) for row in part.rows]


def styled(row: Row) -> Text:
    """A row with the styles of its spans."""
    text = Text()
    for part, style in row:
        text.append(part, PARSED.get(style))
    return text


def table_rows(page: Page, table: Table) -> Iterator[Text]:
    """A table with a rule below its heads and above its totals; ticks and crosses are coloured."""
    if table.title:
        yield from (Text("  " + row, PARSED["subheading"]) for row in page.rows_of(table.title, page.columns - 2))
    for kind, cells in drawn(table, page.words, page.columns - 2, page.options.full):
        row = Text("  ", PARSED.get(KINDS.get(kind, ""), Style.null()))
        for n, text in enumerate(cells):
            row.append((BETWEEN if n else "") + text, PARSED.get(MARKS.get(text.strip(), "")))
        row.rstrip()
        yield row
