"""Where a layer of a network stands in a comparison, or several in a row."""

from __future__ import annotations

import msgspec

from hwsolve.layers.base import Size
from hwsolve.layers.items import Item

INPUT = "input"  # the type of what comes in


class Place(msgspec.Struct, frozen=True):
    """An item of one network; `often`: how many copies of it a repeat has; `within`: the path that it is a part of.

    `parts`: the layers in a row that stand beside one of another network; the item is the last of them.
    """

    item: Item
    often: Size = 1
    within: str = ""
    parts: tuple[Place, ...] = ()

    @property
    def path(self) -> str:
        """Its key."""
        return self.item.path

    @property
    def paths(self) -> tuple[str, ...]:
        """The keys of all that stands there."""
        return tuple([part.path for part in self.parts]) or (self.path,)

    @property
    def name(self) -> str:
        """Its path in the row that it stands in."""
        return self.item.path.removeprefix(self.within)
