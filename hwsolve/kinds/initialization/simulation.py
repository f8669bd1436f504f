"""Variances through many random layers, drawn with NumPy, beside what the moments predict for them.

z_0 ~ N(0, 1), z_l = W_l f(z_{l−1}) with weights N(0, g²/n), and backward δ_{l−1} = f′(z_{l−1}) ⊙ W_lᵀ δ_l from
δ ~ N(0, 1) at the last layer.  The prediction is in `prediction.py`.
"""

from __future__ import annotations

from math import sqrt
from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.kinds.initialization.prediction import Curves, Expected, expected
from hwsolve.language import Message, say
from hwsolve.spec.fields import Count, CountField

Array = Any
MOST_WORK = 4_000_000_000  # weights that are drawn


class Simulate(msgspec.Struct, frozen=True):
    """How many random layers, how wide, and how many networks are averaged."""

    depth: Annotated[int, CountField(1, 2000)] = 50
    width: Annotated[int, CountField(1, 20_000)] = 512
    seed: Count = 0
    networks: Annotated[int, CountField(1, 1000)] = 20

    MEANINGS: ClassVar[dict[str, Message]] = {
        "depth": say("how many layers"),
        "width": say("how many units each layer has"),
        "seed": say("where the random numbers start"),
        "networks": say("over how many networks the variances are averaged"),
    }

    @property
    def work(self) -> int:
        """The weights of all networks."""
        return self.depth * self.width**2 * self.networks


class Track(msgspec.Struct, frozen=True):
    """One variance by layer from 0: what an infinitely wide network has, what is expected at this width, what came out,
    and the standard error of that mean."""

    limit: tuple[float, ...]
    predicted: tuple[float, ...]
    simulated: tuple[float, ...]
    error: tuple[float, ...]

    @property
    def deviation(self) -> float:
        """The largest distance of simulation and prediction, in standard errors."""
        rows = zip(self.predicted, self.simulated, self.error, strict=True)
        return max((abs(s - p) / e for p, s, e in rows if e > 0), default=0.0)


def simulate(curves: Curves, gain2: float, setting: Simulate) -> tuple[Track, Track]:
    """Forward and backward variances; OverflowError where they leave the range of numbers."""
    forecast = expected(curves, gain2, setting.depth, setting.width)
    z, delta = drawn(curves, gain2, setting)
    return track(forecast.forward, z, setting.networks), track(forecast.backward, delta, setting.networks)


def track(e: Expected, simulated: tuple[float, ...], networks: int) -> Track:
    """The expectation beside the simulation."""
    pairs = zip(e.mean, e.square, strict=True)
    error = tuple(sqrt(max(square - mean * mean, 0.0) / networks) for mean, square in pairs)
    return Track(e.limit, e.mean, simulated, error)


def drawn(curves: Curves, gain2: float, setting: Simulate) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The mean squares of z and δ by layer, averaged over networks of random weights."""
    import numpy as np

    random = np.random.default_rng(setting.seed)
    n, depth = setting.width, setting.depth
    z2, delta2 = np.zeros(depth + 1), np.zeros(depth + 1)  # sums of mean squares
    scale = sqrt(gain2 / n)
    for _ in range(setting.networks):
        weights, slopes = [], []
        z = random.standard_normal(n)
        z2[0] += np.mean(z * z)
        for layer in range(1, depth + 1):
            weights.append(random.standard_normal((n, n), dtype=np.float32))
            slopes.append(curves.slope(z))
            z = scale * (weights[-1] @ curves.f(z))
            z2[layer] += np.mean(z * z)
        delta = random.standard_normal(n)
        delta2[depth] += np.mean(delta * delta)
        for layer in range(depth - 1, -1, -1):
            delta = slopes[layer] * (scale * (weights[layer].T @ delta))
            delta2[layer] += np.mean(delta * delta)
    return tuple((z2 / setting.networks).tolist()), tuple((delta2 / setting.networks).tolist())
