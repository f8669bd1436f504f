"""Power series c₀ + c₁t + c₂t² + … up to an order: sums, products, quotients, powers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import zip_longest

from hwsolve.formula.operators import calculate
from hwsolve.numbers import Scalar

Series = tuple[Scalar, ...]  # the coefficients; what is not there is 0
LOW = (2, 3, 4)


def trimmed(series: Iterable[Scalar]) -> Series:
    """Without the zeros at the end."""
    out = list(series)
    while len(out) > 1 and out[-1] == 0:
        out.pop()
    return tuple(out)


def plus(order: int, *parts: Series) -> Series:
    """u + v + …"""
    return trimmed([calculate("+", list(c)) for c in zip_longest(*parts, fillvalue=0)])


def difference(order: int, a: Series, b: Series) -> Series:
    """u − v."""
    return trimmed([x - y for x, y in zip_longest(a, b, fillvalue=0)])


def product(order: int, *parts: Series) -> Series:
    """u v …"""
    out = parts[0][: order + 1]
    for part in parts[1:]:
        made: list[Scalar] = [0] * min(len(out) + len(part) - 1, order + 1)
        for i, a in enumerate(out):
            for j, b in enumerate(part[: order + 1 - i]):
                made[i + j] = made[i + j] + a * b
        out = trimmed(made)
    return out


def quotient(order: int, a: Series, b: Series) -> Series:
    """u/v."""
    out: list[Scalar] = []
    for k in range(order + 1 if len(b) > 1 else len(a)):
        value = a[k] if k < len(a) else 0
        for j in range(1, min(k, len(b) - 1) + 1):
            value = value - b[j] * out[k - j]
        out.append(calculate("/", [value, b[0]]))
    return trimmed(out)


def binomial(order: int, a: Series, n: Scalar) -> Series:
    """uⁿ by J. C. P. Miller's recurrence: c₀ k bₖ = Σⱼ (jn − k + j) cⱼ bₖ₋ⱼ; of a low power without its quotients."""
    if n in LOW:
        return product(order, *(a,) * int(n))
    out: list[Scalar] = [calculate("**", [a[0], n])]
    for k in range(1, order + 1):
        value: Scalar = 0
        for j in range(1, min(k, len(a) - 1) + 1):
            value = value + (j * n - k + j) * a[j] * out[k - j]
        out.append(calculate("/", [value, k * a[0]]))
    return trimmed(out)


def slopes(a: Series) -> Series:
    """u′."""
    return tuple(k * c for k, c in enumerate(a))[1:]


ARITHMETIC: dict[str, Callable[..., Series]] = {
    "+": plus,
    "-": difference,
    "*": product,
    "/": quotient,
    "neg": lambda order, a: tuple(-c for c in a),
}
