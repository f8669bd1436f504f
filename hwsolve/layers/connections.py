"""Which input channels each output channel of a convolution sees, as in LeNet-5.

Source: LeCun and others 1998, table I.
"""

from __future__ import annotations

from typing import Any

from hwsolve.language import say
from hwsolve.layers.base import Shape, ShapeError, size_text


def check_connections(listed: tuple[tuple[int, ...], ...], layer: Any, x: Shape) -> None:
    """Refuse lists that do not fit the channels."""
    if layer.groups != 1:
        raise ShapeError(say("`{a}` and `{b}` can't both be given.", a="connections", b="groups"), "groups")
    if isinstance(layer.out_channels, int) and len(listed) != layer.out_channels:
        n = len(listed)
        said = say("Expected a list for each of {out} output channels, got {n}.", out=layer.out_channels, n=n)
        raise ShapeError(said, "connections")
    for seen in listed:
        if len(set(seen)) < len(seen) or (isinstance(x[0], int) and max(seen) > x[0]):
            said = say("Input channels are {one} to {n}, each once.", one=1, n=size_text(x[0]))
            raise ShapeError(said, "connections")
