"""What an ONNX file says: its operators, shapes of all quantities, and the small numbers that shapes are made of."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper, shape_inference

from hwsolve.importing.drawing import Unreadable
from hwsolve.importing.onnx import schemas
from hwsolve.importing.settings import Settings
from hwsolve.language import say

BATCH = 17  # samples where the file leaves their number open: a prime, so that it is known again
MOST_VALUES = 1024  # numbers of a constant that may be part of a shape


class Model:
    """A graph with its shapes; `values` are the numbers of small constants and of what is computed from shapes."""

    def __init__(self, model: Any, settings: Settings) -> None:
        self.graph = model.graph
        weights = {tensor.name: tensor for tensor in model.graph.initializer}
        self.weights = {name: tuple(tensor.dims) for name, tensor in weights.items()}
        self.inputs = [value for value in model.graph.input if value.name not in weights]
        schemas.check(model)
        self.check({*weights, *(value.name for value in model.graph.input)})
        self.fix(settings)
        self.shapes: dict[str, tuple[int | None, ...]] = dict(self.weights)
        self.values: dict[str, Any] = {}
        for name, tensor in weights.items():
            if prod(tensor.dims) <= MOST_VALUES and tensor.data_location != onnx.TensorProto.EXTERNAL:
                self.values[name] = numbers_of(tensor)
        known = -1
        while known < len(self.values):  # numbers that are found make more shapes known
            known = len(self.values)
            self.infer(model)
            for node in self.graph.node:
                evaluate(self, node)

    def check(self, known: set[str]) -> None:
        """Every operator reads what is there before it, and gives what nothing else gives."""
        known |= {tensor.values.name for tensor in self.graph.sparse_initializer} | {""}
        for node in self.graph.node:
            missing = [name for name in node.input if name not in known]
            if missing:
                raise Unreadable(
                    say("{name} reads {other}, which is not there before it.", name=node.op_type, other=missing[0])
                )
            twice = [name for name in node.output if name and name in known]
            if twice:
                raise Unreadable(say("{name} is given twice.", name=twice[0]))
            known |= set(node.output)

    def fix(self, settings: Settings) -> None:
        """Put numbers where inputs leave their sizes open."""
        given = list(settings.shapes) + [()] * len(self.inputs)
        for value, shape in zip(self.inputs, given, strict=False):
            dims = value.type.tensor_type.shape.dim
            for axis, dim in enumerate(dims):
                if axis and shape:
                    if len(shape) != len(dims) - 1:
                        raise Unreadable(
                            say("the input {name} has {n} axes without the batch.", name=value.name, n=len(dims) - 1)
                        )
                    dim.dim_value = shape[axis - 1]
                elif dim.dim_value < 1 and axis:
                    if settings.tokens is None:
                        raise Unreadable(
                            say(
                                "the input {name} leaves its shape open: give it, as in {example}.",
                                name=value.name,
                                example="--shape 3,224,224",
                            )
                        )
                    dim.dim_value = settings.tokens
                elif dim.dim_value < 1:
                    dim.dim_value = BATCH

    def infer(self, model: Any) -> None:
        """Shapes by onnx; of weights it is told the sizes alone, and of what is known the numbers."""
        try:
            found = shape_inference.infer_shapes(self.light(model), data_prop=True).graph
        except Exception as error:
            raise Unreadable(say("its shapes do not fit: {why}", why=str(error).strip().splitlines()[0])) from None
        for value in (*found.input, *found.value_info, *found.output):
            tensor = value.type.tensor_type
            if tensor.HasField("shape"):
                self.shapes[value.name] = tuple(d.dim_value or None for d in tensor.shape.dim)

    def light(self, model: Any) -> Any:
        """A copy without the numbers of weights, and with those that were worked out in place of their operators."""
        light = onnx.ModelProto()
        light.ir_version = model.ir_version
        light.opset_import.extend(model.opset_import)
        light.functions.extend(model.functions)
        graph = light.graph
        graph.name = "graph"
        graph.input.extend(self.inputs)
        graph.node.extend(node for node in self.graph.node if node.output[0] not in self.values)
        for output in self.graph.output:
            graph.output.append(helper.make_empty_tensor_value_info(output.name))
        made = {name for node in graph.node for name in node.output}
        for name, value in self.values.items():
            if name not in made:
                graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        for tensor in self.graph.initializer:
            if tensor.name not in self.values:
                graph.input.append(helper.make_tensor_value_info(tensor.name, tensor.data_type, list(tensor.dims)))
        return light

    def shape(self, name: str) -> tuple[int, ...]:
        """The sizes of a quantity, the batch among them."""
        found = self.shapes.get(name)
        if found is None or None in found:
            raise Unreadable(say("the shape of {name} can't be found.", name=name))
        return found  # type: ignore[return-value]

    def attributes(self, node: Any) -> dict[str, Any]:
        """The attributes of an operator, texts as words."""
        found = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        return {name: value.decode() if isinstance(value, bytes) else value for name, value in found.items()}


def evaluate(model: Model, node: Any) -> None:
    """Work out an operator whose inputs are known numbers, or the shape of a quantity."""
    values, kind = model.values, node.op_type
    more = model.attributes(node)
    if kind == "Constant":
        value = next(iter(more.values()), None)
        array = numbers_of(value) if isinstance(value, onnx.TensorProto) else np.array(value)
        if array.dtype.kind not in "biuf":
            raise Unreadable(say("{name} is a constant that holds no numbers.", name=node.output[0]))
        model.shapes[node.output[0]] = array.shape
        if array.size <= MOST_VALUES:
            values[node.output[0]] = array
        return
    if kind == "Shape":
        found = model.shapes.get(node.input[0])
        if found is not None and None not in found:
            values[node.output[0]] = np.array(found[more.get("start", 0) : more.get("end")], dtype=np.int64)
        return
    if kind not in FOLDED or not all(name in values for name in node.input if name):
        return
    got = [values[name] if name else None for name in node.input]
    try:
        made = np.asarray(FOLDED[kind](got, more))
    except (ValueError, IndexError, KeyError, TypeError, ZeroDivisionError, OverflowError):
        return
    if made.size <= MOST_VALUES:
        values[node.output[0]] = made
        model.shapes.setdefault(node.output[0], made.shape)


def numbers_of(tensor: Any) -> Any:
    """The numbers of a constant."""
    try:
        return numpy_helper.to_array(tensor)
    except (ValueError, TypeError, KeyError):
        raise Unreadable(say("the numbers of {name} do not have the shape that it states.", name=tensor.name)) from None


def small(shape: Any) -> tuple[int, ...]:
    """The sizes of what is made, unless it is too large for a part of a shape."""
    sizes = tuple(int(n) for n in shape)
    if not 0 <= prod(sizes) <= MOST_VALUES:
        raise ValueError
    return sizes


def counted(start: Any, end: Any, step: Any) -> Any:
    """Range."""
    small((max(0, abs((end - start) / step)),))
    return np.arange(start, end, step)


def sliced(x: list[Any], more: dict[str, Any]) -> Any:
    """Slice along the first axis."""
    axes = x[3] if len(x) > 3 and x[3] is not None else [0]
    steps = x[4] if len(x) > 4 and x[4] is not None else [1] * len(axes)
    index: list[Any] = [slice(None)] * x[0].ndim
    for axis, start, end, step in zip(axes, x[1], x[2], steps, strict=True):
        index[int(axis)] = slice(int(start), int(end), int(step))
    return x[0][tuple(index)]


def axes_of(x: list[Any], more: dict[str, Any]) -> tuple[int, ...]:
    """The axes that an operator names as an attribute or as an input."""
    given = more.get("axes") if len(x) < 2 or x[1] is None else x[1]
    return tuple(int(a) for a in (() if given is None else given))


FOLDED: dict[str, Any] = {
    "Gather": lambda x, m: np.take(x[0], x[1].astype(int), axis=m.get("axis", 0)),
    "Concat": lambda x, m: np.concatenate([np.atleast_1d(v) for v in x], axis=m["axis"]),
    "Unsqueeze": lambda x, m: np.expand_dims(x[0], axes_of(x, m)),
    "Squeeze": lambda x, m: np.squeeze(x[0], axes_of(x, m) or None),
    "Cast": lambda x, m: x[0].astype(helper.tensor_dtype_to_np_dtype(m["to"])),
    "Slice": sliced,
    "Add": lambda x, m: x[0] + x[1],
    "Sub": lambda x, m: x[0] - x[1],
    "Mul": lambda x, m: x[0] * x[1],
    "Div": lambda x, m: x[0] // x[1] if x[0].dtype.kind == "i" else x[0] / x[1],
    "Sqrt": lambda x, m: np.sqrt(x[0]),
    "Floor": lambda x, m: np.floor(x[0]),
    "Identity": lambda x, m: x[0],
    "Reshape": lambda x, m: x[0].reshape(x[1]),
    "Transpose": lambda x, m: np.transpose(x[0], m.get("perm")),
    "Equal": lambda x, m: x[0] == x[1],
    "Where": lambda x, m: np.where(x[0], x[1], x[2]),
    "Range": lambda x, m: counted(*x),
    "Expand": lambda x, m: np.broadcast_to(x[0], small(np.broadcast_shapes(x[0].shape, tuple(x[1])))),
    "ConstantOfShape": lambda x, m: np.full(small(x[0]), numpy_helper.to_array(m["value"])[0] if "value" in m else 0.0),
    "ReduceProd": lambda x, m: np.prod(x[0], keepdims=bool(m.get("keepdims", 1))),
    "Neg": lambda x, m: -x[0],
}  # fmt: skip
