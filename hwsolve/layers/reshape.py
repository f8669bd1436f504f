"""Flatten and unflatten: the same values under another shape.  Axes are counted as in PyTorch: the batch is axis 0.

Source: PyTorch, torch.nn.Flatten and torch.nn.Unflatten.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.language import say
from hwsolve.layers import base
from hwsolve.layers.base import Layer, Shape, ShapeError, StatedMap
from hwsolve.spec.fields import CountField, ListOf, Size


def axis_of(dim: int, x: Shape, field: str) -> int:
    """The axis (from 0, without the batch) that `dim` names: negative from the last, else with the batch as axis 0."""
    axis = len(x) + dim if dim < 0 else dim - 1
    if not 0 <= axis < len(x):
        known = ", ".join(str(d) for d in (-1, *range(1, len(x) + 1)))
        message = say("There is no axis {dim}; the batch is axis 0, the others are {known}.", dim=dim, known=known)
        raise ShapeError(message, field)
    return axis


class Flatten(Layer, frozen=True):
    """Flatten: the axes from `start_dim` to `end_dim` become one, (C, H, W) → (C·H·W)."""

    start_dim: Annotated[int, CountField(None)] = 1
    end_dim: Annotated[int, CountField(None)] = -1

    PART: ClassVar[str] = "view"

    def output(self, x: Shape) -> Shape:
        """The product of the axes in their place."""
        if isinstance(x, StatedMap):
            if x.features is None:
                raise ShapeError(say("How many values come in is not known: the sides of the map are not stated."))
            return (x.features,)
        if not x:
            return (1,)
        first, last = axis_of(self.start_dim, x, "start_dim"), axis_of(self.end_dim, x, "end_dim")
        if first > last:
            raise ShapeError(say("The axis `start_dim` stands behind `end_dim`."), "start_dim")
        return (*x[:first], base.product(x[first : last + 1]), *x[last + 1 :])

    def axes(self, x: Shape) -> dict[int, tuple[str, dict[str, base.Size]]]:
        """The product, written out."""
        if isinstance(x, StatedMap) or len(x) < 2:
            return {}
        first, last = axis_of(self.start_dim, x, "start_dim"), axis_of(self.end_dim, x, "end_dim")
        names = NAMES.get(len(x), tuple(f"n{k}" for k in range(1, len(x) + 1)))[first : last + 1]
        return {first: ("*".join(names), dict(zip(names, x[first : last + 1], strict=True)))} if first < last else {}


NAMES = {2: ("C", "L"), 3: ("C", "H", "W"), 4: ("C", "D", "H", "W")}


class Unflatten(Layer, frozen=True):
    """Unflatten: one axis, `dim`, becomes several, (C·H·W) → (C, H, W)."""

    dim: Annotated[int, CountField(None)]
    unflattened_size: Annotated[Shape, ListOf(Size, minimum=1)]

    PART: ClassVar[str] = "view"

    def output(self, x: Shape) -> Shape:
        """The sizes in the place of the axis."""
        axis = axis_of(self.dim, x, "dim")
        if isinstance(x, StatedMap) or base.product(self.unflattened_size) != x[axis]:
            held, size = base.size_text(x[axis]), base.shape_text(self.unflattened_size)
            raise ShapeError(
                say("{size} does not hold the {held} values of the axis.", size=size, held=held), "unflattened_size"
            )
        return (*x[:axis], *self.unflattened_size, *x[axis + 1 :])
