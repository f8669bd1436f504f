"""What a place in a spec may hold: the base of all fields.

A field reads a node into a value, or notes in the report what is wrong and gives INVALID.  It is declared on a record
as `Annotated[int, CountField()]`; `fields.py` has the names to use.
"""

from __future__ import annotations

import typing
from typing import Any

from hwsolve.language import Message, say
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence, is_null
from hwsolve.spec.report import Path, Report, clip


class _Invalid:
    """The one value that stands for what could not be read."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "INVALID"

    def __bool__(self) -> bool:
        return False


INVALID: Any = _Invalid()


class Field:
    """One kind of value.  `expected` is what an error says it takes; `forms` are the node classes it can come from."""

    expected: Message = say("a value")
    forms: tuple[type[Node], ...] = (Scalar,)

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """The value of a node, or INVALID after a note in the report."""
        raise NotImplementedError

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of what it takes."""
        raise NotImplementedError

    def along(self, axes: int) -> Field:
        """The same field of a record for maps of so many axes."""
        return self

    def accepts(self, node: Node) -> bool:
        """Whether the node looks like this field: which of several forms was meant is decided by that."""
        return type(node) in self.forms

    def may_be(self, node: Node) -> bool:
        """Whether a value that stands without its key can be meant for this field rather than for another."""
        return self.accepts(node)

    def wrong(self, node: Node, report: Report, path: Path, hint: Message | None = None) -> Any:
        """Note that the node is not what is expected here."""
        report.add(node, path, say("Expected {expected}, got {got}.", expected=self.expected, got=describe(node)), hint)
        return INVALID


def describe(node: Node) -> Message:
    """What a node is, as an error says it."""
    if is_null(node):
        return say("nothing")
    if isinstance(node, Scalar):
        return say("`{text}`", text=clip(node.text)) if node.text.strip() else say("an empty text")
    if isinstance(node, Sequence):
        return say("a list of {n}", n=len(node.items)) if node.items else say("an empty list")
    assert isinstance(node, Mapping)
    if not node.entries:
        return say("an empty mapping")
    keys = list(node.entries)
    return say("a mapping with `{key}`", key="`, `".join(clip(key) for key in keys[:3]))


class Nullable(Field):
    """A field of a type `… | None`: nothing, or what the inner field takes."""

    def __init__(self, inner: Field) -> None:
        self.inner = inner
        self.expected = inner.expected
        self.forms = inner.forms

    def may_be(self, node: Node) -> bool:
        """As the inner field has it."""
        return is_null(node) or self.inner.may_be(node)

    def read(self, node: Node, report: Report, path: Path) -> Any:
        return None if is_null(node) else self.inner.read(node, report, path)

    def along(self, axes: int) -> Field:
        return Nullable(self.inner.along(axes))

    def accepts(self, node: Node) -> bool:
        return is_null(node) or self.inner.accepts(node)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [self.inner.schema(), {"type": "null"}]}


def field_of(thing: Any) -> Field:
    """The field that something declares: a field, its class, or `Annotated[T, field]` with or without `| None`."""
    found = find_field(thing)
    if found is None:
        raise TypeError(f"no field in {thing!r}")
    return found


def find_field(thing: Any) -> Field | None:
    """As `field_of`, or None."""
    if isinstance(thing, Field):
        return thing
    if isinstance(thing, type):
        return thing() if issubclass(thing, Field) else None
    for extra in getattr(thing, "__metadata__", ()):
        if (found := find_field(extra)) is not None:
            return Nullable(found) if type(None) in typing.get_args(thing.__origin__) else found
    parts = typing.get_args(thing)
    inner = next((found for part in parts if (found := find_field(part)) is not None), None)
    return Nullable(inner) if inner is not None and type(None) in parts else inner
