"""A page of text, for plain text and the terminal alike: blocks as rows of spans `(text, style)`, tables, and a box.

Styles are named by what they stand for: heading, subheading, value, rule, remark, figure, marked, note, warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from hwsolve import ascii as signs
from hwsolve.figures import OUTSIDE, OUTSIDE_ASCII, Bars, Diagram, Figure, Grid, shown_cells
from hwsolve.formula.notation import unicode
from hwsolve.formula.notation.in_line import in_line
from hwsolve.formula.tree import Formula
from hwsolve.language import Message, listed, say, translate, visible
from hwsolve.render import blocks
from hwsolve.render.boxes import PLACE, Box, beside, text_box
from hwsolve.render.chain import Notation, joined, spoken
from hwsolve.render.layout import MEASURE, boxes_of, chain_rows, flowed, with_reason
from hwsolve.render.measure import CLOSING, fill, right, wide, width
from hwsolve.render.options import Options
from hwsolve.render.quantity_rows import Row as Chain
from hwsolve.render.select import title
from hwsolve.render.side_by_side import side_by_side
from hwsolve.render.table import drawn, fitted
from hwsolve.render.table_columns import GAP
from hwsolve.render.table_rows import in_lines
from hwsolve.render.wrap import equation
from hwsolve.solution import Solution, Table, Text

UNICODE, IN_LINE = Notation(unicode), Notation(in_line)
BLANK, RELATED = re.compile(" "), re.compile(r" (?=[=≈<>≤≥≠] )|(?<= [=≈<>≤≥≠+−×·]) ")
POWER = re.compile(r" (?=[×*] 10[⁻⁰¹²³⁴-⁹^])|(?<= [×*]) (?=10[⁻⁰¹²³⁴-⁹^])")  # 800 × 10³ is one number
TIED, SHORT = "\u00a0", 30  # a space that no row is broken at; columns of a formula in a sentence that is not broken
RAISED, IN_BRACKETS = re.compile("(?:[ΣΠ]|max|min)[ₐ-ₜᵢᵣᵤᵥⱼᵦᵧᵨᵩᵪ]+₌"), re.compile(r"(?:[ΣΠ]|max|min)\[\w+ = ")  # bounds

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
        self.columns = max(options.width, 20)
        self.write_in(UNICODE)

    def write_in(self, unicode: Notation) -> None:
        """Take a notation for sentences, and for lines where no other is theirs."""
        plain = as_ascii(unicode) if self.options.ascii else unicode
        self.said = plain  # how formulas stand in sentences
        own = plain if self.options.ascii or self.written is UNICODE else self.written
        self.notation = spoken(own, self.options.language)

    def words(self, text: Text, tied: bool = False) -> str:
        """A text in the page's language; `tied`: no row is broken within a short formula in it."""
        said = Notation(self.tied) if tied else self.said
        return visible(text) if isinstance(text, str) else translate(text, self.options.language, said.inline)

    def rows_of(self, text: Text, columns: int) -> list[str]:
        """A text in rows; a short formula in it is not broken."""
        return [row.replace(TIED, " ") for row in fill(POWER.sub(TIED, self.words(text, tied=True)), columns)]

    def tied(self, f: Formula) -> str:
        """A formula of a sentence, with spaces that no row is broken at: all if short, else those of relations."""
        written = self.said.formula(f)
        return (BLANK if width(written) <= SHORT else RELATED).sub(TIED, written)

    def parts(self, solution: Solution) -> Iterator[Part]:
        """The parts of a solution; where the bounds of one sum cannot be raised, those of all stand in line."""
        self.write_in(UNICODE)
        found = list(self.made(solution))
        if not self.options.ascii and all(any(map(sign.search, texts_of(found))) for sign in (IN_BRACKETS, RAISED)):
            self.write_in(IN_LINE)
            found = list(self.made(solution))
        yield from found

    def made(self, solution: Solution) -> Iterator[Part]:
        """The parts in the notation that is set."""
        for block in blocks.Page(solution, self.options, asking=True).blocks():
            yield from self.part(block)

    def part(self, block: blocks.Block) -> Iterator[Part]:
        """One block as text."""
        match block:
            case blocks.Title(text):
                yield Heading(" ".join(visible(title(text, self.options.language)).split()), 0)
            case blocks.Heading(text, level, number):
                yield Heading(f"{number} {self.words(text)}" if number else self.words(text), level)
            case blocks.Quantities(rows, text, where, table):
                if text:
                    said: list[Row] = [[(row, "")] for one in where for row in self.rows_of(one, self.columns - 4)]
                    shown = [*self.tabled(table), *self.beside(rows, self.columns - 4, "value"), *said]
                    yield Framed(self.words(text), shown)
                else:
                    yield Rows([[("  ", ""), *row] for row in self.beside(rows, self.columns - 2, "")])
            case blocks.Say(text):
                yield Rows([[("  " + row, "")] for row in self.rows_of(text, self.columns - 2)], close=True)
            case blocks.Equations(rows):
                yield Rows(list(side_by_side(rows, self.equation, self.columns)), close=True)
            case blocks.Grille(table):
                kept, dropped = fitted(self.in_lines(table), self.words, self.columns - 2, self.options.full)
                yield Grille(kept)
                if dropped:
                    columns = listed(dropped)
                    yield from self.part(
                        blocks.Say(say("Too wide for this page and left out: {columns}.", columns=columns))
                    )
            case blocks.Drawing(figure):
                alone = isinstance(figure, Diagram) and bool(figure.row)  # a row of arrows has no title
                if drawn := self.below_title(figure):
                    heads = [] if alone else self.rows_of(figure.title, self.columns)
                    yield Rows([*[[(row, "subheading")] for row in heads], *drawn], close=alone)
            case blocks.Status(text, level):
                yield Rows(self.remark(text, level), close=level != "check")

    def tabled(self, table: Table | None) -> Iterator[Row]:
        """Answers in rows and columns."""
        for kind, cells in drawn(self.in_lines(table), self.words, self.columns - 4) if table else ():
            yield [((" " * GAP).join(cells), "value" if kind == "row" else "rule")]

    def in_lines(self, table: Table) -> Table:
        """A table whose sums have their bounds as those of the page."""
        return in_lines(table) if self.said is IN_LINE else table

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
        reason = self.words(say("({case})", case=row.reason), tied=True) if row.reason else ""
        paired = with_reason(rows, base, reason, self.columns)
        final = self.notation.formula(row.links[-1][1]) if row.final else ""
        return [
            [*emphasised(text, final if n == len(rows) - 1 else ""), (remark.replace(TIED, " "), "rule")]
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

    def below_title(self, figure: Figure) -> list[Row]:
        """A curve or bars in characters, a matrix, or what reads what in a diagram."""
        from hwsolve.render.bars import bar_rows
        from hwsolve.render.plot import plot

        if isinstance(figure, Grid):
            return self.grid(figure)
        if isinstance(figure, Bars):
            rows = bar_rows(figure, self.columns - 2, self.words, self.options.ascii)
        else:
            rows = self.arrows(figure) if isinstance(figure, Diagram) else plot(figure, self.columns - 2, self.words)
        return [[("  " + row, "figure")] for row in rows]

    def arrows(self, figure: Diagram) -> list[str]:
        """A diagram as one row, `x ─v→ α ─ReLU→ b`, and its caption behind it if there is room."""
        text = ""
        for arrow, label in figure.row:
            above = self.label(arrow)
            room = " " * (above != "" and wide(above[0]))  # wide characters would touch the arrow
            between = f" ─{room}{above}{room}→ " if arrow else " → "
            text += (between if text else "") + self.label(label)
        text = signs.written(text) if self.options.ascii else text
        caption = self.words(say("({case})", case=figure.caption)) if figure.caption else ""
        if not text:
            return [row for wire in figure.wires() for row in fill(self.words(wire), self.columns - 2)]
        if caption and width(text) + 4 + width(caption) <= self.columns - 2:
            return [text + " " * max(min(self.columns, MEASURE) - 2 - width(text) - width(caption), 4) + caption]
        return [row for part in (text, caption) if part for row in fill(part, self.columns - 2)]

    def label(self, label: Formula | Text) -> str:
        """A symbol, or words."""
        return self.notation.formula(label) if isinstance(label, Formula) else self.words(label)

    def grid(self, figure: Grid) -> list[Row]:
        """A matrix; marked cells stand in brackets, those that are not there are dots."""
        if not figure.cells:
            return []
        outside = OUTSIDE_ASCII if self.options.ascii else OUTSIDE
        written = shown_cells(figure, outside)
        size = max(width(c) for row in written for c in row)
        marked = set(figure.marked)
        per_row = max((self.columns - 2) // (size + 2), 1)
        rows: list[Row] = []
        for start in range(0, len(written[0]), per_row):
            for r, cells in enumerate(written, 1):
                row: Row = [("  ", "")]
                for c, cell in enumerate(cells[start : start + per_row], start + 1):
                    text = right(cell, size)
                    row.append((f"[{text}]", "marked") if (r, c) in marked else (f" {text} ", ""))
                rows.append(row)
        if figure.outside:
            rows.append([("  ", ""), (f" {outside}  {self.words(figure.legend)}", "note")])
        return rows

    def remark(self, text: Text, level: str) -> list[Row]:
        """A remark, a warning with the word before it; what was checked as it is."""
        if level == "check":
            return [[(row, "")] for row in self.rows_of(text, self.columns)]
        style = "warning" if level == "warning" else "note"
        lead = self.words(say("Warning:") if style == "warning" else say("Note:"))
        lead += "" if wide(lead[-1]) else " "
        rows = self.rows_of(text, self.columns - width(lead))
        return [[(lead if n == 0 else " " * width(lead), style), (row, "")] for n, row in enumerate(rows)]


def as_ascii(notation: Notation) -> Notation:
    """A notation in the signs of ASCII; what holds the place of an array stays."""
    return Notation(
        lambda f: "".join([p if PLACE.fullmatch(p) else signs.written(p) for p in PLACE.split(notation.formula(f))])
    )


def texts_of(parts: list[Part]) -> Iterator[str]:
    """The rows of text of some parts."""
    for part in parts:
        if isinstance(part, Rows | Framed):
            yield from ("".join([text for text, _ in row]) for row in part.rows)
        elif isinstance(part, Grille):
            yield from (unicode(cell) for row in part.table.rows for cell in row if isinstance(cell, Formula))


def emphasised(row: str, final: str) -> Row:
    """The row with the value it ends in set apart."""
    if final and row.endswith(" " + final):
        return [(row[: -len(final)], ""), (final, "value")]
    return [(row, "")]


__all__ = ["Framed", "Grille", "Heading", "Message", "Page", "Part", "Row", "Rows"]
