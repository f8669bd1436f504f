"""What pooling takes: comparisons or sums for each window, and back the additions where windows meet in a cell."""

from __future__ import annotations

from typing import Any

from hwsolve.language import say
from hwsolve.layers import window
from hwsolve.layers.base import Shape, Size
from hwsolve.layers.cost import Nothing, Operations
from hwsolve.layers.reached import Track, meeting, tracks

COMPARED = Nothing(say("no multiply-adds: values are compared"))
TOGETHER = say("the largest values of overlapping windows are taken to lie in as few cells as they can.")


def axes(layer: Any, x: Shape) -> tuple[list[Track], dict[str, Size]]:
    """The axes of the map under the window, and the values of the names in their texts."""
    sides = window.SIDES[layer.AXES]
    return tracks(sides, layer.output(x)[1:], layer.kernel_size or (), layer.strides, layer.dilations)


def steps(layer: Any, x: Shape) -> dict[str, Size]:
    """Stride and dilation, and the fewest cells that can hold the largest values of all windows."""
    return axes(layer, x)[1] | {name: size for _, values in met(layer, x) for name, size in values.items()}


def texts(layer: Any) -> tuple[str, str]:
    """The cells of a window, and the output values."""
    cells = "*".join(window.kernel_names(layer.kernel_size or ()))
    return cells, "*".join(("channels", *window.SIDES[layer.AXES]))


def largest(layer: Any, x: Shape) -> Operations:
    """One comparison less than cells; back, an addition for each gradient but the first of its cell."""
    cells, outputs = texts(layer)
    fewest = "*".join(text for text, _ in met(layer, x))
    error = {"add": f"{outputs} - channels*{fewest}"} if overlaps(layer, x) else {}
    return {"forward": {"cmp": f"({cells} - 1)*{outputs}"}, "error": error}


def mean(layer: Any, x: Shape) -> Operations:
    """A sum and a division; back, a division and an addition for each share but the first of its cell."""
    cells, outputs = texts(layer)
    reached = "*".join(axis.text() for axis in axes(layer, x)[0])
    forward = {"add": f"({cells} - 1)*{outputs}", "div": outputs}
    return {"forward": forward, "error": {"div": outputs, "add": f"{cells}*{outputs} - channels*{reached}"}}


def overlaps(layer: Any, x: Shape) -> bool:
    """Whether windows may meet in a cell."""
    return not all(axis.apart() for axis in axes(layer, x)[0])


def met(layer: Any, x: Shape) -> list[tuple[str, dict[str, Size]]]:
    """The same per axis, as a text, and the values of its names."""
    return [meeting(*axis) for axis in zip(axes(layer, x)[0], x[1:], layer.padding, strict=True)]
