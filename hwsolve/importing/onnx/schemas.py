"""Whether operators are written as the ONNX standard has them: how much they read and give, and their attributes."""

from __future__ import annotations

from typing import Any

from onnx import defs

from hwsolve.importing.drawing import Unreadable
from hwsolve.language import say


def check(model: Any) -> None:
    """Refuse an operator that is not right; of one that the standard does not have nothing is known."""
    versions = {opset.domain: opset.version for opset in model.opset_import}
    for node in model.graph.node:
        version = versions.get(node.domain, versions.get("", 1))
        try:
            schema = defs.get_schema(node.op_type, max(1, min(version, 10**6)), node.domain)
        except defs.SchemaError:
            continue
        name = node.op_type
        needed = [k for k, one in enumerate(schema.inputs) if one.option == defs.OpSchema.FormalParameterOption.Single]
        if not schema.min_input <= len(node.input) <= schema.max_input or any(not node.input[k] for k in needed):
            raise Unreadable(say("{name} reads {n}: it is not called as ONNX has it.", name=name, n=len(node.input)))
        if not schema.min_output <= len(node.output) <= schema.max_output or not node.output[0]:
            raise Unreadable(say("{name} gives {n}: it is not called as ONNX has it.", name=name, n=len(node.output)))
        given = {a.name: a for a in node.attribute}
        for key, attribute in schema.attributes.items():
            if key in given and int(given[key].type) != int(attribute.type.value):
                raise Unreadable(say("`{key}` of {name} is of another type than in ONNX.", key=key, name=name))
            if key not in given and attribute.required:
                raise Unreadable(say("`{key}` is missing in {name}.", key=key, name=name))
