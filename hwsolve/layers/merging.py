"""What joins branches: the shape that comes out of shapes side by side."""

from __future__ import annotations

from hwsolve.layers.base import Shape, Size, StatedMap, total

MERGED = ("residual", "add", "multiply", "concat")  # the composites whose branches come together
KEPT = (*MERGED, "mixture")  # those that stay as they are where a network is written out


def merged(kind: str, shapes: list[Shape], axis: int = 1) -> Shape | None:
    """The shape of branches together; None where they do not fit."""
    return concatenated(shapes, axis - 1) if kind == "concat" else broadcast(shapes)


def concatenated(shapes: list[Shape], at: int) -> Shape | None:
    """The sizes of one axis, counted from 0, together, all other axes alike; None where they differ."""
    if any(isinstance(s, StatedMap) or len(s) <= at for s in shapes):
        return None
    before, behind = shapes[0][:at], shapes[0][at + 1 :]
    if any((s[:at], s[at + 1 :]) != (before, behind) for s in shapes):
        return None
    return (*before, total(s[at] for s in shapes), *behind)


def broadcast(shapes: list[Shape]) -> Shape | None:
    """The common shape, where an axis of 1 is repeated; None where they differ."""
    rank = len(shapes[0])
    if any(isinstance(s, StatedMap) or len(s) != rank for s in shapes):
        return None
    out: list[Size] = []
    for sizes in zip(*shapes, strict=True):
        wide = [s for s in sizes if s != 1]
        if any(s != wide[0] for s in wide):
            return None
        out.append(wide[0] if wide else 1)
    return tuple(out)
