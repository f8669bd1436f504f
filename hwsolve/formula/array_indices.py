"""Index formulas over the axes of array code: what indices and sizes alone decide, as fractions of whole numbers."""

from __future__ import annotations

from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from hwsolve.formula.tree import Call, Formula, Number, Ref

Array = Any
Sizes = tuple[int, ...]
Size = int | Number
Fractions = tuple[Array, Array]  # numerators and positive denominators, each with an axis for every index
COMPARED = {"==": np.equal, "<": np.less, ">": np.greater, "<=": np.less_equal, ">=": np.greater_equal}


class Indices(NamedTuple):
    """The indices in force, the innermost last, each (name, low, high) an axis; and names that are numbers."""

    axes: tuple[tuple[str, int, int], ...]
    sizes: dict[str, Size]

    def axis(self, f: Formula) -> int | None:
        """The axis of a plain index, the innermost of its name; None for any other formula."""
        if not isinstance(f, Ref) or f.indices:
            return None
        return next((k for k in reversed(range(len(self.axes))) if self.axes[k][0] == f.name), None)

    def of(self, f: Formula) -> Fractions | None:
        """The values of a formula of indices and sizes along the axes; None where it holds anything else."""
        match f:
            case Number(numerator, denominator):
                return self.alone(numerator), self.alone(denominator)
            case Ref(name, ()):
                k = self.axis(f)
                if k is not None:
                    _, low, high = self.axes[k]
                    return np.arange(low, high + 1).reshape(self.along(k, high - low + 1)), self.alone(1)
                size = self.sizes.get(name)
                return self.of(size if isinstance(size, Number) else Number(size)) if size is not None else None
            case Call(name, args) if name in ARITHMETIC:
                parts = [self.of(a) for a in args]
                found = [p for p in parts if p is not None]
                return reduce(ARITHMETIC[name], found) if len(found) == len(parts) > 1 else None
            case Call("neg" | "floor" | "ceil" | "abs" as name, (a,)):
                one = self.of(a)
                return None if one is None else OF_ONE[name](*one)
        return None

    def along(self, k: int, n: int) -> Sizes:
        """A shape that is 1 but along one axis."""
        return tuple(n if at == k else 1 for at in range(len(self.axes)))

    def alone(self, n: int) -> Array:
        """A number, the same along every axis."""
        return np.array(n).reshape((1,) * len(self.axes))

    @property
    def whole_sizes(self) -> dict[str, int]:
        """The sizes that are whole numbers."""
        return {name: n for name, n in self.sizes.items() if isinstance(n, int)}


def quotient(a: Fractions, b: Fractions) -> Fractions:
    """a/b."""
    if not b[0].all():
        raise ZeroDivisionError
    sign = np.sign(b[0])
    return a[0] * b[1] * sign, a[1] * b[0] * sign


def power(a: Fractions, b: Fractions) -> Fractions:
    """a to a whole power."""
    n = int(b[0].ravel()[0])
    return a[0] ** n, a[1] ** n


def chosen(greatest: bool) -> Any:
    """The greater, or the less, of two."""

    def of_two(a: Fractions, b: Fractions) -> Fractions:
        first = compared(">=" if greatest else "<=", a, b)
        return np.where(first, a[0], b[0]), np.where(first, a[1], b[1])

    return of_two


def compared(relation: str, a: Fractions, b: Fractions) -> Array:
    """Whether a relation holds, for every value of the indices."""
    return COMPARED[relation](a[0] * b[1], b[0] * a[1])


ARITHMETIC: dict[str, Any] = {
    "+": lambda a, b: (a[0] * b[1] + b[0] * a[1], a[1] * b[1]),
    "-": lambda a, b: (a[0] * b[1] - b[0] * a[1], a[1] * b[1]),
    "*": lambda a, b: (a[0] * b[0], a[1] * b[1]),
    "/": quotient,
    "**": power,
    "max": chosen(True),
    "min": chosen(False),
}
OF_ONE: dict[str, Any] = {
    "neg": lambda n, d: (-n, d),
    "abs": lambda n, d: (abs(n), d),
    "floor": lambda n, d: (n // d, np.ones_like(d)),
    "ceil": lambda n, d: (-(-n // d), np.ones_like(d)),
}
