"""Operators of ONNX with weights, and pools."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from hwsolve.importing.drawing import Unreadable
from hwsolve.importing.onnx.reader import Reader, rounded, words
from hwsolve.importing.settings_of import plain, written
from hwsolve.language import say


def ends_of(reader: Reader, x: str, kernel: list[int], more: dict[str, Any]) -> list[tuple[int, int]]:
    """The padding of each axis, in front and behind."""
    auto = more.get("auto_pad", "NOTSET")
    axes = len(kernel)
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        strides, dilations = more.get("strides", [1] * axes), more.get("dilations", [1] * axes)
        found = []
        for n, k, s, d in zip(reader.own(x)[1:], kernel, strides, dilations, strict=True):
            total = max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0)
            found.append((total // 2, total - total // 2) if auto == "SAME_UPPER" else (total - total // 2, total // 2))
        return found
    pads = more.get("pads", [0] * (2 * axes)) if auto == "NOTSET" else [0] * (2 * axes)
    return list(zip(pads[:axes], pads[axes:], strict=True))


def windowed(reader: Reader, x: str, kernel: list[int], more: dict[str, Any]) -> dict[str, Any]:
    """Kernel, stride, padding and dilation; a padding that is not the same on both sides stands before the layer."""
    ends = ends_of(reader, x, kernel, more)
    settings = {
        "kernel_size": kernel,
        "stride": more.get("strides", [1] * len(kernel)),
        "dilation": more.get("dilations", 1),
    }
    if all(a == b for a, b in ends):
        settings["padding"] = [a for a, _ in ends]
    else:
        shape = reader.model.shape(x)
        padded = reader.padded(reader.value(x), ends)
        name = f"{x} padded {reader.node.output[0]}"
        reader.give(name, padded, reader.batch[x])
        at = len(shape) - len(ends)
        reader.model.shapes[name] = (*shape[:at], *(n + a + b for n, (a, b) in zip(shape[at:], ends, strict=True)))
        settings["padded"] = name
    return settings


def convolution(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """Conv and ConvTranspose."""
    x, weight = node.input[0], node.input[1]
    if weight not in reader.model.weights:
        raise Unreadable(say("{name} is a convolution with computed weights, which is not read.", name=node.output[0]))
    size = reader.model.shape(weight)
    kernel, groups = list(size[2:]), more.get("group", 1)
    biased = {} if len(node.input) > 2 and node.input[2] else {"bias": False}
    transposed = node.op_type == "ConvTranspose"
    if transposed and ("output_shape" in more or more.get("auto_pad", "NOTSET") != "NOTSET"):
        raise Unreadable(say("{name} states its output shape, which is not read.", name=node.output[0]))
    settings = {"out_channels": size[1] * groups if transposed else size[0], "groups": groups}
    settings |= windowed(reader, x, kernel, more) | {"output_padding": more.get("output_padding", 0)}
    layer = f"conv_transpose{len(kernel)}d" if transposed else f"conv{len(kernel)}d"
    reader.put(
        layer, written(layer, settings) | biased, settings.get("padded", x), tuple(n for n in node.input[1:] if n)
    )


def pooling(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """MaxPool and AveragePool; those over the whole map are adaptive."""
    x = node.input[0]
    axes = len(reader.own(x)) - 1
    kind = "max" if "Max" in node.op_type else "avg"
    if node.op_type.startswith("Global"):
        reader.put(f"adaptive_{kind}_pool{axes}d", {"output_size": 1}, x)
        return
    kernel = list(more["kernel_shape"])
    settings = windowed(reader, x, kernel, more) | {"ceil_mode": bool(more.get("ceil_mode", 0))}
    if kind == "avg":
        settings["count_include_pad"] = bool(more.get("count_include_pad", 0)) or not np.any(settings.get("padding", 0))
        settings.pop("dilation")
    if list(settings["stride"]) == kernel:
        settings.pop("stride")
    layer = f"{kind}_pool{axes}d"
    made = written(layer, settings)
    if "stride" in settings and "stride" not in made:
        made["stride"] = plain(settings["stride"])
    reader.put(layer, made, settings.get("padded", x))


def gemm(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """Gemm: a linear layer."""
    x, weight = node.input[0], node.input[1]
    if weight not in reader.model.weights:
        reader.give(
            node.output[0], reader.multiplied(reader.value(x), reader.own(x), reader.value(weight), reader.own(weight))
        )
        return
    size = reader.model.shape(weight)
    settings: dict[str, Any] = {"out_features": size[0] if more.get("transB") else size[1]}
    biased = len(node.input) > 2 and bool(node.input[2])
    reader.put("linear", settings | ({} if biased else {"bias": False}), x, tuple(n for n in node.input[1:] if n))


def matmul(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """MatMul: with a weight a linear layer, whose bias may be the sum behind it."""
    a, b = node.input
    if b in reader.model.weights and len(reader.model.shape(b)) == 2 and a in reader.data:
        size = reader.model.shape(b)[1]
        after = [n for n in reader.model.graph.node if node.output[0] in n.input]
        bias = ""
        if len(after) == 1 and after[0].op_type == "Add" and reader.uses[node.output[0]] == 1:
            other = next(n for n in after[0].input if n != node.output[0])
            bias = other if other in reader.model.weights and prod(reader.model.shape(other)) == size else ""
        reader.put("linear", {"out_features": size} | ({} if bias else {"bias": False}), a, (b, bias) if bias else (b,))
        if bias:
            reader.give(after[0].output[0], reader.value(node.output[0]), reader.batch[node.output[0]])
            reader.skipped.add(after[0].output[0])
        return
    ranks = [len(reader.own(n)) if n in reader.data else len(reader.model.shape(n)) for n in (a, b)]
    sizes = [reader.own(n) if n in reader.data else reader.model.shape(n) for n in (a, b)]
    values = [reader.operand(n, r) for n, r in zip((a, b), ranks, strict=True)]
    reader.give(node.output[0], reader.multiplied(values[0], sizes[0], values[1], sizes[1]))


def norm(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """Norms with their weights."""
    x = node.input[0]
    axes, kind = max(1, len(reader.own(x)) - 1), node.op_type
    epsilon = round(more.get("epsilon", 1e-5), 12)
    if kind == "BatchNormalization":
        layer, settings = f"batch_norm{axes}d", {"eps": epsilon}
    elif kind == "InstanceNormalization":
        layer, settings = f"instance_norm{axes}d", {"eps": epsilon, "affine": True}
    elif kind == "GroupNormalization":
        layer, settings = "group_norm", {"num_groups": more["num_groups"], "eps": epsilon}
    else:
        layer = "rms_norm" if kind.startswith("RMS") else "layer_norm"
        settings = {"eps": epsilon}
    made = written(layer, settings)
    if layer == "layer_norm" and (first := reader.axis(x, more.get("axis", -1))) < len(reader.own(x)):
        made["normalized_shape"] = list(reader.own(x)[first - 1 :])
    if layer == "layer_norm" and (len(node.input) < 3 or not node.input[2]):
        made["bias"] = False
    reader.put(layer, made, x, tuple(n for n in node.input[1:3] if n))


def slopes(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """PRelu."""
    count = prod(reader.model.shape(node.input[1]))
    reader.put("prelu", {"num_parameters": count} if count > 1 else {}, node.input[0], (node.input[1],))


def gather(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """Gather: a table read at places, or one place of an axis."""
    table, index = node.input
    if table in reader.model.weights and index in reader.data:
        rows, width = reader.model.shape(table)
        reader.put("embedding", {"num_embeddings": rows, "embedding_dim": width}, index, (table,))
        return
    found = reader.model.values.get(index)
    axis = reader.axis(table, more.get("axis", 0))
    if found is None or found.size != 1 or not axis:
        raise Unreadable(say("{name} reads places that are computed, which is not read.", name=node.output[0]))
    made = reader.place(reader.value(table), axis, int(found.reshape(-1)[0]))
    own = reader.model.shape(node.output[0])
    reader.give(
        node.output[0],
        made if not found.ndim else reader.chain(made, ("reshape", {"shape": list(own[1:])})),
        reader.batch[table],
    )


def recurrent(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """RNN, LSTM and GRU: (T, N, D); what comes out has an axis for directions."""
    x = node.input[0]
    hidden, two = more["hidden_size"], more.get("direction", "forward") == "bidirectional"
    biased = len(node.input) > 3 and bool(node.input[3])
    layer = node.op_type.lower()
    settings = {"hidden_size": hidden, "bidirectional": two} | ({} if biased else {"bias": False})
    if layer == "gru" and not more.get("linear_before_reset", 0):
        settings["reset"] = "before"
    outs = [reader.fresh() for _ in node.output]
    reader.steps(
        layer,
        {k: v for k, v in settings.items() if v is not False or k == "bias"},
        [reader.value(x)],
        *outs,
        label=words(node.output[0]),
    )
    steps = reader.model.shape(x)[0]
    for k, name in enumerate(node.output):
        if not name:
            continue
        reader.give(name, outs[k], 2 if k == 0 else 1)
        batch = reader.model.shape(x)[1]
        ways = 2 if two else 1
        reader.model.shapes[name] = (steps, ways, batch, hidden) if k == 0 else (ways, batch, hidden)
    reader.flat = getattr(reader, "flat", {}) | {name: outs[k] for k, name in enumerate(node.output)}  # type: ignore[attr-defined]
    after_recurrent(reader, node, two, hidden, steps)


def after_recurrent(reader: Reader, node: Any, two: bool, hidden: int, steps: int) -> None:
    """The axis of directions goes away in the operators behind: by Squeeze, or by Transpose and Reshape."""
    for out in node.output:
        if not out:
            continue
        states = out != node.output[0]
        for after in [n for n in reader.model.graph.node if out in n.input]:
            target = after.output[0]
            if after.op_type == "Squeeze" and not two:
                reader.give(target, reader.data[out], 0 if states else 1)
                reader.skipped.add(target)
            elif after.op_type == "Transpose" and not states:
                again = [n for n in reader.model.graph.node if target in n.input]
                if len(again) == 1 and again[0].op_type == "Reshape":
                    reader.give(again[0].output[0], reader.data[out], 1)
                    reader.skipped |= {target, again[0].output[0]}


def neighbours(reader: Reader, node: Any, more: dict[str, Any]) -> None:
    """LRN."""
    given = {
        "size": more["size"],
        "alpha": rounded(more.get("alpha", 1e-4)),
        "beta": rounded(more.get("beta", 0.75)),
        "k": rounded(more.get("bias", 1.0)),
    }
    reader.put("local_response_norm", written("local_response_norm", given), node.input[0])
