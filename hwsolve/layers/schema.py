"""The JSON Schema of layers: every type with its arguments, the composites, and names of blocks."""

from __future__ import annotations

from typing import Any

from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.composed import COMPOSED, KEYS, REQUIRED
from hwsolve.spec.amounts import SizeField
from hwsolve.spec.definitions import defined
from hwsolve.spec.records import alone_schema, form_of, record_schema
from hwsolve.spec.scalars import WordField


def layers_schema() -> dict[str, Any]:
    """A list of layers."""
    return {"type": "array", "items": defined("layer", layer_schema)}


def layer_schema() -> dict[str, Any]:
    """One layer of a list: a name, or a name with its arguments.  A name may be that of a block."""
    known = {name: plain_schema(name) for name in LAYERS} | composites_schema()
    anything = {"description": "the arguments of a block", "type": ["object", "array", "number", "string", "null"]}
    one = {"type": "object", "properties": known, "additionalProperties": anything}
    return {"anyOf": [{"type": "string"}, one | {"minProperties": 1, "maxProperties": 1}]}


def plain_schema(name: str) -> dict[str, Any]:
    """The arguments of a layer: a mapping, the one that may stand alone, or nothing where none is needed."""
    cls = layer_class(name)
    required = form_of(cls).required
    alone = alone_schema(cls) if len(required) <= 1 else []
    return {"anyOf": [record_schema(cls), *alone, *([] if required else [{"type": "null"}])]}


def composites_schema() -> dict[str, Any]:
    """The layers that are made of layers."""
    branches = {"type": "array", "items": layers_schema(), "minItems": 2}
    fields = {
        "name": WordField().schema(),
        "body": layers_schema(),
        "shortcut": {"anyOf": [{"const": "zero_pad"}, layers_schema(), {"type": "null"}]},
        "times": SizeField().schema(),
    }
    made = {}
    for name, (about, keys) in COMPOSED.items():
        properties = {key: fields[key] | {"description": str(KEYS[key])} for key in keys}
        whole = {
            "type": "object",
            "properties": properties,
            "required": list(REQUIRED.get(name, ())),
            "additionalProperties": False,
        }
        made[name] = (whole if keys else branches) | {"description": str(about)}
    return made
