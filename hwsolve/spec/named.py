"""One of several records, chosen by name: `relu`, `linear: 100`, `sgd: {lr: 1}`."""

from __future__ import annotations

from collections.abc import Mapping as Names
from typing import Any

import msgspec

from hwsolve.language import say
from hwsolve.spec.field import Field
from hwsolve.spec.names import same_spelling
from hwsolve.spec.nodes import Mapping, Node, Scalar, is_null
from hwsolve.spec.records import alone_schema, form_of, read_record, record_schema
from hwsolve.spec.report import Path, Report
from hwsolve.spec.scalars import unknown_name
from hwsolve.spec.terms import Terms


class NamedField(Field):
    """A record class by its name, alone or with arguments."""

    forms = (Scalar, Mapping)

    def __init__(self, terms: Terms, classes: Names[str, type[msgspec.Struct]], positional: bool = True) -> None:
        self.terms, self.classes, self.positional = terms, classes, positional
        self.expected = say("the {what} by its name, alone or with its arguments", what=terms.what)

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """The record, or INVALID."""
        found = named(node)
        if found is None:
            return self.wrong(node, report, path)
        name, head, arguments = found
        name = same_spelling(name, self.classes) or name
        cls = self.classes.get(name)
        if cls is None:
            return unknown_name(head, report, path, self.terms, name, list(self.classes))
        if not self.positional and not isinstance(arguments, Mapping) and not is_null(arguments):
            return self.wrong(arguments, report, path / name)
        return read_record(cls, arguments, report, path / name, positional=True)

    def schema(self) -> dict[str, Any]:
        """Every name, alone where nothing must be given, or with its arguments."""
        alone = [name for name, cls in self.classes.items() if not form_of(cls).required]
        whole: list[dict[str, Any]] = [
            {
                "type": "object",
                "properties": {name: {"anyOf": self.of_arguments(cls)}},
                "required": [name],
                "additionalProperties": False,
            }
            for name, cls in self.classes.items()
        ]
        return {"anyOf": [{"enum": alone}, *whole]}

    def of_arguments(self, cls: type[msgspec.Struct]) -> list[dict[str, Any]]:
        """The forms of the arguments: all by name, one alone, or none where none must be given (`relu:`)."""
        alone = alone_schema(cls) if self.positional else []
        return [record_schema(cls), *alone, *([] if form_of(cls).required else [{"type": "null"}])]


def named(node: Node) -> tuple[str, Node, Node] | None:
    """A name, where it stands, and what stands behind it; None for what is no name."""
    if isinstance(node, Scalar) and not is_null(node):
        return node.text, node, Scalar(node.line, node.column, "null")
    if isinstance(node, Mapping) and len(node.entries) == 1:
        ((name, (head, arguments)),) = node.entries.items()
        return name, head, arguments
    return None
