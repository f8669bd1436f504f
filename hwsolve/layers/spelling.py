"""A layer's name however it is spelled: `Conv2d`, `hardtanh` and `nn.LeakyReLU` are layers too."""

from __future__ import annotations

from collections.abc import Container
from functools import cache

from hwsolve.layers import LAYERS
from hwsolve.spec.names import LONGEST, bare


@cache
def spellings() -> dict[str, str]:
    """Every layer by its name without its spelling."""
    from hwsolve.layers.composed import COMPOSITES
    from hwsolve.layers.packaged import PACKAGED

    return {bare(name): name for name in (*COMPOSITES, *PACKAGED, *LAYERS)}


def spelled(name: str, own: Container[str] = ()) -> str:
    """The layer that is meant; a name that is none, or that of one of a document's `own` blocks, stays as it is."""
    if name in LAYERS or name in own or len(name) > LONGEST:
        return name
    return spellings().get(bare(name), name)
