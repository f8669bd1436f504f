"""Markdown with LaTeX that GitHub shows: headings, `$$` blocks of aligned equations, tables, notes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from hwsolve.formula.notation import latex, latex_symbol
from hwsolve.formula.notation.tex import latex_number, words
from hwsolve.formula.notation.unicode import number_text
from hwsolve.formula.tree import Formula, Number, Ref
from hwsolve.language import Message, say, translate
from hwsolve.render.arrays import KEY, MANY, grouped, leaves, parts_of_given, relation
from hwsolve.render.chain import Link, Notation, chain
from hwsolve.render.measure import width
from hwsolve.render.options import Options
from hwsolve.render.page import Grille, Heading, Page, Rows
from hwsolve.render.plain import joined
from hwsolve.render.select import headings, selected, with_columns
from hwsolve.render.table import LONGEST, numeric_columns, texts
from hwsolve.solution import (
    Answer,
    Carried,
    Cell,
    Curve,
    Figure,
    Identity,
    Line,
    Prose,
    Quantity,
    Section,
    Solution,
    Table,
    Text,
    Value,
)

LATEX = Notation(latex, latex_number)
ROWS = 16  # rows of one aligned block
PLACES = 0xF0000  # private signs that hold the place of formulas while a text is escaped
WIDEST = 84  # characters of a row, about what a page shows
RELATIONS = {"≈": "\\approx", "≤": "\\le", "≥": "\\ge", "<": "\\lt", ">": "\\gt", "≠": "\\ne"}
SPECIAL = re.compile(r"([\\*_<>\[\]|$~#`]|&(?=#?\w+;))")
CODE = re.compile(r"((?<!`)`[^`]+`(?!`))")
TOKEN = re.compile(r"\\(?:begin|end)\{\w+\}|\\[a-zA-Z]+|[{}^_&]")


def render(solutions: Sequence[Solution], options: Options) -> str:
    """The solutions under each other, a rule between two."""
    return "\n\n---\n\n".join("\n\n".join(Pages(options).parts(s)) for s in solutions) + "\n"


class Pages(Page):
    """The parts of a page: each is a paragraph, a heading, a table or a block of mathematics."""

    written = LATEX

    def parts(self, solution: Solution) -> Iterator[str]:
        """In the order of every page."""
        s = with_columns(selected(solution, self.options), self.options.columns)
        if head := self.title(s):
            yield f"# {escaped(head)}"
        for text, given in parts_of_given(s.given):
            yield f"## {self.words(text)}"
            yield from blocks([self.array(key, value) for key, value in grouped(given)])
        bodies = [self.below(section) for section in s.sections]
        for section, body, headed in zip(s.sections, bodies, headings(s.sections, bodies), strict=True):
            if headed:
                yield f"{'#' * min(section.level + 1, 6)} {escaped(self.words(section.title))}"
            yield from body
        if answers := [self.result(key, a) for key, a in s.answers.items() if a.main]:
            yield f"## {self.words(say('Answer') if len(answers) == 1 else say('Answers'))}"
            yield from blocks(answers)
        for block in self.comparisons(s):
            if isinstance(block, Heading):
                yield f"## {block.text}"
            elif isinstance(block, Grille):
                yield self.table(block.table)
        for note in s.notes:
            kind = "WARNING" if note.level == "warning" else "NOTE"
            yield f"> [!{kind}]\n> {escaped(self.words(note.text))}"

    def below(self, section: Section) -> list[str]:
        """What stands below a heading."""
        return [*self.equations(section.lines), *map(self.table, section.tables), *self.figures(section.figures)]

    def equations(self, lines: tuple[Line, ...]) -> Iterator[str]:
        """Lines that follow each other, aligned in one block; steps that are set in begin at the left instead."""
        flush = any(isinstance(line, Identity) and line.depth for line in lines)
        waiting: list[str] = []
        for line in lines:
            if isinstance(line, Carried):
                continue
            if isinstance(line, Prose) and line.text:
                yield from blocks(waiting)
                waiting = []
                yield from self.sentence(line)
            elif isinstance(line, Prose) or self.options.full or not line.aside:
                waiting += self.aligned(line, flush)
        yield from blocks(waiting)
        for row in self.summary(sum(isinstance(line, Carried) for line in lines)):
            yield f"*{joined(row).strip()}*"

    def sentence(self, line: Prose) -> Iterator[str]:
        """A sentence; short formulas stand in it, long ones below."""
        text, links = self.with_formulas(line.text), chain(line, self.notation)
        if links and chain_length(links) <= WIDEST:
            text += f" ${''.join(f' {RELATIONS.get(r, r)} {t}' if n else t for n, (r, t) in enumerate(links))}$"
            links = []
        yield text
        if links:
            yield from blocks(rows(links, chain_length(links)))

    def with_formulas(self, text: Text) -> str:
        """A text whose formulas stand in it as mathematics."""
        found: list[str] = []

        def kept(value: object) -> object:
            if not isinstance(value, Formula | tuple):
                return value
            found.append(f"${self.notation.inline(value)}$")
            return chr(PLACES + len(found) - 1)

        plain = escaped(text if isinstance(text, str) else translate(text, self.options.language, kept))
        return re.sub(f"[{chr(PLACES)}-{chr(PLACES + 99)}]", lambda m: found[ord(m[0]) - PLACES], plain)

    def aligned(self, line: Value | Identity | Prose, flush: bool) -> list[str]:
        """The rows of a line; the rule stands behind the last."""
        links = chain(line, self.notation)
        found = rows(links, chain_length(links), line.depth if isinstance(line, Identity) else 0, flush)
        rule = "" if isinstance(line, Prose) else self.words(line.rule)
        if rule:
            found[-1] += f" \\quad {words(f'({rule})')}"
        return found

    def array(self, key: Ref, value: object) -> str:
        """A given quantity: a number, a vector or a matrix, or what is left of one that is long."""
        if isinstance(value, Message):
            return f"{latex_symbol(key.name)}: &\\quad {words(self.words(value))}"
        head = latex(key) if key.indices else latex_symbol(key.name, isinstance(value, list))
        return f"{head} &{relation_sign(value)} {self.matrix(value)}"

    def result(self, key: str, answer: Answer) -> str:
        """A final result."""
        value = answer.shown or answer.value
        found = KEY.fullmatch(key)
        if found is None:
            symbol = words(key)
        elif found[2]:
            symbol = latex(Ref(found[1], tuple(Number(int(i)) for i in found[2][1:-1].split(","))))
        else:
            symbol = latex_symbol(found[1], isinstance(value, list | tuple))
        if isinstance(value, Formula):
            return f"{symbol} &= {self.notation.formula(value)}"
        if isinstance(value, Quantity) and value.relation == "≈" and value.exact is not None and len(value.exact) <= 16:
            symbol += f" = {latex_number(value.exact)}"
        return f"{symbol} &{relation_sign(value)} {self.matrix(value)}"

    def matrix(self, value: object) -> str:
        """Numbers in parentheses: a row for a vector, rows for a matrix; long ones are cut, deep ones nested."""
        if not isinstance(value, list | tuple):
            return element(value)
        count = sum(1 for _ in leaves(value))
        if count > MANY and not self.whole:
            some = ", ".join([element(v) for v, _ in zip(leaves(value), range(6), strict=False)])
            return f"({some}, \\dots) \\quad {words(self.words(say('{n} numbers; --full shows all', n=f'{count:,}')))}"
        if all(isinstance(row, list | tuple) and not any(isinstance(v, list | tuple) for v in row) for row in value):
            inner = " \\cr ".join(" & ".join(element(v) for v in row) for row in value)
            return f"\\begin{{pmatrix}} {inner} \\end{{pmatrix}}"
        return "(" + ", ".join(self.matrix(v) for v in value) + ")"

    def table(self, table: Table) -> str:
        """A table; numbers to the right, totals in bold."""
        if self.options.full or len(table.rows) <= LONGEST:
            body = [[self.cell(c) for c in row] for row in table.rows]
        else:
            body = [[escaped(c, True) for c in row] for row in texts(table, self.words, False)[1:]]
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
        return f"{cell:,}" if isinstance(cell, int) else escaped(self.words(cell), True)

    def figures(self, figures: Iterable[Figure]) -> Iterator[str]:
        """Curves and matrices, drawn in characters."""
        for figure in figures:
            drawn = self.curve(figure) if isinstance(figure, Curve) else self.grid(figure)
            if drawn:
                block = Rows(drawn)
                text = "\n".join(joined(row) for row in block.rows)
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


def element(value: object) -> str:
    """A number or a formula in an array."""
    if isinstance(value, Quantity):
        return latex_number(value.text)
    return latex(value) if isinstance(value, Formula) else latex_number(str(value))


def relation_sign(value: object) -> str:
    """The relation of a value to its digits, as LaTeX."""
    sign = relation(value)
    return RELATIONS.get(sign, sign)


def escaped(text: str, cell: bool = False) -> str:
    """Text that Markdown shows as it is; what stands in single backquotes stays code; its `|` is marked in a `cell`."""
    parts = CODE.split(text)
    parts[::2] = [SPECIAL.sub(r"\\\1", part) for part in parts[::2]]
    if cell:
        parts[1::2] = [part.replace("|", r"\|") for part in parts[1::2]]
    return "".join(parts)
