"""Rows of a comparison in which several layers of one network stand beside one layer of another.

They lead from the same shape to the same shape, as a depthwise and a pointwise convolution do in place of one; whether
the one layer stands first or second is all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hwsolve.kinds.count_params.places import Place
from hwsolve.layers.base import Shape

Line = tuple[Place | None, ...]
WINDOW = ("kernel_size", "stride", "dilation", "groups")


def runs(found: Sequence[Line]) -> list[tuple[int, int]]:
    """The first and last rows that are to be one, in order."""
    made: list[tuple[int, int]] = []
    for at, row in enumerate(found):
        after = made[-1][1] + 1 if made else 0
        if at >= after and is_split(row) and (run := run_around(found, at, after)) is not None:
            made.append(run)
    return made


def run_around(found: Sequence[Line], at: int, after: int) -> tuple[int, int] | None:
    """The shortest run of rows around one in which all networks lead from one shape to one shape."""
    first, last = at, at
    while first > after and is_alone(found[first - 1], found[at]):
        first -= 1
    while last + 1 < len(found) and is_alone(found[last + 1], found[at]):
        last += 1
    runs = [(a, b) for a in range(first, at + 1) for b in range(at, last + 1) if a < b]
    runs = [(a, b) for a, b in sorted(runs, key=lambda run: run[1] - run[0]) if is_whole(found[a : b + 1])]
    return runs[0] if runs else None


def is_alone(row: Line, beside: Line) -> bool:
    """Whether a row holds layers of some of the networks alone that stand beside each other in another."""
    held = [k for k, place in enumerate(row) if place is not None]
    there = [k for k, place in enumerate(beside) if place is not None]
    return set(held) < set(there) and all(is_layer(row[k]) for k in held)


def is_split(row: Line) -> bool:
    """Whether different layers stand beside each other: of the same shapes and windows they are one and the same."""
    places = [place for place in row if place is not None]
    if len(places) < 2 or not all(map(is_layer, places)):
        return False
    return any(settings(place) != settings(places[0]) for place in places)


def is_layer(place: Place | None) -> bool:
    """Whether a place holds a layer that stands once, and reads and gives one thing."""
    return place is not None and place.often == 1 and place.item.layer is not None and len(place.item.inputs) == 1


def settings(place: Place) -> tuple[Any, ...]:
    """What a layer makes of what, and with which windows."""
    window = tuple([getattr(place.item.layer, name, None) for name in WINDOW])
    return place.item.type, place.item.inputs[0].shape, place.item.output, window


def is_whole(run: Sequence[Line]) -> bool:
    """Whether each network leads from one shape to one shape, by layers that read each other, one of them by one.

    Several begin and end with a layer of the kind of the one: what is normalised first, is so behind another layer.
    """
    ends: list[tuple[Shape, Shape]] = []
    lengths = []
    outer: set[str] = set()
    for k in range(len(run[0])):
        places = [row[k] for row in run]
        items = [place.item for place in places if place is not None]
        if not items:
            continue
        if any(b.inputs[0].shape != a.output for a, b in pairwise(items)):
            return False
        ends.append((items[0].inputs[0].shape, items[-1].output))
        lengths.append(len(items))
        outer |= {item.layer.CATEGORY for item in (items[0], items[-1]) if item.layer is not None}
    return all(end == ends[0] for end in ends) and min(lengths) == 1 < max(lengths) and len(outer) == 1
