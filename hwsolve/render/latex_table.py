"""Tables in LaTeX: numbers at the right, wide columns of text in paragraphs, long tables over several pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from hwsolve.render.measure_tex import em, upright
from hwsolve.render.mixed import at_top
from hwsolve.render.table import numeric_columns
from hwsolve.render.table_heads import heads_of
from hwsolve.render.table_rows import kept_rows
from hwsolve.solution import Cell, Table

ROOM = {"\\small": 52.0, "\\footnotesize": 56.0, "\\scriptsize": 60.0, "\\tiny": 66.0}  # em of a size on the page
NARROWEST = 5.0
LONG = 25  # rows, beyond which a table goes on over pages
GAP = 1.2  # between columns
BOLD = 1.2  # how much wider letters of a head are
MATH = re.compile(r"(?<!\\)\$")
BREAK = re.compile(r" |\\allowbreak ")
SIGNS = (" + ", " - ", " \\times ")  # behind which TeX breaks a formula of a sentence
SET_IN = re.compile(r"\\within\{(\d+)em\}")
ONE = re.compile(r"\\(?:[a-zA-Z]+\{\}|[^a-zA-Z])")  # a command that prints one sign
COMMAND = re.compile(r"\\[a-zA-Z]+|[{}]")


def tabular(table: Table, write: Callable[[Cell], str], full: bool) -> str:
    """The table; a long one goes on over pages, its head at the top of each."""
    heads = [f"\\textbf{{{write(c)}}}" for c in heads_of(table)]
    rows = [[set_in(depth, write(row[0])), *map(write, row[1:])] for depth, row in kept_rows(table, full)]
    size, columns = specification(heads, rows, numeric_columns(table))
    head = " & ".join(heads) + " \\\\[1pt] \\hline"
    body = [" & ".join(row) + " \\\\" for row in rows]
    if table.total and len(body) > 1:
        body.insert(-1, "\\hline")
    size += f"\\setlength{{\\tabcolsep}}{{{0.46 * GAP:.2f}em}}"
    if len(rows) > LONG:
        inner = "\n".join([f"{head}\\endhead", *body])
        return f"{{{size}\\begin{{longtable}}{{{columns}}}\n{inner}\n\\end{{longtable}}}}"
    inner = "\n".join([f"{head}\\rule{{0pt}}{{2.6ex}}%", *body])
    return f"{{{size}\\fitted{{\\begin{{tabular}}{{{columns}}}\n{inner}\n\\end{{tabular}}}}\\par}}"


def set_in(depth: int, cell: str) -> str:
    """The first cell of a row that is part of one above."""
    return f"\\within{{{depth}em}}{cell}" if depth else cell


def specification(heads: list[str], rows: list[list[str]], numbers: list[bool]) -> tuple[str, str]:
    """A size of text with `l` and `r`, or paragraphs of a width where the table would be wider than the page."""
    columns = list(zip(heads, *rows, strict=True))
    widths = [max(map(cell_em, column)) for column in columns]
    solid = [max(map(unbroken_em, column)) for column in columns]
    size, fixed = next(iter(ROOM)), dict[int, float]()
    for size, room in ROOM.items():
        room -= GAP * len(widths)
        if sum(widths) <= room:
            return size, "".join(["r" if right else "l" for right in numbers])
        fixed = narrowed(widths, solid, numbers, room)
        if size != "\\small" and sum({**dict(enumerate(widths)), **fixed}.values()) <= room:
            break
    made = [f"P{{{fixed[n]:.1f}em}}" if n in fixed else "r" if right else "l" for n, right in enumerate(numbers)]
    return size, "".join(made)


def narrowed(widths: Sequence[float], solid: Sequence[float], numbers: list[bool], room: float) -> dict[int, float]:
    """Widths of columns of text, the widest made narrower first, down to what is not broken."""
    made = list(widths)
    fixed: dict[int, float] = {}
    while sum(made) > room:
        free = [n for n, right in enumerate(numbers) if not right and made[n] > max(NARROWEST, solid[n])]
        if not free:
            break
        widest = max(free, key=made.__getitem__)
        made[widest] = fixed[widest] = max(made[widest] - 1, NARROWEST, solid[widest])
    return fixed


def unbroken_em(cell: str) -> float:
    """How wide the widest part of a cell is that is not broken: a word, a term or factor, with what is at its sides."""
    chunks = [""]
    for n, part in enumerate(MATH.split(SET_IN.sub("", cell))):
        first, *more = [f"${piece}$" for piece in at_top(part, SIGNS)] if n % 2 else BREAK.split(part)
        chunks[-1] += first
        chunks += more
    hanging = SET_IN.match(cell)
    return max(map(cell_em, chunks)) + (int(hanging[1]) if hanging else 0)


def cell_em(cell: str) -> float:
    """About how wide a cell is, in em of its own size."""
    hanging = SET_IN.match(cell)
    wide = float(hanging[1]) if hanging else 0.0
    for n, part in enumerate(MATH.split(SET_IN.sub("", cell))):
        wide += em(part) if n % 2 else sum(map(upright, COMMAND.sub("", ONE.sub("m", part))))
    return wide * (BOLD if cell.startswith("\\textbf") else 1)
