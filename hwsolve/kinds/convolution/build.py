"""What a problem about one layer asks: its index formulas, and a graph with numbers, stated or made up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Any

import msgspec

from hwsolve.formula.tree import Ref
from hwsolve.graph.operation import Operation
from hwsolve.kinds.backprop.computation import Computation
from hwsolve.kinds.backprop.upstream import Upstream
from hwsolve.kinds.convolution.index_letters import check_letters
from hwsolve.kinds.convolution.layer_graph import LayerConstruction, made_up, made_up_weight
from hwsolve.kinds.convolution.recursion import Quantities, Recursion
from hwsolve.kinds.convolution.single_layer import SingleLayerProblem, fits, named_map, put_sizes, with_sizes
from hwsolve.language import say
from hwsolve.layers.base import Layer, Shape, Size
from hwsolve.layers.correlation import Written
from hwsolve.spec.fields import Array
from hwsolve.spec.report import Report

# what the instance takes for a size that has only a name, by the setting it stands in
DEFAULTS = {"kernel_size": 2, "stride": 2, "padding": 1, "dilation": 1, "output_size": 2}
MOST_MADE_UP = 2000  # numbers of a map for which a problem states none
POOLED = 3  # the side of a pooling window, so that windows with a stride of 2 overlap
PLACES_OUT = ("L_out",), ("H_out", "W_out"), ("D_out", "H_out", "W_out")

Build = Callable[[SingleLayerProblem, Report, Layer, Array, Upstream | None], LayerConstruction]


class PreparedLayer(msgspec.Struct):
    """The computation with numbers, the layer behind it, and the index formulas."""

    computation: Computation
    layer: Any
    one: Shape  # the shape that goes into the layer, channels included, with numbers
    written: Written
    recursion: Recursion
    sizes: dict[str, int]  # the numbers that the instance takes for names
    named: Shape  # the same shape with its names
    general: Any  # the layer with its names
    symbolic: bool  # whether sizes have only names, so that index formulas are the answer


def prepare(problem: SingleLayerProblem, report: Report, build: Build) -> PreparedLayer | None:
    """The graph of a problem with its numbers, and its index formulas; None after an error."""
    layer: Any = problem.record
    stated = problem.input if isinstance(problem.input, Array) else None
    names = problem.names()
    symbolic = stated is None or any(name not in problem.sizes for name in names)
    sizes = {name: problem.sizes.get(name, default(field, problem)) for name, field in names.items()}
    sizes |= {k: v for k, v in problem.sizes.items() if k not in sizes}
    concrete: Any = with_sizes(layer, sizes)
    if stated is None:
        shape, sizes = instance_shape(problem, concrete, sizes)
        if too_large(problem, shape, report):
            return None
        stated = made_up(shape, 7, max(11, prod(int(n) for n in shape if isinstance(n, int))), problem)
    upstream = problem.upstream
    if symbolic:
        one = stated.shape if len(stated.shape) > layer.AXES else (1, *stated.shape)
        out = fits(problem, concrete, one[-layer.AXES - 1 :], report)
        if out is None:
            return None
        concrete = made_up_weight(concrete, one[-layer.AXES - 1 :], problem)
        if upstream is None:
            whole = out[0] != 1 or len(stated.shape) > layer.AXES
            samples = stated.shape[: -layer.AXES - 1]
            upstream = Upstream(made_up(samples + (out if whole else out[1:]), 3, 5, problem, lowest=1))
    construction = build(problem, report, concrete, stated, upstream)
    computation = construction.build()
    if computation is None or not check_letters(problem, construction, report):
        return None
    computation.graph.chosen = set(chosen(problem, construction))
    shape = computation.graph.nodes[next(iter(computation.graph.nodes))].shape
    one = shape[-layer.AXES - 1 :] if construction.written.x else (1, *shape)
    named: Shape = one
    if symbolic:
        layer, named = general_layer(problem, layer), general_shape(problem, layer, one)
    else:
        layer = concrete
    recursion = index_formulas(layer, named, construction, computation)
    return PreparedLayer(computation, concrete, one, construction.written, recursion, sizes, named, layer, symbolic)


def chosen(problem: SingleLayerProblem, construction: LayerConstruction) -> Iterator[str]:
    """The quantities whose numbers the problem does not state."""
    for name, node in construction.graph.nodes.items():
        if node.role == "given":
            stated = problem.input if node.of == "input" else problem.upstream
            if stated is None or isinstance(stated, tuple):
                yield name
        elif node.role == "parameter":
            spec = getattr(problem.record, construction.builder.owned[name].which)
            if spec.values is None and spec.value is None and spec.init is None:
                yield name


def too_large(problem: SingleLayerProblem, shape: Shape, report: Report) -> bool:
    """Note a map that is too large for a case with numbers."""
    values = prod(n for n in shape if isinstance(n, int))
    if values > MOST_MADE_UP:
        assert problem.node is not None
        node = problem.node.entries["layer"][1]
        message = say(
            "A case with numbers would take {n} of them; at most {most} are made up.",
            n=f"{values:,}",
            most=f"{MOST_MADE_UP:,}",
        )
        report.add(node, "layer", message, say("A name such as `K` stands for any size."))
    return values > MOST_MADE_UP


def default(field: str, problem: SingleLayerProblem) -> int:
    """The number that stands for a name in an instance."""
    if field == "kernel_size" and problem.record.CATEGORY == "pooling":
        return POOLED
    return DEFAULTS.get(field, 2)


def instance_shape(problem: SingleLayerProblem, layer: Any, sizes: dict[str, int]) -> tuple[Shape, dict[str, int]]:
    """The smallest map with two places of the window along each axis; names of a stated shape take its sides."""
    sides = tuple(instance_side(layer, axis) for axis in range(layer.AXES))
    stated = problem.shape
    if stated is None:
        channels = () if left_out(problem) else (2 * getattr(layer, "groups", 1),)
        return (*channels, *sides), sizes
    wanted = (*((2,) if len(stated) > layer.AXES else ()), *sides)
    found = dict(sizes)
    for size, n in zip(stated, wanted, strict=False):
        if isinstance(size, Ref) and isinstance(n, int):
            found.setdefault(size.name, n)
    return put_sizes(stated, found), found


def instance_side(layer: Any, axis: int) -> int:
    """One side of the map of an instance."""
    if not hasattr(layer, "kernel_size"):
        return 2 * int(layer.output_size[axis]) + 1
    kernel, stride = layer.kernel_size[axis], (layer.strides if hasattr(layer, "strides") else layer.stride)[axis]
    dilation = layer.dilation[axis] if getattr(layer, "dilation", ()) else 1
    padding = 0 if isinstance(layer.padding, str) else layer.padding[axis]
    if hasattr(layer, "output_padding"):
        return 2 + padding
    return max(int(stride + dilation * (kernel - 1) + 1 - 2 * padding), 3 if padding else 1)


def left_out(problem: SingleLayerProblem) -> bool:
    """Whether a problem that states no input speaks of a single channel, and leaves its index out."""
    return getattr(problem.record, "out_channels", 1) == 1


def general_layer(problem: SingleLayerProblem, layer: Any) -> Any:
    """The layer with the names that the problem gives no numbers for."""
    return with_sizes(layer, problem.sizes)


def general_shape(problem: SingleLayerProblem, layer: Any, one: Shape) -> Shape:
    """The shape that goes in, by its names."""
    stated = problem.shape
    if stated is not None:
        stated = put_sizes(stated, problem.sizes)
        return stated if len(stated) > layer.AXES else (1, *stated)
    if isinstance(problem.input, Array):
        return one
    channels: Size = 1 if left_out(problem) else Ref("C")
    return (channels, *named_map(layer.AXES))


def index_formulas(layer: Any, named: Shape, construction: LayerConstruction, computation: Computation) -> Recursion:
    """The index formulas of the layer as it is written in the graph."""
    graph = computation.graph
    node = graph.nodes[graph.output]
    written = construction.written
    operation = layer.operation(named)
    places = tuple(
        side if isinstance(side, int) else Ref(name)
        for side, name in zip(layer.output(named)[1:], PLACES_OUT[layer.AXES - 1], strict=True)
    )
    frame = operation.frame
    larger = "side" if hasattr(layer, "output_padding") else "places"
    axes = (msgspec.structs.replace(a, **{larger: p}) for a, p in zip(frame.axes, places, strict=True))
    frame = msgspec.structs.replace(frame, axes=tuple(axes))
    assert node.operation is not None
    operation = like(operation, node.operation, frame)
    samples = node.shape[:1] if graph.batched else ()
    outputs = (*samples, *((layer.output(named)[0],) if written.y else ()), *places)
    inputs = (*samples, *(named if written.x else named[1:]))
    symbols = [graph.labels[name].symbol for name in node.inputs]
    y = graph.labels[node.name].symbol
    called = Quantities(symbols[0], y, f"dL_d{y}", *symbols[1:])
    return Recursion(operation, outputs, inputs, called)


def like(operation: Operation, other: Operation, frame: Any) -> Operation:
    """The operation of the general layer, written as that of the graph."""
    settings = ("bias", "shared", "flip", "written", "channels", "ties")
    same = {name: getattr(other, name) for name in settings if hasattr(other, name)}
    return msgspec.structs.replace(operation, frame=frame, **same)
