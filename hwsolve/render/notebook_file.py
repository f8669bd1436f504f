"""A notebook (nbformat 4.5): each group of lines as text, and beside it a cell that works its values out again.

The cells need neither hwsolve nor the network: fractions, and mpmath where a value is not rational.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Formula, Number, Ref
from hwsolve.language import say
from hwsolve.render import blocks
from hwsolve.render.arrays import leaves
from hwsolve.render.given import stated, worked
from hwsolve.render.markdown import Pages
from hwsolve.render.notebook_code import Code, NoCode
from hwsolve.render.notebook_kinds import RATIONAL
from hwsolve.render.notebook_text import trimmed
from hwsolve.render.options import Options
from hwsolve.solution import Carried, Given, Group, Line, Quantity, Solution, Value

Cell = dict[str, Any]
PRECISION, MOST = 50, 10_000  # digits of mpmath beside those that are printed, and as many more as a value is small


def render(solutions: Sequence[Solution], options: Options) -> str:
    """One notebook, whose cells can be run from the first to the last."""
    ids: dict[str, int] = {}
    cells = [cell for s in solutions for cell in Notebook(s, options, ids).cells()]
    document = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


class Notebook:
    """The cells of one solution."""

    def __init__(self, solution: Solution, options: Options, ids: dict[str, int]) -> None:
        self.page = blocks.Page(solution, options)
        self.solution, self.options, self.ids = self.page.solution, options, ids
        self.markdown = Pages(options)
        self.code = Code()

    def cells(self) -> Iterator[Cell]:
        """Text and code in the order of the page; what the code needs is defined in front."""
        found = list(self.body())
        yield self.text("title", list(self.front()))
        yield self.program("definitions", self.definitions())
        yield from found

    def front(self) -> Iterator[blocks.Block]:
        """Title and answers."""
        for block in self.page.blocks():
            if not isinstance(block, blocks.Title) and not (isinstance(block, blocks.Quantities) and block.title):
                return
            yield block

    def body(self) -> Iterator[Cell]:
        """Givens and steps."""
        s = self.solution
        if s.given:
            given = tuple(map(self.page.symbols.row, self.page.given(list(s.given))))
            yield self.text("given", [blocks.Heading(say("Given"), 1), blocks.Quantities(given)])
            yield self.program("given-code", self.given(s.given))
        for step in s.sections:
            waiting: list[blocks.Block] = [blocks.Heading(step.title, step.level)] if step.title else []
            for item in step.items:
                if not isinstance(item, Group):
                    waiting += self.page.body(msgspec.structs.replace(step, items=(item,)))
                    continue
                rows, _ = self.page.group(item)
                waiting += [blocks.Equations(tuple(rows))] if rows else []
                statements = list(self.statements(item.lines))
                if statements:
                    name = name_of(item.lines)
                    if waiting:
                        yield self.text(f"text-{name}", waiting)
                        waiting = []
                    yield self.program(name, statements)
            if len(waiting) > (1 if step.title else 0):
                yield self.text("text", waiting)

    # code

    def definitions(self) -> list[str]:
        """Imports and functions."""
        lines = ["import math", "import re", "from fractions import Fraction as Q"]
        if self.code.real:
            lines += ["", "from mpmath import mp", "", f"mp.dps = {self.digits()}"]
        for text in self.code.used.values():
            lines += ["", "", *text.split("\n")]
        return [*lines, "", "", "q = {}  # every quantity by its key"]

    def digits(self) -> int:
        """Enough of them for differences as small as the smallest value."""
        found = [q for line in self.solution.lines if isinstance(line, Value) for q in leaves(line.quantity)]
        texts = [q.text for q in found]
        powers = [int(text.partition("e-")[2]) for text in texts if "e-" in text]
        return PRECISION + max(map(len, texts), default=0) + min(max(powers, default=0), MOST)

    def given(self, given: Sequence[Given]) -> list[str]:
        """What the problem states."""
        lines = []
        for g in given:
            if g.quantity is None:
                continue
            typed = g.typed if worked(g) else None
            value = f"Q({stated(g)!r})" if typed is None else trimmed(self.code.text(typed))
            self.code.known.know(g.key, RATIONAL if typed is None else self.code.known.kind(typed, frozenset()))
            lines.append(f"q[{plain(g.key)!r}] = {value}")
        return lines

    def statements(self, lines: Sequence[Line]) -> Iterator[str]:
        """Each value from the keys above, and an assertion that it is what is printed."""
        for line in lines:
            self.code.take(line)
            if isinstance(line, Carried):
                self.code.known.know(line.key, RATIONAL)
                yield f"q[{plain(line.key)!r}] = Q({line.full!r})  # carried over from steps that are not written out"
            elif isinstance(line, Value):
                stated = line.found or line.quantity
                if isinstance(stated, Quantity):
                    yield from self.checked(line.key, line.formula, stated, line.quantity)
                else:
                    yield from self.array(line.key, line.formula, stated)
            elif array := getattr(line, "array", None):
                yield from self.array(array.key, array.formula, array.value)

    def checked(self, key: Ref, formula: Formula, q: Quantity, full: Quantity) -> Iterator[str]:
        """A value and its assertion; where it cannot be worked out here, its digits."""
        name = plain(key)
        try:
            text = trimmed(self.code.text(formula))
        except NoCode as why:
            self.code.known.know(key, RATIONAL)
            yield f"q[{name!r}] = Q({full.exact or full.text!r})  # not worked out here: {why}"
            return
        self.code.known.know(key, self.code.known.kind(formula, frozenset()))
        yield f"q[{name!r}] = {text}"
        if q.system == "float64":
            yield f"assert {self.code.define('near')}(q[{name!r}], {q.text!r}), {name!r}"
        else:
            self.code.define("holds")
            yield f"assert holds(q[{name!r}], {q.text!r}, exact={q.relation == '='}), {name!r}"

    def array(self, key: Ref, formula: Formula, value: Any) -> Iterator[str]:
        """A whole array by its formula, and its assertion; its elements are known from here on."""
        every = list(leaves(value))
        near = any(q.system == "float64" for q in every)
        try:
            text = trimmed(self.code.text(formula))
        except NoCode as why:
            yield f"# {plain(key)} is not worked out here: {why}"
            return
        self.code.define("holds")
        holds, store = self.code.define("all_near" if near else "all_hold"), self.code.define("store")
        yield f"array = {text}"
        yield f"assert {holds}(array, {printed(value)!r}), {plain(key)!r}"
        if len(every) > 1:
            yield f"{store}({key.name!r}, array)"
            kind = self.code.known.kind(formula, frozenset())
            self.code.known.know(Ref(key.name, (Number(1),)), kind)

    # cells

    def text(self, name: str, found: Sequence[blocks.Block]) -> Cell:
        """A Markdown cell."""
        source = "\n\n".join(part for block in found for part in self.markdown.paragraph(block))
        return {"cell_type": "markdown", "id": self.identity(name), "metadata": {}, "source": rows_of(source)}

    def program(self, name: str, lines: Sequence[str]) -> Cell:
        """A code cell."""
        return {
            "cell_type": "code",
            "execution_count": None,
            "id": self.identity(name),
            "metadata": {},
            "outputs": [],
            "source": rows_of("\n".join(lines)),
        }

    def identity(self, name: str) -> str:
        """A cell's id: letters, digits, - and _, each once in the notebook."""
        stem = re.sub(r"[^A-Za-z0-9_]+", "-", name.replace("@", "-at-")).strip("-")[:48] or "cell"
        self.ids[stem] = count = self.ids.get(stem, 0) + 1
        return stem if count == 1 else f"{stem}--{count}"


def name_of(lines: Sequence[Line]) -> str:
    """The first key of a group."""
    for line in lines:
        key = getattr(getattr(line, "array", None), "key", None) or getattr(line, "key", None)
        if isinstance(key, Ref) and all(isinstance(i, Number) for i in key.indices):
            return plain(key)
    return "lines"


def printed(value: Any) -> Any:
    """The texts of nested quantities, a sign before those that are rounded."""
    if isinstance(value, Quantity):
        return value.text if value.relation == "=" else f"~{value.text}"
    return [printed(part) for part in value]


def rows_of(text: str) -> list[str]:
    """Text as nbformat has it."""
    return text.splitlines(keepends=True)
