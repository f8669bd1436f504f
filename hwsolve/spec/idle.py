"""Keys that other libraries have and that change nothing here: they are read, and forgotten."""

from __future__ import annotations

from typing import Any

from hwsolve.language import Message, say
from hwsolve.spec.field import INVALID, Field
from hwsolve.spec.nodes import Node
from hwsolve.spec.report import Path, Report


class Idle(Field):
    """A key that is taken for what its field takes; with `only`, for those values alone, and `why` is the hint."""

    def __init__(self, field: Field, *only: Any, why: Message | None = None) -> None:
        self.field, self.only, self.why = field, only, why
        self.forms, self.expected = field.forms, field.expected

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """The value, which nobody uses, or INVALID."""
        value = self.field.read(node, report, path)
        if value is INVALID or not self.only or value in self.only:
            return value
        report.add(
            node, path, say("Only `{key}: {value}` can be stated here.", key=path.step, value=self.typed()), self.why
        )
        return INVALID

    def typed(self) -> str:
        """The value that it may have, as it would be typed."""
        return {None: "null", True: "true", False: "false"}.get(self.only[0], str(self.only[0]))

    def schema(self) -> dict[str, Any]:
        """That of the field."""
        return self.field.schema()
