"""The JSON Schema of a solution: what `--format json` writes, for programs that read it."""

from __future__ import annotations

from typing import Any

from hwsolve.render.json import SCHEMA

TEXT = {"type": "string"}
NUMBER = {"type": "number"}
NESTED = {"$ref": "#/$defs/nested"}


def record(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object with these keys and no others."""
    properties = required | (optional or {})
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def listed(items: dict[str, Any]) -> dict[str, Any]:
    """A list."""
    return {"type": "array", "items": items}


def kind(name: str, required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """A line or a figure of a kind."""
    return record({"kind": {"const": name}} | required, optional)


def solution_schema() -> dict[str, Any]:
    """The schema of what is written for a file: a solution, or a list of those of its problems."""
    one = {"$ref": "#/$defs/solution"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A solution of hwsolve, or a list of those of a file with several problems",
        "anyOf": [one, listed(one)],
        "$defs": {
            "nested": {"type": "array", "items": {"anyOf": [{"type": ["number", "string", "null"]}, NESTED]}},
            "solution": one_solution(),
        },
    }


def one_solution() -> dict[str, Any]:
    """The schema of the solution of one problem."""
    free = {"type": "object", "additionalProperties": {"anyOf": [TEXT, listed(TEXT)]}}
    links = listed({"type": "array", "items": TEXT, "minItems": 2, "maxItems": 3})
    claim = {"anyOf": [TEXT, record({"formula": TEXT, "free": free})]}
    detail = {"enum": ["page", "full", "data", "short"]}
    lines = [
        kind(
            "value",
            {"key": TEXT, "symbol": TEXT, "formula": TEXT, "shown": TEXT, "relation": {"enum": ["=", "≈"]}}
            | {"value": {"anyOf": [TEXT, NESTED]}, "rule": TEXT},
            {"origin": {"type": "array", "items": TEXT, "minItems": 3, "maxItems": 3}, "links": links},
        ),
        kind(
            "identity",
            {"lhs": TEXT, "rhs": TEXT, "free": free, "rule": TEXT, "shown": TEXT, "key": {"type": ["string", "null"]}},
            {"relation": {"enum": ["≈", "<", ">"]}, "links": links, "where": listed(TEXT)},
        ),
        kind("carried", {"key": TEXT, "value": TEXT}),
        kind("let", {"key": TEXT, "formula": TEXT, "free": free}),
        kind("assume", {"formula": TEXT}),
        kind("text", {"shown": TEXT}),
    ]
    place = {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 2, "maxItems": 2}
    claims = {"claims": listed(claim), "detail": detail}
    body = [
        record({"say": TEXT}, claims),
        record({"lines": place}, claims | {"reason": TEXT, "head": {"type": "integer"}}),
        record({"table": {"type": "integer"}}),
        record({"figure": {"type": "integer"}}),
    ]
    places = listed(listed({"type": "integer"}))
    series = listed(record({"name": TEXT, "y": listed(NUMBER)}))
    part = {"label": TEXT, "value": TEXT, "gradient": TEXT}
    figures = [
        kind(
            "curve",
            {
                "title": TEXT,
                "x_label": TEXT,
                "y_label": TEXT,
                "x": listed(NUMBER),
                "series": series,
                "log": {"type": "boolean"},
            },
        ),
        kind("bars", {"title": TEXT, "bars": listed(record({"name": TEXT, "value": {"type": "integer"}}))}),
        kind(
            "grid",
            {"title": TEXT, "cells": listed(listed(TEXT)), "marked": places},
            {"outside": places, "legend": TEXT},
        ),
        kind(
            "diagram",
            {
                "title": TEXT,
                "caption": TEXT,
                "nodes": listed(
                    record(
                        {"id": TEXT, "rank": {"type": "integer"}, "shape": TEXT, "size": TEXT, "label": TEXT},
                        part
                        | {
                            "slope": TEXT,
                            "formula": TEXT,
                            "sum": TEXT,
                            "sum_value": TEXT,
                            "values": listed(listed(TEXT)),
                            "gradients": listed(listed(TEXT)),
                        },
                    )
                ),
                "edges": listed(record({"start": TEXT, "end": TEXT, "label": TEXT}, part)),
            },
            {"frames": listed(record({"nodes": listed(TEXT), "label": TEXT}))},
        ),
    ]
    fold = {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "integer"}, TEXT], "items": False}
    table = record(
        {"title": TEXT, "columns": listed(TEXT), "rows": listed(listed({"type": ["string", "number"]}))},
        {"depths": listed({"type": "integer", "minimum": 0}), "folds": listed(fold)},
    )
    section = record(
        {
            "title": TEXT,
            "level": {"type": "integer", "minimum": 1},
            "part": {"enum": ["statement", "question", "derivation", "numbers", "simulation", "asked"]},
            "lines": listed({"oneOf": lines}),
            "tables": listed(table),
            "figures": listed({"oneOf": figures}),
            "body": listed({"oneOf": body}),
        }
    )
    exact = {"anyOf": [{"type": ["string", "null"]}, NESTED]}
    answer = record(
        {"text": TEXT, "exact": exact, "system": {"enum": ["exact", "certified", "float64", "symbolic"]}},
        {
            "value": {"anyOf": [{"type": ["number", "string", "null"]}, NESTED]},
            "formula": TEXT,
            "where": listed(TEXT),
            "full": {"anyOf": [TEXT, NESTED]},
        },
    )
    judged = {"key": TEXT, "at": TEXT}
    check = record(
        judged | {"expected": TEXT, "got": TEXT, "ok": {"type": "boolean"}}, {"difference": TEXT, "how": TEXT}
    )
    verdicts = {"enum": ["agrees", "cut off", "wrong", "not decided"]}
    published = record(
        judged
        | {
            "stated": TEXT,
            "source": TEXT,
            "computed": TEXT,
            "agrees": {"type": ["boolean", "null"]},
            "verdict": verdicts,
        },
        {"rounded": TEXT, "why": TEXT, "exchanged": TEXT, "how": TEXT},
    )
    notation = record(
        {}, {"count_from": {"const": 0}, "layers": TEXT, "units": listed(TEXT), "gradients": {"const": "delta"}}
    )
    return record(
        {
            "hwsolve": TEXT,
            "schema": {"const": SCHEMA},
            "kind": TEXT,
            "title": TEXT,
            "source": {"type": ["string", "null"]},
            "given": listed(record({"key": TEXT, "value": TEXT})),
            "sections": listed(section),
            "answers": {"type": "object", "additionalProperties": answer},
            "asked": listed(TEXT),
            "checks": listed(check),
            "published": listed(published),
            "notes": listed(record({"level": {"enum": ["info", "warning"]}, "text": TEXT})),
        },
        {"symbols": {"type": "object", "additionalProperties": TEXT}, "notation": notation},
    )
