"""What goes into a network: numbers, one array for each input by its name, or classes, as an embedding reads."""

from __future__ import annotations

from typing import Any

from hwsolve.formula.tree import Number
from hwsolve.language import say
from hwsolve.spec.arrays import FORMS
from hwsolve.spec.fields import INVALID, Array, ArrayField, Field, is_array_form
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence
from hwsolve.spec.report import Path, Report

COUNTED = {"class": 1, "index": 0}  # where classes are counted from


class Picked(Array, frozen=True):
    """Numbers of classes as they are typed, counted from `first`."""

    first: int = 1

    def rows(self) -> tuple[int, ...]:
        """The classes, counted from 1."""
        return tuple(n.numerator + 1 - self.first for n in self.values if isinstance(n, Number))


class InputField(Field):
    """An array, or arrays by name; classes in the place of an array."""

    forms = (Scalar, Sequence, Mapping)
    array = ArrayField()
    expected = array.expected

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """An Array, a dict of them, or INVALID."""
        if not isinstance(node, Mapping) or is_array_form(node) or is_picked(node):
            return self.one(node, report, path)
        if not node.entries:
            return self.wrong(node, report, path)
        found = {name: self.one(value, report, path / name) for name, (_, value) in node.entries.items()}
        return INVALID if INVALID in found.values() else found

    def one(self, node: Node, report: Report, path: Path) -> Any:
        """The numbers of one input."""
        if not isinstance(node, Mapping) or not is_picked(node):
            return self.array.read(node, report, path)
        ((name, (_, value)),) = node.entries.items()
        found = self.array.read(value, report, path / name)
        if found is INVALID:
            return INVALID
        first = COUNTED[name]
        whole = (isinstance(n, Number) and n.denominator == 1 and n.numerator >= first for n in found.values)
        if all(whole):
            return Picked(found.shape, found.values, found.node, first)
        report.add(value, path / name, say("Expected whole numbers from {first}.", first=first))
        return INVALID

    def schema(self) -> dict[str, Any]:
        """All forms."""
        one = self.array.schema()
        picked = {
            "type": "object",
            "description": str(say("the classes that go in, counted from 1, or from 0 as an `index`")),
            "properties": dict.fromkeys(COUNTED, one),
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
        }
        every = {"anyOf": [*one["anyOf"], picked]}
        by_name: dict[str, Any] = {
            "type": "object",
            "description": str(say("the numbers of each input")),
            "additionalProperties": every,
        }
        by_name |= {"minProperties": 1, "propertyNames": {"not": {"enum": [*FORMS, *COUNTED]}}}
        return {"anyOf": [*every["anyOf"], by_name]}


def is_picked(node: Mapping) -> bool:
    """Whether classes stand there: `{class: [3, 1]}` or `{index: [2, 0]}`."""
    return len(node.entries) == 1 and next(iter(node.entries)) in COUNTED
