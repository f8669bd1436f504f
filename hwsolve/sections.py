"""Steps made of lines that carry their reasons: those that follow each other under one reason are a group."""

from __future__ import annotations

from hwsolve.figures import Figure
from hwsolve.solution import Group, Identity, Item, Line, Prose, Sentence, Step, Table, Text, Value


def grouped(lines: tuple[Line, ...]) -> tuple[Item, ...]:
    """Lines as groups: a reason holds for those that follow and state none; words alone are a sentence."""
    items: list[Item] = []
    run: list[Line] = []
    reason: Text = ""

    def close() -> None:
        nonlocal reason
        if run:
            items.append(Group(tuple(run), reason, depth=depth_of(run[-1])))
        run.clear()
        reason = ""

    for line in lines:
        if type(line) is Prose:
            close()
            if line.text and not line.formulas:
                items.append(Sentence(line.text))
            elif line.text:
                items.append(Group((line,)))
            else:
                run.append(line)  # a general formula stands before those that it speaks for
            continue
        stated = line.rule if isinstance(line, Value | Identity) else ""
        general = len(run) == 1 and type(run[0]) is Prose
        if not general and ((stated and stated != reason) or (run and depth_of(line) != depth_of(run[-1]))):
            close()
        reason = stated or reason
        run.append(line)
    close()
    return tuple(items)


def depth_of(line: Line) -> int:
    """How far a line is set in."""
    return line.depth if type(line) is Identity else 0


def section(
    title: Text,
    level: int = 1,
    lines: tuple[Line, ...] = (),
    tables: tuple[Table, ...] = (),
    figures: tuple[Figure, ...] = (),
    asked: bool = False,
    alone: bool = False,
) -> Step:
    """A step whose lines come before its tables and figures."""
    part = "question" if alone else "statement" if asked else "derivation"
    return Step(title, (*grouped(lines), *tables, *figures), level, part)
