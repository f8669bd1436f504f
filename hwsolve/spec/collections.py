"""Fields made of others: one per axis, lists, mappings, alternatives, nested lists."""

from __future__ import annotations

from math import prod
from typing import Any

from hwsolve.language import Message, say
from hwsolve.spec.definitions import defined
from hwsolve.spec.field import INVALID, Field, field_of
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence
from hwsolve.spec.report import Path, Report, suggest
from hwsolve.spec.scalars import Choice

MOST_VALUES = 1_000_000


class PerAxis(Field):
    """A value per axis: a list of `n`, or one value that stands for all.  The value is a tuple of n."""

    def __init__(self, n: int, item: Any) -> None:
        self.n, self.item = n, field_of(item)
        self.forms = (Scalar, Sequence)
        self.expected = say("{item}, or a list of {n}", item=self.item.expected, n=n) if n > 1 else self.item.expected

    def read(self, node: Node, report: Report, path: Path) -> Any:
        if type(node) is not Sequence:
            if not self.item.accepts(node):
                return self.wrong(node, report, path)
            value = self.item.read(node, report, path)
            return INVALID if value is INVALID else (value,) * self.n
        if len(node.items) != self.n:
            return self.wrong(node, report, path)
        return read_items(self.item, node, report, path)

    def accepts(self, node: Node) -> bool:
        return type(node) is Sequence or self.item.accepts(node)

    def schema(self) -> dict[str, Any]:
        item = self.item.schema()
        return {"anyOf": [item, {"type": "array", "items": item, "minItems": self.n, "maxItems": self.n}]}


class EachAxis(Field):
    """A value per axis, in a record whose classes say how many axes there are: `AXES`."""

    def __init__(self, item: Any) -> None:
        self.item = field_of(item)

    def along(self, axes: int) -> Field:
        return PerAxis(axes, self.item)


class ListOf(Field):
    """A list; the value is a tuple.  With `single`, one value stands for a list of one."""

    def __init__(self, item: Any, minimum: int = 0, single: bool = False) -> None:
        self.item, self.minimum, self.single = field_of(item), minimum, single
        self.forms = (Sequence, *self.item.forms) if single else (Sequence,)
        self.expected = say("a list (each: {item})", item=self.item.expected)

    def read(self, node: Node, report: Report, path: Path) -> Any:
        if type(node) is not Sequence:
            if not self.single or not self.item.accepts(node):
                return self.wrong(node, report, path)
            value = self.item.read(node, report, path)
            return INVALID if value is INVALID else (value,)
        if len(node.items) < self.minimum:
            return self.wrong(node, report, path)
        return read_items(self.item, node, report, path)

    def schema(self) -> dict[str, Any]:
        many: dict[str, Any] = {"type": "array", "items": self.item.schema()}
        if self.minimum:
            many["minItems"] = self.minimum
        return {"anyOf": [many, self.item.schema()]} if self.single else many


class TupleOf(ListOf):
    """A list of exactly `n`; the value is a tuple."""

    def __init__(self, n: int, item: Any) -> None:
        super().__init__(item, n)
        self.expected = say("a list of {n} (each: {item})", n=n, item=self.item.expected)

    def read(self, node: Node, report: Report, path: Path) -> Any:
        if type(node) is Sequence and len(node.items) > self.minimum:
            return self.wrong(node, report, path)
        return super().read(node, report, path)

    def schema(self) -> dict[str, Any]:
        return super().schema() | {"maxItems": self.minimum}


def read_items(item: Field, node: Sequence, report: Report, path: Path) -> Any:
    """Each item of a list by one field: a tuple, or INVALID if any is."""
    read = item.read
    values = [read(part, report, Path(path, place)) for place, part in enumerate(node.items, 1)]
    return INVALID if INVALID in values else tuple(values)


class MapOf(Field):
    """A mapping from free names; the value is a dict in order."""

    def __init__(self, item: Any) -> None:
        self.item = field_of(item)
        self.forms = (Mapping,)
        self.expected = say("a mapping (each: {item})", item=self.item.expected)

    def read(self, node: Node, report: Report, path: Path) -> Any:
        if type(node) is not Mapping:
            return self.wrong(node, report, path)
        read = self.item.read
        values = {key: read(value, report, Path(path, key)) for key, (_, value) in node.entries.items()}
        return INVALID if any(v is INVALID for v in values.values()) else values

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": self.item.schema()}


class OneOf(Field):
    """The first of several fields that the node looks like."""

    def __init__(self, *choices: Any) -> None:
        self.choices = tuple(field_of(choice) for choice in choices)
        self.forms = tuple({form for choice in self.choices for form in choice.forms})
        self.expected = _alternatives([choice.expected for choice in self.choices])
        self.words = [word for choice in self.choices if isinstance(choice, Choice) for word in choice.words]

    def read(self, node: Node, report: Report, path: Path) -> Any:
        for choice in self.choices:
            if choice.accepts(node):
                if self.words and type(node) is Scalar and self._mistyped(node.text):
                    break
                return choice.read(node, report, path)
        hint = None
        if isinstance(node, Scalar) and node.text and (near := suggest(node.text, self.words)):
            hint = say("Did you mean `{near}`?", near=near)
        return self.wrong(node, report, path, hint)

    def along(self, axes: int) -> Field:
        return OneOf(*(choice.along(axes) for choice in self.choices))

    def _mistyped(self, text: str) -> bool:
        """`padding: sme` is a slip of `same`, not a size by that name."""
        new = len(text) >= 3 and text.isidentifier() and text not in self.words
        return new and suggest(text, self.words) is not None

    def accepts(self, node: Node) -> bool:
        return any(choice.accepts(node) for choice in self.choices)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [choice.schema() for choice in self.choices]}


def _alternatives(items: list[Message]) -> Message:
    first = items[0]
    for item in items[1:]:
        first = say("{first}, or {second}", first=first, second=item)
    return first


class Nested(Field):
    """A value, or nested lists of values in which all lists of a level are equally long; the value is nested tuples."""

    def __init__(self, item: Any) -> None:
        self.item = field_of(item)
        self.forms = (Scalar, Sequence)
        self.expected = say("{item}, or nested lists of them", item=self.item.expected)

    def read(self, node: Node, report: Report, path: Path) -> Any:
        shape: list[int] = []
        first: Node = node
        while type(first) is Sequence and first.items:
            shape.append(len(first.items))
            first = leading(first)
        if prod(shape) > MOST_VALUES:  # lists can hold each other more often than they are written
            report.add(node, path, say("An array of more than {most} values is too big.", most=f"{MOST_VALUES:,}"))
            return INVALID
        return self._level(node, report, path, shape, 0)

    def _level(self, node: Node, report: Report, path: Path, shape: list[int], level: int) -> Any:
        if level == len(shape):
            return self.item.read(node, report, path)
        if (problem := uneven(node, shape, level)) is not None:
            report.add(node, path, problem)
            return INVALID
        assert isinstance(node, Sequence)
        values = [
            self._level(part, report, Path(path, place), shape, level + 1) for place, part in enumerate(node.items, 1)
        ]
        return INVALID if INVALID in values else tuple(values)

    def schema(self) -> dict[str, Any]:
        return nested_schema(self.item)


def nested_schema(item: Field) -> dict[str, Any]:
    """The JSON Schema of a value, or of lists of values within each other."""
    one = item.schema()
    least = getattr(item, "minimum", None)
    name = "nested_" + type(item).__name__.removesuffix("Field").lower() + ("" if least is None else f"_from_{least}")
    lists = {"type": "array", "items": {"anyOf": [one, {"$ref": f"#/$defs/{name}"}]}}
    return {"anyOf": [one, defined(name, lambda: lists)]}


def leading(node: Sequence) -> Node:
    """The part that says how long the others are: the first that was not put in from outside, else the first."""
    return next((part for part in node.items if part.line >= 0), node.items[0])


def uneven(node: Node, shape: list[int], level: int) -> Message | None:
    """What is wrong with a part that should be a list of `shape[level]`, or None."""
    if node.line < 0:  # put in from outside: what is measured by need not be the first part
        got = say("a list of {n}", n=len(node.items)) if type(node) is Sequence else say("a single value")
        good = type(node) is Sequence and len(node.items) == shape[level]
        return None if good else say("Expected a list of {n} here, got {got}.", n=shape[level], got=got)
    if type(node) is not Sequence:
        return say("Here the array has a single value; its first part has a list of {n}.", n=shape[level])
    if len(node.items) != shape[level]:
        return say("This row has the length {got}; the first one has {n}.", got=len(node.items), n=shape[level])
    return None


class Raw(Field):
    """The node itself, to be read by whoever knows more."""

    forms = (Scalar, Sequence, Mapping)

    def read(self, node: Node, report: Report, path: Path) -> Any:
        return node

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "number", "boolean", "array", "object", "null"]}
