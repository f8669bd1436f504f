"""Models of other programs with something broken in them, drawn from right ones: what an importer must refuse in words."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

# what may stand in place of a value
STRANGE: tuple[Any, ...] = (None, True, False, 0, -1, -7, 1, 3, 10**12, 2.5, -0.5, float("nan"), float("inf"), "", "3",
                            "relu", "no such", "\u202e", [], {}, [3], [-1, 2], [[1]], [None], {"name": "x"})  # fmt: skip


def holders(value: Any) -> Iterator[tuple[Any, Any]]:
    """All places of a document: an object or list, and a key or place in it."""
    parts = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    for key, part in parts:
        yield value, key
        yield from holders(part)


def broken(data: Any, rng: random.Random) -> str:
    """The text of a document with up to three mistakes."""
    data = deepcopy(data)
    for _ in range(rng.randint(1, 3)):
        places = list(holders(data))
        if not places:
            break
        holder, key = rng.choice(places)
        match rng.choice(("delete", "change", "change", "negate", "twice", "move")):
            case "delete":
                del holder[key]
            case "change":
                holder[key] = deepcopy(rng.choice(STRANGE))
            case "negate" if isinstance(holder[key], int | float):
                holder[key] = -holder[key]
            case "twice" if isinstance(holder, list):
                holder.append(deepcopy(holder[key]))
            case "move":
                other, at = rng.choice(places)
                holder[key] = deepcopy(
                    other[at] if (at in other if isinstance(other, dict) else at < len(other)) else 1
                )
    text = json.dumps(data, indent=rng.choice((None, 1)))
    return text[: rng.randrange(len(text))] if rng.random() < 0.1 else text


def broken_graph(model: Any, rng: random.Random) -> bytes:
    """The bytes of an ONNX model with up to three mistakes."""
    graph = model.graph
    names = [name for node in graph.node for name in (*node.input, *node.output)] + ["nowhere", ""]
    for _ in range(rng.randint(1, 3)):
        node = rng.choice(list(graph.node))
        match rng.choice(("operator", "read", "less", "attribute", "type", "weight", "input", "output")):
            case "operator":
                node.op_type = rng.choice([other.op_type for other in graph.node] + ["Det", "Conw", "Slice", "Pad"])
            case "read" if node.input:
                node.input[rng.randrange(len(node.input))] = rng.choice(names)
            case "less" if node.input:
                del node.input[-1]
            case "attribute" if node.attribute:
                node.attribute.remove(rng.choice(list(node.attribute)))
            case "type" if node.attribute:
                one = rng.choice(list(node.attribute))
                one.i, one.type = rng.choice([-3, 0, 10**12]), rng.choice([2, 3, 7])
            case "weight":
                weight = rng.choice(list(graph.initializer))
                del weight.dims[:]
                weight.dims.extend(rng.choice([[], [0], [3, 3], [-1, 2], [6, 3, 3, 3], [10**6, 10**6]]))
            case "input":
                rng.choice(list(graph.input[0].type.tensor_type.shape.dim)).dim_value = rng.choice([0, -4, 1, 7, 10**9])
            case "output":
                node.output[0] = rng.choice(names)
    data: bytes = model.SerializeToString()
    if rng.random() < 0.2:
        place = rng.randrange(len(data))
        data = data[:place] + bytes([rng.randrange(256)]) + data[place + 1 :]
    return data[: rng.randrange(len(data))] if rng.random() < 0.1 else data
