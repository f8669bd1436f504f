"""A page with its own notation: rows, sentences, tables and drawings in its symbols, and with indices from 0."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from hwsolve.counting import At, Either
from hwsolve.figures import Curve, Diagram, Edge, Figure, Node
from hwsolve.formula.tree import Formula, Ref
from hwsolve.language import Message
from hwsolve.render.index_names import index_names
from hwsolve.render.quantity_rows import Row
from hwsolve.render.shift import as_index, beside, is_alone, shifted
from hwsolve.render.symbols import Symbols
from hwsolve.solution import Carried, Group, Solution, Table, Text, Value

P = TypeVar("P", Node, Edge)
EQUAL = ("", "=", "≈", "<", ">", "≤", "≥")  # relations in a chain whose links may lose 1 together


def symbols_of(solution: Solution, language: str) -> Symbols:
    """How a page writes the keys of a solution."""
    own = solution.notation.layers or solution.notation.gradients
    if not solution.notation.count_from:
        made: Symbols = FromZero(solution, language)
    else:
        made = (Written if own else Symbols)(solution.symbols, language)
    made.e_taken = has_e(solution)
    return made


def has_e(solution: Solution) -> bool:
    """Whether a quantity of the solution is called e."""
    lines = (line for s in solution.sections for g in s.items if isinstance(g, Group) for line in g.lines)
    keys = (line.key for line in lines if isinstance(line, Value | Carried))
    given = (g.key for g in solution.given)
    return any(isinstance(key, Ref) and key.name.partition("@")[0] == "e" for key in (*given, *keys))


class Written(Symbols):
    """The symbols of a solution with a notation of its own, in tables and drawings too."""

    def table(self, table: Table) -> Table:
        """A table with the formulas in its cells."""
        rows = [[self.formula(c) if isinstance(c, Formula) else self.cell(c) for c in row] for row in table.rows]
        heads, title = tuple(map(self.said, table.columns)), self.said(table.title)
        return msgspec.structs.replace(table, title=title, columns=heads, rows=tuple(map(tuple, rows)))

    def cell(self, cell: Any) -> Any:
        """A cell without a formula of its own: words, or a number."""
        return self.said(cell) if isinstance(cell, str | Message) else cell

    def figure(self, figure: Figure) -> Figure:
        """A drawing with its labels."""
        title = self.said(figure.title)
        if isinstance(figure, Curve):
            return msgspec.structs.replace(figure, title=title, y_label=self.said(figure.y_label))
        if not isinstance(figure, Diagram):
            return msgspec.structs.replace(figure, title=title)
        return msgspec.structs.replace(
            figure,
            title=title,
            caption=self.said(figure.caption),
            nodes=tuple(map(self.part, figure.nodes)),
            edges=tuple(map(self.part, figure.edges)),
            row=tuple([(self.label(arrow), self.label(label)) for arrow, label in figure.row]),
            frames=tuple([msgspec.structs.replace(f, label=self.said(f.label)) for f in figure.frames]),
        )

    def part(self, part: P) -> P:
        """A node or an arrow."""
        names = ("label", "slope", "formula", "sum") if isinstance(part, Node) else ("label",)
        return msgspec.structs.replace(part, **{name: self.label(getattr(part, name)) for name in names})

    def label(self, label: Formula | Text) -> Formula | Text:
        """A symbol, or words."""
        return self.formula(label) if isinstance(label, Formula) else self.said(label)


class FromZero(Written):
    """The symbols of a solution, all their indices counted from 0."""

    def __init__(self, solution: Solution, language: str) -> None:
        super().__init__(solution.symbols, language)
        self.names = index_names(solution)

    def formula(self, f: Formula) -> Formula:
        """A formula in symbols, shifted."""
        return shifted(self.named(f), self.names)

    def row(self, row: Row) -> Row:
        """A chain; one that says what an index is loses 1 throughout.  Its key stays, for who looks for its line."""
        links = [(relation, self.named(f)) for relation, f in row.links]
        relations, members = [r for r, _ in links], [f for _, f in links]
        if set(relations) <= {*EQUAL} and any(is_alone(f, self.names) for f in members):
            members = list(beside(members, self.names))
        else:
            members = [shifted(f, self.names) for f in members]
        first = row.links[0][1] if row.links else None
        key = row.key or (first if isinstance(first, Ref) else None)
        return msgspec.structs.replace(row, links=tuple(zip(relations, members, strict=True)), key=key)

    def placed(self, value: object) -> object:
        """What stands at a place of a sentence: an index as one."""
        if isinstance(value, At):
            return as_index(self.named(value.formula), self.names)
        if isinstance(value, Ref) and not value.indices and value.name in self.names:
            return value  # the letter, not what it stands for
        return value.zero if isinstance(value, Either) else super().placed(value)
