"""What a layer says of the sizes that come in: they follow from what stands before it, and must be the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from hwsolve.language import say
from hwsolve.layers.sizes import simplified

if TYPE_CHECKING:
    from hwsolve.layers.base import Layer, Shape

L = TypeVar("L", bound="Layer")


def agreed(layer: L, shapes: tuple[Shape, ...]) -> L:
    """The layer without what it says of its inputs; ShapeError where that is not what comes in."""
    from hwsolve.layers.base import ShapeError, StatedMap, shape_text, size_text

    said = {name: place for name, place in layer.INCOMING.items() if getattr(layer, name) is not None}
    for name, (port, axis) in said.items():
        stated, shape = getattr(layer, name), shapes[port]
        if not shape or (isinstance(shape, StatedMap) and axis != 0):
            continue  # the layer itself says what is wrong with that
        if simplified(stated) != simplified(shape[axis]):
            words = {"name": name, "stated": size_text(stated), "got": size_text(shape[axis])}
            raise ShapeError(
                say("`{name}` is {stated} here, but {got} come in: the input is {shape}.", **words,
                    shape=shape_text(shape)),
                name,
                say("It may be left out: it follows from what stands before the layer."),
            )  # fmt: skip
    return msgspec.structs.replace(layer, **dict.fromkeys(said)) if said else layer
