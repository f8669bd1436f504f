"""A page of text, for plain text and the terminal alike: blocks as rows of spans `(text, style)`, tables, and a box.

Styles are named by what they stand for: heading, subheading, value, rule, remark, figure, marked, note, warning.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from hwsolve import ascii as signs
from hwsolve.figures import Curve, Diagram, Grid
from hwsolve.formula.notation import unicode
from hwsolve.formula.tree import Formula
from hwsolve.language import Message, say, translate, visible
from hwsolve.render import blocks
from hwsolve.render.boxes import PLACE, Box, beside, text_box
from hwsolve.render.chain import Notation, joined, spoken
from hwsolve.render.layout import boxes_of, chain_rows, flowed, with_reason
from hwsolve.render.measure import CLOSING, fill, right, wide, width
from hwsolve.render.options import Options
from hwsolve.render.quantity_rows import Row as Chain
from hwsolve.render.select import title
from hwsolve.render.table import fitted
from hwsolve.render.wrap import equation
from hwsolve.solution import Solution, Table, Text

MEASURE = 100  # remarks are set to the right of this column, however wide the page
UNICODE = Notation(unicode)
TIED = "\u00a0"  # a space that no row is broken at
SHORT = 30  # columns of a formula in a sentence that is not broken
ASCII = Notation(lambda f: "".join([p if PLACE.fullmatch(p) else signs.written(p) for p in PLACE.split(unicode(f))]))

Span = tuple[str, str]
Row = list[Span]


class Rows(msgspec.Struct):
    """Rows of text that belong together; `close`: no empty row stands before them."""

    rows: list[Row]
    close: bool = False


class Framed(msgspec.Struct):
    """Rows under a title that stand out."""

    title: str
    rows: list[Row]


class Heading(msgspec.Struct):
    """A heading; level 0 is the title."""

    text: str
    level: int


class Grille(msgspec.Struct):
    """A table."""

    table: Table


Part = Rows | Framed | Heading | Grille


class Page:
    """Blocks as parts of a page of text."""

    written = UNICODE

    def __init__(self, options: Options) -> None:
        self.options = options
        self.said = ASCII if options.ascii else UNICODE  # how formulas stand in sentences
        self.notation = spoken(ASCII if options.ascii else self.written, options.language)
        self.columns = max(options.width, 20)

    def words(self, text: Text) -> str:
        """A text in the page's language."""
        return visible(text) if isinstance(text, str) else translate(text, self.options.language, self.said.inline)

    def rows_of(self, text: Text, columns: int) -> list[str]:
        """A text in rows; a short formula in it is not broken."""
        if isinstance(text, str):
            return fill(visible(text), columns)
        whole = translate(text, self.options.language, Notation(self.tied).inline)
        return [row.replace(TIED, " ") for row in fill(whole, columns)]

    def tied(self, f: Formula) -> str:
        """A formula of a sentence, with spaces that no row is broken at if it is short."""
        written = self.said.formula(f)
        return written.replace(" ", TIED) if width(written) <= SHORT else written

    def parts(self, solution: Solution) -> Iterator[Part]:
        """The parts of a solution."""
        for block in blocks.Page(solution, self.options, asking=True).blocks():
            yield from self.part(block)

    def part(self, block: blocks.Block) -> Iterator[Part]:
        """One block as text."""
        match block:
            case blocks.Title(text):
                yield Heading(" ".join(visible(title(text, self.options.language)).split()), 0)
            case blocks.Heading(text, level, number):
                yield Heading(f"{number} {self.words(text)}" if number else self.words(text), level)
            case blocks.Quantities(rows, text):
                if text:
                    yield Framed(self.words(text), self.beside(rows, self.columns - 4, "value"))
                else:
                    yield Rows([[("  ", ""), *row] for row in self.beside(rows, self.columns - 2, "")])
            case blocks.Say(text):
                yield Rows([[("  " + row, "")] for row in self.rows_of(text, self.columns - 2)], close=True)
            case blocks.Equations(rows):
                yield Rows([made for row in rows for made in self.equation(row)], close=True)
            case blocks.Grille(table):
                kept, dropped = fitted(table, self.words, self.columns - 2, self.options.full)
                yield Grille(kept)
                if dropped:
                    columns = ", ".join(map(self.words, dropped))
                    yield from self.part(
                        blocks.Say(say("Too wide for this page and left out: {columns}.", columns=columns))
                    )
            case blocks.Drawing(figure):
                if isinstance(figure, Diagram):
                    yield Rows([[("  " + row, "figure")] for row in self.arrows(figure)], close=True)
                elif drawn := self.curve(figure) if isinstance(figure, Curve) else self.grid(figure):
                    yield Rows([[(self.words(figure.title), "subheading")], *drawn])
            case blocks.Status(text, level):
                yield Rows(self.remark(text, level), close=level != "check")

    def beside(self, rows: tuple[Chain, ...], columns: int, style: str) -> list[Row]:
        """Quantities beside each other; one that is wider than the page in rows of its own."""
        made: list[Row] = []
        waiting: list[Box] = []

        def close() -> None:
            made.extend([[(text, style)] for text in flowed(waiting, columns)])
            waiting.clear()

        for row in rows:
            words = self.words(row.reason or row.words)
            box = beside(boxes_of(row.links, self.notation.formula)) if row.links else text_box("")
            if words:
                box = beside([box, text_box(f"  {words}" if row.reason else f": {words}")])
            if box.width <= columns:
                waiting.append(box)
                continue
            close()
            texts, _ = chain_rows(row.links, columns, 0, self.notation.formula)
            made += [[(text, style)] for text in (*texts, *(fill(words, columns) if words else ()))]
        close()
        return made

    def equation(self, row: Chain) -> list[Row]:
        """A chain with its reason at the right, words in front."""
        words = self.rows_of(row.words, self.columns - 2) if row.words else []
        if not row.links:
            return [[("  " + text, "remark")] for text in words] or [[]]
        if words:
            return self.introduced(words, row)
        indent = 2 + 2 * min(row.depth, max(self.columns // 8, 1))
        rows, base = chain_rows(row.links, self.columns, indent, self.notation.formula)
        reason = self.words(row.reason)
        paired = with_reason(rows, base, f"({reason})" if reason else "", self.columns, min(self.columns, MEASURE))
        final = self.notation.formula(row.links[-1][1]) if row.final else ""
        return [
            [*emphasised(text, final if n == len(rows) - 1 else ""), (remark, "rule")]
            for n, (text, remark) in enumerate(paired)
        ]

    def introduced(self, words: list[str], row: Chain) -> list[Row]:
        """Words, and the chain behind them or below."""
        links = [(relation, self.notation.formula(f)) for relation, f in row.links]
        whole = joined(links)
        if len(words) == 1 and width(words[0]) + 1 + width(whole) <= self.columns - 2:
            texts = [words[0] + ("" if words[0][-1] in CLOSING else " ") + whole]
        else:
            texts = [*words, *equation(links, self.columns - 2, 2)]
        return [[("  " + text, "")] for text in texts]

    def curve(self, figure: Curve) -> list[Row]:
        """A curve in characters."""
        from hwsolve.render.plot import plot

        return [[("  " + row, "figure")] for row in plot(figure, self.columns - 2, self.words)]

    def arrows(self, figure: Diagram) -> list[str]:
        """A diagram as one row, `x ─v→ α ─ReLU→ b`, and its caption behind it if there is room."""
        text = ""
        for arrow, label in figure.row:
            text += f" ─{self.label(arrow)}→ " if text and arrow else " → " if text else ""
            text += self.label(label)
        text = signs.written(text) if self.options.ascii else text
        caption = f"({self.words(figure.caption)})" if figure.caption else ""
        if not text:
            return []
        if caption and width(text) + 4 + width(caption) <= self.columns - 2:
            return [text + " " * max(min(self.columns, MEASURE) - 2 - width(text) - width(caption), 4) + caption]
        rows = fill(text, self.columns - 2)
        return [*rows, *fill(caption, self.columns - 2)] if caption else rows

    def label(self, label: Formula | Text) -> str:
        """A symbol, or words."""
        return self.notation.formula(label) if isinstance(label, Formula) else self.words(label)

    def grid(self, figure: Grid) -> list[Row]:
        """A matrix; marked cells stand in brackets."""
        if not figure.cells:
            return []
        size = max(width(c) for row in figure.cells for c in row)
        marked = set(figure.marked)
        per_row = max((self.columns - 2) // (size + 2), 1)
        rows: list[Row] = []
        for start in range(0, len(figure.cells[0]), per_row):
            for r, cells in enumerate(figure.cells, 1):
                row: Row = [("  ", "")]
                for c, cell in enumerate(cells[start : start + per_row], start + 1):
                    text = right(cell, size)
                    row.append((f"[{text}]", "marked") if (r, c) in marked else (f" {text} ", ""))
                rows.append(row)
        return rows

    def remark(self, text: Text, level: str) -> list[Row]:
        """A remark, a warning with the word before it; what was checked as it is."""
        if level == "check":
            return [[(row, "")] for row in self.rows_of(text, self.columns)]
        warning = level == "warning"
        lead = self.words(say("Warning:") if warning else say("Note:"))
        lead += "" if wide(lead[-1]) else " "
        style = "warning" if warning else "note"
        rows = self.rows_of(text, self.columns - width(lead))
        return [[(lead if n == 0 else " " * width(lead), style), (row, "")] for n, row in enumerate(rows)]


def emphasised(row: str, final: str) -> Row:
    """The row with the value it ends in set apart."""
    if final and row.endswith(" " + final):
        return [(row[: -len(final)], ""), (final, "value")]
    return [(row, "")]


__all__ = ["Framed", "Grille", "Heading", "Message", "Page", "Part", "Row", "Rows"]
