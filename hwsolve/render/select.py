"""What of a solution is asked for: all, one number's derivation, the problem alone, some columns of its tables."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from itertools import takewhile

import msgspec

from hwsolve.language import Message, translate, visible
from hwsolve.render.options import Options
from hwsolve.render.table import only
from hwsolve.solution import Quantity, Solution, Step, Table, Text


def selected(solution: Solution, options: Options) -> Solution:
    """The part of the solution that the options ask for."""
    if options.only is not None:
        from hwsolve.trace import only

        solution = only(solution, options.only)
    if options.questions:
        return problem(solution)
    return msgspec.structs.replace(solution, sections=tuple(s for s in solution.sections if s.part != "question"))


def problem(solution: Solution) -> Solution:
    """What is given and asked, without what was worked out."""
    asked = tuple(s for s in solution.sections if s.part in ("statement", "question"))
    given = tuple(g for g in solution.given if g.role == "stated")
    return msgspec.structs.replace(
        solution, given=given, sections=asked, answers={}, asked=(), checks=(), published=(), notes=()
    )


def with_columns(solution: Solution, asked: tuple[str, ...]) -> Solution:
    """Tables that have columns of numbers of these names (`params` is Parameters) without their other numbers."""
    if not asked:
        return solution

    def step(s: Step) -> Step:
        items = tuple([reduced(item, asked) if isinstance(item, Table) else item for item in s.items])
        return msgspec.structs.replace(s, items=items)

    return msgspec.structs.replace(solution, sections=tuple(map(step, solution.sections)))


def reduced(table: Table, asked: tuple[str, ...]) -> Table:
    """The columns of text, and of the numbers those that are asked for."""
    named = [any(means(word, head) for word in asked) for head in table.columns]
    if not any(named):
        return table
    numbers = [any(isinstance(row[n], int | Quantity) for row in table.rows) for n in range(len(table.columns))]
    kept = [n for n in range(len(table.columns)) if named[n] or not numbers[n]]
    return only(table, kept)


def means(word: str, head: Text) -> bool:
    """Whether a word of the command line names a column: its head, in English, begins with it."""
    english = head.template if isinstance(head, Message) else head
    return english.lower().startswith(word.strip().lower().rstrip("s"))


def headings(sections: Sequence[Step], bodies: Sequence[Sized]) -> list[bool]:
    """Whether each section's heading is shown: there is something below it, or below deeper ones that it heads."""

    def shows(n: int) -> bool:
        deeper = takewhile(lambda k: sections[k].level > sections[n].level, range(n + 1, len(sections)))
        return any(len(bodies[k]) for k in (n, *deeper))

    return [bool(section.title) and shows(n) for n, section in enumerate(sections)]


def title(given: Text | dict[str, str], language: str) -> str:
    """A title in the reader's language, or in the first there is."""
    return translate(given, language)


def in_a_row(text: Text | dict[str, str]) -> Text | dict[str, str]:
    """A title in one row, without what a terminal would obey."""
    if isinstance(text, dict):
        return {language: visible(" ".join(one.split())) for language, one in text.items()}
    return visible(" ".join(text.split())) if isinstance(text, str) else text
