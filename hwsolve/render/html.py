"""A page for a browser in one file: MathML and SVG inside, no request, no script.

Every link of a chain is a `math` element of its own in a row that wraps, since MathML breaks no lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from html import escape
from pathlib import Path

from hwsolve.figures import Diagram, Figure
from hwsolve.formula.notation import unicode
from hwsolve.formula.notation.mathml import mathml, summands
from hwsolve.formula.notation.plain import plain
from hwsolve.formula.notation.unicode import number_text
from hwsolve.formula.tree import Call, Formula, Ref
from hwsolve.language import listed, say, translate
from hwsolve.render import blocks as page_blocks
from hwsolve.render.chain import WORDS, Link, Notation
from hwsolve.render.folds import Fold
from hwsolve.render.html_parts import NARROW, WIDE, across, cut, in_block, inline, signs, spread, tied
from hwsolve.render.measure import width
from hwsolve.render.mixed import mixed
from hwsolve.render.options import Options
from hwsolve.render.page import UNICODE
from hwsolve.render.page import Page as TextPage
from hwsolve.render.quantity_rows import Row, is_continued
from hwsolve.render.select import title
from hwsolve.render.svg import drawing
from hwsolve.render.table import fitted, layout, numeric_columns
from hwsolve.render.table_columns import full_width
from hwsolve.render.table_heads import heads_of
from hwsolve.solution import Cell, Quantity, Solution, Table, Text

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
LONG = 30  # columns of a sum that is cut before its signs
TOO_LONG = 75  # columns of a link that is wider than a page
CROWDED = 55  # columns of a link that leaves no room for a reason, and may have to be scrolled
ROOM = 120  # columns of a table
STACKED = 8  # rows of a wide table that stand below each other on a narrow screen, each cell with its heading
FEW = 5  # rows that are not worth folding
LARGEST, LINE = 2_000_000, 900  # bytes of a page, and about those of a line
LANGUAGES = {"zh": "zh-Hans"}


def render(solutions: Sequence[Solution], options: Options) -> str:
    """The solutions in one document, each an article."""
    several = len(solutions) > 1
    articles = [Article(s, options, f"s{n}-" if several else "") for n, s in enumerate(solutions, 1)]
    written = [a.html() for a in articles]
    if several:
        links = [f'<li><a href="#{a.prefix}top">{escape(a.title)}</a></li>' for a in articles]
        written.insert(0, contents(links, options.language))
    return document(articles[0].title if articles else "hwsolve", "\n".join(written), options.language)


def document(name: str, body: str, language: str) -> str:
    """The whole file around a body."""
    return (
        f'<!doctype html>\n<html lang="{LANGUAGES.get(language, language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(name)}</title>\n<style>\n{styles()}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def contents(links: Sequence[str], language: str, of: str = "") -> str:
    """Links to the parts of a page, or `of` one of several solutions in it."""
    name = escape(translate(say("Contents"), language) + (f": {of}" if of else ""))
    return f'<nav aria-label="{name}"><ul>{"".join(links)}</ul></nav>'


@cache
def styles() -> str:
    """The style sheet."""
    return Path(__file__).with_name("page.css").read_text(encoding="utf-8")


class Article:
    """One solution; `prefix` parts its ids from those of others in the file."""

    def __init__(self, solution: Solution, options: Options, prefix: str = "") -> None:
        self.options, self.prefix = options, prefix
        self.title = " ".join(title(solution.title, options.language).split()) or solution.kind
        self.blocks = list(page_blocks.Page(solution, options, folds=True).blocks())
        folded = sum(len(b.rows) for fold in self.blocks if isinstance(fold, Fold) for b in equations(fold))
        if folded * LINE > LARGEST:
            self.blocks = list(page_blocks.Page(solution, options).blocks())
        self.words_between = tuple([translate(m, options.language) for m in WORDS.values()])
        self.notation = Notation(lambda f: inline(mathml(f, self.words_between)))
        self.ids: set[str] = set()
        self.steps: list[str] = []  # what the contents link to
        self.figures = 0

    def html(self) -> str:
        """The article: title, answers, contents, and the rest."""
        cards = [b for b in self.blocks if isinstance(b, page_blocks.Quantities) and b.title]
        rest = ["\n".join(self.block(block)) for block in self.blocks if block not in cards]
        top = ["\n".join(self.block(card)) for card in cards]  # last: they link to lines
        of = self.title if self.prefix else ""
        nav = [contents(self.steps, self.options.language, of)] if len(self.steps) > 2 else []
        head = f'<h1 id="{self.prefix}top">{escape(self.title)}</h1>'
        return "\n".join(["<article>", head, *top, *nav, *filter(None, rest), "</article>"])

    def block(self, block: page_blocks.Block) -> Iterator[str]:
        """One block."""
        match block:
            case page_blocks.Heading(text, level, number):
                yield self.heading(text, level, number)
            case page_blocks.Quantities(rows, text, where, table):
                said = [f"<p>{self.inline(one)}</p>" for one in where]
                inner = "\n".join([*([self.table(table)] if table else []), *map(self.quantity, rows), *said])
                if text:
                    name = self.anchor("answers")
                    yield f'<div class="card"><h2 id="{name}">{self.inline(text)}</h2>'
                    yield f"{inner}</div>"
                else:
                    yield f'<div class="given">{inner}</div>'
            case page_blocks.Say(text):
                yield f"<p>{self.inline(text)}</p>"
            case page_blocks.Equations(rows):
                yield from self.equations(rows)
            case page_blocks.Grille(table):
                yield self.table(table)
            case page_blocks.Drawing(figure):
                yield self.figure(figure)
            case Fold(text, inner):
                short = sum(len(b.rows) for b in equations(block)) < FEW
                opened = " open" if block.asked and block.is_open and short else ""
                yield f"<details{opened}><summary>{self.inline(text or say('Details'))}</summary>"
                for one in inner:
                    yield from self.block(one)
                yield "</details>"
            case page_blocks.Status(text, level):
                lead = f"<strong>{self.words(say('Warning:'))}</strong>" if level == "warning" else ""
                gap = " " if lead and self.options.language == "en" else ""  # a Chinese colon has room of its own
                yield f'<p class="{level}">{lead}{gap}{self.inline(text)}</p>'

    def figure(self, figure: Figure) -> str:
        """A drawing; one without anything to draw as the row of text that stands for it."""
        self.figures += 1
        drawn = drawing(figure, self.words, f"{self.prefix}figure-{self.figures}")
        if not drawn:
            rows = TextPage(self.options).arrows(figure) if isinstance(figure, Diagram) else []
            return f"<p>{escape(' '.join(rows))}</p>" if rows else ""
        said = figure.caption if isinstance(figure, Diagram) else ""
        caption = f"<figcaption>{self.inline(said or figure.title)}</figcaption>"
        return f'<figure><div class="drawing" tabindex="0">{drawn}</div>{caption}</figure>'

    def heading(self, text: Text, level: int, number: str) -> str:
        """A heading with an id; the contents link to those of the first level."""
        name = self.anchor(f"step-{number}" if number else "part")
        shown = (f"{number} " if number else "") + self.inline(text)
        if level == 1:
            self.steps.append(f'<li><a href="#{name}">{shown}</a></li>')
        tag = f"h{min(level + 1, 6)}"
        return f'<{tag} id="{name}">{shown}</{tag}>'

    def anchor(self, wanted: str) -> str:
        """An id that nothing else in the article has."""
        name, n = self.prefix + wanted, 1
        while name in self.ids:
            n += 1
            name = f"{self.prefix}{wanted}-{n}"
        self.ids.add(name)
        return escape(name)

    def math(self, f: Formula, relation: str = "") -> str:
        """A formula in display style, a relation before it."""
        inner = mathml(f, self.words_between)
        return f'<math displaystyle="true">{f"{signs(relation)}<mrow>{inner}</mrow>" if relation else inner}</math>'

    def links(self, links: Sequence[Link], final: bool) -> Iterator[str]:
        """The links behind the first, long sums in pieces; the last one marked where it is a value."""
        for n, (relation, f) in enumerate(links, 1):
            look = "link final" if final and n == len(links) else "link"
            if width(unicode(f)) <= LONG:
                yield f'<span class="{look}">{self.math(f, relation)}</span>'
                continue
            terms = summands(spread(f) if width(unicode(f)) > TOO_LONG else f, self.words_between)
            first, *rest = [piece for term in terms for piece in cut(term)]
            lead = signs(relation)
            reached = "" if rest or width(unicode(f)) <= CROWDED else ' tabindex="0"'
            yield f'<span class="{look}"{reached}><math displaystyle="true">{lead}<mrow>{first}</mrow></math></span>'
            for piece in rest:
                yield f'<span class="{look} more"><math displaystyle="true">{piece}</math></span>'

    def equations(self, rows: Sequence[Row]) -> Iterator[str]:
        """Chains under each other, aligned at their first relation; an empty row parts two blocks of them."""
        block: list[str] = []
        for row in [*rows, Row(())]:
            if row.links and not row.words:
                block.append(self.line(row))
                continue
            if block:
                yield '<div class="lines">' + "\n".join(block) + "</div>"
                block = []
            if row.words:
                chain = "".join(self.links(row.links, row.final))
                yield f"<p>{self.inline(row.words)} {chain}</p>" if chain else f"<p>{self.inline(row.words)}</p>"

    def line(self, row: Row) -> str:
        """A chain and its reason."""
        (_, first), *rest = row.links
        alone, goes_on = not rest, is_continued(row)
        (head,) = first.args if goes_on and isinstance(first, Call) else (first,)
        wide = not alone and across(head) > WIDE
        look = "line" + (" alone" if alone else " wide" if wide else "") + (" on" if wide and goes_on else "")
        look += f" depth{min(row.depth, 4)}" if row.depth else ""
        look += " below" if row.reason and any(width(unicode(f)) > CROWDED for _, f in rest) else ""
        key = plain(row.key) if row.key is not None else ""
        named = f' id="{self.anchor(key.replace(" ", ""))}"' if key and self.prefix + key not in self.ids else ""
        left = "".join(self.links(row.links[:1], False)) if alone else self.math(first)
        right = "" if alone else f'<span class="rhs">{"".join(self.links(rest, row.final))}</span>'
        why = f'<span class="why">{self.inline(say("({case})", case=row.reason))}</span>' if row.reason else ""
        return f'<div class="{look}"{named}><span class="lhs">{left}</span>{right}{why}</div>'

    def quantity(self, row: Row) -> str:
        """A quantity beside others, with what is said of it."""
        (_, first), *rest = row.links or (("", None),)
        name = self.math(first) if first is not None else ""
        if first is not None and (to := self.line_of(row.key or first)):  # mathematics alone has no name for a reader
            name = f'<a href="#{escape(to)}" aria-label="{escape(unicode(first))}">{name}</a>'
        chain = name + "".join([self.math(f, relation) for relation, f in rest])
        said = row.reason or row.words
        reached = ' tabindex="0"' if any(width(unicode(f)) > CROWDED for _, f in row.links) else ""
        return f'<span class="quantity"{reached}>{chain}{f" <span>{self.inline(said)}</span>" if said else ""}</span>'

    def line_of(self, f: Formula | None) -> str:
        """The id of the line that a quantity comes from, "" where the page has none."""
        ref = f.args[0] if isinstance(f, Call) and f.name in ("whole", "unit") else f
        key = plain(ref) if isinstance(ref, Ref) else ""
        wanted = [self.prefix + key + element for element in ("", "[1]", "[1,1]") if key]
        return next((name for name in wanted if name in self.ids), "")

    def words(self, text: Text) -> str:
        """A text without markup, escaped by whoever writes it."""
        return "".join([part for _, part in mixed(text, self.options.language, UNICODE.inline)])

    def inline(self, text: Text) -> str:
        """A text with its formulas as mathematics."""
        return tied(mixed(text, self.options.language, self.notation.inline))

    def table(self, table: Table) -> str:
        """A table whose first column heads its rows; numbers at the right; without columns that are no longer seen."""
        table, dropped = fitted(table, self.words, ROOM, folds=False) if table.drop else (table, [])
        right = [' class="number"' if number else "" for number in numeric_columns(table)]
        heads = [
            f'<th scope="col"{r}>{self.inline(c)}</th>' if c else "<td></td>"
            for c, r in zip(heads_of(table), right, strict=True)
        ]
        wide = full_width(layout(table, self.words, 9999, 2), 2)
        stacks = wide > CROWDED and len(table.columns) > 3 and len(table.rows) <= STACKED
        stacks = stacks and all(row[0] for row in table.rows)
        named = [f' data-head="{escape(self.words(c))}"' if stacks and c else "" for c in heads_of(table)]
        rows = []
        for n, row in enumerate(table.rows):
            first, *cells = [in_block(self.cell(c)) for c in row]
            if table.depths:
                first = in_block("\u2003" * table.depths[n] + self.cell(row[0]))
            total = ' class="total"' if table.total and n == len(table.rows) - 1 else ""
            body = "".join([f"<td{r}{h}>{c}</td>" for c, r, h in zip(cells, right[1:], named[1:], strict=True)])
            names = bool(first) and not isinstance(row[0], Formula)  # a formula is no name that is read out
            spans = ""
            if names and len(cells) > 1 and not any(cells):  # of rows that a short page closes
                spans, body = f' colspan="{len(row)}"', ""
            look = f"{right[0]}{named[0]}>{first}"
            head = f'<th scope="row"{spans}{look}</th>' if names else f"<td{look}</td>"
            rows.append(f"<tr{total}>{head}{body}</tr>")
        caption = f"<caption>{self.inline(table.title)}</caption>" if table.title else ""
        head, body = "".join(heads), "\n".join(rows)
        inner = f"{caption}<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody>"
        reached = ' tabindex="0"' if wide > NARROW else ""
        shown = f'<div class="table{" stacks" if stacks else ""}"{reached}><table>{inner}</table></div>'
        if not dropped:
            return shown
        columns = listed(dropped)
        return f"{shown}\n<p>{self.inline(say('Too wide for this page and left out: {columns}.', columns=columns))}</p>"

    def cell(self, cell: Cell) -> str:
        """A cell."""
        if isinstance(cell, Formula):
            return f"<math>{mathml(cell, self.words_between)}</math>"
        if isinstance(cell, Quantity):
            return ("" if cell.relation == "=" else "≈ ") + number_text(cell.text)
        return f"{cell:,}".replace("-", "−") if isinstance(cell, int) else self.inline(cell)


def equations(fold: Fold) -> Iterator[page_blocks.Equations]:
    """The chains of a fold."""
    return (block for block in fold.blocks if isinstance(block, page_blocks.Equations))
