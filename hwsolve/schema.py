"""The JSON Schema of specs: of one kind, or of all that there are."""

from __future__ import annotations

from typing import Any


def spec_schema(kind: str | None = None) -> dict[str, Any]:
    """What an editor needs to complete and check a spec."""
    from hwsolve.kinds import KINDS, record
    from hwsolve.spec.schema import schema

    return schema({name: record(name) for name in ([kind] if kind else KINDS)})
