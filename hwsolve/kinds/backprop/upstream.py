"""The gradient of a loss that a problem does not state: numbers, and a letter for the loss."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from hwsolve.language import Message, say
from hwsolve.spec.fields import INVALID, Array, ArrayField, Field, Word, is_array_form, read_record, record_schema
from hwsolve.spec.nodes import Mapping, Scalar, Sequence
from hwsolve.spec.nodes import Node as Place
from hwsolve.spec.report import Path, Report


class Upstream(msgspec.Struct, frozen=True):
    """The gradient of a loss that is not stated, with respect to the output."""

    values: Array
    symbol: str | None = None


class Named(msgspec.Struct, frozen=True):
    """What stands beside the values of an upstream gradient."""

    symbol: Word | None = None

    MEANINGS: ClassVar[dict[str, Message]] = {"symbol": say("the letter of the gradient")}


class UpstreamField(Field):
    """Numbers, or `{values: …, symbol: H}`."""

    forms = (Scalar, Sequence, Mapping)
    expected = say("numbers, or `{form}`", form="{values: [-3, 1], symbol: H}")

    def read(self, node: Place, report: Report, path: Path) -> Any:
        """An Upstream, a dict of them by output, or INVALID."""
        if isinstance(node, Mapping) and node.entries and "values" not in node.entries and not is_array_form(node):
            found = {name: self.one(value, report, path / name) for name, (_, value) in node.entries.items()}
            return INVALID if INVALID in found.values() else found
        return self.one(node, report, path)

    def one(self, node: Place, report: Report, path: Path) -> Any:
        """The gradient of one output."""
        if isinstance(node, Mapping) and "values" not in node.entries and not is_array_form(node):
            return self.wrong(node, report, path)
        symbol = None
        if isinstance(node, Mapping) and "values" in node.entries:
            rest = {k: v for k, v in node.entries.items() if k != "values"}
            named = read_record(Named, Mapping(node.line, node.column, rest), report, path)
            if named is INVALID:
                return INVALID
            symbol, node, path = named.symbol, node.entries["values"][1], path / "values"
        array = ArrayField().read(node, report, path)
        return INVALID if array is INVALID else Upstream(array, symbol)

    def schema(self) -> dict[str, Any]:
        """Both forms."""
        whole = record_schema(Named)
        values = ArrayField().schema() | {"description": str(say("the numbers, in the shape of the output"))}
        whole["properties"] = {"values": values, **whole["properties"]}
        whole["required"] = ["values"]
        one = {"anyOf": [whole, ArrayField().schema()]}
        return {"anyOf": [*one["anyOf"], {"type": "object", "additionalProperties": one}]}
