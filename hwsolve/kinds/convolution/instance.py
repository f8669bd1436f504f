"""The case with numbers of a general problem: sizes for its names, and small whole numbers for what is not stated."""

from __future__ import annotations

from fractions import Fraction
from math import gcd, prod
from typing import Any

import msgspec

from hwsolve.formula.tree import Number, Ref
from hwsolve.kinds.backprop.upstream import Upstream
from hwsolve.kinds.convolution.single_layer import SingleLayerProblem, fits, put_sizes, with_sizes
from hwsolve.language import Message, say
from hwsolve.layers.base import Shape, shape_text
from hwsolve.spec.fields import Array
from hwsolve.spec.report import Report

# what the instance takes for a size that has only a name, by the setting it stands in
DEFAULTS = {"kernel_size": 2, "stride": 2, "padding": 1, "dilation": 1, "output_size": 2}
MOST_MADE_UP = 2000  # numbers of a map for which a problem states none
LARGEST = 6  # whole number that an activation reads
POOLED = 3  # the side of a pooling window, so that windows with a stride of 2 overlap


class Case(msgspec.Struct, frozen=True):
    """A layer with its numbers: x as it is written, its `sample` as (C, sides…), and y of one sample."""

    layer: Any
    x: Array
    sample: Shape
    y: Shape
    upstream: Upstream | None
    sizes: dict[str, int]  # the numbers for names
    symbolic: bool  # whether sizes have only names

    @property
    def extra(self) -> int:
        """How many axes of x stand in front of the map: 1 for channels, 2 for samples too."""
        return len(self.x.shape) - int(self.layer.AXES)


def case_with_numbers(problem: SingleLayerProblem, report: Report) -> Case | None:
    """The numbers that are stated, and others where there is none; None after an error."""
    if not right_rank(problem, report):
        return None
    x = problem.input if isinstance(problem.input, Array) else None
    names = problem.names()
    symbolic = x is None or any(name not in problem.sizes for name in names)
    sizes = {name: problem.sizes.get(name, default(field, problem)) for name, field in names.items()}
    sizes |= {k: v for k, v in problem.sizes.items() if k not in sizes}
    layer: Any = with_sizes(problem.record, sizes)
    if x is None:
        shape, sizes = instance_shape(problem, layer, sizes)
        if too_large(problem, shape, report):
            return None
        x = made_up(shape, 7, max(11, prod(int(n) for n in shape if isinstance(n, int))), problem)
        if problem.activation is not None:
            x = without_zero(x)
            x = x if isinstance(problem.activation, str) else in_tenths(x)
    sample = (1, *x.shape)[-layer.AXES - 1 :]
    y = fits(problem, layer, sample, report)
    if y is None:
        return None
    upstream = problem.upstream
    if symbolic:
        layer = made_up_weight(layer, sample, problem)
        if upstream is None:
            bare = y[0] == 1 and len(x.shape) == layer.AXES
            upstream = Upstream(made_up(x.shape[: -layer.AXES - 1] + y[bare:], 3, 5, problem, lowest=1))
    return Case(layer, x, sample, y, upstream, sizes, symbolic)


def right_rank(problem: SingleLayerProblem, report: Report) -> bool:
    """Whether the stated shape of x is that of a map, with channels or, where it has numbers, a batch in front."""
    shape, axes = problem.shape, problem.record.AXES
    if shape is not None and not 0 <= len(shape) - axes <= 1:
        message = say(
            "Expected the sizes of a map of {axes}, alone or with channels in front; got {shape}.",
            axes=counted_axes(axes),
            shape=shape_text(shape),
        )
    elif isinstance(problem.input, Array) and not 0 <= len(problem.input.shape) - axes <= 2:
        message = say(
            "Expected a map of {axes}, with channels, or samples and channels, in front; got the shape {shape}.",
            axes=counted_axes(axes),
            shape=shape_text(problem.input.shape),
        )
    else:
        return True
    assert problem.node is not None
    report.add(problem.node.entries["input"][1], "input", message)
    return False


def counted_axes(n: int) -> Message:
    """How many axes."""
    return say("one axis") if n == 1 else say("{n} axes", n=n)


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
        channels = () if left_out(problem) else (coming(layer) or 2 * getattr(layer, "groups", 1),)
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
    return getattr(problem.record, "out_channels", 1) == 1 and coming(problem.record) in (None, 1)


def coming(layer: Any) -> Any:
    """How many channels come in, where the layer says it."""
    return getattr(layer, "in_channels", None)


def made_up(shape: Shape, step: int, among: int, problem: SingleLayerProblem, lowest: int | None = None) -> Array:
    """Small whole numbers, about 0 unless they begin at `lowest`, `among` different ones, where nothing is stated."""
    assert problem.node is not None
    sizes = tuple(int(n) for n in shape)  # type: ignore[arg-type]
    while gcd(step, among) > 1:
        among += 1
    first = -(among // 2) if lowest is None else lowest
    values = tuple(Number((step * k + 3) % among + first) for k in range(prod(sizes)))
    return Array(sizes, values, problem.node)


def without_zero(x: Array) -> Array:
    """The numbers from 0 on one higher: none is at the kink of an activation, and no weight lets a term vanish."""
    values = (v.numerator for v in x.values if isinstance(v, Number))
    return Array(x.shape, tuple([Number(v if v < 0 else v + 1) for v in values]), x.node)


def in_tenths(x: Array) -> Array:
    """The numbers, divided by 10 where some are large: an activation may be flat there."""
    large = any(abs(v.numerator) > LARGEST for v in x.values if isinstance(v, Number))
    tenths = tuple([Number(*Fraction(v.numerator, 10).as_integer_ratio()) for v in x.values if isinstance(v, Number)])
    return Array(x.shape, tenths, x.node) if large else x


def made_up_weight(layer: Any, shape: Shape, problem: SingleLayerProblem) -> Any:
    """The layer with small whole numbers for parameters of which nothing is stated."""
    changed = {}
    for name, parameter in layer.parameters(shape).items():
        spec, short = parameter.spec, parameter.shape
        if spec.values is None and spec.value is None and spec.init is None:
            while len(short) > layer.AXES and short[0] == 1 and parameter.role == "weight":
                short = short[1:]
            changed[name] = msgspec.structs.replace(spec, values=without_zero(made_up(short, 5, 7, problem)))
    return msgspec.structs.replace(layer, **changed)
