"""The order of a page, for plain text and the terminal alike: rows of styled text, tables, and a box of answers.

A page is a list of blocks; a block of rows is a list of rows, and a row a list of spans `(text, style)`.
Styles are named by what they stand for: heading, subheading, value, rule, remark, figure, marked, note, warning.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from hwsolve.formula.notation import unicode
from hwsolve.formula.notation.unicode import number_text
from hwsolve.formula.tree import Formula
from hwsolve.language import Message, say, translate, visible
from hwsolve.render.arrays import answer_rows, array_rows, grouped, key_symbol, parts_of_given
from hwsolve.render.chain import Notation, chain, spoken
from hwsolve.render.judged import checks_table, published_table
from hwsolve.render.measure import CLOSING, fill, right, wide, width
from hwsolve.render.options import Options
from hwsolve.render.select import headings, selected, title, with_columns
from hwsolve.render.wrap import equation, with_remark
from hwsolve.solution import (
    Carried,
    Curve,
    Given,
    Grid,
    Identity,
    Note,
    Prose,
    Section,
    Solution,
    Table,
    Text,
    Value,
)

MEASURE = 100  # remarks are set to the right of this column, however wide the page
UNICODE = Notation(unicode, number_text)

Span = tuple[str, str]
Row = list[Span]


class Rows(msgspec.Struct):
    """Rows of text that belong together."""

    rows: list[Row]


class Box(msgspec.Struct):
    """Rows under a heading that stand out."""

    title: str
    rows: list[Row]


class Heading(msgspec.Struct):
    """A heading; level 0 is the title."""

    text: str
    level: int


class Grille(msgspec.Struct):
    """A table."""

    table: Table


Block = Rows | Box | Heading | Grille


class Page:
    """The blocks of a solution."""

    written = UNICODE

    def __init__(self, options: Options) -> None:
        self.options = options
        self.notation = spoken(self.written, options.language)
        self.columns = max(options.width, 20)
        self.whole = options.full or options.only is not None  # whether arrays of any length are written out

    def words(self, text: Text) -> str:
        """A text in the page's language."""
        return visible(text) if isinstance(text, str) else translate(text, self.options.language, UNICODE.inline)

    def title(self, solution: Solution) -> str:
        """The title in one row."""
        return self.words(" ".join(title(solution, self.options.language).split()))

    def blocks(self, solution: Solution) -> Iterator[Block]:
        """Title, givens, sections, answers, checks, published answers, notes."""
        s = with_columns(selected(solution, self.options), self.options.columns)
        if head := self.title(s):
            yield Heading(head, 0)
        for heading_text, given in parts_of_given(s.given):
            yield Heading(self.words(heading_text), 1)
            yield Rows(self.given(given))
        bodies = [list(self.body(section)) for section in s.sections]
        for section, body, headed in zip(s.sections, bodies, headings(s.sections, bodies), strict=True):
            if headed:
                yield Heading(self.words(section.title), section.level)
            yield from body
        if answers := self.answers(s):
            yield Box(self.words(say("Answer") if len(answers) == 1 else say("Answers")), answers)
        yield from self.comparisons(s)
        if s.notes:
            yield Rows([row for note in s.notes for row in self.note(note)])

    def given(self, given: list[Given]) -> list[Row]:
        """Numbers grouped by name, scalars beside each other."""
        rows: list[Row] = []
        scalars: list[str] = []
        for key, value in grouped(given):
            whole = isinstance(value, list | Message)
            head = unicode(key) if key.indices else key_symbol(key.name, whole)
            if isinstance(value, Message):
                scalars.append(f"{head}: {self.words(value)}")
                continue
            text = array_rows(head, value, self.columns - 2, self.words, self.whole)
            if whole or len(text) > 1:
                rows += [[("  " + row, "")] for row in text]
            else:
                scalars += text
        beside = ""
        for scalar in scalars:
            if beside and width(beside) + 3 + width(scalar) > self.columns - 2:
                rows.append([("  " + beside, "")])
                beside = ""
            beside += ("   " if beside else "") + scalar
        return [*rows, [("  " + beside, "")]] if beside else rows

    def body(self, section: Section) -> Iterator[Block]:
        """What stands below a heading: lines, tables and figures."""
        if rows := self.lines(section):
            yield Rows(rows)
        for table in section.tables:
            yield Grille(table)
        for figure in section.figures:
            drawn = self.curve(figure) if isinstance(figure, Curve) else self.grid(figure)
            if drawn:
                yield Rows([[(self.words(figure.title), "subheading")], *drawn])

    def lines(self, section: Section) -> list[Row]:
        """The lines that are shown; carried values only counted, and only in the full form."""
        rows: list[Row] = []
        carried = 0
        before: Text = ""
        grouped = ""
        for line in section.lines:
            if isinstance(line, Carried):
                carried += 1
                continue
            rows += self.summary(carried)
            carried = 0
            apart, grouped = group(line, grouped)
            if apart and rows:
                rows.append([])
            if isinstance(line, Prose):
                rows += self.prose(line)
                before = ""
            elif self.options.full or not line.aside:
                rows += self.equation(line, before)
                before = line.rule
        return rows + self.summary(carried)

    def summary(self, carried: int) -> list[Row]:
        """How many values were taken over."""
        if not carried or not self.options.full:
            return []
        text = say("… {n} values carried over from steps that are not written out", n=f"{carried:,}")
        return [[("  " + row, "remark")] for row in fill(self.words(text), self.columns - 2)]

    def equation(self, line: Value | Identity, before: Text = "") -> list[Row]:
        """A line with its rule at the right; one that the line before had is not given a row of its own."""
        depth = line.depth if isinstance(line, Identity) else 0
        links = chain(line, self.notation)
        rows = equation(links, self.columns, 2 + 2 * min(depth, max(self.columns // 8, 1)))
        rule = self.words(line.rule)
        paired = with_remark(rows, f"({rule})" if rule else "", self.columns, min(self.columns, MEASURE))
        if len(paired) > len(rows) and line.rule == before:
            paired = paired[: len(rows)]
        final = links[-1][1] if len(links) > 1 and isinstance(line, Value) else ""
        return [
            [*emphasised(row, final if n == len(rows) - 1 else ""), (remark, "rule")]
            for n, (row, remark) in enumerate(paired)
        ]

    def prose(self, line: Prose) -> list[Row]:
        """A sentence, and formulas behind it."""
        rows = fill(self.words(line.text), self.columns - 2) if line.text else []
        links = chain(line, self.notation)
        if links:
            whole = "".join([f" {r} {t}" if n else t for n, (r, t) in enumerate(links)])
            if len(rows) == 1 and width(rows[0]) + 1 + width(whole) <= self.columns - 2:
                rows = [rows[0] + ("" if rows[0][-1] in CLOSING else " ") + whole]
            else:
                rows += equation(links, self.columns - 2, 2 if rows else 0)
        return [[("  " + row, "")] for row in rows]

    def curve(self, figure: Curve) -> list[Row]:
        from hwsolve.render.plot import plot

        return [[("  " + row, "figure")] for row in plot(figure, self.columns - 2, self.words)]

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

    def answers(self, s: Solution) -> list[Row]:
        """The few results that count."""
        found: list[Row] = []
        for key, answer in s.answers.items():
            if answer.main:
                if isinstance(answer.value, Formula):
                    text = self.notation.formula(answer.shown or answer.value)
                    texts = equation([("", key_symbol(key, False)), ("=", text)], self.columns - 4)
                else:
                    texts = answer_rows(key, answer, self.columns - 4, self.words, self.whole)
                found += [[(text, "value")] for text in texts]
        return found

    def comparisons(self, s: Solution) -> Iterator[Block]:
        """What was expected, and what others state, beside what came out."""
        if s.checks:
            yield Heading(self.words(say("Checks")), 1)
            yield Grille(checks_table(s.checks))
        if s.published:
            yield Heading(self.words(say("Published answers")), 1)
            yield Grille(published_table(s.published))

    def note(self, note: Note) -> list[Row]:
        """A remark, a warning with the word before it."""
        warning = note.level == "warning"
        lead = self.words(say("Warning:") if warning else say("Note:"))
        lead += "" if wide(lead[-1]) else " "
        style = "warning" if warning else "note"
        rows = fill(self.words(note.text), self.columns - width(lead))
        return [[(lead if n == 0 else " " * width(lead), style), (row, "")] for n, row in enumerate(rows)]


def emphasised(row: str, final: str) -> Row:
    """The row with the value it ends in set apart."""
    if final and row.endswith(" " + final):
        return [(row[: -len(final)], ""), (final, "value")]
    return [(row, "")]


def group(line: Value | Identity | Prose, state: str) -> tuple[bool, str]:
    """Whether an empty row stands before a line: a general formula and its instances are a group of their own."""
    if isinstance(line, Prose):
        return (True, "open") if not line.text else (False, state)
    if state == "inside" and line.rule:
        return True, ""
    return False, "inside" if state == "open" else state
