"""A curve as points between 0 and 1, with the ends of its axes as text."""

from __future__ import annotations

import msgspec

from hwsolve.figures import Curve
from hwsolve.render.plot import ends, reachable, tick

POINTS = 120  # of a series
Points = list[tuple[float, float]]


class Scaled(msgspec.Struct, frozen=True):
    """Series from left to right and from low to high; what stands at the ends of x and y."""

    series: tuple[Points, ...]
    x: tuple[str, str]
    y: tuple[str, str]


def scaled(curve: Curve) -> Scaled | None:
    """The curve; None where no point can be drawn."""
    series = [reachable(curve, ys) for _, ys in curve.series]
    points = [p for one in series for p in one]
    if not points:
        return None
    left, right = ends([x for x, _ in points])
    low, high = ends([y for _, y in points])
    made = tuple([((x - left) / (right - left), (y - low) / (high - low)) for x, y in thinned(one)] for one in series)
    values = [10**value if curve.log else value for value in (low, high)]
    return Scaled(made, (tick(left), tick(right)), (tick(values[0]), tick(values[1])))


def thinned(points: Points) -> Points:
    """Not more points than are seen."""
    return [*points[: -1 : max(1, len(points) // POINTS)], points[-1]] if points else []
