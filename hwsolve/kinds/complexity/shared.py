"""Parameters that several layers apply: one update in each copy, and a gradient that is a sum over all uses."""

from __future__ import annotations

from collections.abc import Callable

from hwsolve.kinds.complexity.flow import Flow
from hwsolve.layers.base import Size, product, simplified, total
from hwsolve.layers.items import Item, Network, walk_items

Owner = tuple[str, str]  # the path of the layer that has a parameter first, and its name there


class Shared:
    """Which layers apply a trained parameter, and in how many copies it learns."""

    def __init__(self, network: Network, flow: Flow, learned: Callable[[Item], list[str]]) -> None:
        self.flow, self.learned = flow, learned
        self.items = {item.path: item for item in walk_items(network.items)}
        self.users: dict[Owner, list[Item]] = {}
        for item in self.items.values():
            for owner in self.owners(item).values():
                self.users.setdefault(owner, []).append(item)

    def owners(self, item: Item) -> dict[str, Owner]:
        """Whose the trained parameters of a layer are, by name."""
        return {name: item.owners.get(name, (item.path, name)) for name in self.learned(item)}

    def learning(self, owner: Owner) -> Size:
        """How many copies of a parameter get a gradient, from whichever layer within the copy."""
        users = self.users[owner]
        leads = [place.copies for user in users for place in self.flow.of(user) if place.live]
        own = [place.copies for place in self.flow.of(self.items[owner[0]])]
        own = [copies for copies in own if any(one[: len(copies)] == copies for one in leads)]
        return simplified(total(product(alike.lead for alike in copies) for copies in own or [()]))
