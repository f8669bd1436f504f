"""Tables in LaTeX: numbers at the right, wide columns of text in paragraphs, long tables in parts of a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from hwsolve.render.measure_tex import em
from hwsolve.render.table import numeric_columns
from hwsolve.render.table_rows import kept_rows
from hwsolve.solution import Cell, Table

WIDTH = 44.0  # em
NARROWEST = 5.0
ROWS = 50  # of a part
GAP = 1.0
SET_IN = "\\hspace*{1em}"  # a row that is part of the one above


def tabulars(table: Table, write: Callable[[Cell], str], full: bool) -> Iterator[str]:
    """The table, in parts that fit on a page."""
    heads = [f"\\textbf{{{write(c)}}}" for c in table.columns]
    kept = kept_rows(table, full)
    rows = [[f"{SET_IN * depth}{write(row[0])}", *[write(c) for c in row[1:]]] for depth, row in kept]
    columns = specification(heads, rows, numeric_columns(table))
    for start in range(0, max(len(rows), 1), ROWS):
        part = rows[start : start + ROWS]
        body = [" & ".join(row) + " \\\\" for row in part]
        if table.total and start + ROWS >= len(rows) and len(body) > 1:
            body.insert(-1, "\\hline")
        inner = "\n".join([" & ".join(heads) + " \\\\[1pt] \\hline\\rule{0pt}{2.6ex}%", *body])
        yield f"{{\\small\\fitted{{\\begin{{tabular}}{{{columns}}}\n{inner}\n\\end{{tabular}}}}\\par}}"


def specification(heads: list[str], rows: list[list[str]], numbers: list[bool]) -> str:
    """`l` and `r`, or paragraphs of a width where the table would be wider than the page."""
    widths = [max(map(cell_em, column)) for column in zip(heads, *rows, strict=True)]
    solid = [max(map(unbroken_em, column)) for column in zip(heads, *rows, strict=True)]
    fixed: dict[int, float] = {}
    while sum(widths) + GAP * len(widths) > WIDTH:
        free = [n for n, right in enumerate(numbers) if not right and widths[n] > max(NARROWEST, solid[n])]
        if not free:
            break
        widest = max(free, key=widths.__getitem__)
        widths[widest] = fixed[widest] = widths[widest] - 1
    return "".join(f"p{{{fixed[n]:.0f}em}}" if n in fixed else "r" if right else "l" for n, right in enumerate(numbers))


def unbroken_em(text: str) -> float:
    """How wide the widest part of a cell is that is not broken: a formula, or a word."""
    parts = re.split(r"(?<!\\)\$", text)
    words = [word for part in parts[::2] for word in re.split(r" |\\allowbreak ", part)]
    return 0.9 * max([0.0, *map(em, parts[1::2]), *[em(f"\\text{{{word}}}") for word in words]]) + 0.5


def cell_em(text: str) -> float:
    """About how wide a cell is."""
    parts = re.split(r"(?<!\\)\$", text)
    return 0.9 * sum(em(part) if n % 2 else em(f"\\text{{{part}}}") for n, part in enumerate(parts))
