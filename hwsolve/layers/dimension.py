"""An axis as PyTorch counts it: the batch is axis 0, negative numbers count from the last.

A shape has no batch, so `dim: 1` is its first axis.  Source: PyTorch, torch.nn.Softmax and torch.nn.Flatten.
"""

from __future__ import annotations

from hwsolve.language import say
from hwsolve.layers.base import Shape, ShapeError, StatedMap


def axis_of(dim: int, x: Shape, field: str = "dim") -> int:
    """The axis of `x`, from 0 and without the batch, that `dim` names in the setting `field`."""
    if isinstance(x, StatedMap):
        raise ShapeError(say("Which axes come in is not known: the sides of the map are not stated."), field)
    axis = len(x) + dim if dim < 0 else dim - 1
    if 0 <= axis < len(x):
        return axis
    known = ", ".join(str(d) for d in (*range(1, len(x) + 1), *range(-len(x), 0)))
    if dim in (0, -len(x) - 1):
        raise ShapeError(
            say("Axis {dim} is the batch, whose samples stay apart; {known} are left.", dim=dim, known=known), field
        )
    raise ShapeError(
        say("There is no axis {dim}; the batch is axis 0, the others are {known}.", dim=dim, known=known), field
    )
