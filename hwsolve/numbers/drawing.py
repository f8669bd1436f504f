"""Random numbers by the rules of torch.nn.init, from NumPy's generator and a seed.

The bounds are those of Glorot and Bengio 2010 (xavier) and He et al. 2015 (kaiming); an orthogonal matrix is that of
Saxe et al. 2013.  Every rule gives an array of float64 in the shape of the parameter.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, prod, sqrt
from typing import Any

SIGNIFICANT = 4  # digits of a drawn number
GAINS = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": sqrt(2), "selu": 3 / 4}

Array = Any  # an ndarray of float64
Given = dict[str, Any]  # the arguments of a rule
Shape = tuple[int, ...]
Rule = Callable[[Any, Given, Shape], Array]  # of a generator, the arguments and the shape


def fans(shape: Shape) -> tuple[int, int]:
    """fan_in and fan_out of a weight (out, in, kernel…), as torch.nn.init counts them."""
    if len(shape) < 2:
        return (shape[0], shape[0]) if shape else (1, 1)
    field = prod(shape[2:])
    return shape[1] * field, shape[0] * field


def xavier(given: Given, shape: Shape) -> float:
    """The standard deviation gain·√(2/(fan_in + fan_out))."""
    return float(given.get("gain", 1.0)) * sqrt(2 / sum(fans(shape)))


def kaiming(given: Given, shape: Shape) -> float:
    """The standard deviation gain/√fan."""
    fan_in, fan_out = fans(shape)
    nonlinearity = given.get("nonlinearity", "leaky_relu")
    slope = float(given.get("a", 0.0))
    gain = sqrt(2 / (1 + slope**2)) if nonlinearity == "leaky_relu" else GAINS.get(nonlinearity, 1.0)
    return gain / sqrt(fan_out if given.get("mode") == "fan_out" else fan_in)


def uniform(deviation: Callable[[Given, Shape], float]) -> Rule:
    """A uniform distribution around 0 with the standard deviation of a rule."""

    def rule(random: Any, given: Given, shape: Shape) -> Array:
        r = sqrt(3) * deviation(given, shape)
        return random.uniform(-r, r, shape)

    return rule


def normal(deviation: Callable[[Given, Shape], float]) -> Rule:
    """A normal distribution around 0 with the standard deviation of a rule."""
    return lambda random, given, shape: random.normal(0.0, deviation(given, shape), shape)


def trunc_normal(random: Any, given: Given, shape: Shape) -> Array:
    """A normal distribution from which values outside [a, b] are drawn again."""
    import numpy as np

    low, high = given.get("a", -2.0), given.get("b", 2.0)
    values = random.normal(given.get("mean", 0.0), given.get("std", 1.0), shape)
    for _ in range(1000):
        outside = (values < low) | (values > high)
        if not outside.any():
            return values
        values[outside] = random.normal(given.get("mean", 0.0), given.get("std", 1.0), int(outside.sum()))
    return np.clip(values, low, high)


def orthogonal(random: Any, given: Given, shape: Shape) -> Array:
    """gain times a matrix with orthonormal rows or columns, whichever are fewer."""
    import numpy as np

    rows, columns = shape[0], prod(shape[1:])
    q, r = np.linalg.qr(random.normal(size=(max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diag(r))
    return given.get("gain", 1.0) * (q if rows >= columns else q.T).reshape(shape)


def sparse(random: Any, given: Given, shape: Shape) -> Array:
    """Normal numbers, in every column a fraction `sparsity` of them 0."""
    values = random.normal(0.0, given.get("std", 0.01), shape)
    zeros = ceil(given.get("sparsity", 0.0) * shape[0])
    for column in range(shape[1]):
        values[random.permutation(shape[0])[:zeros], column] = 0.0
    return values


def dirac(random: Any, given: Given, shape: Shape) -> Array:
    """The convolution that keeps its input, as far as there are channels, in each of `groups`."""
    import numpy as np

    values = np.zeros(shape)
    groups = int(given.get("groups", 1))
    each = shape[0] // groups
    centre = tuple(k // 2 for k in shape[2:])
    for group in range(groups):
        for channel in range(min(each, shape[1])):
            values[(group * each + channel, channel, *centre)] = 1.0
    return values


def eye(random: Any, given: Given, shape: Shape) -> Array:
    """The identity matrix."""
    import numpy as np

    return np.eye(shape[0], shape[1])


RULES: dict[str, Rule] = {
    "uniform": lambda random, given, shape: random.uniform(given.get("a", 0.0), given.get("b", 1.0), shape),
    "normal": lambda random, given, shape: random.normal(given.get("mean", 0.0), given.get("std", 1.0), shape),
    "xavier_uniform": uniform(xavier),
    "xavier_normal": normal(xavier),
    "kaiming_uniform": uniform(kaiming),
    "kaiming_normal": normal(kaiming),
    "trunc_normal": trunc_normal,
    "orthogonal": orthogonal,
    "sparse": sparse,
    "dirac": dirac,
    "eye": eye,
}
AXES = {"orthogonal": (2, 9), "sparse": (2, 2), "dirac": (3, 5), "eye": (2, 2)}  # of the arrays a rule is for


def drawn(name: str, given: Given, shape: Shape, seed: int) -> list[str]:
    """The numbers of an array of this shape as decimals of four significant digits."""
    import numpy as np

    values = RULES[name](np.random.default_rng(seed), given, shape)
    return [f"{v:.{SIGNIFICANT - 1}e}" for v in values.reshape(-1).tolist()]
