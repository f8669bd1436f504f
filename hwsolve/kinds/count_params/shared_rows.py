"""What is said of layers and parameters that have no count of their own, since they are others': whose they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hwsolve.kinds.count_params.owned import owned_by
from hwsolve.language import Message, say
from hwsolve.layers.items import Item, walk_items

MOST_NAMED = 8  # layers in a sentence
MOST_PARTS = 2  # parameters of one layer that are named one by one


def said_shared(items: Iterable[Item]) -> Iterator[Message]:
    """A sentence for each owner, with the layers and single parameters that share with it."""
    found: dict[str, list[str]] = {}
    for path, owner in shared(items):
        found.setdefault(owner, []).append(path)
    for owner, paths in found.items():
        layers = ", ".join(paths[:MOST_NAMED]) + (", …" if len(paths) > MOST_NAMED else "")
        yield say("{layers}: {n} parameters, shared with {owners}.", layers=layers, n=0, owners=owner)


def shared(items: Iterable[Item]) -> Iterator[tuple[str, str]]:
    """Layers and composites all of whose parameters are those of one other, and what has these; else parameters."""
    for item in items:
        every = [i for i in walk_items((item,)) if i.layer is not None and names(i)]
        if not every:
            continue
        first = {
            i.owners.get(name, ("",))[0].removesuffix(i.path.removeprefix(item.path))
            for i in every
            for name in names(i)
        }
        if item.layer is not None:
            yield from shared_of_layer(item)
        elif len(first) == 1 and "" not in first:
            yield item.path, first.pop()
        else:
            for branch in item.branches:
                yield from shared(branch.items)


def shared_of_layer(item: Item) -> Iterator[tuple[str, str]]:
    """The layer, where none of its parameters are its own; else each that is another's."""
    others = [name for name in names(item) if name in item.owners]
    if len(others) == len(names(item)):
        yield item.path, owners(item)
    else:
        yield from ((f"{item.path}.{name}", ".".join(item.owners[name])) for name in others)


def names(item: Item) -> tuple[str, ...]:
    """The parameters of a layer that count, its own or not."""
    assert item.layer is not None
    return owned_by(item.layer, item.shapes, frozenset(item.owners)).every


def owners(item: Item) -> str:
    """Whose a layer's parameters are: one by one, or the layer that has them all."""
    found = list(dict.fromkeys([item.owners[name] for name in names(item)]))
    paths = list(dict.fromkeys([path for path, _ in found]))
    return ", ".join(paths if len(found) > MOST_PARTS else map(".".join, found))
