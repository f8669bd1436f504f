"""What a problem about one layer asks: its index formulas, and a graph with numbers, stated or made up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from hwsolve.formula.tree import Ref
from hwsolve.graph.graph import Graph
from hwsolve.graph.operation import Operation
from hwsolve.kinds.backprop.build import NetworkConstruction
from hwsolve.kinds.backprop.computation import Computation
from hwsolve.kinds.backprop.construction import Construction
from hwsolve.kinds.backprop.problem import Problem as NetworkProblem
from hwsolve.kinds.convolution.copies import Copies, copies_of
from hwsolve.kinds.convolution.index_letters import check_letters, letter_of_loss
from hwsolve.kinds.convolution.instance import case_with_numbers, coming, left_out
from hwsolve.kinds.convolution.network import axes_written, one_layer
from hwsolve.kinds.convolution.recursion import Quantities, Recursion
from hwsolve.kinds.convolution.single_layer import SingleLayerProblem, named_map, put_sizes, stated, with_sizes
from hwsolve.language import say
from hwsolve.layers.base import Shape, Size
from hwsolve.layers.correlation import Written
from hwsolve.spec.fields import Array
from hwsolve.spec.nodes import Mapping
from hwsolve.spec.report import ROOT, Report

PLACES_OUT = ("L_out",), ("H_out", "W_out"), ("D_out", "H_out", "W_out")


class PreparedLayer(msgspec.Struct):
    """The computation with numbers, and the index formulas of the layer."""

    computation: Computation
    written: Written
    recursion: Recursion
    sizes: dict[str, int]  # the numbers that the instance takes for names
    named: Shape  # (C, sides…) of what goes into the layer, with its names
    general: Any  # the layer with its names
    symbolic: bool  # whether sizes have only names, so that index formulas are the answer
    copies: Copies | None = None  # the padding, where it is copies of cells: the formulas speak of the map that has it


def prepare(problem: SingleLayerProblem, report: Report) -> PreparedLayer | None:
    """The graph of a problem with its numbers, and its index formulas; None after an error."""
    case = case_with_numbers(problem, report)
    if case is None:
        return None
    if not (zeros_around(problem, report) if case.symbolic else is_particular(problem, report)):
        return None
    written = axes_written(case)
    network = one_layer(problem, case, written, report)
    if network is None:
        return None
    inner = NetworkProblem(node=problem.node, network=network, input=case.x, upstream=case.upstream)
    construction = NetworkConstruction(inner, report)
    symbols = case.layer.symbols
    letters = [getattr(symbols, name, None) for name in ("weight", "bias", "output")]
    letters += [case.upstream.symbol] if case.upstream else []
    construction.graph.unstated = letter_of_loss(problem, letters)
    computation = construction.build()
    if computation is None or not check_letters(problem, construction, report):
        return None
    problem.places = inner.places
    computation.graph.chosen = set(chosen(problem, construction))
    general, named = case.layer, case.sample
    if case.symbolic:
        general, named = with_sizes(problem.record, problem.sizes), general_shape(problem, case.sample)
    recursion = index_formulas(*read_by_windows(general, named, computation.graph), written, computation.graph)
    front = "" if problem.activation is None else stated(problem, "activation").type
    copies = copies_of(case.layer, case.sample, computation.graph, front)
    return PreparedLayer(computation, written, recursion, case.sizes, named, general, case.symbolic, copies)


def zeros_around(problem: SingleLayerProblem, report: Report) -> bool:
    """Whether a padding is one of zeros, for which the recursion of the errors is derived by names; else noted."""
    copies = getattr(problem.record, "copies", False)
    if copies:
        assert isinstance(problem.node, Mapping)
        message = say(
            "With names for sizes the recursion of the errors is derived for a padding of zeros; this one is `{mode}`.",
            mode=problem.record.padding_mode,
        )
        hint = say("With numbers for `{input}` and for every size the layer is worked out.", input="input")
        report.add(problem.node.entries["layer"][1], ROOT / "layer", message, hint)
    return not copies


def is_particular(problem: SingleLayerProblem, report: Report) -> bool:
    """Whether the activation is one that numbers can be put into, as none is; a letter for any function is noted."""
    f = problem.activation
    if not isinstance(f, str):
        return True
    assert isinstance(problem.node, Mapping)
    message = say("`{name}` is a letter for any function, and has no values for these numbers.", name=f)
    hint = say(
        "With numbers the activation is one such as `relu`; with names for sizes, as in `{shape}`, the formulas hold "
        "for any `{name}`.", shape="input: [H, W]", name=f,
    )  # fmt: skip
    report.add(problem.node.entries["activation"][1], ROOT / "activation", message, hint)
    return False


def read_by_windows(general: Any, named: Shape, graph: Graph) -> tuple[Any, Shape]:
    """The layer over the map that its windows slide over: with its padding, where that is copies of cells."""
    if not getattr(general, "copies", False):
        return general, named
    padded = graph.nodes[graph.nodes[graph.output].inputs[0]]
    return general.inner, (named[0], *padded.shape[-general.AXES :])


def chosen(problem: SingleLayerProblem, construction: Construction) -> Iterator[str]:
    """The quantities whose numbers the problem does not state."""
    for name, node in construction.graph.nodes.items():
        if node.role == "given":
            stated = problem.input if node.of == "input" else problem.upstream
            if stated is None or isinstance(stated, tuple):
                yield name
        elif node.role == "parameter" and node.layer == construction.graph.nodes[construction.graph.output].layer:
            spec = getattr(problem.record, construction.builder.owned[name].which)
            if spec.values is None and spec.value is None and spec.init is None:
                yield name


def general_shape(problem: SingleLayerProblem, sample: Shape) -> Shape:
    """The shape (C, sides…) that goes in, by its names; that of a `sample` where it is stated in numbers."""
    stated, axes = problem.shape, problem.record.AXES
    if stated is not None:
        stated = put_sizes(stated, problem.sizes)
        return stated if len(stated) > axes else (1, *stated)
    if isinstance(problem.input, Array):
        return sample
    channels: Size = 1 if left_out(problem) else coming(problem.record) or Ref("C")
    return (channels, *named_map(axes))


def index_formulas(layer: Any, named: Shape, written: Written, graph: Graph) -> Recursion:
    """The index formulas of the layer as it is written in the graph."""
    node = graph.nodes[graph.output]
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
    g = next((graph.symbol(n.name) for n in graph.nodes.values() if n.of == "upstream"), "")
    called = msgspec.structs.replace(Quantities(symbols[0], y, g, *symbols[1:]), loss=graph.unstated)
    called = called if g else msgspec.structs.replace(called, g=called.gradient(y))
    sides = zip(layer.output(named)[1:], places, strict=True)
    return Recursion(operation, outputs, inputs, called, {n.name: f for f, n in sides if isinstance(n, Ref)})


def like(operation: Operation, other: Operation, frame: Any) -> Operation:
    """The operation of the general layer, written as that of the graph."""
    settings = ("bias", "shared", "flip", "written", "channels", "ties")
    same = {name: getattr(other, name) for name in settings if hasattr(other, name)}
    return msgspec.structs.replace(operation, frame=frame, **same)
