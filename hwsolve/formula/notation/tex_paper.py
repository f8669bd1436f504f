r"""LaTeX for a document of its own: names keep their underscores, matrices have their points under each other."""

from __future__ import annotations

from functools import lru_cache

from hwsolve.formula.notation.columns import aligned
from hwsolve.formula.notation.decimals import RECENT
from hwsolve.formula.notation.tex import Latex
from hwsolve.formula.notation.tex_text import escaped
from hwsolve.formula.tree import Formula

COLUMNS = 10  # of a pmatrix
TALLEST = 8  # elements of a vector that is set as a column


@lru_cache(maxsize=RECENT)
def paper(f: Formula) -> str:
    """The formula between two dollar signs."""
    return PAPER.write(f).text


class Paper(Latex):
    """What Markdown does not allow."""

    relations = {**Latex.relations, "<": "<", ">": ">"}

    def words(self, text: str) -> str:
        return f"\\text{{{escaped(text)}}}"

    def command(self, command: str) -> str:
        return command

    def array(self, rows: list[list[str]], deep: bool) -> str:
        if not deep and len(rows) > TALLEST:
            return f"({', '.join(row[0] for row in rows)})"
        cells = aligned(rows, self.minus, "\\phantom{{{}}}")
        inner = " \\cr ".join([" & ".join(row) for row in cells])
        if len(cells[0]) <= COLUMNS:
            return f"\\begin{{pmatrix}} {inner} \\end{{pmatrix}}"
        return f"\\left(\\begin{{array}}{{{'c' * len(cells[0])}}} {inner} \\end{{array}}\\right)"


PAPER = Paper()
