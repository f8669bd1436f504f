"""A convolution as a product of matrices, and the connections between units as they were counted for LeNet-5."""

from __future__ import annotations

from hwsolve.derivation.size_lines import counted, size_value
from hwsolve.formula.tree import Number, Ref
from hwsolve.kinds.count_params.conventions import Asked
from hwsolve.kinds.count_params.counted.record import Counted
from hwsolve.kinds.count_params.counts import Counts, put_in
from hwsolve.language import Message, say
from hwsolve.layers.base import Layer, StatedMap
from hwsolve.layers.items import Item
from hwsolve.layers.reach_of_layer import is_convolution
from hwsolve.layers.window import SIDES, kernel_names
from hwsolve.solution import Answer, Line


def matrices(counts: Counts, item: Item, layer: Layer, lines: list[Line]) -> None:
    """The shapes of a convolution as a product of matrices; of each group where there are several."""
    if not is_convolution(layer) or isinstance(item.output, StatedMap):
        return
    sizes, kernel = layer.sizes(*item.shapes), layer.kernel_size  # type: ignore[attr-defined]
    groups = layer.groups != 1  # type: ignore[attr-defined]
    rows = "*".join((*kernel_names(kernel), "in")) + ("/groups" if groups else "")
    places, outputs = "*".join(SIDES[len(kernel)]), "out/groups" if groups else "out"
    shapes = {"columns": (rows, places), "kernel": (outputs, rows), "product": (outputs, places)}
    for part, texts in shapes.items():
        key = f"im2col.{item.path}.{part}"
        values = []
        for axis, text in enumerate(texts, 1):
            named = {name: size for name, size in sizes.items() if name in text}
            value = put_in(text, named)[1]
            values.append(size_value(value))
            lines.append(
                counted(Ref(key, (Number(axis),)), text, named, value, aside="im2col" not in counts.asked.shown)
            )
        counts.answers[key] = Answer(tuple(values))


def connections(counts: Counts, item: Item, layer: Layer, lines: list[Line]) -> None:
    """The connections of a layer as they were counted for LeNet-5: between units, with those of biases."""
    if text := layer.connection_text(*item.shapes):
        counts.text("connections", item.path, text, layer.sizes(*item.shapes), lines)


def said_matrices(asked: Asked) -> Message:
    """What the matrices are."""
    return say(
        "im2col: the kernel as a matrix, a row for each map that comes out, times the windows as columns, one for each "
        "place, is the product; of each group where there are several."
    )


QUANTITIES: tuple[Counted, ...] = (
    Counted(
        "im2col", say("matrices of the convolution"), say("Matrices"), matrices, said=said_matrices, total=False,
        column=False,
    ),
    Counted("connections", say("connections"), say("Connections"), connections),
)  # fmt: skip
