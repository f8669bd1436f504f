"""The solution as JSON: the document for machines, of which every line can be evaluated again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from hwsolve import __version__
from hwsolve.formula.notation import plain, unicode
from hwsolve.formula.notation.unicode import number_text
from hwsolve.formula.tree import Call, Formula
from hwsolve.language import translate
from hwsolve.render.arrays import relation as relation_of
from hwsolve.render.chain import Notation, row, whole
from hwsolve.render.given import irrational, stated, worked
from hwsolve.render.json_figures import figure
from hwsolve.render.json_formulas import bounded, claims, computable, json_escape, link, noted, open_domains
from hwsolve.render.json_numbers import LEAST, MOST, Leaves, digits_of, json_number, numeric, roughened
from hwsolve.render.options import Options
from hwsolve.render.select import selected, title
from hwsolve.render.table_heads import heads_of
from hwsolve.solution import (
    Answer,
    Assume,
    Carried,
    Cell,
    Check,
    Group,
    Identity,
    Let,
    Line,
    Origin,
    Published,
    Quantity,
    Sentence,
    Solution,
    Step,
    Table,
    Text,
    Value,
)

SCHEMA = 2
# What JSON leaves as it is and a terminal does not show: further controls, soft hyphen, joiners, marks of direction.
UNSEEN = re.compile(
    "[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
UNICODE = Notation(unicode)
SELECTORS = "\U000e0000".encode()[:2]  # how UTF-8 begins the last of them: some count as printable
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
    links: list[list[str]] = []  # forms beside the formula, the numbers put in and the branches decided


class AnswerRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """An answer that is a number or an array."""

    value: Any
    text: str
    exact: Any
    system: str
    full: Any = None  # every proven digit of what has no exact form


def render(solutions: Sequence[Solution], options: Options) -> str:
    """One object, or a list of several; indented by two, or in one row."""
    documents = [Writer(options.language).solution(selected(s, options)) for s in solutions]
    data = msgspec.json.encode(documents if options.several or len(documents) != 1 else documents[0])
    del documents  # of a long solution larger than its text
    unseen = SELECTORS in data or not data.decode().isprintable()
    text = ((data if options.compact else msgspec.json.format(data, indent=2)) + b"\n").decode()
    return UNSEEN.sub(lambda found: json_escape(found[0]), text) if unseen else text


class Writer:
    """Records to objects, in one language."""

    def __init__(self, language: str = "en") -> None:
        self.language = language
        self.near: set[str] = set()  # elements that lines find by digits alone: from carried decimals, or 0 by a form
        self.digits = MOST

    def text(self, text: Text) -> str:
        return text if type(text) is str else translate(text, self.language, UNICODE.inline)

    def solution(self, s: Solution) -> Object:
        """The whole document."""
        lines = [line for step in s.sections for item in step.items if isinstance(item, Group) for line in item.lines]
        if any(isinstance(line, Carried) for line in lines):
            self.digits = LEAST
        self.near = {plain(x.key) for x in lines if isinstance(x, Value) and isinstance(x.found, Quantity)}
        return {
            "hwsolve": __version__,
            "schema": SCHEMA,
            "kind": s.kind,
            "title": title(s.title, self.language),
            "source": s.source,
            "given": [
                {"key": plain(g.key), "value": stated(g)} for g in s.given if g.quantity is not None and not worked(g)
            ],
            "sections": [self.section(x) for x in (*irrational(s.given), *s.sections)],
            "answers": {key: self.answer(key, a) for key, a in s.answers.items()},
            "asked": list(s.asked),
            **noted(s.notation),
            **({"symbols": {key: self.sign(f) for key, f in s.symbols.items()}} if s.symbols else {}),
            "checks": [self.check(c) for c in s.checks],
            "published": [self.published(p) for p in s.published],
            "notes": [{"level": n.level, "text": self.text(n.text)} for n in s.notes],
        }

    def sign(self, symbol: Formula | Text) -> str:
        """How a key is written, or called."""
        return plain(symbol) if isinstance(symbol, Formula) else self.text(symbol)

    def published(self, p: Published) -> Object:
        found: Object = {
            "key": p.key,
            "stated": p.stated,
            "source": title(p.source, self.language),
            "computed": p.computed,
        }
        found |= {"agrees": p.agrees, "verdict": p.verdict, "at": p.at}
        found |= {"why": self.text(p.why)} if p.why else {}
        found |= {"exchanged": title(p.exchanged, self.language)} if p.exchanged else {}
        return found | ({"rounded": p.rounded} if p.rounded else {}) | self.how(p)

    def check(self, c: Check) -> Object:
        found: Object = {"key": c.key, "expected": c.expected, "got": c.got, "ok": c.ok, "at": c.at}
        return found | ({"difference": c.difference} if c.difference else {}) | self.how(c)

    def how(self, judged: Check | Published) -> Object:
        """What is said of an agreement that is not a proof."""
        return {"how": self.text(judged.how)} if judged.how else {}

    def section(self, s: Step) -> Object:
        """A heading and what stands below it; `body` is the order of reading, by references."""
        lines: list[Object | ValueRow] = []
        body: list[Object] = []
        tables = figures = 0
        for item in s.items:
            if isinstance(item, Group):
                first = len(lines)
                reason, head = self.text(item.reason), item.head or 0
                lines += [self.line(x, reason if n == head else "") for n, x in enumerate(item.lines)]
                body.append(self.group(item, first, len(lines) - 1))
            elif isinstance(item, Sentence):
                lines.append({"kind": "text", "shown": self.text(item.text)})
                body.append({"say": self.text(item.text)} | claims(item.text, item.free) | self.detail(item.detail))
            elif isinstance(item, Table):
                body.append({"table": tables})
                tables += 1
            else:
                body.append({"figure": figures})
                figures += 1
        return {
            "title": self.text(s.title),
            "level": s.level,
            "part": s.part,
            "lines": lines,
            "tables": [self.table(t) for t in s.tables],
            "figures": [figure(f, self.text) for f in s.figures],
            "body": body,
        }

    def group(self, g: Group, first: int, last: int) -> Object:
        """Where the lines of a group stand, and their reason."""
        found: Object = {"lines": [first, last]}
        if g.reason:
            found["reason"] = self.text(g.reason)
        if g.head is not None:
            found["head"] = first + g.head
        return found | claims(g.reason, g.free) | self.detail(g.detail)

    def detail(self, detail: str) -> Object:
        """Where it is shown, unless on every page."""
        return {} if detail == "page" else {"detail": detail}

    def line(self, line: Line, rule: str = "") -> Object | ValueRow:
        """A line that can be evaluated, and how a person reads it."""
        if isinstance(line, Value):
            key, shown, links = plain(line.key), row(line, unicode), [link(s) for s in line.stages if s.own]
            if isinstance(line.quantity, tuple):
                precise: Any = line.found or line.quantity
                relation, value = relation_of(precise), printed(precise)
                sign = unicode(whole(line.key))
                return ValueRow(key, sign, plain(line.formula), shown, relation, value, rule, line.origin, links)
            symbol, quantity = unicode(line.key), line.found or line.quantity
            formula = computable(line.formula)
            return ValueRow(key, symbol, formula, shown, quantity.relation, quantity.text, rule, line.origin, links)
        if isinstance(line, Identity):
            return {
                "kind": "identity",
                "lhs": plain(bounded(line.lhs, line.free)),
                "rhs": plain(bounded(line.rhs, line.free)),
                "free": open_domains(line.free),
                "rule": rule,
                "shown": row(line, unicode),
                "key": None if line.key is None else plain(line.key),
                **({"relation": line.relation} if line.relation != "=" else {}),
                **({"links": [link(s, line.free) for s in line.links]} if line.links else {}),
                **({"where": list(map(condition, line.where))} if line.where else {}),
            }
        if isinstance(line, Carried):
            return {"kind": "carried", "key": plain(line.key), "value": line.full}
        if isinstance(line, Let):
            return {
                "kind": "let",
                "key": plain(line.key),
                "formula": plain(line.formula),
                "free": open_domains(line.free),
            }
        if isinstance(line, Assume):
            return {"kind": "assume", "formula": plain(line.formula)}
        return {"kind": "text", "shown": row(line, unicode)}

    def table(self, t: Table) -> Object:
        return {
            "title": self.text(t.title),
            "columns": [self.text(c) for c in heads_of(t)],
            "rows": [[self.cell(c) for c in row] for row in t.rows],
            **({"depths": t.depths} if any(t.depths) else {}),
            **({"folds": [[first, last, self.text(text)] for first, last, text in t.folds]} if t.folds else {}),
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

    def answer(self, key: str, a: Answer) -> Object | AnswerRow:
        """A number, a nested list of them, or a formula; as precise as its lines prove."""
        value = self.proven(key, a.value) if self.near else a.value
        if type(value) is Quantity:
            return AnswerRow(
                json_number(value), number_text(value.text), value.exact, value.system, digits_of(value, self.digits)
            )
        if isinstance(value, Formula):
            found = {"formula": plain(value), "text": unicode(a.shown or value), "exact": None, "system": "symbolic"}
            return found | ({"where": list(map(condition, a.where))} if a.where else {})
        leaf = Leaves(self.digits)
        number = leaf.number(value)
        exact = leaf.exact(value)
        return AnswerRow(number, leaf.text(value), exact, leaf.system, leaf.full(value))

    def proven(self, key: str, value: Any) -> Any:
        """A value, or nested ones, as sure as their lines find them."""
        if type(value) in (tuple, list):
            inside = f"{key[:-1]}," if key.endswith("]") else f"{key}["
            return [self.proven(f"{inside}{n}]", part) for n, part in enumerate(value, 1)]
        if isinstance(value, Quantity) and key in self.near:
            return Quantity(roughened(value.value), value.text, "≈", None, "certified")
        return value


def printed(value: Any) -> Any:
    """The texts of nested quantities."""
    return value.text if isinstance(value, Quantity) else [printed(part) for part in value]


def condition(f: Formula) -> str:
    """A condition as text: x != 0."""
    return f.name.join((f"{plain(f.args[0])} ", f" {plain(f.args[1])}")) if isinstance(f, Call) else plain(f)
