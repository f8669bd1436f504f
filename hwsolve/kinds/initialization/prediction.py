"""What the moments predict for the variances of a random network of width n.

Given the layer below, the z of a layer are independent N(0, q) with q = g²·mean f(z)² there, so the mean square of z
follows q_l = g²F(q_{l−1}), F(q) = E[f(√q z)²], in an infinitely wide network, and gradients follow
D_{l−1} = g²H(q_{l−1})D_l, H(q) = E[f′(√q z)²].  At width n the mean of f² is itself random, with variance
(E f⁴ − F²)/n: q is a Markov chain.  And given z_l = W a, Wᵀδ has the part a(z·δ)/|a|² that W cannot vary, so that with
T = z·δ
    D_{l−1} = C T_l²/(n s)² + g²D_l (H − C/(n s)),   T_{l−1}²/n = (B/s)² T_l²/n + g²D_l (E − B²/s),
where s, C, B, E are the means of f², f²f′², z f f′, z²f′².  For homogeneous f all this has closed forms; any other f is
followed along many paths of the chain.
(B. Poole et al. 2016; S. Schoenholz et al. 2017, "Deep information propagation"; B. Hanin 2018.)
"""

from __future__ import annotations

from math import floor, isfinite, log, sqrt
from typing import Any

import msgspec

from hwsolve.formula.arrays import over_arrays
from hwsolve.kinds.initialization.piecewise import Piece

Array = Any
RANGE, NODES = 14, 24  # the normal density is below 1e-42 outside; Gauss–Legendre nodes to a unit length
PATHS = 40_000
STEP = 0.1  # between the values of ln q at which F and H are known; between them by cubic interpolation
FARTHEST = 300.0  # of |ln q|


class Means(msgspec.Struct, frozen=True):
    """E f², E f⁴, E f′², E f′⁴, C = E f²f′², E = E z²f′² and B/s = E z f f′/E f² at a variance q."""

    f2: float
    f4: float
    d2: float
    d4: float
    both: float
    zd2: float
    along: float


class Curves(msgspec.Struct, frozen=True):
    """A function in pieces and its derivative, on float64 arrays."""

    pieces: tuple[Piece, ...]
    slopes: tuple[Piece, ...]
    values: dict[str, float]
    homogeneous: bool = False

    def f(self, z: Array) -> Array:
        """f of every element."""
        return self.each(self.pieces, z)

    def slope(self, z: Array) -> Array:
        """f′ of every element."""
        return self.each(self.slopes, z)

    def each(self, pieces: tuple[Piece, ...], z: Array) -> Array:
        """Every element by the piece it lies on."""
        import numpy as np

        out = np.empty_like(z)
        for p in pieces:
            low, high = (-np.inf if p.low is None else float(p.low)), (np.inf if p.high is None else float(p.high))
            on = (z >= low) & (z <= high)
            with np.errstate(over="ignore"):
                out[on] = over_arrays(p.formula, self.values | {"z": z[on]})
        return out

    def means(self, q: float) -> Means:
        """The means at a variance q, by quadrature between the kinks."""
        import numpy as np

        kinks = [float(p.high) / sqrt(q) for p in self.pieces if p.high is not None]
        ends = sorted({*range(-RANGE, RANGE + 1), *(k for k in kinks if abs(k) < RANGE)})
        x, w = np.polynomial.legendre.leggauss(NODES)
        low, high = np.array(ends[:-1], float)[:, None], np.array(ends[1:], float)[:, None]
        z = ((high - low) * x + low + high).ravel() / 2
        weight = ((high - low) / 2 * w).ravel() * np.exp(-z * z / 2) / sqrt(2 * np.pi)
        z = sqrt(q) * z
        value, slope = self.f(z), self.slope(z)
        f, d = value**2, slope**2
        along = float((z * value * slope) @ weight) / float(f @ weight)
        values = (f, f * f, d, d * d, f * d, z * z * d)
        f2, f4, d2, d4, both, zd2 = (float(v @ weight) for v in values)
        return Means(f2, f4, d2, d4, both, zd2, along)


class Expected(msgspec.Struct, frozen=True):
    """By layer from 0: the variance at infinite width, the mean of the mean square, and the mean of its square."""

    limit: tuple[float, ...]
    mean: tuple[float, ...]
    square: tuple[float, ...]


class Forecast(msgspec.Struct, frozen=True):
    """Of z, and of δ."""

    forward: Expected
    backward: Expected


def expected(curves: Curves, gain2: float, depth: int, width: int) -> Forecast:
    """The forecast for so many layers of so many units; OverflowError where it leaves the range of numbers."""
    qs, ds = limits(curves, gain2, depth)
    if curves.homogeneous:
        return closed(curves.means(1.0), gain2, qs, ds, width)
    return followed(curves, gain2, qs, ds, width)


def limits(curves: Curves, gain2: float, depth: int) -> tuple[list[float], list[float]]:
    """q_l = g²F(q_{l−1}) from q_0 = 1, and D_{l−1} = g²H(q_{l−1})D_l down to layer 0 from D = 1."""
    qs, slopes = [1.0], []
    for layer in range(1, depth + 1):
        m = curves.means(qs[-1])
        slopes.append(gain2 * m.d2)
        qs.append(gain2 * m.f2)
        if not qs[-1] > 0 or not isfinite(qs[-1]) or abs(log(qs[-1])) > FARTHEST:
            raise OverflowError(layer)
    ds = [1.0]
    for slope in reversed(slopes):
        ds.append(slope * ds[-1])
    if not isfinite(ds[-1] ** 2):
        raise OverflowError(0)
    return qs, ds[::-1]


def closed(m: Means, gain2: float, qs: list[float], ds: list[float], width: int) -> Forecast:
    """f homogeneous: every layer multiplies the mean by one factor and the mean square by another."""
    over, under = m.f2**2 + (m.f4 - m.f2**2) / width, m.d2**2 + (3 * m.d4 - m.d2**2) / width
    z = [(1 + 2 / width) * (gain2**2 * over) ** layer for layer in range(len(qs))]
    delta = [(1 + 2 / width) * (gain2**2 * under) ** layer for layer in reversed(range(len(ds)))]
    return Forecast(Expected(tuple(qs), tuple(qs), tuple(z)), Expected(tuple(ds), tuple(ds), tuple(delta)))


def followed(curves: Curves, gain2: float, qs: list[float], ds: list[float], width: int) -> Forecast:
    """Any f: the chain of q along many paths, the mean of f² in a layer drawn from the gamma law of its two moments."""
    import numpy as np

    table = Interpolated(curves)
    random = np.random.default_rng(0)
    q = np.ones(PATHS)
    means, squares, steps = [1.0], [1 + 2 / width], []
    for layer in range(1, len(qs)):
        f2, f4, d2, d4, both, zd2, along = table.at(q)
        variance = np.maximum(f4 - f2**2, 0) / width
        safe = np.where(variance > 0, variance, 1)
        s = np.where(variance > 0, random.standard_gamma(f2**2 / safe) * safe / f2, f2)
        regression = np.where(variance > 0, (both - f2 * d2) / width / safe, 0)
        h = np.maximum(d2 + regression * (s - f2), 0)  # the mean of f′², given that of f²
        rest = np.maximum((3 * d4 - d2**2) / width - regression**2 * variance, 0)
        steps.append((s, h, rest / np.where(h > 0, h, 1) ** 2, both, zd2, along))
        q = gain2 * s
        if not np.all(q > 0) or float(np.abs(np.log(q)).max()) > FARTHEST:
            raise OverflowError(layer)
        means.append(float(q.mean()))
        squares.append(float((q * q).mean()) * (1 + 2 / width))
    forward = Expected(tuple(qs), tuple(means), tuple(squares))
    return Forecast(forward, descended(steps, q, gain2, ds, width))


def descended(steps: list[tuple[Array, ...]], q: Array, gain2: float, ds: list[float], width: int) -> Expected:
    """The gradients along the same paths, from the last layer down."""
    import numpy as np

    d, scatter, t = np.ones(PATHS), np.full(PATHS, 1 + 2 / width), q
    means, squares = [1.0], [1 + 2 / width]
    for s, h, rest, both, zd2, along in reversed(steps):
        kept = both / (width * s)
        free = gain2 * d
        d = t * kept / s + free * np.maximum(h - kept, 0)
        t = along**2 * t + free * np.maximum(zd2 - along**2 * s, 0)
        scatter = scatter * (1 + rest)
        means.append(float(d.mean()))
        squares.append(float((d * d * scatter).mean()))
    return Expected(tuple(ds), tuple(means[::-1]), tuple(squares[::-1]))


class Interpolated:
    """The means of f at many q: computed once on a grid of ln q, and cubic between."""

    def __init__(self, curves: Curves) -> None:
        self.curves = curves
        self.known: dict[int, tuple[float, ...]] = {}

    def at(self, q: Array) -> Array:
        """The means at every q, one row each."""
        import numpy as np

        places = np.log(q) / STEP
        first, last = floor(float(places.min())) - 1, floor(float(places.max())) + 2
        rows = np.array([self.row(k) for k in range(first, last + 1)])
        rows[:, :-1] = np.log(np.maximum(rows[:, :-1], 1e-300))  # all but the last are positive
        left = np.floor(places).astype(int)
        t = places - left
        u, v = t * t - 1, t - 2
        weights = (-t * (t - 1) * v / 6, u * v / 2, -t * (t + 1) * v / 2, t * u / 6)
        found = sum(w[:, None] * rows[left - first + k - 1] for k, w in enumerate(weights))
        return (*np.exp(found[:, :-1]).T, found[:, -1])

    def row(self, k: int) -> tuple[float, ...]:
        """The means at ln q = k·STEP."""
        import numpy as np

        if k not in self.known:
            self.known[k] = msgspec.structs.astuple(self.curves.means(float(np.exp(k * STEP))))
        return self.known[k]
