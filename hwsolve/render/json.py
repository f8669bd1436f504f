"""The solution as JSON: the document for machines, of which every line can be evaluated again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from hwsolve import __version__
from hwsolve.formula.comparisons import by_steps
from hwsolve.formula.notation import plain, symbol, unicode
from hwsolve.formula.notation.unicode import number_text
from hwsolve.formula.tree import Formula, Ref
from hwsolve.language import translate
from hwsolve.render.chain import Notation, row
from hwsolve.render.given import irrational, stated, worked
from hwsolve.render.options import Options
from hwsolve.render.select import selected, title
from hwsolve.solution import (
    Answer,
    Array,
    Carried,
    Cell,
    Check,
    Curve,
    Figure,
    Identity,
    Line,
    Missing,
    Origin,
    Prose,
    Published,
    Quantity,
    Section,
    Solution,
    Table,
    Text,
    Value,
)

SCHEMA = 1
# What JSON leaves as it is and a terminal does not show: further controls, soft hyphen, joiners, marks of direction.
UNSEEN = re.compile(
    "[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
SELECTORS = "\U000e0000".encode()[:2]  # how UTF-8 begins the last of them: some count as printable
UNICODE = Notation(unicode, number_text)
Object = dict[str, Any]


class ValueRow(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, tag_field="kind", tag="value"):
    """A line that is a value; a record is written in half the time of a dict, and most lines are such."""

    key: str
    symbol: str
    formula: str
    shown: str
    relation: str
    value: Any  # a printed number, or nested lists of them
    rule: str
    origin: Origin | None = None  # left out where it is not known


class AnswerRow(msgspec.Struct, frozen=True):
    """An answer that is a number or an array."""

    value: Any
    text: str
    exact: Any
    system: str


def render(solutions: Sequence[Solution], options: Options) -> str:
    """One object, or a list of several; indented by two, or in one row."""
    documents = [Writer(options.language).solution(selected(s, options)) for s in solutions]
    data = msgspec.json.encode(documents if options.several or len(documents) != 1 else documents[0])
    del documents  # of a long solution larger than its text
    unseen = SELECTORS in data or not data.decode().isprintable()
    text = ((data if options.compact else msgspec.json.format(data, indent=2)) + b"\n").decode()
    return UNSEEN.sub(lambda found: json_escape(found[0]), text) if unseen else text


def json_escape(char: str) -> str:
    """A character by its number."""
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[n]:02x}{units[n + 1]:02x}" for n in range(0, len(units), 2))


class Writer:
    """Records to objects, in one language."""

    def __init__(self, language: str = "en") -> None:
        self.language = language

    def text(self, text: Text) -> str:
        return text if type(text) is str else translate(text, self.language, UNICODE.inline)

    def solution(self, s: Solution) -> Object:
        """The whole document."""
        return {
            "hwsolve": __version__,
            "schema": SCHEMA,
            "kind": s.kind,
            "title": title(s, self.language),
            "source": s.source,
            "given": [
                {"key": plain(g.key), "value": stated(g)} for g in s.given if g.quantity is not None and not worked(g)
            ],
            "sections": [self.section(x) for x in (*irrational(s.given), *s.sections)],
            "answers": {key: self.answer(a) for key, a in s.answers.items()},
            "checks": [self.check(c) for c in s.checks],
            "published": [self.published(p) for p in s.published],
            "notes": [{"level": n.level, "text": self.text(n.text)} for n in s.notes],
        }

    def published(self, p: Published) -> Object:
        found: Object = {"key": p.key, "stated": p.stated, "source": p.source, "computed": p.computed}
        found |= {"agrees": p.agrees, "verdict": p.verdict, "at": p.at}
        return found | ({"rounded": p.rounded} if p.rounded else {}) | self.how(p)

    def check(self, c: Check) -> Object:
        found: Object = {"key": c.key, "expected": c.expected, "got": c.got, "ok": c.ok, "at": c.at}
        return found | ({"difference": c.difference} if c.difference else {}) | self.how(c)

    def how(self, judged: Check | Published) -> Object:
        """What is said of an agreement that is not a proof."""
        return {"how": self.text(judged.how)} if judged.how else {}

    def section(self, s: Section) -> Object:
        """A heading and what stands below it."""
        return {
            "title": self.text(s.title),
            "level": s.level,
            "lines": [self.line(x) for x in s.lines],
            "tables": [self.table(t) for t in s.tables],
            "figures": [self.figure(f) for f in s.figures],
        }

    def line(self, line: Line) -> Object | ValueRow:
        """A line that can be evaluated, and how a person reads it."""
        if isinstance(line, Value):
            key, symbol, quantity = plain(line.key), unicode(line.key), line.found or line.quantity
            formula, shown = computable(line.formula), row(line, UNICODE, symbol)
            rule = self.text(line.rule)
            return ValueRow(key, symbol, formula, shown, quantity.relation, quantity.text, rule, line.origin)
        if isinstance(line, Identity):
            return {
                "kind": "identity",
                "lhs": plain(line.lhs),
                "rhs": plain(line.rhs),
                "free": line.free,
                "rule": self.text(line.rule),
                "shown": row(line, UNICODE),
                "key": None if line.key is None else plain(line.key),
            }
        if isinstance(line, Carried):
            return {"kind": "carried", "key": plain(line.key), "value": line.full}
        if line.array is not None:
            return self.array(line.array, self.prose(line))
        return {"kind": "text", "shown": self.prose(line)}

    def array(self, a: Array, shown: str) -> ValueRow:
        """A whole array, its value in nested lists of printed numbers."""
        return ValueRow(plain(a.key), symbol(a.key.name), plain(a.formula), shown, a.relation, printed(a.value), "")

    def prose(self, line: Prose) -> str:
        words, formulas = self.text(line.text), row(line, UNICODE)
        return f"{words} {formulas}" if words and formulas else words or formulas

    def table(self, t: Table) -> Object:
        return {
            "title": self.text(t.title),
            "columns": [self.text(c) for c in t.columns],
            "rows": [[self.cell(c) for c in row] for row in t.rows],
        }

    def cell(self, cell: Cell) -> Any:
        """A number as it is printed, a formula as text."""
        if isinstance(cell, str):
            return cell
        if isinstance(cell, Quantity):
            return msgspec.Raw(cell.text.encode()) if numeric(cell.text) else cell.text
        if isinstance(cell, Formula):
            return plain(cell)
        return cell if isinstance(cell, int) else self.text(cell)

    def figure(self, f: Figure) -> Object:
        """The data of a drawing."""
        if isinstance(f, Curve):
            return {
                "kind": "curve",
                "title": self.text(f.title),
                "x_label": self.text(f.x_label),
                "y_label": self.text(f.y_label),
                "x": f.x,
                "series": [{"name": self.text(name), "y": y} for name, y in f.series],
                "log": f.log,
            }
        return {"kind": "grid", "title": self.text(f.title), "cells": f.cells, "marked": f.marked}

    def answer(self, a: Answer) -> Object | AnswerRow:
        """A number, a nested list of them, or a formula."""
        value = a.value
        if type(value) is Quantity:
            return AnswerRow(json_number(value), number_text(value.text), value.exact, value.system)
        if isinstance(value, Formula):
            return {"formula": plain(value), "text": unicode(a.shown or value), "exact": None, "system": "symbolic"}
        leaf = Leaves()
        number = leaf.number(value)
        exact = leaf.exact(value)
        return AnswerRow(number, leaf.text(value), exact, leaf.system)


class Leaves:
    """The elements of a nested answer, and the weakest system among them."""

    WEAKER = {"exact": 0, "certified": 1, "float64": 2, "symbolic": 3}

    def __init__(self) -> None:
        self.system = "exact"

    def seen(self, system: str) -> None:
        if self.WEAKER[system] > self.WEAKER[self.system]:
            self.system = system

    def number(self, value: Any) -> Any:
        """Numbers for JSON; a formula among them is text."""
        if type(value) in (tuple, list):
            return [self.number(v) for v in value]
        if isinstance(value, Quantity):
            self.seen(value.system)
            return json_number(value)
        if isinstance(value, Formula):
            self.seen("symbolic")
            return plain(value)
        return None if isinstance(value, Missing) else value

    def exact(self, value: Any) -> Any:
        """The exact forms, None where one of them has none."""
        if type(value) in (tuple, list):
            inner = [self.exact(v) for v in value]
            return None if None in inner else inner
        if isinstance(value, Quantity):
            return value.exact
        return str(value) if isinstance(value, int) else None

    def text(self, value: Any) -> str:
        if type(value) in (tuple, list):
            return "[" + ", ".join([self.text(v) for v in value]) + "]"
        if isinstance(value, Quantity):
            return number_text(value.text)
        return unicode(value) if isinstance(value, Formula) else number_text(str(value))


def printed(value: Any) -> Any:
    """The texts of nested quantities."""
    return value.text if isinstance(value, Quantity) else [printed(part) for part in value]


def computable(f: Formula) -> str:
    """A formula for a reader that works in fractions and in real numbers, and cannot order the two."""
    text = plain(f)
    if type(f) is Ref:
        return text
    ordered = "<" in text or ">" in text or "max(" in text or "min(" in text
    return plain(by_steps(f)) if ordered else text


def json_number(q: Quantity) -> Any:
    """The value as a JSON number: whole for an integer, else the nearest float64."""
    value = q.value
    if type(value) is int:
        return value
    if isinstance(value, float):
        return float(value)  # NumPy's float64 is a float that JSON does not know
    try:
        if q.exact is not None:
            numerator, _, denominator = q.exact.partition("/")
            return int(numerator) / int(denominator) if denominator else int(numerator)
        return float(value)
    except (OverflowError, ValueError):
        return msgspec.Raw(q.text.encode()) if numeric(q.text) else q.text


def numeric(text: str) -> bool:
    """Whether the text is a JSON number."""
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        return False
    return True
