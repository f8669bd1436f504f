"""Points that are tried beside random ones: on, beside and between the corners of the pieces of two formulas."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from hwsolve.formula.equality.normal_form import Forms
from hwsolve.formula.equality.piecewise import HOLDS, elementary
from hwsolve.formula.equality.quotients import TooLong, Undefined, split
from hwsolve.formula.random_points import CONSTANTS, Key, Point
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref, substitute, transform, walk
from hwsolve.numbers import exact, parts

MOST_CORNERS = 8  # conditions of which the corners are looked for, and names that are moved there
NEARBY = exact(1, 10**9)


def corner_points(a: Formula, b: Formula, domains: dict[str, str], base: Point) -> Iterator[Point]:
    """From a point, every name moved onto the corners of the pieces, close to both sides of them, and between them."""
    conditions = compared(a, b)[:MOST_CORNERS]
    keys = [k for k in dict.fromkeys(k for f in conditions for k in reads(f, base)) if domains.get(k[0]) not in WHOLE]
    for key in keys[:MOST_CORNERS]:
        found = sorted({root for f in conditions for root in roots(f, key, base)})
        between = [(x + y) / 2 for x, y in pairwise(found)]
        outside = [found[0] - 1, found[-1] + 1] if found else []
        near = [x + side * NEARBY * (1 + abs(x)) for x in found for side in (1, -1)]
        for value in (*found, *between, *outside, *near):
            if inside(value, domains.get(key[0], "real")):
                yield base.moved(key, value)


WHOLE = ("size", "index")


def inside(value: Any, domain: str) -> bool:
    """Whether a domain has a value."""
    if domain == "unit":
        return bool(0 < value < 1)
    return bool(domain == "real" or (value > 0 if domain == "positive" else value < 0))


def compared(a: Formula, b: Formula) -> list[Formula]:
    """What conditions compare with 0; an index of a sum is 1 there."""
    try:
        nodes = [node for f in (a, b) for node in walk(first_terms(elementary(f)))]
    except (TooLong, ArithmeticError, RecursionError):
        return []
    found = [Call("-", n.args) for n in nodes if isinstance(n, Call) and n.name in HOLDS]
    return list(dict.fromkeys(found))


def first_terms(f: Formula) -> Formula:
    """A formula with the first term in the place of each big operator."""
    return transform(f, lambda n: substitute(n.body, {n.index: n.low}) if isinstance(n, BigOperator) else n)


def reads(f: Formula, point: Point) -> list[Key]:
    """The names and elements that a condition reads."""
    return [key for node in walk(f) if isinstance(node, Ref) and (key := key_of(node, point)) is not None]


def key_of(node: Ref, point: Point) -> Key | None:
    """An element of which every index is a number at the point."""
    from hwsolve.formula.evaluate import evaluate

    if not node.indices and node.name in CONSTANTS and node.name not in point.domains:
        return None
    try:
        indices = [evaluate(i, point) for i in node.indices]
    except (ArithmeticError, ValueError, LookupError):
        return None
    return (node.name, tuple(map(int, indices))) if all(type(i) is int for i in indices) else None


def roots(f: Formula, key: Key, point: Point) -> list[Any]:
    """Where a polynomial in one name is 0, the others being what they are at the point."""
    from flint import fmpq, fmpq_poly

    def put(node: Formula) -> Formula:
        if not isinstance(node, Ref) or (own := key_of(node, point)) is None:
            return node
        return Ref("unknown") if own == key else Number(*parts(point(*own)))

    try:
        terms, _ = split(Forms({}).normal(transform(f, put)))
    except (TooLong, Undefined, ArithmeticError, ValueError):
        return []
    coefficients: dict[int, Any] = {}
    for c, factors in terms:
        match factors:
            case ():
                degree = 0
            case (Ref("unknown"),):
                degree = 1
            case (Call("**", (Ref("unknown"), Number(n, 1))),) if 0 < n <= 8:
                degree = n
            case _:
                return []
        coefficients[degree] = fmpq(*c.as_integer_ratio())
    most = max(coefficients, default=0)
    if most == 1:
        return [-coefficients.get(0, fmpq(0)) / coefficients[1]]
    found: Any = fmpq_poly([coefficients.get(k, fmpq(0)) for k in range(most + 1)]).complex_roots() if most else []
    return [rational(root.real) for root, _ in found if root.imag.contains(0)]


def rational(ball: Any) -> Any:
    """The middle of a ball."""
    mantissa, exponent = (int(part) for part in ball.mid().man_exp())
    return exact(mantissa * 2**exponent) if exponent >= 0 else exact(mantissa, 2**-exponent)
