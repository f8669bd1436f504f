"""Which layers of several networks stand beside each other: by path and by the shape that comes out, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from hwsolve.kinds.count_params.joined_rows import runs
from hwsolve.kinds.count_params.places import INPUT, Place
from hwsolve.layers.base import Size, StatedMap, product
from hwsolve.layers.items import Item

# what a match is worth: a layer that moved by one place keeps its shape, not its number; blocks of one stage their map
SAME_SHAPE, SAME_PATH, SAME_MAP = 3, 2, 1
MAP = 3  # axes: channels, height, width


class Row(msgspec.Struct, frozen=True):
    """What stands beside each other, one place for each network, None where it has none; `inside`: their parts.

    `split`: it is one of the layers that stand beside one layer together.
    """

    places: tuple[Place | None, ...]
    inside: tuple[Row, ...] = ()
    split: bool = False

    @property
    def first(self) -> Place:
        """The first place that there is."""
        return next(place for place in self.places if place is not None)


def aligned(networks: Sequence[Sequence[Item]], counts: Callable[[int, Item], bool]) -> tuple[Row, ...]:
    """The rows of networks; `counts` says of an item of a network whether it counts anything."""

    def counted(k: int, items: Iterable[Item]) -> list[Item]:
        return [item for item in items if counts(k, item)]

    def parts(k: int, item: Item) -> list[Place]:
        """The parts of a composite; where only one of them counts and is a composite, those of that."""
        inside = counted(k, parts_of(item))
        while len(inside) == 1 and inside[0].branches and inside[0].type != "repeat":
            inside = counted(k, parts_of(item := inside[0]))
        return [place for part in inside for place in opened(part, within=f"{item.path}.")]

    top = [[place for item in counted(k, items) for place in opened(item)] for k, items in enumerate(networks)]
    return rows(top, parts)


def rows(lists: Sequence[Sequence[Place]], parts: Callable[[int, Item], list[Place]]) -> tuple[Row, ...]:
    """The rows of lists of places, one list after the other set beside those before it."""
    found: list[tuple[Place | None, ...]] = [(place,) for place in lists[0]]
    for k, places in enumerate(lists[1:], 1):
        known = [next(p for p in row if p is not None) for row in found]
        made: list[tuple[Place | None, ...]] = []
        for a, b in pairs(known, places):
            before = found[a] if a is not None else (None,) * k
            made.append((*before, places[b] if b is not None else None))
        found = made
    made_rows: list[Row] = []
    joined = dict(runs(found))
    past = -1
    for n, row in enumerate(found):
        if n in joined:
            past = joined[n]
            made_rows.append(one_row(found[n : past + 1]))
        if n <= past:
            continue
        inner = [[] if p is None else parts(k, p.item) for k, p in enumerate(row)]
        inside = rows(inner, parts) if any(inner) else ()
        if any(place is not None and place.item.layer is not None for place in row):  # a layer beside a part
            inside = tuple([msgspec.structs.replace(one, split=True) for one in inside])
        made_rows.append(Row(row, inside))
    return tuple(made_rows)


def one_row(run: Sequence[tuple[Place | None, ...]]) -> Row:
    """Rows in which several layers stand beside one, as a row of all with those layers inside."""
    columns = [tuple([place for place in column if place is not None]) for column in zip(*run, strict=True)]
    places = [msgspec.structs.replace(own[-1], parts=own) if len(own) > 1 else next(iter(own), None) for own in columns]
    several = [tuple([p if len(own) > 1 else None for p, own in zip(row, columns, strict=True)]) for row in run]
    return Row(tuple(places), tuple([Row(row, split=True) for row in several if any(row)]))


def parts_of(item: Item) -> list[Item]:
    """All that stands in the branches of a composite."""
    return [inner for branch in item.branches for inner in branch.items]


def opened(item: Item, often: Size = 1, within: str = "") -> list[Place]:
    """An item as a place; the copies of a repeat of one layer as that layer."""
    if item.type != "repeat" or any(len(body.items) != 1 for body in item.branches):
        return [Place(item, often, within)]
    copies = zip(item.times, item.branches, strict=True)
    return [p for times, body in copies for p in opened(body.items[0], product((often, times)), within)]


def worth(a: Place, b: Place) -> int:
    """What it is worth that two places stand beside each other; 0 where nothing speaks for it.

    A shape alone, or height and width of a map, speak for composites and for layers of one category.
    """
    by_path = SAME_PATH * (a.name == b.name)
    if not by_path and category(a) != category(b):
        return SAME_MAP * stands_for(a, b)
    x, y = a.item.output, b.item.output
    if x == y:
        return by_path + SAME_SHAPE
    maps = not isinstance(x, StatedMap) and not isinstance(y, StatedMap) and len(x) == len(y) >= MAP
    return by_path + SAME_MAP * (maps and x[1:] == y[1:])


def stands_for(a: Place, b: Place) -> bool:
    """Whether one is a layer with weights and the other a part that leads from the same shape to the same shape."""
    layers = [category(place) in ("convolution", "dense") for place in (a, b)]
    parts = [place.item.layer is None and place.item.type != INPUT and bool(place.item.inputs) for place in (a, b)]
    if layers == parts or layers[0] == layers[1] or not all(map(any, zip(layers, parts, strict=True))):
        return False
    return a.item.output == b.item.output and a.item.inputs[0].shape == b.item.inputs[0].shape


def category(place: Place) -> str:
    """That of a layer; "" of a composite."""
    return place.item.layer.CATEGORY if place.item.layer is not None else ""


def pairs(a: Sequence[Place], b: Sequence[Place]) -> list[tuple[int | None, int | None]]:
    """Indices that stand beside each other, in the order of both, of the greatest worth together."""
    most = SAME_SHAPE + SAME_PATH
    start, end = 0, 0
    while start < min(len(a), len(b)) and worth(a[start], b[start]) == most:
        start += 1
    while end < min(len(a), len(b)) - start and worth(a[len(a) - 1 - end], b[len(b) - 1 - end]) == most:
        end += 1
    left, right = range(start, len(a) - end), range(start, len(b) - end)
    best = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]  # of what is left behind each pair of places
    for i in reversed(range(len(left))):
        for j in reversed(range(len(right))):
            value = worth(a[left[i]], b[right[j]])
            beside = value + best[i + 1][j + 1] if value else 0
            best[i][j] = max(beside, best[i + 1][j], best[i][j + 1])
    found: list[tuple[int | None, int | None]] = [(k, k) for k in range(start)]
    i = j = 0
    while i < len(left) or j < len(right):
        value = worth(a[left[i]], b[right[j]]) if i < len(left) and j < len(right) else 0
        if value and best[i][j] == value + best[i + 1][j + 1]:
            found.append((left[i], right[j]))
            i, j = i + 1, j + 1
        elif i < len(left) and (j == len(right) or best[i][j] == best[i + 1][j]):
            found.append((left[i], None))
            i += 1
        else:
            found.append((None, right[j]))
            j += 1
    return [*found, *[(len(a) - k, len(b) - k) for k in range(end, 0, -1)]]
