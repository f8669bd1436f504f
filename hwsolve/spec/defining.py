"""Quantities by formulas over whole arrays: `z: W @ x + b`, `s[t]: Sum(v[i]*tanh(a[t,i]), i)`."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from hwsolve.formula.tree import Call, Formula, Ref
from hwsolve.language import say
from hwsolve.spec.amounts import formula_at
from hwsolve.spec.fields import INVALID, Field
from hwsolve.spec.nodes import Mapping, Node, Scalar
from hwsolve.spec.report import Path, Report


class Stated(msgspec.Struct, frozen=True):
    """A quantity and its formula; `left` are the indices on its left side, `head` where its name stands."""

    name: str
    left: tuple[str, ...]
    formula: Formula
    head: Node
    node: Node


class ArrayFormulaField(Field):
    """A formula over whole arrays."""

    forms = (Scalar,)
    expected = say("a formula, such as `{form}`", form="W @ x + b")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """The formula."""
        if not isinstance(node, Scalar) or not node.text.strip():
            return self.wrong(node, report, path)
        return formula_at(node, report, path, self.expected, arrays=True)

    def schema(self) -> dict[str, Any]:
        """A text, or a number."""
        return {"type": ["string", "number"]}


class DefinitionsField(Field):
    """A mapping from quantities to their formulas, in order."""

    forms = (Mapping,)
    expected = say("a mapping from names to formulas")
    formula = ArrayFormulaField()

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """The definitions."""
        if not isinstance(node, Mapping):
            return self.wrong(node, report, path)
        found, split = [], 0
        entries = list(node.entries.items())
        for k, (key, (head, value)) in enumerate(entries):
            if split:
                split -= 1  # the rest of a formula that YAML has cut at its commas
                continue
            rest = rest_of(value, [(name, one) for name, (_, one) in entries[k + 1 :]])
            if rest:
                split = len(rest)
                whole = ", ".join((value.text, *rest)) if isinstance(value, Scalar) else ""
                message = say("A formula with a comma needs quotes inside braces; this one ends at its comma.")
                report.add(value, path / key, message, say("Write {form}", form=f'`{key}: "{whole}"`.'))
                found.append(INVALID)
            else:
                found.append(self.entry(key, head, value, report, path))
        return INVALID if INVALID in found else tuple(found)

    def entry(self, key: str, head: Scalar, value: Node, report: Report, path: Path) -> Any:
        """One of them."""
        left = left_side(head, report, path / key)
        f = self.formula.read(value, report, path / key)
        return INVALID if INVALID in (f, left) else Stated(left[0], left[1], f, head, value)

    def schema(self) -> dict[str, Any]:
        """Any names."""
        return {"type": "object", "additionalProperties": self.formula.schema()}


class EquationField(Field):
    """`y = x + alpha*r`, or the right side alone."""

    forms = (Scalar,)
    expected = say("a formula, such as `{form}`", form="y = x + alpha*r")
    formula = ArrayFormulaField()

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """The quantity and its formula; its name is empty where there is no left side."""
        if not isinstance(node, Scalar):
            return self.wrong(node, report, path)
        cut = re.match(r"[^=<>]*?=(?!=)", node.text)
        if cut is None:
            f = self.formula.read(node, report, path)
            return INVALID if f is INVALID else Stated("", (), f, node, node)
        rest = node.text[cut.end() :]
        begin = cut.end() + len(rest) - len(rest.lstrip())
        head = Scalar(node.line, node.column, cut[0][:-1].strip(), node.plain)
        value = Scalar(node.line, node.column + begin * node.plain, rest.strip(), node.plain)
        left, f = left_side(head, report, path), self.formula.read(value, report, path)
        return INVALID if INVALID in (left, f) else Stated(left[0], left[1], f, head, value)

    def schema(self) -> dict[str, Any]:
        """A text."""
        return self.formula.schema()


def left_side(head: Scalar, report: Report, path: Path) -> Any:
    """A name and the letters of its indices, or INVALID after a note."""
    expected = say("a name, or one with indices such as `{form}`", form="s[t]")
    f = formula_at(head, report, path, expected)
    if f is INVALID:
        return INVALID
    if isinstance(f, Ref) and f.name.isidentifier():
        letters = tuple(i.name for i in f.indices if isinstance(i, Ref) and not i.indices)
        if len(set(letters)) == len(f.indices):
            return f.name, letters
    hint = None
    if isinstance(f, Call) and f.name.isidentifier() and all(isinstance(a, Ref) for a in f.args):
        hint = say("Without what it is a function of: `{name} = …`, or the right side alone.", name=f.name)
    message = say("Expected a name, or one with letters as indices, such as `{form}`.", form="s[t]")
    report.add(head, path, message, hint)
    return INVALID


def rest_of(value: Node, following: list[tuple[str, Node]]) -> tuple[str, ...]:
    """What belongs to a formula that lacks a bracket: the keys behind it that have no value, until it has it."""
    if not isinstance(value, Scalar) or not value.plain:
        return ()
    text, rest = value.text, []
    for name, other in following:
        if text.count("(") <= text.count(")") or not isinstance(other, Scalar) or other.text:
            break
        rest.append(name)
        text += name
    return tuple(rest) if text.count("(") == text.count(")") else ()
