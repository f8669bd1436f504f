"""What joins branches: the shape that comes out of shapes side by side."""

from __future__ import annotations

from hwsolve.layers.base import Shape, Size, StatedMap, total

MERGED = ("residual", "add", "multiply", "concat")  # the composites whose branches come together


def merged(kind: str, shapes: list[Shape]) -> Shape | None:
    """The shape of branches together; None where they do not fit."""
    return concatenated(shapes) if kind == "concat" else broadcast(shapes)


def concatenated(shapes: list[Shape]) -> Shape | None:
    """The channels (the first axis) together, all other axes alike; None where they differ."""
    first = shapes[0]
    if any(isinstance(s, StatedMap) for s in shapes) or not first or any(s[1:] != first[1:] or not s for s in shapes):
        return None
    return (total(s[0] for s in shapes), *first[1:])


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
