"""Markdown with LaTeX that GitHub shows: headings, `$$` blocks of aligned equations, tables, notes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hwsolve.figures import Curve, Diagram, Figure
from hwsolve.formula.notation import latex
from hwsolve.formula.notation.tex import words
from hwsolve.formula.notation.unicode import number_text
from hwsolve.formula.tree import Formula
from hwsolve.language import translate
from hwsolve.render import blocks as page_blocks
from hwsolve.render.chain import Notation
from hwsolve.render.measure import width
from hwsolve.render.options import Options
from hwsolve.render.page import Page
from hwsolve.render.plain import joined
from hwsolve.render.quantity_rows import Row
from hwsolve.render.select import title
from hwsolve.render.table import LONGEST, numeric_columns, texts
from hwsolve.render.wrap import Link
from hwsolve.solution import Cell, Quantity, Solution, Table, Text

LATEX = Notation(latex)
ROWS = 16  # rows of one aligned block
PLACES = 0xF0000  # private signs that hold the place of formulas while a text is escaped
SET_IN = "&emsp;"  # a row of a table that is part of the one above
WIDEST = 84  # characters of a row, about what a page shows
RELATIONS = {"≈": "\\approx", "≤": "\\le", "≥": "\\ge", "<": "\\lt", ">": "\\gt", "≠": "\\ne"}
SPECIAL = re.compile(r"([\\*_<>\[\]|$~#`]|&(?=#?\w+;))")
CODE = re.compile(r"((?<!`)`[^`]+`(?!`))")
TOKEN = re.compile(r"\\(?:begin|end)\{\w+\}|\\[a-zA-Z]+|[{}^_&]")


def render(solutions: Sequence[Solution], options: Options) -> str:
    """The solutions under each other, a rule between two."""
    return "\n\n---\n\n".join("\n\n".join(Pages(options).paragraphs(s)) for s in solutions) + "\n"


class Pages(Page):
    """Blocks as Markdown: each is a paragraph, a heading, a table or a block of mathematics."""

    written = LATEX

    def paragraphs(self, solution: Solution) -> Iterator[str]:
        """In the order of every page."""
        for block in page_blocks.Page(solution, self.options).blocks():
            yield from self.paragraph(block)

    def paragraph(self, block: page_blocks.Block) -> Iterator[str]:
        """One block."""
        match block:
            case page_blocks.Title(text):
                yield f"# {escaped(' '.join(title(text, self.options.language).split()))}"
            case page_blocks.Heading(text, level, number):
                lead = f"{number} " if number else ""
                yield f"{'#' * min(level + 1, 6)} {lead}{escaped(self.words(text))}"
            case page_blocks.Quantities(rows, text):
                if text:
                    yield f"## {escaped(self.words(text))}"
                yield from blocks([text for row in rows for text in self.aligned(row, False)])
            case page_blocks.Say(text):
                yield self.with_formulas(text)
            case page_blocks.Equations(rows):
                flush = any(row.depth for row in rows)
                waiting: list[str] = []
                for row in rows:
                    if row.words:
                        yield from blocks(waiting)
                        waiting = []
                        yield from self.sentence(row)
                    elif row.links:
                        waiting += self.aligned(row, flush)
                yield from blocks(waiting)
            case page_blocks.Grille(table):
                yield self.table(table)
            case page_blocks.Drawing(figure):
                yield from self.figure(figure)
            case page_blocks.Status(text, "check"):
                yield self.with_formulas(text)
            case page_blocks.Status(text, level):
                kind = "WARNING" if level == "warning" else "NOTE"
                yield f"> [!{kind}]\n> {self.with_formulas(text)}"

    def sentence(self, row: Row) -> Iterator[str]:
        """Words; a short chain stands in the sentence, a long one below."""
        text, links = self.with_formulas(row.words), self.links(row)
        if links and chain_length(links) <= WIDEST:
            text += f" ${''.join(f' {RELATIONS.get(r, r)} {t}' if n else t for n, (r, t) in enumerate(links))}$"
            links = []
        yield text
        if links:
            yield from blocks(rows(links, chain_length(links)))

    def links(self, row: Row) -> list[Link]:
        """The links of a chain, written."""
        return [(relation, self.notation.formula(f)) for relation, f in row.links]

    def with_formulas(self, text: Text, cell: bool = False) -> str:
        """A text whose formulas stand in it as mathematics."""
        found: list[str] = []

        def kept(value: object) -> object:
            if not isinstance(value, Formula | tuple):
                return value
            found.append(f"${self.notation.inline(value)}$")
            return chr(PLACES + len(found) - 1)

        plain = escaped(text if isinstance(text, str) else translate(text, self.options.language, kept), cell)
        return re.sub(f"[{chr(PLACES)}-{chr(PLACES + 99)}]", lambda m: found[ord(m[0]) - PLACES], plain)

    def aligned(self, row: Row, flush: bool) -> list[str]:
        """The rows of a chain; the reason stands behind the last."""
        links = self.links(row)
        found = rows(links, chain_length(links), row.depth, flush)
        if row.reason or row.words:
            found[-1] += (
                f" \\quad {words(self.words(row.reason or row.words) if row.words else f'({self.words(row.reason)})')}"
            )
        return found

    def table(self, table: Table) -> str:
        """A table; numbers to the right, totals in bold."""
        if self.options.full or len(table.rows) <= LONGEST:
            body = [[self.cell(c) for c in row] for row in table.rows]
        else:
            body = [[escaped(c, True) for c in row] for row in texts(table, self.words, False)[1:]]
        for row, depth in zip(body, table.depths if len(body) == len(table.depths) else (), strict=False):
            row[0] = SET_IN * depth + row[0]
        if table.total and body:
            body[-1] = [f"**{c}**" if c and "$" not in c else c for c in body[-1]]
        heads = [escaped(self.words(c), True) for c in table.columns]
        marks = ["---:" if right else "---" for right in numeric_columns(table)]
        lines = ["| " + " | ".join(row) + " |" for row in [heads, marks, *body]]
        caption = f"**{escaped(self.words(table.title))}**\n\n" if table.title else ""
        return caption + "\n".join(lines)

    def cell(self, cell: Cell) -> str:
        if isinstance(cell, Formula):
            return f"${self.notation.formula(cell)}$"
        if isinstance(cell, Quantity):
            return ("" if cell.relation == "=" else "≈ ") + number_text(cell.text)
        return f"{cell:,}" if isinstance(cell, int) else self.with_formulas(cell, True)

    def figure(self, figure: Figure) -> Iterator[str]:
        """A curve or a matrix, drawn in characters."""
        if isinstance(figure, Diagram):
            text = "\n".join(Page(self.options).arrows(figure))
            yield f"```text\n{text}\n```"
            return
        drawn = self.curve(figure) if isinstance(figure, Curve) else self.grid(figure)
        if drawn:
            text = "\n".join(joined(row) for row in drawn)
            yield f"**{escaped(self.words(figure.title))}**\n\n```text\n{text}\n```"


def rows(links: list[Link], length: int, depth: int = 0, flush: bool = False) -> list[str]:
    """A chain in rows that are aligned at their relation, or begin at the left; a short one in one row."""
    set_in = "\\quad " * depth
    first = links[0][1]
    if len(links) == 1:
        return [f"& {set_in}{first}"]
    lead = f"& {set_in}{first} " if flush or visible(first) > WIDEST // 2 else f"{first} &"
    found, used = [], visible(first)
    row = lead
    for n, (link, text) in enumerate(links[1:]):
        sign = RELATIONS.get(link, link)
        size = visible(text) + 3
        if n and length > WIDEST and used + size > WIDEST:
            found.append(row)
            row, used = "& \\quad " + set_in if lead.startswith("&") else "&", 0
        pieces = broken(text) if size > WIDEST else [text]
        row += f"{'' if row.endswith(('&', ' ')) else ' '}{sign} {pieces[0]}"
        for piece in pieces[1:]:
            found.append(row)
            row = f"& \\qquad {piece}"
        used += size
    return [*found, row]


def broken(text: str) -> list[str]:
    """A long formula in pieces, parted before + and - that stand outside of braces, parentheses and cases."""
    pieces, start, depth = [], 0, 0
    for at, c in enumerate(text):
        depth += (c in "{([") - (c in "})]")
        depth += text.startswith("\\begin{", at) - text.startswith("\\end{", at)
        if depth == 0 and text[at : at + 3] in (" + ", " - ") and visible(text[start:at]) > WIDEST * 2 // 3:
            pieces.append(text[start:at])
            start = at + 1
    return [*pieces, text[start:]]


def visible(text: str) -> int:
    """About how many characters of LaTeX are seen."""
    return width(TOKEN.sub("", text).replace("  ", " "))


def chain_length(links: list[Link]) -> int:
    """About how many characters of a chain are seen."""
    return sum(visible(text) + 3 for _, text in links)


def blocks(rows: list[str]) -> Iterator[str]:
    """Rows in `$$` blocks of aligned equations, none of them too long."""
    for start in range(0, len(rows), ROWS):
        inner = " \\cr\n".join(rows[start : start + ROWS])
        yield f"$$\n\\begin{{aligned}}\n{inner}\n\\end{{aligned}}\n$$"


def escaped(text: str, cell: bool = False) -> str:
    """Text that Markdown shows as it is; what stands in single backquotes stays code; its `|` is marked in a `cell`."""
    parts = CODE.split(text)
    parts[::2] = [SPECIAL.sub(r"\\\1", part) for part in parts[::2]]
    if cell:
        parts[1::2] = [part.replace("|", r"\|") for part in parts[1::2]]
    return "".join(parts)
