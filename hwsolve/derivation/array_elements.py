"""Elements of operations on whole arrays in an argument, as `full(rot180(w), g)[i,j]`: numbers, by the array code."""

from __future__ import annotations

from itertools import product
from typing import Any, Protocol

from hwsolve.formula.evaluate import Absent, evaluate
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref, call, children, rebuild, substitute, walk
from hwsolve.formula.whole_arrays import CODE, value


class Arrays(Protocol):
    """A point: values of names and elements, and the sizes of arrays that have bounds."""

    def __call__(self, name: str, indices: tuple[int, ...]) -> Any:
        """A value."""

    def bounds(self, name: str) -> tuple[int, ...] | None:
        """The sizes of an array; None of what has none."""


def is_element(f: Formula) -> bool:
    """Whether a formula is an element of an operation on whole arrays."""
    return isinstance(f, Call) and f.name == "element" and isinstance(f.args[0], Call) and f.args[0].name in CODE


def with_elements(f: Formula, point: Arrays) -> Formula:
    """A formula with these elements as their numbers at a point, sums over them written out; raises LookupError."""
    if not any(map(is_element, walk(f))):
        return f
    if isinstance(f, BigOperator) and any(map(is_element, walk(f.body))):
        low, high = (whole_number(end, point) for end in (f.low, f.high))
        terms = [with_elements(substitute(f.body, {f.index: Number(k)}), point) for k in range(low, high + 1)]
        return call("+", 0, *terms)
    if isinstance(f, Call) and is_element(f):
        return element(f.args[0], tuple([whole_number(i, point) for i in f.args[1:]]), point)
    return rebuild(f, tuple([with_elements(part, point) for part in children(f)]))


def element(f: Formula, at: tuple[int, ...], point: Arrays) -> Formula:
    """The element of an operation; its arrays are those that have bounds, all other names are settings."""
    import numpy as np

    arrays: dict[str, Any] = {}
    settings: dict[str, Formula] = {}
    for name in {ref.name for ref in walk(f) if isinstance(ref, Ref)}:
        sizes = point.bounds(name)
        if sizes is None:
            settings[name] = Number(whole_number(Ref(name), point))
            continue
        arrays[name] = np.empty(sizes, dtype=object)
        for place in product(*map(range, sizes)):
            arrays[name][place] = point(name, tuple([k + 1 for k in place]))
    made = value(substitute(f, settings), arrays)
    if len(at) != made.ndim or not all(1 <= i <= n for i, n in zip(at, made.shape, strict=True)):
        raise Absent(str(at))
    found = made[tuple([i - 1 for i in at])]
    return Number(int(found.numerator), int(found.denominator))


def whole_number(f: Formula, point: Arrays) -> int:
    """The value of an index, a bound or a setting."""
    found: Any = evaluate(f, point)
    if found != int(found):
        raise Absent(str(f))
    return int(found)
