"""A solution as blocks of a page, for every format: what is shown, in which order, under which heading.

Blocks hold formulas; a format writes each kind of block in its notation, and decides nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

import msgspec

from hwsolve.figures import Figure
from hwsolve.formula.tree import Call, Formula
from hwsolve.language import Message, say
from hwsolve.render.arrays import grouped, parts_of_given
from hwsolve.render.card import in_brief, keys_of, tabled
from hwsolve.render.cases import by_cases
from hwsolve.render.chain import links_of
from hwsolve.render.folds import Fold, about, are_new, more, together, without_lone_folds
from hwsolve.render.from_zero import symbols_of
from hwsolve.render.judged import checks_table, judged, missed, published_table
from hwsolve.render.options import Options
from hwsolve.render.quantity_rows import (
    Row,
    as_key,
    as_row,
    at_steps,
    continued,
    element,
    goes_on,
    is_continued,
    quantity_rows,
)
from hwsolve.render.select import headings, in_a_row, selected, with_columns
from hwsolve.render.shown import ZEROS, both, detail_of, opening, others, with_zeros_told
from hwsolve.render.stated_from_zero import counted_from_zero
from hwsolve.render.table import on_page
from hwsolve.solution import (
    Answer,
    Carried,
    Form,
    Given,
    Group,
    Identity,
    Let,
    Line,
    Sentence,
    Solution,
    Step,
    Table,
    Text,
)

NUMBERED = ("derivation", "numbers", "simulation", "asked")


class Title(msgspec.Struct, frozen=True):
    """The title of the page."""

    text: Text | dict[str, str]


class Heading(msgspec.Struct, frozen=True):
    """A heading of level 1 or deeper; steps of the solution have a number."""

    text: Text
    level: int
    number: str = ""


class Quantities(msgspec.Struct, frozen=True):
    """Quantities beside each other: what is given, or the answers in a box under a title, with what their names are.

    `table`: answers in rows and columns, in front of the others.
    """

    rows: tuple[Row, ...]
    title: Text = ""
    where: tuple[Text, ...] = ()
    table: Table | None = None


class Say(msgspec.Struct, frozen=True):
    """A sentence, with formulas at its places."""

    text: Text


class Equations(msgspec.Struct, frozen=True):
    """Lines under each other."""

    rows: tuple[Row, ...]


class Grille(msgspec.Struct, frozen=True):
    """A table."""

    table: Table


class Drawing(msgspec.Struct, frozen=True):
    """A figure."""

    figure: Figure


class Status(msgspec.Struct, frozen=True):
    """A remark at the end: `level` is check, info or warning."""

    text: Text
    level: str


Block = Title | Heading | Quantities | Say | Equations | Grille | Drawing | Fold | Status


class Page:
    """The blocks of one solution.

    `folds`: those of a page that can be folded too; `asking`: of a page that is asked for more by an option.
    """

    def __init__(self, solution: Solution, options: Options, folds: bool = False, asking: bool = False) -> None:
        self.options, self.folds, self.asking = options, folds, asking
        self.solution = with_columns(selected(solution, options), options.columns)
        self.symbols = symbols_of(self.solution, options.language)

    def blocks(self) -> Iterator[Block]:
        """Title, answers, what is given, the steps, what was judged, and notes."""
        s = self.solution
        if s.title:
            yield Title(in_a_row(s.title))
        found = self.answered()
        table = tabled(s, found, self.symbols.formula)
        answers = tuple(self.answers({k: a for k, a in found.items() if not table or k not in keys_of(s.card)}))
        if table or answers:
            one = len(answers) == 1 and not table
            yield Quantities(answers, say("Answer") if one else say("Answers"), self.legend(), table)
        before, after = opening(s.sections)
        yield from self.steps(before)
        for title, given in parts_of_given(g for g in s.given if g.role != "chosen" or self.options.full):
            yield Heading(title, 1)
            yield Quantities(tuple(map(self.symbols.row, self.given(given))))
        yield from self.steps(after)
        yield from self.judged()
        for note in [note for note in s.notes if not note.told]:
            yield Status(self.symbols.said(note.text), note.level)

    def steps(self, steps: tuple[Step, ...]) -> Iterator[Block]:
        """The steps with their headings, those of the solution numbered."""
        bodies = [without_lone_folds(together(list(self.body(step)))) for step in steps]
        shown = headings(steps, bodies)
        outer = [step.level == 1 and step.part in NUMBERED for step in steps]
        several = sum(a and b for a, b in zip(shown, outer, strict=True)) > 1
        number = 0
        for step, body, headed, counts in zip(steps, bodies, shown, outer, strict=True):
            if headed:
                number += counts
                yield Heading(self.symbols.said(step.title), step.level, str(number) if counts and several else "")
            yield from body

    def body(self, step: Step) -> Iterator[Block]:
        """What stands below a heading."""
        rows: list[Row] = []
        several = False
        told = [item.detail for item in step.items if isinstance(item, Sentence | Group)]
        drawn = not told or any(map(self.shows, told))  # a drawing stands where something is said
        for item, following in zip_longest(step.items, step.items[1:]):
            if isinstance(item, Group):
                found, folded = self.group(item)
                if rows and found and goes_on(rows, found[0]):
                    found[0] = continued(found[0])
                more = isinstance(following, Group) and following.close and bool(found)
                close = item.close or bool(found and is_continued(found[0]))
                gap = bool(rows) and bool(found) and (several or more or len(found) > 1) and not close
                rows += [Row(()), *found] if gap else found
                several = more or len(found) > 1 or ((item.close or not found) and several)
                if folded:
                    yield from flushed(rows)
                    yield folded
                continue
            yield from flushed(rows)
            if isinstance(item, Sentence):
                if self.shows(item.detail):
                    stands_in = item.detail == "short" and self.asking
                    text = say("{text} (--full shows more.)", text=item.text) if stands_in else item.text
                    yield Say(self.symbols.said(text))
            elif isinstance(item, Table):
                yield Grille(on_page(self.symbols.table(item), self.options.full))
            elif self.folds or drawn:
                yield Drawing(self.symbols.figure(item))
        yield from flushed(rows)

    def shows(self, detail: str) -> bool:
        """Whether what has this detail is on the page."""
        return detail == "page" or detail == ("full" if self.options.full else "short")

    def group(self, group: Group) -> tuple[list[Row], Fold | None]:
        """The rows of a group, its reason at the line that speaks for all; what is for the full page is folded."""
        if not self.shows(group.detail):
            if not self.folds:
                return [], None
            folded = tuple(self.rows(group, [line for line in group.lines if not isinstance(line, Carried)]))
            return [], Fold(about(folded), (Equations(folded),), False) if folded and group.detail == "full" else None
        shown = [line for line in group.lines if not isinstance(line, Carried) and self.shows(detail_of(line))]
        hidden = [line for line in group.lines if self.folds and not self.options.full and detail_of(line) == "full"]
        carried = sum(isinstance(line, Carried) for line in group.lines)
        rows = self.rows(group, shown)
        if carried and self.options.full:
            text = say("… {n} values carried over from steps that are not written out", n=f"{carried:,}")
            rows.append(Row((), words=text))
        if not self.folds and not self.options.full and rows and (group.depth or rows[-1].reason in ("", ZEROS)):
            said = others(shown, group.lines, self.asking)
            rows[-1] = msgspec.structs.replace(rows[-1], reason=both(rows[-1].reason, said))
        if not hidden:
            return rows, None
        folded = tuple(self.rows(msgspec.structs.replace(group, reason="", head=None), hidden))
        return rows, Fold(more(shown, hidden, len(folded)), (Equations(folded),), is_open=are_new(shown, hidden))

    def rows(self, group: Group, lines: Sequence[Line]) -> list[Row]:
        """One row for each line, and for each case of one."""
        head = group.lines[group.head] if group.head is not None else None
        at = lines.index(head) if head in lines else 0
        made = [(line, self.row(line, group.reason if n == at else "", group.depth)) for n, line in enumerate(lines)]
        made = with_zeros_told(made)
        return [r for line, row in made for r in (by_cases(row) if isinstance(line, Identity | Let | Form) else (row,))]

    def row(self, line: Line, reason: Text = "", depth: int = 0) -> Row:
        """A line as a chain."""
        links = tuple(links_of(line))
        if len(links) > 2 and self.symbols.named(links[0][1]) == links[1][1]:  # a key whose symbol is its own formula
            links = (links[0], *links[2:])
        final = getattr(line, "quantity", None) is not None and len(links) > 1
        key, where = getattr(line, "key", None), tuple(map(self.symbols.formula, getattr(line, "where", ())))
        return self.symbols.row(Row(links, self.symbols.said(reason), depth, final, key, where=where))

    # quantities

    def given(self, given: list[Given]) -> Iterator[Row]:
        """What the problem states, arrays whole."""
        for key, value in grouped(given):
            if isinstance(value, Message):
                yield Row((("", Call("whole", (key,))),), words=value)
            else:
                yield from quantity_rows(key, value, self.options)

    def answered(self) -> dict[str, Answer]:
        """The answers of the box."""
        every = self.solution.answers
        answered = [key for key in self.solution.asked if key in every or key.partition("[")[0] in every]
        asked = {key: every.get(key) or element(every, key) for key in answered}
        return asked or {k: a for k, a in every.items() if a.main}

    def answers(self, found: dict[str, Answer]) -> Iterator[Row]:
        """The few results that count, in the order in which they are asked for.

        Where nothing is, a number stands before and after its updates together.
        """
        s = self.solution
        for key in found if s.asked else at_steps(found):
            known = self.symbols.of.get(key)
            name = known if isinstance(known, Formula) else self.symbols.named(as_key(key))
            value = as_row(key, in_brief(s, found[key]))
            where = tuple(map(self.symbols.formula, found[key].where))
            for row in map(self.symbols.row, quantity_rows(name, value, self.options)):
                for case in by_cases(msgspec.structs.replace(row, where=where)):
                    said = say("({case})", case=case.reason) if case.case else case.reason
                    said = say("(if {case})", case=case.reason) if where and not case.case else said
                    yield msgspec.structs.replace(case, reason=said)

    def legend(self) -> tuple[Text, ...]:
        """What the names of the answers that are shown are."""
        found = [text for answer in self.answered().values() for text in answer.legend]
        return tuple([self.symbols.said(text) for n, text in enumerate(found) if text not in found[:n]])

    # what was judged

    def judged(self) -> Iterator[Block]:
        """What was expected, and what others state: a sentence, what fails, and on request the tables."""
        s = self.solution
        if self.options.checks:
            if s.checks:
                yield Heading(say("Checks"), 1)
                yield Grille(checks_table(s.checks, self.symbols.key))
            if s.published:
                yield Heading(say("Published answers"), 1)
                yield Grille(published_table(s, self.symbols.key))
            return
        for text in (*judged(s, self.symbols.key), *counted_from_zero(s, self.options.language)):
            yield Status(text, "check")
        if table := missed(s, self.symbols.key):
            yield Grille(table)


def flushed(rows: list[Row]) -> Iterator[Equations]:
    """The rows so far as one block."""
    if rows:
        yield Equations(tuple(rows))
        rows.clear()
