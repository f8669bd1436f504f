"""Typst: the source of a printed page.  Text of a problem stands in quoted strings alone, and is never markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from hwsolve.figures import OUTSIDE, Bars, Curve, Diagram, Figure, shown_cells
from hwsolve.formula.notation.typst import quoted, typst
from hwsolve.formula.tree import Formula
from hwsolve.language import Message, say
from hwsolve.render import blocks
from hwsolve.render.bars import typst_bars
from hwsolve.render.chain import Notation
from hwsolve.render.curves import scaled
from hwsolve.render.measure import width
from hwsolve.render.mixed import mixed, opened, pieces, quotient
from hwsolve.render.options import Options
from hwsolve.render.page import SHORT, UNICODE, Page
from hwsolve.render.quantity_rows import Row
from hwsolve.render.select import title
from hwsolve.render.table import cell_text, numeric_columns
from hwsolve.render.table_heads import heads_of
from hwsolve.render.table_rows import kept_rows
from hwsolve.render.typst_head import HEAD
from hwsolve.solution import Cell, Solution, Table, Text

TYPST = Notation(typst)
LONG = 56  # characters of a link that is given in pieces, so that it can be broken
ARROW, LETTER = 10, 5  # points of an arrow beside its label, and of a letter of it
WIDE = 110  # characters of a fraction that is written in one line, so that it can be parted
IN_CELL = 44  # characters of a formula in a cell; a longer one is text, which is broken anywhere
BREAKABLE = 20  # characters of a dotted name, from which it may be broken
ENDS = (".", "!", "?", "。", "！", "？", "…", ")", "）")  # of a sentence that leads to nothing


def render(solutions: Sequence[Solution], options: Options) -> str:
    """The source; each solution begins on a new page."""
    pages = ["\n".join(Source(options).statements(s)) for s in solutions]
    first = title(solutions[0].title, options.language) if solutions else ""
    setting = f"#show: page-of.with(title: {quoted(first)}, lang: {quoted(options.language)})\n"
    return HEAD + setting + "\n" + "\n#pagebreak()\n".join(pages) + "\n"


class Source(Page):
    """Blocks as calls of the functions in the head of the source."""

    written = TYPST

    def statements(self, solution: Solution) -> Iterator[str]:
        """In the order of every page."""
        for block in blocks.Page(solution, self.options).blocks():
            yield from self.statement(block)

    def statement(self, block: blocks.Block) -> Iterator[str]:
        """One block."""
        match block:
            case blocks.Title(text):
                shown = " ".join(title(text, self.options.language).split())
                yield f"#heading(level: 1, {quoted(shown)})"
            case blocks.Heading(text, level, number):
                lead = quoted(f"{number}\N{EN SPACE}") + " + " if number else ""
                yield f"#heading(level: {level + 1}, {lead}{self.content(text)})"
            case blocks.Quantities(rows, text, where, table):
                said = [f"eq(none, why: {self.content(one)})" for one in where]
                inside = [f"table: {self.grille(table).removeprefix('#')}"] if table else []
                inner = ",\n".join(f"  {row}" for row in (*inside, *map(self.call, rows), *said))
                yield f"#card({self.content(text)},\n{inner},\n)" if text else f"#flow(\n{inner},\n)"
            case blocks.Say(text):
                yield self.sentence(text)
            case blocks.Equations(rows):
                yield from self.equations(rows)
            case blocks.Grille(table):
                yield self.grille(table)
            case blocks.Drawing(figure):
                yield from self.figure(figure)
            case blocks.Status(text, level):
                name = {"warning": say("Warning:"), "info": say("Note:")}.get(level)
                first = f"strong({quoted(self.words(name))}) + {quoted(' ')} + " if name else ""
                yield f"#note({first}{self.content(text)})"

    def equations(self, rows: tuple[Row, ...]) -> Iterator[str]:
        """Chains under each other; words between them are sentences."""
        waiting: list[str] = []
        for row in rows:
            if row.words:
                yield from chain(waiting)
                waiting = []
                yield self.sentence(row.words)
                if row.links:
                    yield from chain([f"  {self.call(msgspec.structs.replace(row, words=''), 1)}"])
            else:
                waiting.append(f"  {self.call(row, row.depth)}" if row.links else "  none")
        yield from chain(waiting)

    def call(self, row: Row, depth: int = 0) -> str:
        """One chain: the left side, the links, and why."""
        if not row.links:
            return f"eq(none, why: {self.content(row.reason or row.words)})"
        first, *rest = opened(row.links)
        links = [f"${self.notation.formula(first[1])}$", *[self.link(relation, f) for relation, f in rest]]
        if row.reason or row.words:
            links.append(f"why: {self.content(row.reason or row.words)}")
        if depth:
            links.append(f"depth: {depth}")
        return f"eq({', '.join(links)})"

    def sentence(self, text: Text) -> str:
        """A sentence; one that has no end yet stays on the page of what it leads to."""
        ended = self.words(text).rstrip().endswith(ENDS)
        return f"#{'par' if ended else 'lead'}({self.content(text)})"

    def link(self, relation: str, f: Formula) -> str:
        """A relation and what stands behind it; a long one in pieces between which a row may be broken."""
        text = f"{relation.replace(' ', ' thin ')} {self.notation.formula(f)}"
        found = pieces(text, ("−", "⋅", "×"), width, LONG)
        if len(found) == 1 and width(text) > WIDE and (parts := quotient(text, "frac(", ",", ")")):
            front, top, bottom = parts
            first, *rest = pieces(top, ("−", "⋅", "×"), width, LONG)
            found = [f"{front} ({first}", *rest]
            found[-1] += f")\\/{bottom if bottom.isalnum() else f'({bottom})'}"
        if len(found) == 1:
            return f"${text}$"
        return "(" + ", ".join([f"${piece}$" if n == 0 else f'$"" {piece}$' for n, piece in enumerate(found)]) + ")"

    def content(self, text: Text) -> str:
        """A sentence as strings and mathematics, one behind the other."""
        made = []
        for kind, part in mixed(text, self.options.language, self.inline):
            made.append(part if kind == "math" else f"raw({quoted(part)})" if kind == "code" else quoted(part))
        return " + ".join(made) if len(made) > 1 else f"[#{made[0]}]" if made else "[]"

    def inline(self, value: object) -> str:
        """What stands in a sentence; a long formula is text, which is broken anywhere."""
        text = str(self.notation.inline(value))
        if width(text) > WIDE:
            return quoted(str(UNICODE.inline(value)))
        return f"box(${text}$)" if width(str(UNICODE.inline(value))) <= SHORT else f"${text}$"

    def grille(self, table: Table) -> str:
        """A table; numbers to the right, a line above totals."""
        aligned = ", ".join("right" if right else "left" for right in numeric_columns(table))
        heads = ", ".join(f"strong({quoted(self.words(c))})" for c in heads_of(table))
        kept = kept_rows(table, self.options.full)
        rows = [", ".join([set_in(depth, self.cell(row[0])), *map(self.cell, row[1:])]) for depth, row in kept]
        if table.total and len(rows) > 1:
            rows[-1:] = ["table.hline(stroke: .4pt)", ", ".join(f"strong({self.cell(c)})" for c in table.rows[-1])]
        caption = f"#lead(strong({quoted(self.words(table.title))}))\n" if table.title else ""
        body = ",\n".join(f"  {row}" for row in [f"table.header({heads}, table.hline(stroke: .4pt))", *rows])
        return f"{caption}#grille(({aligned},),\n{body},\n)"

    def cell(self, cell: Cell) -> str:
        """A cell as mathematics or as a string."""
        if isinstance(cell, Message) and any(isinstance(value, Formula) for value in cell.values.values()):
            return self.content(cell)
        if isinstance(cell, Formula) and width(str(UNICODE.inline(cell))) <= IN_CELL:
            return f"${self.notation.formula(cell)}$"
        text = str(UNICODE.inline(cell)) if isinstance(cell, Formula) else cell_text(cell, self.words)
        if len(text) > BREAKABLE and " " not in text:
            text = text.replace(".", ".\N{ZERO WIDTH SPACE}").replace(",", ",\N{ZERO WIDTH SPACE}")
        return quoted(text)

    def arrowed(self, figure: Diagram) -> str:
        """`x ─v→ α ─ReLU→ b`, which is broken before an arrow, and the caption behind it."""
        made: list[str] = []
        for arrow, label in figure.row:
            link = "→ " if made else ""
            if made and arrow:  # its label in the size of the row: smaller, the numbers of layers could not be read
                shown = width(str(UNICODE.inline(arrow)) if isinstance(arrow, Formula) else self.words(arrow))
                link = f"limits(stretch(→, size: #{ARROW + LETTER * shown}pt))^(inline({self.symbol(arrow)})) "
            made.append(f"box(${link}{self.symbol(label)}$)")
        if made and figure.caption:
            made.append(f"text(size: 9pt, fill: soft, {self.content(say('({case})', case=figure.caption))})")
        return " + h(.3em, weak: true) + ".join(made)

    def symbol(self, label: Formula | Text) -> str:
        """A symbol, or words."""
        return self.notation.formula(label) if isinstance(label, Formula) else quoted(self.words(label))

    def figure(self, figure: Figure) -> Iterator[str]:
        """A matrix with marked cells, a curve, or a diagram as one row."""
        if isinstance(figure, Diagram):
            if row := self.arrowed(figure):
                yield f"#par({row})"
            for words in (figure.title, *wires) if (wires := figure.wires()) else ():
                yield f"#par({self.content(words)})"
            return
        name = quoted(self.words(figure.title))
        if isinstance(figure, Curve):
            if drawn := scaled(figure):
                series = [
                    f"({quoted(self.words(text))}, ({', '.join(f'({x:.4f}, {y:.4f})' for x, y in points)},))"
                    for (text, _), points in zip(figure.series, drawn.series, strict=False)
                ]
                axes = [*drawn.x, *drawn.y, self.words(figure.x_label), self.words(figure.y_label)]
                yield f"#drawing({name}, plot({', '.join(map(quoted, axes))}, ({', '.join(series)},)))"
        elif isinstance(figure, Bars):
            if figure.bars:
                yield f"#drawing({name}, {typst_bars(figure, self.words)})"
        elif figure.cells:
            marked = set(figure.marked)
            cells = [
                f"mark({quoted(cell)})" if (r, c) in marked else quoted(cell)
                for r, row in enumerate(shown_cells(figure, OUTSIDE), 1)
                for c, cell in enumerate(row, 1)
            ]
            yield f"#drawing({name}, cells({len(figure.cells[0])}, {', '.join(cells)}))"
            if figure.outside:
                yield f"#par({quoted(f'{OUTSIDE}  {self.words(figure.legend)}')})"


def set_in(depth: int, cell: str) -> str:
    """The first cell of a row that is part of the one above."""
    return f"pad(left: {depth}em, {cell})" if depth else cell


def chain(rows: list[str]) -> Iterator[str]:
    """Chains under each other."""
    if rows:
        yield "#chain(\n" + ",\n".join(rows) + ",\n)"
