r"""LaTeX: an article that xelatex and lualatex compile, and pdflatex where no Chinese stands in it.

Equations are `align*`, their reasons `\tag*`, which amsmath sets at the right and below where there is no room.  LaTeX
breaks no row of them, so their widths are estimated here; what is wider than the page though it was parted is made
smaller.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hwsolve.figures import OUTSIDE, Bars, Curve, Diagram, Figure, Grid, shown_cells
from hwsolve.formula.notation.tex_paper import paper
from hwsolve.formula.notation.tex_text import CHINESE, escaped
from hwsolve.formula.tree import Formula
from hwsolve.language import say
from hwsolve.render import blocks
from hwsolve.render.bars import latex_bars
from hwsolve.render.chain import Notation
from hwsolve.render.latex_picture import picture
from hwsolve.render.latex_table import tabular
from hwsolve.render.measure_tex import SIZES, em
from hwsolve.render.mixed import mixed, opened
from hwsolve.render.options import Options
from hwsolve.render.page import Page
from hwsolve.render.quantity_rows import Row
from hwsolve.render.select import title
from hwsolve.render.table import cell_text
from hwsolve.render.tex_rows import Chain, braced, chain_rows, parted, relation_of
from hwsolve.solution import Cell, Solution, Text

PAPER = Notation(paper)
WIDTH = 46.0  # em of a row on the page
LONGEST = 24  # characters of a word in a cell
NARROW = 32.0  # of what is so long that no size of text would do
LEAD = 12.0  # em of a left side that others are aligned with
LEVELS = {1: "section", 2: "subsection", 3: "subsubsection"}

CHINESE_FONTS = "\\usepackage[UTF8,scheme=plain]{ctex}\n"
HEAD = r"""\documentclass[10pt,a4paper,fleqn]{article}
\usepackage{amsmath,amssymb,array,graphicx,longtable}
\ifdefined\pdfoutput\IfFileExists{lmodern.sty}{\usepackage[T1]{fontenc}\usepackage{lmodern}}{}\fi
@CTEX@\setlength{\textwidth}{17cm}\setlength{\oddsidemargin}{-.5cm}
\setlength{\textheight}{25cm}\setlength{\topmargin}{-2cm}
\setlength{\parindent}{0pt}\setlength{\parskip}{4pt plus 2pt}
\renewcommand{\arraystretch}{1.15}
\setlength{\lineskiplimit}{2pt}\setlength{\lineskip}{5pt}
\setlength{\mathindent}{1em}\setlength{\fboxsep}{6pt}
\makeatletter
\renewcommand\section{\@startsection{section}{1}{0pt}{12pt plus 4pt}{4pt}{\large\bfseries}}
\renewcommand\subsection{\@startsection{subsection}{2}{0pt}{9pt plus 3pt}{3pt}{\normalsize\bfseries}}
\makeatother
\AtBeginDocument{\setlength{\abovedisplayskip}{4pt plus 2pt}\setlength{\belowdisplayskip}{4pt plus 2pt}%
\setlength{\abovedisplayshortskip}{4pt}\setlength{\belowdisplayshortskip}{4pt}}
\allowdisplaybreaks\raggedright
\newcommand{\inabox}[1]{\fbox{\begin{minipage}{\dimexpr\linewidth-2\fboxsep-2\fboxrule\relax}%
\raggedright\setlength{\parskip}{4pt}\setlength{\lineskiplimit}{2pt}\setlength{\lineskip}{5pt}#1\end{minipage}}}
\newcommand{\close}{\par\nobreak\vspace{-.9\baselineskip}}
\newcommand{\within}[1]{\hangindent=#1\relax\hspace*{#1}\ignorespaces}
\newcolumntype{P}[1]{>{\raggedright\arraybackslash}p{#1}}
\setcounter{LTchunksize}{500}\setlength{\LTleft}{0pt}\setlength{\LTpre}{4pt}\setlength{\LTpost}{4pt}
\newsavebox{\tablebox}
\newcommand{\fitted}[1]{\sbox{\tablebox}{#1}\ifdim\wd\tablebox>\linewidth
\resizebox{\linewidth}{!}{\usebox{\tablebox}}\else\usebox{\tablebox}\fi}
\providecommand{\lt}{<}\providecommand{\gt}{>}
\begin{document}
"""


def render(solutions: Sequence[Solution], options: Options) -> str:
    """The source; each solution begins on a new page."""
    body = "\n\\clearpage\n".join("\n\n".join(Source(options).parts_of(s)) for s in solutions)
    chinese = options.language == "zh" or CHINESE.search(body)
    return HEAD.replace("@CTEX@", CHINESE_FONTS if chinese else "") + body + "\n\\end{document}\n"


def sized(row: str) -> str:
    """Sizes of text are none of mathematics: a smaller formula is scaled."""
    for name, scale in SIZES.items():
        while (at := row.find(f"{{{name} ")) >= 0:
            inner, end = braced(row, at)
            text = inner[len(name) + 1 :]
            box = f"\\scalebox{{{scale}}}" if em(text) * scale < NARROW else f"\\resizebox{{{NARROW}em}}{{!}}"
            row = f"{row[:at]}{box}{{$\\displaystyle {text}$}}{row[end:]}"
    return row


def chunks(word: str) -> list[str]:
    """A word that is longer than a column should be, in parts: behind dots and commas, else anywhere."""
    return [word] if len(word) <= LONGEST else re.findall(rf"[^.,]{{1,{LONGEST}}}[.,]?|[.,]", word)


class Source(Page):
    """Blocks as LaTeX."""

    written = PAPER

    def parts_of(self, solution: Solution) -> Iterator[str]:
        """In the order of every page."""
        for block in blocks.Page(solution, self.options).blocks():
            yield from self.paragraphs(block)

    def paragraphs(self, block: blocks.Block) -> Iterator[str]:
        """One block."""
        match block:
            case blocks.Title(text):
                shown = " ".join(title(text, self.options.language).split())
                yield f"{{\\Large\\bfseries {escaped(shown)}\\par}}"
            case blocks.Heading(text, level, number):
                lead = f"{number}\\quad " if number else ""
                yield f"\\{LEVELS.get(level, 'paragraph')}*{{{lead}{self.content(text)}}}"
            case blocks.Quantities(rows, text):
                yield self.card(block) if text else self.flow(rows, WIDTH)
            case blocks.Say(text):
                yield self.content(text)
            case blocks.Equations(rows):
                yield from self.equations(rows)
            case blocks.Grille(table):
                if table.title:
                    yield f"\\textbf{{{self.content(table.title)}}}\\par\\nopagebreak"
                yield tabular(table, self.cell, self.options.full)
            case blocks.Drawing(figure):
                yield from self.figure(figure)
            case blocks.Status(text, level):
                name = {"warning": say("Warning:"), "info": say("Note:")}.get(level)
                first = f"\\textbf{{{self.content(name)}}} " if name else ""
                yield f"{{\\small {first}{self.content(text)}\\par}}"

    def content(self, text: Text) -> str:
        """A sentence."""
        made = []
        for kind, part in mixed(text, self.options.language, self.notation.inline):
            code = f"\\texttt{{{escaped(part)}}}"
            made.append(f"${part}$" if kind == "math" else code if kind == "code" else escaped(part))
        return "".join(made)

    # quantities

    def card(self, block: blocks.Quantities) -> str:
        """The answers in a box, and what their names are."""
        inner = f"\\textbf{{{self.content(block.title)}}}\\par\n"
        inner += f"{tabular(block.table, self.cell, True)}\n" if block.table else ""
        inner += self.flow(block.rows, WIDTH - 2)
        inner += "".join([f"\\par\n{self.content(said)}" for said in block.where])
        return f"\\inabox{{%\n{inner}\n}}"

    def flow(self, rows: tuple[Row, ...], room: float) -> str:
        """Quantities beside each other; one that is wider than the page in pieces or made smaller."""
        made = []
        for row in rows:
            links = self.links(row)
            whole = " ".join(f"{relation_of(relation)} {text}".strip() for relation, text in links)
            why = self.content(row.reason or row.words)
            behind = f"{{\\small\\ {why}}}" if why and links else why
            if not links:
                made.append(behind)
            elif em(whole) <= room:
                made.append(f"\\mbox{{$\\displaystyle {whole}$}}{behind}")
            else:
                fitted = sized(" ".join(f"$\\displaystyle {piece}$" for piece in parted(whole, room, room)))
                made.append(fitted + behind)
        return "\\qquad\n".join(made)

    # equations

    def links(self, row: Row) -> list[tuple[str, str]]:
        """The links of a chain, written."""
        found = opened(row.links)
        return [(relation, self.notation.formula(f)) for relation, f in found]

    def equations(self, rows: tuple[Row, ...]) -> Iterator[str]:
        """Chains under each other; words between them are sentences."""
        waiting: list[Row] = []
        for row in rows:
            if row.words:
                yield from self.aligned(waiting)
                waiting = []
                yield self.content(row.words)
                if row.links:
                    yield from self.aligned([Row(row.links, row.reason, 1)])
            else:
                waiting.append(row)
        yield from self.aligned(waiting)

    def aligned(self, rows: list[Row]) -> Iterator[str]:
        """The rows of chains, aligned at the first relation."""
        reasons = [self.content(say("({case})", case=row.reason)) if row.reason else "" for row in rows]
        chains = [(self.links(row), why, row.depth) for row, why in zip(rows, reasons, strict=True)]
        leads = [em(links[0][1]) for links, _, depth in chains if links and not depth]
        lead = max([w for w in leads if w <= LEAD], default=0.0)
        groups: list[list[str]] = [[]]
        for links, why, depth in chains:
            flush = depth > 0 or (bool(links) and em(links[0][1]) > LEAD)
            texts = [sized(row) for row in chain_rows(Chain(links, [], depth), WIDTH - lead, flush)] if links else []
            if not texts:
                groups.append([])
            elif why:
                groups[-1] += [*texts[:-1], f"{texts[-1]} \\tag*{{\\small {why}}}"]
            else:
                groups[-1] += texts
        if any(groups):
            body = " \\\\[6pt]\n".join(" \\\\\n".join(texts) for texts in groups if texts)
            yield "\\close\\begin{align*}\n" + body + "\n\\end{align*}"

    def cell(self, cell: Cell) -> str:
        """A cell of a table; a long word may be broken."""
        if isinstance(cell, Formula):
            return f"${self.notation.formula(cell)}$"
        words = cell_text(cell, self.words).split(" ")
        return " ".join(["\\allowbreak ".join(map(escaped, chunks(word))) for word in words])

    def arrowed(self, figure: Diagram) -> str:
        """`x ─v→ α ─ReLU→ b`, and the caption behind it."""
        made = ""
        for arrow, label in figure.row:
            made += f" \\xrightarrow{{{self.symbol(arrow)}}} " if made and arrow else " \\to " if made else ""
            made += self.symbol(label)
        caption = f"\\quad{{\\small {self.content(say('({case})', case=figure.caption))}}}" if figure.caption else ""
        return f"${made}${caption}" if made else ""

    def symbol(self, label: Formula | Text) -> str:
        """A symbol, or words."""
        return self.notation.formula(label) if isinstance(label, Formula) else f"\\text{{{escaped(self.words(label))}}}"

    def figure(self, figure: Figure) -> Iterator[str]:
        """A curve as a picture, a matrix with marked cells in boxes, a diagram as one row."""
        if isinstance(figure, Diagram):
            if row := self.arrowed(figure):
                yield row
            elif wires := figure.wires():
                yield "\\par\n".join([f"{{\\small {self.content(figure.title)}}}", *map(self.content, wires)])
            return
        if isinstance(figure, Bars):
            drawn = latex_bars(figure, self.content)
        else:
            drawn = picture(figure, self.words) if isinstance(figure, Curve) else self.boxed(figure)
        if drawn:
            yield f"{{\\small {self.content(figure.title)}\\par}}\n{drawn}"

    def boxed(self, figure: Grid) -> str:
        """Cells in rows."""
        if not figure.cells:
            return ""
        marked, written = set(figure.marked), shown_cells(figure, OUTSIDE)
        rows = [
            " & ".join(f"\\fbox{{{escaped(c)}}}" if (r, n) in marked else escaped(c) for n, c in enumerate(cells, 1))
            for r, cells in enumerate(written, 1)
        ]
        body = " \\\\\n".join(rows)
        legend = f"\n\\par{{\\small {escaped(OUTSIDE)}\\ {self.content(figure.legend)}}}" if figure.outside else ""
        return f"\\begin{{tabular}}{{{'c' * len(written[0])}}}\n{body}\n\\end{{tabular}}{legend}"
