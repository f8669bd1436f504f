"""What a spec asks for: keys, patterns and expressions of its answers, and names for expressions."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.formula.tree import Formula
from hwsolve.language import Message, say
from hwsolve.spec.fields import INVALID, CountField, DecimalField, Field, read_record, record_schema
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence
from hwsolve.spec.report import Path, Report


class Ask(msgspec.Struct, frozen=True):
    """A key, a pattern or an expression, as it was typed; `digits` where it has its own."""

    text: str
    node: Node
    digits: int | None = None


class Definition(msgspec.Struct, frozen=True):
    """An expression that a name stands for."""

    formula: Formula
    node: Node
    digits: int | None = None


class Settings(msgspec.Struct, frozen=True):
    """How an answer that is asked for is shown."""

    digits: Annotated[int, CountField(1, 2000)] | None = None
    MEANINGS: ClassVar[dict[str, Message]] = {"digits": say("significant digits of this answer")}


class AskField(Field):
    """A list of keys or expressions, or a mapping from them to settings."""

    forms = (Scalar, Sequence, Mapping)
    expected = say("a list of keys or expressions, such as `{form}`", form="[w@1, (E - E@1)/E]")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """The entries in order."""
        if isinstance(node, Mapping):
            found = [self.entry(key, value, report, path) for key, value in node.entries.values()]
            return INVALID if INVALID in found else tuple(found)
        nodes = node.items if isinstance(node, Sequence) else [node]
        for item in nodes:
            if not isinstance(item, Scalar):
                return self.wrong(item, report, path)
        return tuple(Ask(item.text.strip(), item) for item in nodes if isinstance(item, Scalar))

    def entry(self, key: Node, value: Node, report: Report, path: Path) -> Any:
        """A key with its settings."""
        assert isinstance(key, Scalar)
        settings = read_record(Settings, value, report, path / key.text)
        return INVALID if settings is INVALID else Ask(key.text.strip(), key, settings.digits)

    def schema(self) -> dict[str, Any]:
        """All forms."""
        listed = {"type": "array", "items": {"type": "string"}}
        return {
            "anyOf": [{"type": "string"}, listed, {"type": "object", "additionalProperties": record_schema(Settings)}]
        }


class DefinitionField(Field):
    """An expression of keys."""

    forms = (Scalar,)
    expected = say("an expression of keys, such as `{form}`", form="params.conv1/params")
    formula = DecimalField(names=True, arrays=True)

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """The formula, where it stands."""
        f = self.formula.read(node, report, path)
        return INVALID if f is INVALID else Definition(f, node)

    def schema(self) -> dict[str, Any]:
        """Text."""
        return self.formula.schema()
