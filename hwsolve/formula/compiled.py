"""A formula of array elements as array code: one text computes in rationals, balls and float64.

Every index is an axis.  A reference with plain indices is the array itself, turned; any other is gathered, and an
element that is not there is absent: 0 in a sum, skipped in a maximum.  A float64 sum of products is one of matrices.
All that indices and sizes decide is worked out once for a formula and its shapes; only array code is left.
"""

from __future__ import annotations

from functools import lru_cache, reduce
from typing import Any, NamedTuple

import numpy as np

from hwsolve import numbers
from hwsolve.formula.array_indices import Indices, Size, Sizes, compared
from hwsolve.formula.array_sums import Part, Run, along_last, both, broadcast, contracted, laid
from hwsolve.formula.arrays import COMPARISONS, combine, holds
from hwsolve.formula.evaluate import Absent, evaluate
from hwsolve.formula.function_code import apply
from hwsolve.formula.instantiate import instantiate
from hwsolve.formula.tree import BigOperator, Call, Formula, Ref
from hwsolve.numbers.float64 import choose
from hwsolve.numbers.magnitudes import Magnitudes

Array = Any
Arrays = dict[str, Array]
EVERY = 10**9


def compute(f: Formula, out: tuple[str, ...], shape: Sizes, arrays: Arrays, sizes: dict[str, Size]) -> Array:
    """The array of `shape` whose element at the indices `out` is f; `sizes` binds names that are whole numbers."""
    real = any(numbers.is_float(a) for a in arrays.values())
    shapes = tuple((name, getattr(a, "shape", ())) for name, a in arrays.items())
    return plan(f, out, shape, shapes, tuple(sizes.items()), real)(arrays)


@lru_cache(maxsize=4096)
def plan(
    f: Formula,
    out: tuple[str, ...],
    shape: Sizes,
    shapes: tuple[tuple[str, Sizes], ...],
    sizes: tuple[tuple[str, Size], ...],
    real: bool,
) -> Run:
    """The code of a formula for arrays of these shapes, in float64 (`real`) or not."""
    axes = tuple((name, 1, n) for name, n in zip(out, shape, strict=True))
    scope = Scope(Indices(axes, dict(sizes)), dict(shapes), real)
    run = scope.instead(scope.part(f), 0).run

    def code(arrays: Arrays) -> Array:
        found = run(arrays)
        if not shape:
            return np.asarray(found, dtype=None if real else object).reshape(())[()]
        # a result that is an input, or the same along an axis, is an array of its own
        return np.array(np.broadcast_to(found, shape)) if np.shape(found) != shape else np.asarray(found)

    return code


class Scope(NamedTuple):
    """The indices in force, the shapes of the arrays, and whether they are float64."""

    indices: Indices
    shapes: dict[str, Sizes]
    real: bool

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.indices.axes)

    def deeper(self, name: str, low: int, high: int) -> Scope:
        """With one more index."""
        axes = (*self.indices.axes, (name, low, high))
        return self._replace(indices=Indices(axes, self.indices.sizes))

    # numbers

    def number(self, numerator: int, denominator: int = 1) -> Any:
        """A number of the system."""
        return numerator / denominator if self.real else numbers.exact(int(numerator), int(denominator))

    def constant(self, found: tuple[Array, Array]) -> Part:
        """A formula of indices and sizes: known before anything is computed."""
        tops, bottoms = np.broadcast_arrays(*found)
        if tops.size == 1:
            value = self.number(int(tops.ravel()[0]), int(bottoms.ravel()[0]))
        elif self.real:
            value = tops / bottoms
        else:
            value = np.frompyfunc(self.number, 2, 1)(tops, bottoms)
        return Part(lambda arrays: value, tops.shape)

    def instead(self, part: Part, number: int) -> Part:
        """A number where the part is absent."""
        if part.there is None:
            return part
        there, value = part.there, self.number(number)
        shape = np.broadcast_shapes(part.shape, there.shape)
        return Part(lambda arrays: np.where(there, part.run(arrays), value)[()], shape)

    # formulas

    def part(self, f: Formula) -> Part:
        """The code of a formula."""
        found = self.indices.of(f)
        if found is not None:
            return self.constant(found)
        match f:
            case Ref(_, ()):
                return self.whole(f)
            case Ref():
                return self.element(f)
            case BigOperator():
                return self.repeated(f)
            case Call("if", (condition, then, other)):
                return self.choice(f, condition, then, other)
            case Call(name, _) if name in (*COMPARISONS, "and", "delta"):
                asked = self.condition(f)
                return Part(lambda arrays: self.truth(asked.run(arrays)), asked.shape, asked.there)
            case Call("+" | "-", args):
                return self.joined(f.name, [self.instead(self.part(a), 0) for a in args])
            case Call("max" | "min", args):
                return self.extreme(f.name, [self.part(a) for a in args])
            case Call(name, args):
                return self.joined(name, [self.part(a) for a in args])
        raise ValueError(f"no array code for {f}")

    def joined(self, name: str, parts: list[Part]) -> Part:
        """An operator or function of parts; absent where one of them is."""
        runs = [p.run for p in parts]
        there = reduce(both, (p.there for p in parts))
        return Part(lambda arrays: combine(name, [run(arrays) for run in runs]), broadcast(parts), there)

    def extreme(self, name: str, parts: list[Part]) -> Part:
        """The greatest or least of parts; what is absent does not count."""
        made = parts[0]
        for part in parts[1:]:
            made = self.greater(name, made, part)
        return made

    def greater(self, name: str, a: Part, b: Part) -> Part:
        """The greater, or less, of two."""
        first, second = a.there, b.there

        def run(arrays: Arrays) -> Array:
            x, y = a.run(arrays), b.run(arrays)
            x, y = (x if first is None else np.where(first, x, y)), (y if second is None else np.where(second, y, x))
            return apply(name, x, y)

        return Part(run, broadcast([a, b]), None if first is None or second is None else first | second)

    def whole(self, f: Ref) -> Part:
        """A quantity without indices."""
        name, rank, flat = f.name, self.rank, (1,) * self.rank
        if name not in self.shapes:
            return Part(lambda arrays: numbers.constant(name, self.real), flat)  # as precise as it is asked for

        def run(arrays: Arrays) -> Array:
            value = arrays[name]
            if self.real:
                return value if isinstance(value, Magnitudes) else float(value)
            value = self.number(value) if isinstance(value, int) else value  # the 1 that is the gradient of the loss
            if not rank:
                return value
            made = np.empty(flat, dtype=object)
            made[...] = value
            return made

        return Part(run, flat)

    def element(self, f: Ref) -> Part:
        """An element of an array: the array turned round where its indices are plain, else gathered."""
        name, shape = f.name, self.shapes[f.name]
        plain = [self.indices.axis(i) for i in f.indices]
        lengths = [None if k is None else self.indices.axes[k][1:] for k in plain]
        if len(set(plain)) == len(plain) and lengths == [(1, n) for n in shape]:
            order = sorted(range(len(plain)), key=lambda a: plain[a] or 0)
            lie = [1] * self.rank
            for k, n in zip(plain, shape, strict=True):
                lie[k or 0] = n
            turned = laid(order, shape, lie)
            return Part(lambda arrays: turned(arrays[name]), tuple(lie))
        cells, there = [], None
        for n, i in zip(shape, f.indices, strict=True):
            found = self.indices.of(i)
            if found is None:
                raise ValueError(f"no index: {i}")
            at = found[0] // found[1] - 1
            inside = (found[0] % found[1] == 0) & (at >= 0) & (at < n)
            cells.append(np.where(inside, at, 0))
            there = both(there, None if inside.all() else inside)
        where = tuple(cells)
        return Part(lambda arrays: arrays[name][where], np.broadcast_shapes(*(c.shape for c in cells)), there)

    # conditions

    def condition(self, f: Formula) -> Part:
        """A comparison as truths."""
        assert isinstance(f, Call)
        a, b = f.args
        if f.name == "and":
            one, other = self.condition(a), self.condition(b)
            runs = one.run, other.run
            there = both(one.there, other.there)
            return Part(lambda arrays: runs[0](arrays) & runs[1](arrays), broadcast([one, other]), there)
        relation = "==" if f.name == "delta" else f.name
        places = self.indices.of(a), self.indices.of(b)
        if places[0] is not None and places[1] is not None:
            known = compared(relation, places[0], places[1])
            return Part(lambda arrays: known, known.shape)
        left, right = self.part(a), self.part(b)
        shape = broadcast([left, right])
        there = both(left.there, right.there)
        return Part(lambda arrays: holds(relation, left.run(arrays), right.run(arrays)), shape, there)

    def truth(self, holds: Array) -> Array:
        """1 where it holds, else 0."""
        return np.where(holds, self.number(1), self.number(0))[()]

    def choice(self, f: Formula, condition: Formula, then: Formula, other: Formula) -> Part:
        """One of two formulas; of rationals and balls, what is not chosen need not exist."""
        asked, parts = self.condition(condition), [self.part(then), self.part(other)]
        known = all(self.indices.of(a) is not None for a in condition.args) if isinstance(condition, Call) else False
        shape = np.broadcast_shapes(asked.shape, *(p.shape for p in parts))
        there = asked.there
        if known:
            a, b = (True if p.there is None else p.there for p in parts)
            there = both(there, None if a is True and b is True else np.where(asked.run({}), a, b))
        else:
            parts = [self.instead(p, 0) for p in parts]

        if self.real:
            return Part(
                lambda arrays: choose(asked.run(arrays), parts[0].run(arrays), parts[1].run(arrays)), shape, there
            )

        def run(arrays: Arrays) -> Array:
            found = asked.run(arrays)
            if found.all():
                return parts[0].run(arrays)
            if not found.any():
                return parts[1].run(arrays)
            try:
                return np.where(found, parts[0].run(arrays), parts[1].run(arrays))[()]  # type: ignore[call-overload]
            except ArithmeticError:
                return self.one_by_one(f, shape, arrays)

        return Part(run, shape, there)

    def one_by_one(self, f: Formula, shape: Sizes, arrays: Arrays) -> Array:
        """The values of a formula element by element, which takes no more than what is chosen."""
        made = np.empty(shape, dtype=object)

        def read(name: str, indices: tuple[int, ...]) -> Any:
            if name not in arrays:
                raise Absent(name)
            return arrays[name][tuple(i - 1 for i in indices)] if indices else arrays[name]

        for at in np.ndindex(shape):
            places = {name: low + k for (name, low, _), k in zip(self.indices.axes, at, strict=True)}
            found = evaluate(instantiate(f, {**self.indices.whole_sizes, **places}, self.shapes, EVERY), read)
            made[at] = numbers.exact(found) if isinstance(found, int) else found
        return made[()]

    # big operators

    def repeated(self, f: BigOperator) -> Part:
        """A big operator: one more axis, and an operation along it."""
        lows, highs = self.bound(f.low), self.bound(f.high)
        low, high = int(lows.min()), int(highs.max())
        if high < low:
            value, flat = self.number(int(f.op == "Prod")), (1,) * self.rank
            return Part(lambda arrays: value, flat, None if f.op in ("Sum", "Prod") else np.zeros(flat, dtype=bool))
        if self.real and f.op == "Sum" and lows.size == highs.size == 1:
            return contracted(f, self)
        scope = self.deeper(f.index, low, high)
        body = scope.part(f.body)
        if lows.size > 1 or highs.size > 1:  # bounds that depend on an index further out
            along = np.arange(low, high + 1)
            inside = (along >= lows[..., None]) & (along <= highs[..., None])
            body = body._replace(there=both(body.there, inside))
        return along_last(scope, f.op, body, high - low + 1)

    def bound(self, f: Formula) -> Array:
        """A bound of a big operator as whole numbers over the axes."""
        found = self.indices.of(f)
        if found is None:
            raise ValueError(f"no bound: {f}")
        return np.asarray(found[0] // found[1])
