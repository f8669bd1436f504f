"""The textbook's algorithms as plain loops over numbers that count what is done with them.

`Tally` counts; `Num` is a number whose operators tally.  Nothing here knows hwsolve.  Every sum starts with its first term:
what is scattered is gathered cell by cell first, so that k terms take k − 1 additions, and a cell without terms none.
Padding is a map with zeros around.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import product
from typing import Any

import numpy as np

Index = tuple[int, ...]
Map = dict[Index, "Num"]


class Tally:
    """What was done so far; `sum` are additions within sums of products."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def num(self, x: float) -> Num:
        return Num(x, self)

    def taken(self) -> dict[str, int]:
        """The counts since the last call."""
        found, self.counts = dict(self.counts), Counter()
        return {kind: n for kind, n in found.items() if n}


class Num:
    """A number that counts."""

    def __init__(self, x: float, tally: Tally) -> None:
        self.x, self.tally = x, tally

    def _done(self, kind: str, x: float) -> Num:
        self.tally.counts[kind] += 1
        return Num(x, self.tally)

    def __add__(self, other: Any) -> Num:
        return self._done("add", self.x + plain(other))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Num:
        return self._done("add", self.x - plain(other))

    def __rsub__(self, other: Any) -> Num:
        return self._done("add", plain(other) - self.x)

    def __mul__(self, other: Any) -> Num:
        return self._done("mul", self.x * plain(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Num:
        return self._done("div", self.x / plain(other))

    def __rtruediv__(self, other: Any) -> Num:
        return self._done("div", plain(other) / self.x)

    def __gt__(self, other: Any) -> bool:
        self.tally.counts["cmp"] += 1
        return self.x > plain(other)

    def __lt__(self, other: Any) -> bool:
        self.tally.counts["cmp"] += 1
        return self.x < plain(other)

    def __neg__(self) -> Num:
        return Num(-self.x, self.tally)

    def __abs__(self) -> Num:
        return Num(abs(self.x), self.tally)


def plain(x: Any) -> float:
    return x.x if isinstance(x, Num) else float(x)


def function(kind: str) -> Callable[[Num], Num]:
    return lambda z: z._done(kind, getattr(math, kind)(z.x))


exp, log, sqrt, tanh, erf = (function(kind) for kind in ("exp", "log", "sqrt", "tanh", "erf"))


def add_up(terms: Iterable[Num]) -> Num:
    total: Num | None = None
    for term in terms:
        total = term if total is None else total + term
    assert total is not None
    return total


def scattered(sent: Iterable[tuple[Index, Num]]) -> Map:
    """What was sent to each cell, added up."""
    terms: dict[Index, list[Num]] = {}
    for cell, number in sent:
        terms.setdefault(cell, []).append(number)
    return {cell: add_up(numbers) for cell, numbers in terms.items()}


def tensor(tally: Tally, shape: Index, value: float = 0.5) -> Map:
    return {index: tally.num(value) for index in cells(shape)}


def cells(shape: Iterable[int]) -> Iterable[Index]:
    return product(*(range(n) for n in shape))


# ---------------------------------------------------------------- dense layers


def linear(w: Map, b: Map | None, x: Map, shape: Index, outputs: int) -> Map:
    y = {}
    for place in cells(shape[:-1]):
        for o in range(outputs):
            z = add_up(w[o, i] * x[(*place, i)] for i in range(shape[-1]))
            y[(*place, o)] = z if b is None else z + b[(o,)]
    return y


def linear_error(w: Map, g: Map, shape: Index, outputs: int) -> Map:
    return {
        (*p, i): add_up(w[o, i] * g[(*p, o)] for o in range(outputs))
        for p in cells(shape[:-1])
        for i in range(shape[-1])
    }


def linear_gradient(g: Map, x: Map, shape: Index, outputs: int, bias: bool) -> None:
    places = list(cells(shape[:-1]))
    for o in range(outputs):
        for i in range(shape[-1]):
            add_up(g[(*p, o)] * x[(*p, i)] for p in places)
        if bias:
            add_up(g[(*p, o)] for p in places)


def update(tally: Tally, parameters: int) -> None:
    rate = tally.num(0.1)
    for _ in range(parameters):
        tally.num(1) - rate * tally.num(1)


# ---------------------------------------------------------------- convolutions


def read(y: Index, u: Index, stride: Index, dilation: Index) -> Index:
    """The cell of the padded map that the window at y reads with its cell u."""
    return tuple(s * p + d * k for p, k, s, d in zip(y, u, stride, dilation, strict=True))


def convolution(w: Map, b: Map | None, x: Map, sizes: dict[str, Any]) -> Map:
    y = {}
    for o in range(sizes["out"]):
        group = o // (sizes["out"] // sizes["groups"])
        for place in cells(sizes["places"]):
            terms = []
            for c in range(sizes["in"] // sizes["groups"]):
                for u in cells(sizes["kernel"]):
                    at = read(place, u, sizes["stride"], sizes["dilation"])
                    terms.append(w[(o, c, *u)] * x[(group * (sizes["in"] // sizes["groups"]) + c, *at)])
            z = add_up(terms)
            y[(o, *place)] = z if b is None else z + b[(o,)]
    return y


def copied(at: Index, sizes: dict[str, Any]) -> Index:
    """The cell of the map that a cell of the padded map is: itself, or in a padding of copies its original."""
    if sizes.get("mode", "zeros") == "zeros":
        return at
    sides = zip(at[1:], sizes["map"], sizes["before"], strict=True)
    return (at[0], *(int(np.pad(range(n), (p, p), MODES[sizes["mode"]])[i]) for i, n, p in sides))


MODES: Any = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def convolution_error(w: Map, g: Map, sizes: dict[str, Any]) -> Map:
    def sent() -> Iterable[tuple[Index, Num]]:
        share = sizes["in"] // sizes["groups"]
        for o in range(sizes["out"]):
            group = o // (sizes["out"] // sizes["groups"])
            for place in cells(sizes["places"]):
                for c in range(share):
                    for u in cells(sizes["kernel"]):
                        at = (group * share + c, *read(place, u, sizes["stride"], sizes["dilation"]))
                        yield copied(at, sizes), w[(o, c, *u)] * g[(o, *place)]

    return scattered(sent())


def convolution_gradient(g: Map, x: Map, sizes: dict[str, Any], bias: bool) -> None:
    places = list(cells(sizes["places"]))
    for o in range(sizes["out"]):
        group = o // (sizes["out"] // sizes["groups"])
        for c in range(sizes["in"] // sizes["groups"]):
            channel = group * (sizes["in"] // sizes["groups"]) + c
            for u in cells(sizes["kernel"]):
                add_up(g[(o, *p)] * x[(channel, *read(p, u, sizes["stride"], sizes["dilation"]))] for p in places)
        if bias:
            add_up(g[(o, *p)] for p in places)


def transposed(tally: Tally, w: Map, x: Map, sizes: dict[str, Any], after: Index, bias: bool) -> None:
    """Each input cell spreads its products over a map; of it `after` cells are left behind the padding, with the bias."""

    def sent() -> Iterable[tuple[Index, Num]]:
        share = sizes["out"] // sizes["groups"]
        for c in range(sizes["in"]):
            group = c // (sizes["in"] // sizes["groups"])
            for place in cells(sizes["places"]):
                for o in range(share):
                    for u in cells(sizes["kernel"]):
                        at = (group * share + o, *read(place, u, sizes["stride"], sizes["dilation"]))
                        yield at, w[(c, o, *u)] * x[(c, *place)]

    y = scattered(sent())
    for o, *cell in cells((sizes["out"], *after)) if bias else ():
        at = (o, *(i + p for i, p in zip(cell, sizes["padding"], strict=True)))
        if at in y:  # where nothing is sent there is the bias alone
            y[at] = y[at] + tally.num(0.1)


def transposed_error(tally: Tally, sizes: dict[str, Any]) -> None:
    """Each input cell's error is a sum of products over the outputs it reached."""
    share = sizes["out"] // sizes["groups"]
    for _ in cells((sizes["in"], *sizes["places"])):
        add_up(tally.num(1) * tally.num(1) for _ in cells((share, *sizes["kernel"])))


def transposed_gradient(tally: Tally, sizes: dict[str, Any], after: Index, bias: bool) -> None:
    share = sizes["out"] // sizes["groups"]
    for _ in cells((sizes["in"], share, *sizes["kernel"])):
        add_up(tally.num(1) * tally.num(1) for _ in cells(sizes["places"]))
    if bias:
        for _ in range(sizes["out"]):
            add_up(tally.num(1) for _ in cells(after))


# ---------------------------------------------------------------- pooling


def largest(values: list[Num]) -> int:
    best = 0
    for k in range(1, len(values)):
        if values[k] > values[best]:
            best = k
    return best


def pool(tally: Tally, kind: str, windows: list[list[Index]]) -> None:
    """Windows over cells; those outside the map are zeros."""
    for window in windows:
        values = [tally.num(k) for k in range(len(window))]
        if kind == "max":
            largest(values)
        else:
            add_up(values) / len(values)


def average_error(tally: Tally, windows: list[list[Index]]) -> None:
    shares = [(window, tally.num(1) / len(window)) for window in windows]
    scattered((cell, share) for window, share in shares for cell in window)


def maximum_error(tally: Tally, windows: list[list[Index]], values: dict[Index, float]) -> None:
    """`values` are the map; what lies outside it is never the largest."""
    winners = [max((cell for cell in window if cell in values), key=lambda cell: values[cell]) for window in windows]
    scattered((cell, tally.num(1)) for cell in winners)


# ---------------------------------------------------------------- functions of values


def clipped(z: Num, low: float, high: float) -> Num:
    raised = z if z > low else z.tally.num(low)
    return raised if raised < high else z.tally.num(high)


def gate(z: Num) -> Num:
    return 1 / (1 + exp(-z))


ROOT_2, ROOT_2PI = math.sqrt(2), math.sqrt(2 * math.pi)
C, K, K3 = math.sqrt(2 / math.pi), 0.044715, 3 * 0.044715
SCALE, ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717


def elu_slope(z: Num, y: Num) -> Num:
    return z.tally.num(1) if z > 0 else y + 1


def between(z: Num, low: float, high: float, slope: float) -> Num:
    return z.tally.num(slope if (z > low) and (z < high) else 0)


def silu(z: Num) -> tuple[Num, Num]:
    s = gate(z)
    return z * s, s


def gelu(z: Num) -> tuple[Num, Num]:
    e = 1 + erf(z / ROOT_2)
    return z * e / 2, Num(e.x / 2, z.tally)


def gelu_tanh(z: Num) -> tuple[Num, Num]:
    t = tanh(C * (z + K * (z * z * z)))
    return z * (1 + t) / 2, t


def mish(z: Num) -> tuple[Num, Num]:
    t = tanh(log(1 + exp(z)))
    return z * t, t


def kept(f: Callable[[Num], Num]) -> Callable[[Num], tuple[Num, Num]]:
    """A function of which the value itself is kept for the way back."""

    def both(z: Num) -> tuple[Num, Num]:
        y = f(z)
        return y, y

    return both


# name: the point at which the costlier branch is taken; (value, what is kept); slope of the point and what was kept
FUNCTIONS: dict[str, tuple[float, Callable[[Num], tuple[Num, Num]], Callable[[Num, Num], Num]]] = {
    "relu": (0.5, kept(lambda z: z if z > 0 else z.tally.num(0)), lambda z, y: z.tally.num(1 if z > 0 else 0)),
    "leaky_relu": (-0.5, kept(lambda z: z if z > 0 else 0.01 * z), lambda z, y: z.tally.num(1 if z > 0 else 0.01)),
    "prelu": (-0.5, kept(lambda z: z if z > 0 else 0.25 * z), lambda z, y: z.tally.num(1 if z > 0 else 0.25)),
    "sigmoid": (0.3, kept(gate), lambda z, y: y * (1 - y)),
    "tanh": (0.3, kept(tanh), lambda z, y: 1 - y * y),
    "softplus": (0.3, kept(lambda z: log(1 + exp(z))), lambda z, y: gate(z)),
    "silu": (0.3, silu, lambda z, s: s * (1 + z * (1 - s))),
    "gelu": (0.3, gelu, lambda z, p: p + z * exp(-(z * z) / 2) / ROOT_2PI),
    "gelu_tanh": (0.3, gelu_tanh, lambda z, t: (1 + t) / 2 + z * (1 - t * t) * C * (1 + K3 * (z * z)) / 2),
    "elu": (-0.5, kept(lambda z: z if z > 0 else 1.0 * (exp(z) - 1)), elu_slope),
    "selu": (
        -0.5,
        kept(lambda z: SCALE * z if z > 0 else SCALE * ALPHA * (exp(z) - 1)),
        lambda z, y: z.tally.num(SCALE) if z > 0 else y + SCALE * ALPHA,
    ),
    "mish": (0.3, mish, lambda z, t: t + z * (1 - t * t) * gate(z)),
    "softsign": (0.3, kept(lambda z: z / (1 + abs(z))), lambda z, y: 1 / square(1 + abs(z))),
    "relu6": (0.5, kept(lambda z: clipped(z, 0, 6)), lambda z, y: between(z, 0, 6, 1)),
    "hard_tanh": (0.5, kept(lambda z: clipped(z, -1, 1)), lambda z, y: between(z, -1, 1, 1)),
    "hard_sigmoid": (0.5, kept(lambda z: clipped((z + 3) / 6, 0, 1)), lambda z, y: between(z, -3, 3, 1 / 6)),
    "hard_swish": (
        0.5,
        kept(lambda z: z * clipped(z + 3, 0, 6) / 6),
        lambda z, y: ((2 * z + 3) / 6 if z < 3 else z.tally.num(1)) if z > -3 else z.tally.num(0),
    ),
    "celu": (
        -0.5,
        kept(lambda z: z if z > 0 else z.tally.num(1.0) * (exp(z / z.tally.num(1.0)) - 1)),
        lambda z, y: z.tally.num(1) if z > 0 else y / 1.0 + 1,
    ),
    "hard_shrink": (0.3, kept(lambda z: shrunk(z, z)), lambda z, y: shrunk(z, z.tally.num(1))),
    "soft_shrink": (
        -0.7,
        kept(lambda z: z - 0.5 if z > 0.5 else (z + 0.5 if z < -0.5 else z.tally.num(0))),
        lambda z, y: shrunk(z, z.tally.num(1)),
    ),
    "tanh_shrink": (0.3, kept(lambda z: z - tanh(z)), lambda z, y: (z - y) * (z - y)),
    "threshold": (
        0.3,
        kept(lambda z: z if z > 0.1 else z.tally.num(20)),
        lambda z, y: z.tally.num(1 if z > 0.1 else 0),
    ),
    "rrelu": (-0.5, kept(lambda z: z if z > 0 else 11 / 48 * z), lambda z, y: z.tally.num(1 if z > 0 else 11 / 48)),
    "log_sigmoid": (0.3, kept(lambda z: -log(1 + exp(-z))), lambda z, y: 1 / (1 + exp(z))),
}


def square(z: Num) -> Num:
    return z * z


def shrunk(z: Num, y: Num) -> Num:
    return y if z > 0.5 else (y if z < -0.5 else z.tally.num(0))


def elementwise(tally: Tally, name: str, n: int) -> tuple[dict[str, int], dict[str, int]]:
    """What n values take forward, and back."""
    point, value, slope = FUNCTIONS[name]
    forward, error = Counter[str](), Counter[str]()
    for _ in range(n):
        z = tally.num(point)
        _, keep = value(z)
        forward.update(tally.taken())
        tally.num(1) * slope(z, keep)
        error.update(tally.taken())
    return dict(forward), dict(error)


# ---------------------------------------------------------------- softmax and normalisation


def softmax(z: list[Num]) -> list[Num]:
    e = [exp(v) for v in z]
    s = add_up(e)
    return [v / s for v in e]


def softmax_error(p: list[Num], g: list[Num]) -> list[Num]:
    inner = add_up(a * b for a, b in zip(g, p, strict=True))
    return [a * (b - inner) for a, b in zip(p, g, strict=True)]


def log_softmax(z: list[Num]) -> list[Num]:
    s = log(add_up(exp(v) for v in z))
    return [v - s for v in z]


def log_softmax_error(y: list[Num], g: list[Num]) -> list[Num]:
    s = add_up(g)
    return [b - exp(a) * s for a, b in zip(y, g, strict=True)]


def normalised(values: list[Num], eps: float = 1e-5) -> tuple[list[Num], Num]:
    m = len(values)
    mean = add_up(values) / m
    centred = [v - mean for v in values]
    deviation = sqrt(add_up(c * c for c in centred) / m + eps)
    return [c / deviation for c in centred], deviation


def by_root_mean_square(values: list[Num], eps: float = 1e-7) -> tuple[list[Num], Num]:
    root = sqrt(add_up(v * v for v in values) / len(values) + eps)
    return [v / root for v in values], root


def normalised_error(hat: list[Num], g: list[Num], deviation: Num) -> list[Num]:
    m = len(hat)
    mean = add_up(g) / m
    slope = add_up(a * b for a, b in zip(g, hat, strict=True)) / m
    return [(b - mean - a * slope) / deviation for a, b in zip(hat, g, strict=True)]
