"""Whether the partial derivatives at a kink belong together: along every direction between the slopes on both sides.

At a kink each partial derivative may be a convention; g = (∂f/∂x₁, …) is a generalised gradient only if g·d lies
between the one-sided slopes along d (Clarke, Optimization and Nonsmooth Analysis).  A few directions are tried.
"""

from __future__ import annotations

from hwsolve.formula.differentiate import differentiate
from hwsolve.formula.evaluate import Lookup, evaluate
from hwsolve.formula.germs import one_sided
from hwsolve.formula.operators import NoValue
from hwsolve.formula.tree import Formula, Ref
from hwsolve.kinds.derivative.beside import Beside, NoDerivative, key_of, outside, text
from hwsolve.language import Message, say
from hwsolve.numbers import NotFinite, Scalar


def contradiction(f: Formula, variables: list[Ref], lookup: Lookup) -> Message | None:
    """A direction along which the slope that the partial derivatives give lies outside of those on both sides."""
    try:
        gradient = [partial(f, v, lookup) for v in variables]
        for d in directions(len(variables)):
            keys = {key_of(v): speed for v, speed in zip(variables, d, strict=True)}
            left, right, _ = one_sided(f, lookup, keys, 1)
            value = sum((s * g for s, g in zip(d, gradient, strict=True)), start=0)
            if outside(value, left, right):
                return say(
                    "along ({direction}) the slope is {left} on the left and {right} on the right, but the rules for "
                    "kinks give {value}",
                    direction=", ".join(str(s) for s in d).replace("-", "−"),
                    left=text(left),
                    right=text(right),
                    value=text(value),
                )
    except (NotFinite, NoDerivative, NoValue):  # one of them has none, or no slope is looked at
        return None
    return None


def partial(f: Formula, v: Ref, lookup: Lookup) -> Scalar:
    """A partial derivative at the point, as it is given."""
    found, _ = Beside(f, (v,), lookup).derivative(differentiate(f, v))
    return evaluate(found, lookup)


def directions(n: int) -> list[tuple[int, ...]]:
    """Directions between n axes, (1, 1), (1, −1), (1, 2) and (2, 1) of two."""
    up = range(1, n + 1)
    return [(1,) * n, tuple((-1) ** k for k in range(n)), tuple(up), tuple(reversed(up))]
