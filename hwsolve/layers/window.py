"""A window that slides over a map: how many places it has along an axis.

Along an axis of length n, a window of K cells that lie D apart, moved by S over a map with P cells of padding on each
side, has floor((n + 2P − D(K − 1) − 1)/S) + 1 places.
Source: PyTorch, torch.nn.Conv2d and torch.nn.MaxPool2d, "Shape".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from hwsolve.formula.tree import Formula, call
from hwsolve.language import Message, say
from hwsolve.layers import base
from hwsolve.layers.base import Layer, Shape, ShapeError, Size


class OverMap(Layer, frozen=True):
    """A layer on maps of `AXES` axes."""

    AXES: ClassVar[int]

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if (spread := self.for_axes(value := getattr(self, name))) is not value:
                msgspec.structs.force_setattr(self, name, spread)

    @classmethod
    def for_axes(cls, value: Any) -> Any:
        """A setting with a size for each axis: a single one holds for all."""
        return value * cls.AXES if type(value) is tuple and len(value) == 1 else value


AXES = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}  # the names of a map's axes by their number, as in PyTorch
SIDES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}  # how counts name them


def check_map(x: Shape, dimensions: int) -> None:
    """Refuse what is not channels with that many axes; a map with unknown sides passes."""
    if not isinstance(x, base.StatedMap):
        base.need_rank(x, dimensions + 1)


def reach(kernel: Size, dilation: Size) -> Size:
    """The cells from the first to the last of a window: D(K − 1) + 1."""
    if isinstance(kernel, int) and isinstance(dilation, int):
        return dilation * (kernel - 1) + 1
    return base.simplified(dilation * (kernel - 1) + 1)


def same_places(n: Size, stride: Size) -> Size:
    """ceil(n/S): how many places there are with the padding `same` of Keras."""
    if isinstance(n, int) and isinstance(stride, int):
        return -(-n // stride)
    return base.simplified(call("ceil", call("/", n, stride)))


def same_axes(axes: int, x: Shape, strides: Shape) -> dict[int, tuple[str, dict[str, Size]]]:
    """How the sides of a map come out, with that padding."""
    sides = zip(AXES[axes], x[1:], strides, strict=True)
    return {k: (f"ceil({name}_in/S)", {f"{name}_in": n, "S": s}) for k, (name, n, s) in enumerate(sides, 1)}


def same_pads(n: Size, kernel: Size, stride: Size, dilation: Size) -> tuple[Size, Size]:
    """The padding before and after an axis for these places; the odd cell is behind (Keras, TensorFlow's `SAME`)."""
    both = base.simplified((same_places(n, stride) - 1) * stride + reach(kernel, dilation) - n)
    both = max(both, 0) if isinstance(both, int) else call("max", both, 0)
    before = base.floor_quotient(both, 2)
    return before, base.simplified(both - before)


def places(n: Size, kernel: Size, stride: Size, padding: Size, dilation: Size = 1) -> Size:
    """floor((n + padding − D(K − 1) − 1)/S) + 1; `padding` counts both sides."""
    covered = reach(kernel, dilation)
    if isinstance(n, int) and isinstance(padding, int) and isinstance(covered, int):
        if n + padding < covered:
            raise ShapeError(too_small(n, padding, covered), "kernel_size")
        if isinstance(stride, int):
            return (n + padding - covered) // stride + 1
    room: Formula | int = base.simplified(n + padding - covered)
    return base.total((base.floor_quotient(room, stride), 1))


def places_rounded_up(n: Size, kernel: Size, stride: Size, padding: Size, dilation: Size) -> Size:
    """With `ceil_mode`: rounded up, but the last window must start in the input or in the padding before it.

    min(ceil((n + 2P − D(K − 1) − 1)/S) + 1, ceil((n + P)/S)), with P on each side.
    """
    covered = reach(kernel, dilation)
    if isinstance(n, int) and isinstance(padding, int) and isinstance(covered, int) and isinstance(stride, int):
        found = min(-((covered - n - 2 * padding) // stride) + 1, -(-(n + padding) // stride))
        if found < 1:
            raise ShapeError(too_small(n, 2 * padding, covered), "kernel_size")
        return found
    whole = call("+", call("ceil", call("/", n + 2 * padding - covered, stride)), 1)
    if (
        isinstance(padding, int)
        and isinstance(stride, int)
        and isinstance(covered, int)
        and padding + stride <= covered
    ):
        return base.simplified(whole)  # the last window can't start behind the input
    return base.simplified(call("min", whole, call("ceil", call("/", n + padding, stride))))


def too_small(n: int, padding: int, covered: int) -> Message:
    """What is wrong with a window that is larger than the padded map."""
    if padding:
        return say(
            "The window spans {covered} cells, but the axis has {n} and {padding} of padding.",
            covered=covered,
            n=n,
            padding=padding,
        )
    return say("The window spans {covered} cells, but the axis has only {n}.", covered=covered, n=n)


def check_window(kernel: Shape, stride: Shape, dilation: Shape = ()) -> None:
    """Kernel, stride and dilation are at least 1."""
    for field, sizes in (("kernel_size", kernel), ("stride", stride), ("dilation", dilation)):
        for size in sizes:
            base.positive(field, size)


def kernel_names(kernel: Shape) -> tuple[str, ...]:
    """`kernel` for every axis of a square kernel, else `kernel_h`, `kernel_w` by axis."""
    if all(k == kernel[0] for k in kernel):
        return ("kernel",) * len(kernel)
    return tuple(f"kernel_{axis.lower()}" for axis in AXES[len(kernel)])


def window_words(layer: Layer) -> tuple[Message | str, ...]:
    """The window of a layer as a table names it: `7×7`, `stride 2`; what is usual is not said."""
    kernel: Shape | None = getattr(layer, "kernel_size", None)
    if not kernel:
        return ()
    ones = (1,) * len(kernel)
    usual = kernel if layer.CATEGORY == "pooling" else ones
    stride, dilation = getattr(layer, "stride", None) or usual, getattr(layer, "dilation", None) or ones
    groups: Size = getattr(layer, "groups", 1)
    words: list[Message | str] = ["×".join([base.factor_text(k) for k in kernel])]
    if stride != usual:
        words.append(say("stride {sizes}", sizes=each_axis(stride)))
    if dilation != ones:
        words.append(say("dilation {sizes}", sizes=each_axis(dilation)))
    if groups != 1:
        words.append(say("{n} groups", n=base.size_text(groups)))
    return tuple(words)


def each_axis(sizes: Shape) -> str:
    """A size for every axis, once where all are alike."""
    alike = all(size == sizes[0] for size in sizes)
    return "×".join([base.factor_text(size) for size in (sizes[:1] if alike else sizes)])


AxisFormula = tuple[str, dict[str, Size]]  # the formula text of an output axis, and the values of its names


def names(
    axis: str, n: Size, kernel: Size, stride: Size, pads: tuple[Size, Size], dilation: Size
) -> tuple[str, str, dict[str, Size]]:
    """How the formulas below write the padding and the window, and the values of the names."""
    values: dict[str, Size] = {f"{axis}_in": n, "K": kernel, "S": stride}
    if pads[0] == pads[1]:
        padding, values["P"] = "2*P", pads[0]
    else:
        padding, values["P_before"], values["P_after"] = "P_before + P_after", *pads
    if dilation == 1:
        return padding, "K", values
    return padding, "D*(K - 1) - 1", values | {"D": dilation}


def window_formula(
    axis: str, n: Size, kernel: Size, stride: Size, pads: tuple[Size, Size], dilation: Size
) -> AxisFormula:
    """The places of a window along `axis`."""
    padding, covered, values = names(axis, n, kernel, stride, pads, dilation)
    return f"floor(({axis}_in + {padding} - {covered})/S) + 1", values


def rounded_up_formula(
    axis: str, n: Size, kernel: Size, stride: Size, pads: tuple[Size, Size], dilation: Size
) -> AxisFormula:
    """The places with `ceil_mode`; the smaller of two, where the last window could start behind the map."""
    padding, covered, values = names(axis, n, kernel, stride, pads, dilation)
    text = f"ceil(({axis}_in + {padding} - {covered})/S) + 1"
    reached = reach(kernel, dilation)
    if (
        isinstance(pads[0], int)
        and isinstance(stride, int)
        and isinstance(reached, int)
        and pads[0] + stride <= reached
    ):
        return text, values
    return f"min({text}, ceil(({axis}_in + P)/S))", values


def check_copies(x: Shape, ends: Sequence[tuple[Size, Size]], mode: str) -> None:
    """Refuse more reflected or wrapped cells at an end of an axis than the map (C, sides…) has to copy."""
    if isinstance(x, base.StatedMap) or mode not in ("reflect", "circular"):
        return
    for n, pair in zip(x[1:], ends, strict=True):
        most = n - 1 if mode == "reflect" else n
        if isinstance(most, int) and any(isinstance(p, int) and p > most for p in pair):
            message = say("{mode} padding of an axis of {n} is at most {most}.", mode=mode, n=n, most=most)
            raise ShapeError(message, "padding")
