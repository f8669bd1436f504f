"""The operators of ONNX that are layers here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hwsolve.importing.assembled import Imported
from hwsolve.importing.drawing import Unreadable
from hwsolve.importing.onnx.elements import (
    ACTIVATIONS,
    ELEMENTS,
    SIGNS,
    activation,
    arithmetic,
    clip,
    elements,
    hard_sigmoid,
    softmax,
    summed,
)
from hwsolve.importing.onnx.model import Model
from hwsolve.importing.onnx.moving import (
    concatenate,
    pad,
    reduced,
    reshape,
    resize,
    shuffle,
    slices,
    split,
    squeeze,
    transpose,
)
from hwsolve.importing.onnx.reader import Reader, scopes_of, words
from hwsolve.importing.onnx.weighted import (
    convolution,
    gather,
    gemm,
    matmul,
    neighbours,
    norm,
    pooling,
    recurrent,
    slopes,
)
from hwsolve.language import say

INTEGERS = frozenset({2, 3, 4, 5, 6, 7, 12, 13})
SAME = ("Identity", "Dropout", "Cast", "CastLike")


def drawn(model: Model) -> Imported:
    """The graph of a model."""
    reader = Reader(model)
    inputs: dict[str, Any] = {}
    names: dict[str, str] = {}
    for k, value in enumerate(model.inputs, 1):
        made = reader.fresh()
        reader.give(value.name, made)
        own = list(reader.own(value.name))
        whole = value.type.tensor_type.elem_type in INTEGERS
        inputs[made] = {"tokens": own[0] if len(own) == 1 else own} if whole else own
        names[made] = words(value.name) or f"x{k}"
        if names[made] in ("input", *list(names.values())[:-1]):
            names[made] = "x" if len(model.inputs) == 1 else f"x{k}"
    for node in model.graph.node:
        if set(node.output) & reader.skipped or node.output[0] in model.values:
            continue
        if node.op_type in SAME:
            name = node.input[0]
            if name in reader.data:
                reader.give(node.output[0], reader.data[name], reader.batch[name])
            continue
        if not any(name in reader.data for name in node.input):
            constant(reader, node)
            continue
        handler = TABLE.get(node.op_type)
        if handler is None:
            raise Unreadable(
                say(
                    "there is no layer for the operator {name}. Known are {known}.",
                    name=node.op_type,
                    known=", ".join(sorted({*TABLE, *SAME})),
                )
            )
        reader.node, reader.scopes = node, scopes_of(node.name)
        try:
            handler(reader, node, model.attributes(node))
        except (KeyError, TypeError, ValueError, IndexError, StopIteration, ZeroDivisionError):
            shapes = ", ".join(str(model.shapes.get(name, "?")) for name in node.input)
            raise Unreadable(
                say("{name} does not fit what it reads: {shapes}.", name=node.op_type, shapes=shapes)
            ) from None
    ends = tuple(dict.fromkeys(reader.value(o.name) for o in model.graph.output if o.name in reader.data))
    if not ends:
        raise Unreadable(say("what comes out does not depend on what comes in."))
    return Imported(reader.nodes, inputs, names, ends)


def constant(reader: Reader, node: Any) -> None:
    """What is computed without the data is as large as it says, and no parameter."""
    used = [name for name in node.input if name in reader.model.weights and name not in reader.model.values]
    if used:
        name = node.input[0]
        if (
            node.op_type in ("Transpose", "Reshape", "Identity", "Unsqueeze", "Squeeze", "Cast", "Expand")
            and len(used) == 1
        ):
            reader.model.weights[node.output[0]] = reader.model.shape(node.output[0])
            return
        raise Unreadable(
            say("{name} is computed from weights by {operator}, which is not read.", name=name, operator=node.op_type)
        )


Handler = Callable[[Reader, Any, dict[str, Any]], None]
TABLE: dict[str, Handler] = (
    dict.fromkeys(("Conv", "ConvTranspose"), convolution)
    | dict.fromkeys(("MaxPool", "AveragePool", "GlobalMaxPool", "GlobalAveragePool"), pooling)
    | {f"{kind}Normalization": norm for kind in ("Batch", "Instance", "Group", "Layer", "RMS")}
    | dict.fromkeys(ACTIVATIONS, activation)
    | dict.fromkeys(SIGNS, arithmetic)
    | dict.fromkeys(ELEMENTS, elements)
    | dict.fromkeys(("Flatten", "Reshape"), reshape)
    | dict.fromkeys(("Squeeze", "Unsqueeze"), squeeze)
    | dict.fromkeys(("Softmax", "LogSoftmax"), softmax)
    | dict.fromkeys(("Resize", "Upsample"), resize)
    | dict.fromkeys(("ReduceMean", "ReduceSum", "ReduceMax"), reduced)
    | dict.fromkeys(("RNN", "LSTM", "GRU"), recurrent)
    | dict.fromkeys(("DepthToSpace", "SpaceToDepth"), shuffle)
    | {
        "Gemm": gemm, "MatMul": matmul, "HardSigmoid": hard_sigmoid, "PRelu": slopes, "Clip": clip, "Sum": summed,
        "Concat": concatenate, "Transpose": transpose, "Gather": gather, "Slice": slices, "Split": split, "Pad": pad,
        "LRN": neighbours,
    }
)  # fmt: skip
