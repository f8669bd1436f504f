"""Markdown with LaTeX that GitHub shows: headings, `$$` blocks of aligned equations, tables, notes.

No row of mathematics is wider than the page: `tex_rows` breaks chains, and a long formula of a sentence stands alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from hwsolve.figures import Diagram, Figure
from hwsolve.formula.notation import latex
from hwsolve.formula.notation.tex_words import words
from hwsolve.formula.notation.unicode import number_text
from hwsolve.formula.tree import Formula
from hwsolve.language import say
from hwsolve.render import blocks as page_blocks
from hwsolve.render.chain import Notation
from hwsolve.render.measure_tex import em
from hwsolve.render.mixed import mixed
from hwsolve.render.options import Options
from hwsolve.render.page import Page
from hwsolve.render.plain import joined
from hwsolve.render.quantity_rows import Row
from hwsolve.render.select import title
from hwsolve.render.table import LONGEST, numeric_columns, texts
from hwsolve.render.table_heads import heads_of
from hwsolve.render.tex_rows import LIMIT, Chain, Unit, laid_out, relation_of
from hwsolve.solution import Cell, Quantity, Solution, Table, Text

LATEX = Notation(latex)
ROWS = 16  # rows of one aligned block
BUFFER = 4500  # characters of one block: MathJax, which GitHub shows pages with, refuses more than 5,120
SET_IN = "&emsp;"  # a row of a table that is part of the one above
INLINE = 30.0  # em of a formula that stands in a sentence
BETWEEN = 2.0  # em between quantities in a row
SPECIAL = re.compile(r"([\\*_<>\[\]|$~#`]|&(?=#?\w+;))")
CODE = re.compile(r"((?<!`)`[^`]+`(?!`))")
OPENING = re.compile(r"^[-+=#>]")  # at the beginning of a row Markdown takes them for a list, a heading or a quotation


def render(solutions: Sequence[Solution], options: Options) -> str:
    """The solutions under each other, a rule between two."""
    return with_pictures(solutions, options, None)[0]


def with_pictures(solutions: Sequence[Solution], options: Options, stem: str | None) -> tuple[str, dict[str, str]]:
    """The solutions, and diagrams as SVG by the names of their files, which begin with `stem`; in a row without one."""
    pages = Pages(options, stem)
    return "\n\n---\n\n".join(["\n\n".join(pages.paragraphs(s)) for s in solutions]) + "\n", pages.pictures


class Pages(Page):
    """Blocks as Markdown: each is a paragraph, a heading, a table or a block of mathematics."""

    written = LATEX

    def __init__(self, options: Options, stem: str | None = None) -> None:
        super().__init__(options)
        self.stem = stem  # of the names of files beside the page
        self.pictures: dict[str, str] = {}

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
            case page_blocks.Quantities(rows, text, where, table):
                if text:
                    yield f"## {escaped(self.words(text))}"
                if table:
                    yield self.table(table)
                yield from environments([self.quantities(rows)] if rows else [])
                for said in where:
                    yield from self.sentence(said)
            case page_blocks.Say(text):
                yield from self.sentence(text)
            case page_blocks.Equations(rows):
                yield from self.equations(rows)
            case page_blocks.Grille(table):
                yield self.table(table)
            case page_blocks.Drawing(figure):
                yield from self.figure(figure)
            case page_blocks.Status(text, "check"):
                yield self.with_formulas(text)
            case page_blocks.Status(text, level):
                kind = "WARNING" if level == "warning" else "NOTE"
                yield f"> [!{kind}]\n> {self.with_formulas(text)}"

    def equations(self, rows: Sequence[Row]) -> Iterator[str]:
        """Chains in blocks of rows, those with one reason together; words between them as sentences."""
        groups: list[list[Chain]] = [[]]
        for row in rows:
            if row.words:
                yield from environments(blocks(groups))
                groups = [[]]
                yield from self.sentence(row.words, self.chain(row).links)
            elif row.links:
                groups[-1].append(self.chain(row))
            else:
                groups.append([])
        yield from environments(blocks(groups))

    def chain(self, row: Row) -> Chain:
        """A chain, written, with its reason in parentheses."""
        links = [(relation, self.notation.formula(f)) for relation, f in row.links]
        return Chain(links, self.units(say("({case})", case=row.reason)) if row.reason else [], row.depth)

    def units(self, text: Text, around: str = "{}") -> list[Unit]:
        """A text in pieces of words and of mathematics."""
        first, last = around.split("{}")
        parts = [("text", first), *mixed(text, self.options.language, self.notation.inline), ("text", last)]
        return [("math" if kind == "math" else "text", part) for kind, part in parts if part]

    def quantities(self, rows: Sequence[Row]) -> list[str]:
        """Quantities beside each other in rows; one that is wider than the page in rows of its own."""
        made: list[str] = []
        used = LIMIT
        for row in rows:
            chain = Chain(self.chain(row).links, self.units(row.reason))  # a condition has its parentheses
            said = inside(chain.reason or self.units(row.words, ": {}" if row.words else "{}"))
            text = one_row(chain.links) + (f" \\quad {said}" if said and row.reason else said)
            width = em(text)
            if width > LIMIT:
                made += laid_out([Chain(chain.links, chain.reason or self.units(row.words), 1)], inside)
                used = LIMIT
            elif used + BETWEEN + width > LIMIT:
                made.append(f"& {text}")
                used = width
            else:
                made[-1] += f" \\qquad {text}"
                used += BETWEEN + width
        return made

    def sentence(self, text: Text, links: Sequence[tuple[str, str]] = ()) -> Iterator[str]:
        """A sentence; a formula too long for it stands below the words before it, and so does a chain behind it."""
        written = ""
        for kind, part in mixed(text, self.options.language, self.notation.inline):
            if kind == "math" and em(part) > INLINE:
                yield from filter(None, [written.strip()])
                yield from environments([laid_out([Chain([("", part)])], inside)])
                written = ""
            else:
                written += f"${part}$" if kind == "math" else f"`{part}`" if kind == "code" else escaped(part)
        if links and em(one_row(links)) <= INLINE:
            written, links = f"{written} ${one_row(links)}$", ()
        yield from filter(None, [written.strip()])
        if links:
            yield from environments([laid_out([Chain(list(links))], inside)])

    def with_formulas(self, text: Text, cell: bool = False) -> str:
        """A text in one paragraph, its formulas as mathematics in it."""
        parts = mixed(text, self.options.language, self.notation.inline)
        return "".join(
            [f"${p}$" if kind == "math" else escaped(f"`{p}`" if kind == "code" else p, cell) for kind, p in parts]
        )

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
        heads = [escaped(self.words(c), True) for c in heads_of(table)]
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

    def svg(self, figure: Diagram) -> str:
        """A diagram as a file of its own."""
        from hwsolve.render.svg_file import svg_file

        return svg_file((figure,), self.words)

    def figure(self, figure: Figure) -> Iterator[str]:
        """A diagram as a picture, or drawn in characters as a curve or a matrix is."""
        if isinstance(figure, Diagram):
            if self.stem is not None and (picture := self.svg(figure)):
                name = f"{self.stem}-{len(self.pictures) + 1}.svg"
                self.pictures[name] = picture
                yield f"![{escaped(self.words(figure.title))}]({quote(name)})"
                return
            text = "\n".join(Page(self.options).arrows(figure))
        else:
            text = "\n".join(joined(row) for row in self.below_title(figure))
        if text:
            head = "" if isinstance(figure, Diagram) and figure.row else f"**{escaped(self.words(figure.title))}**\n\n"
            yield f"{head}```text\n{text}\n```"


def inside(units: Sequence[Unit]) -> str:
    """Words and formulas as mathematics."""
    written, run = "", ""
    for kind, text in units:
        if kind == "text":
            run += text
            continue
        written += (words(run) if run else "") + text
        run = ""
    return written + (words(run) if run else "")


def one_row(links: Sequence[tuple[str, str]]) -> str:
    """A chain in one row."""
    return "".join([f" {relation_of(r)} {text}" if n else text for n, (r, text) in enumerate(links)])


def blocks(groups: Sequence[Sequence[Chain]]) -> Iterator[list[str]]:
    """Groups of chains in blocks that are aligned together, none of them long."""
    waiting: list[Chain] = []
    for group in groups:
        if waiting and len(waiting) + len(group) > ROWS:
            yield laid_out(waiting, inside)
            waiting = []
        for chain in group:
            if len(waiting) == ROWS:
                yield laid_out(waiting, inside)
                waiting = []
            waiting.append(chain)
    if waiting:
        yield laid_out(waiting, inside)


def environments(found: Iterable[list[str]]) -> Iterator[str]:
    """Blocks of aligned rows; one that is too long for a browser goes on in the next."""
    for rows in found:
        for inner in buffered([OPENING.sub(r"{\g<0>}", row) for row in rows], " \\cr\n"):
            yield f"$$\n\\begin{{aligned}}\n{inner}\n\\end{{aligned}}\n$$"


def buffered(rows: Sequence[str], between: str) -> Iterator[str]:
    """Rows put together as far as they fit into the buffer."""
    inner = ""
    for row in rows:
        if inner and len(inner) + len(between) + len(row) > BUFFER:
            yield inner
            inner = ""
        inner += between + row if inner else row
    if inner:
        yield inner


def escaped(text: str, cell: bool = False) -> str:
    """Text that Markdown shows as it is; what stands in single backquotes stays code; its `|` is marked in a `cell`."""
    parts = CODE.split(text)
    parts[::2] = [SPECIAL.sub(r"\\\1", part) for part in parts[::2]]
    if cell:
        parts[1::2] = [part.replace("|", r"\|") for part in parts[1::2]]
    return "".join(parts)
