"""The JSON Schema of a spec, made from the records that read it, for editors and other programs.

What stands in several places is put under `$defs`: parts that contain themselves by `defined`, the rest by `shared`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from hwsolve.spec.definitions import collecting
from hwsolve.spec.problem import Problem
from hwsolve.spec.records import record_schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"
WORTH = 120  # characters from which on a part that stands twice is shared


def schema(kinds: Mapping[str, type[Problem]]) -> dict[str, Any]:
    """The schema of a spec of any of these kinds."""
    with collecting() as definitions:
        bodies = {kind: _of_kind(kind, cls) for kind, cls in kinds.items()}
    if len(bodies) == 1:
        whole = next(iter(bodies.values()))
    else:
        choices = [
            {"if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]}, "then": body}
            for kind, body in bodies.items()
        ]
        known = {"kind": {"enum": list(bodies), "description": "What is to be solved."}}
        whole = {"type": "object", "required": ["kind"], "properties": known, "allOf": choices}
    return {"$schema": DIALECT, "title": "hwsolve spec"} | shared(whole, definitions)


def _of_kind(kind: str, cls: type[Problem]) -> dict[str, Any]:
    body = record_schema(cls)
    first_line = (cls.__doc__ or "").strip().split("\n")[0]
    properties = {"kind": {"const": kind, "description": first_line}} | {
        key: part for key, part in body["properties"].items() if key != "kind"
    }
    required = ["kind", *(key for key in body.get("required", ()) if key != "kind")]
    return body | {"properties": properties, "required": required}


def shared(whole: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema with long parts that stand more than once moved to `$defs`."""
    parts = {"": whole} | definitions
    counts: Counter[str] = Counter()
    for part in parts.values():
        _count(part, counts)
    names: dict[str, str] = {}
    made: dict[str, Any] = {}
    done = {name: _replaced(part, counts, names, made, parts, top=True) for name, part in parts.items()}
    result: dict[str, Any] = done.pop("")
    everything = done | made
    return result | ({"$defs": dict(sorted(everything.items()))} if everything else {})


def _children(part: Any) -> list[Any]:
    return list(part.values()) if isinstance(part, dict) else part if isinstance(part, list) else []


def _worth(part: Any) -> str | None:
    """The text of a part that could be shared."""
    if not isinstance(part, dict) or not (part.keys() & {"type", "anyOf", "enum"}) or "const" in part:
        return None
    if not isinstance(part.get("type", ""), (str, list)):  # properties named `type`
        return None
    text = json.dumps(body(part), sort_keys=True)
    return text if len(text) >= WORTH else None


def body(part: dict[str, Any]) -> dict[str, Any]:
    """A part without its description, which may differ where the rest is the same."""
    return {key: value for key, value in part.items() if key != "description"}


def _count(part: Any, counts: Counter[str]) -> None:
    text = _worth(part)
    if text is not None:
        counts[text] += 1
        if counts[text] > 1:
            return  # what is inside goes along
    for child in _children(part):
        _count(child, counts)


def _replaced(
    part: Any, counts: Counter[str], names: dict[str, str], made: dict[str, Any], taken: Mapping[str, Any], top: bool
) -> Any:
    """A part with everything shared replaced by references."""
    text = None if top else _worth(part)
    if text is not None and counts[text] > 1:
        if text not in names:
            names[text] = _name(part, {*made, *taken})
            made[names[text]] = None
            made[names[text]] = _replaced(body(part), counts, names, made, taken, top=True)
        words = {"description": part["description"]} if "description" in part else {}
        return {"$ref": f"#/$defs/{names[text]}"} | words
    if isinstance(part, dict):
        return {key: _replaced(child, counts, names, made, taken, False) for key, child in part.items()}
    if isinstance(part, list):
        return [_replaced(child, counts, names, made, taken, False) for child in part]
    return part


def _name(part: dict[str, Any], taken: set[str]) -> str:
    """A new name: that of its record, or `part`."""
    name = str(part.get("title") or "part")
    number = 1
    while (candidate := name if number == 1 else f"{name}{number}") in taken:
        number += 1
    return candidate
