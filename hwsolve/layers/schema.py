"""The JSON Schema of layers: every type with its arguments, the composites, and names of blocks."""

from __future__ import annotations

from typing import Any

from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.composed import BRANCHED, COMPOSED, KEYS, LONE, REQUIRED, WIRE_NAMES, WIRES
from hwsolve.layers.packaged import PACKAGED, packaged_class
from hwsolve.spec.amounts import SizeField
from hwsolve.spec.definitions import defined
from hwsolve.spec.records import alone_schema, form_of, record_schema
from hwsolve.spec.scalars import CountField, FlagField, WordField


def layers_schema() -> dict[str, Any]:
    """A list of layers."""
    return {"type": "array", "items": defined("layer", layer_schema)}


def layer_schema() -> dict[str, Any]:
    """One layer of a list: a name, or a name with its arguments.  A name may be that of a block."""
    known = {name: plain_schema(layer_class(name)) for name in LAYERS}
    known |= {name: plain_schema(packaged_class(name)) for name in PACKAGED} | composites_schema()
    anything = {"description": "the arguments of a block", "type": ["object", "array", "number", "string", "null"]}
    one = {"type": "object", "properties": known, "additionalProperties": anything}
    return {"anyOf": [{"type": "string"}, one | {"minProperties": 1, "maxProperties": 1}]}


def plain_schema(cls: type) -> dict[str, Any]:
    """The arguments of a layer: a mapping, the one that may stand alone, or nothing where none is needed."""
    required = form_of(cls).required
    alone = alone_schema(cls) if len(required) <= 1 else []
    whole = record_schema(cls)
    whole["properties"] |= wires_schema()
    return {"anyOf": [whole, *alone, *([] if required else [{"type": "null"}])]}


def wires_schema() -> dict[str, Any]:
    """The keys that say what a layer reads and gives."""
    return {key: WIRE_NAMES.schema() | {"description": str(KEYS[key])} for key in WIRES}


def composites_schema() -> dict[str, Any]:
    """The layers that are made of layers."""
    word = WordField().schema()
    branches = {"anyOf": [{"type": "array", "items": {"anyOf": [layers_schema(), word]}, "minItems": 2}, word]}
    fields = {
        "of": branches,
        "layer": WordField(dotted=True).schema(),
        "name": word,
        "body": layers_schema(),
        "shortcut": {"anyOf": [{"const": "zero_pad"}, layers_schema(), {"type": "null"}]},
        "times": SizeField().schema(),
        "axis": CountField(1).schema(),
        "experts": {"anyOf": [SizeField().schema(), {"type": "array", "items": layers_schema(), "minItems": 1}]},
        "renormalize": FlagField().schema(),
        "active": SizeField().schema(),
        "router": {"type": ["object", "null"]},
    }
    made = {}
    for name, (about, keys) in COMPOSED.items():
        properties = {k: fields[k] | {"description": str(KEYS[k])} for k in keys if k in fields} | wires_schema()
        whole: dict[str, Any] = {
            "type": "object",
            "properties": properties,
            "required": list(REQUIRED.get(name, ())),
            "additionalProperties": False,
        }
        alone = [branches] if name in BRANCHED else [fields[LONE[name]]] if name in LONE else []
        made[name] = ({"anyOf": [whole, *alone]} if alone else whole) | {"description": str(about)}
    return made
