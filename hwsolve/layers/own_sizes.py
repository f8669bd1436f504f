"""Sizes in the body of a layer of the package that are those of what comes in."""

from __future__ import annotations

import msgspec

from hwsolve.formula.tree import Formula, formula, substitute
from hwsolve.layers.base import Shape, simplified
from hwsolve.layers.items import Part
from hwsolve.layers.packaged import CHANNELS, INCOMING, PACKAGED

SIZES = ("out_features", "out_channels", "groups", "embed_dim", "kdim", "vdim")


def sized(parts: tuple[Part, ...], x: Shape) -> tuple[Part, ...]:
    """The parts with the first and the last size of `x` put in; those of the package have what comes into them."""
    known = {INCOMING: formula(x[-1]), CHANNELS: formula(x[0])}
    found = []
    for part in parts:
        if part.layer is not None:
            sizes = {key: getattr(part.layer, key, None) for key in SIZES}
            put = {k: simplified(substitute(s, known)) for k, s in sizes.items() if isinstance(s, Formula)}
            part = msgspec.structs.replace(part, layer=msgspec.structs.replace(part.layer, **put)) if put else part
        elif part.branches and part.type not in PACKAGED:
            part = msgspec.structs.replace(part, branches=tuple(sized(branch, x) for branch in part.branches))
        found.append(part)
    return tuple(found)
