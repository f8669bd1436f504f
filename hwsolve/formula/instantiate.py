"""A schematic formula made concrete: numbers for its index variables, sums written out.

A reference whose index is fractional or outside its shape is absent: 0 in a sum, skipped in a maximum.  That one rule
covers padding, bounds and stride.  What it leaves (`1*x`, `x + 0`, `delta(2,3)`) is folded; all else stays as written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from hwsolve.formula.evaluate import Absent, evaluate
from hwsolve.formula.operators import as_formula
from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.tree import ONE, ZERO, BigOperator, Call, Formula, Number, Ref, substitute, walk

MINUS_ONE = Number(-1)
COMPARISONS = ("==", "<", ">", "<=", ">=")
BORDERS = ("min", "max", "floor", "ceil")
Shapes = Mapping[str, tuple[int, ...]]
Part = Formula | None  # None: absent


def instantiate(
    schematic: Formula,
    indices: Mapping[str, int],
    shapes: Shapes,
    unroll_limit: int = 64,
    holds: Callable[[Formula], bool] | None = None,
) -> Formula:
    """The formula of one element.

    `indices` gives numbers to index variables (and sizes); `shapes` says which elements there are.  A big operator
    of at most `unroll_limit` terms is written out; a longer one keeps its sign, over the terms that are there.  Where
    those have gaps, as under a stride, no sign can stand for them, and all are written out.  With `holds`, what stands
    under a comparison of elements that does not hold is not written out: it is 1.
    """
    made = Instance(shapes, unroll_limit, holds).part(schematic, dict(indices))
    return ZERO if made is None else made


def fold(f: Formula) -> Formula:
    """The formula without `1*x`, `x + 0`, `delta(2,3)`, `if(1 > 2, …)`, and with its indices worked out."""
    return instantiate(f, {}, {}, unroll_limit=0)


class Instance(msgspec.Struct, frozen=True):
    """One way through a formula."""

    shapes: Shapes
    unroll_limit: int
    holds: Callable[[Formula], bool] | None = None

    def part(self, f: Formula, bound: dict[str, int]) -> Part:
        """A node over numbers; None where it is absent."""
        match f:
            case Ref(name, ()):
                return Number(bound[name]) if name in bound else f
            case Ref():
                return self.element(f, bound)
            case BigOperator():
                return self.big(f, bound)
            case Call("if", (condition, then, other)):
                return self.choice(condition, then, other, bound)
            case Call("delta", (i, j)):
                return delta(index(i, bound), index(j, bound))
            case Call("*", args):
                return self.product(args, bound)
            case Call("/", (over, under)) if is_counted(under):
                return combined("/", [self.part(over, bound), counted(self.part(under, bound))])
            case Call(name, args):
                return combined(name, [self.part(a, bound) for a in args])
        return f

    def product(self, args: tuple[Formula, ...], bound: dict[str, int]) -> Part:
        """A product; where a factor is absent, so is the product, whatever the others are; a δ of 0 ends it."""
        parts: list[Formula] = []
        for a in args:
            part = self.part(a, bound)
            if part is None or (part == ZERO and isinstance(a, Call) and a.name == "delta"):
                return part
            parts.append(part)
        return product(parts)

    def element(self, f: Ref, bound: dict[str, int]) -> Part:
        """A reference whose indices lie in its shape, as far as they are known."""
        shape = self.shapes.get(f.name)
        where = []
        for axis, i in enumerate(f.indices):
            at = index(i, bound)
            if isinstance(at, Number):
                inside = shape is None or axis >= len(shape) or 1 <= at.numerator <= shape[axis]
                if at.denominator != 1 or not inside:
                    return None
            where.append(at)
        return Ref(f.name, tuple(where))

    def choice(self, condition: Formula, then: Formula, other: Formula, bound: dict[str, int]) -> Part:
        """if(condition, then, other), decided where the condition is one of numbers."""
        if isinstance(condition, Call) and condition.name in COMPARISONS and not has_elements(condition):
            sides = [index(a, bound) for a in condition.args]
            if all(isinstance(s, Number) for s in sides):
                holds = evaluate(Call(condition.name, tuple(sides)), nothing)
                return self.part(then if holds else other, bound)
        asked = self.part(condition, bound)
        if asked is None:
            return None
        idle = self.holds is not None and is_comparison(asked) and not self.holds(asked)
        parts = [self.part(a, bound) for a in (ONE if idle else then, other)]
        return Call("if", (asked, *(ZERO if p is None else p for p in parts)))

    def big(self, f: BigOperator, bound: dict[str, int]) -> Part:
        """A big operator, written out where its bounds are numbers and near enough."""
        low, high = index(f.low, bound), index(f.high, bound)
        inner = {name: n for name, n in bound.items() if name != f.index}
        if not (isinstance(low, Number) and isinstance(high, Number)):
            return self.kept(f, inner, low, high)
        terms: Sequence[int] = range(low.numerator, high.numerator + 1)
        if len(terms) > self.unroll_limit:
            terms = self.present(f, inner, terms)
            if len(terms) > self.unroll_limit and terms[-1] - terms[0] == len(terms) - 1:
                return self.kept(f, inner, Number(terms[0]), Number(terms[-1]))
        parts = [self.part(f.body, inner | {f.index: k}) for k in terms]
        joint = (
            isinstance(f.body, BigOperator) and f.body.op == f.op
        )  # a maximum over two indices is one of all its elements
        return written_out(f.op, merged(f.op.lower(), parts) if joint else parts)

    def present(self, f: BigOperator, bound: dict[str, int], terms: Sequence[int]) -> Sequence[int]:
        """The terms that are there: all of them where no shape matters."""
        if not any(isinstance(n, Ref) and n.indices and n.name in self.shapes for n in walk(f.body)):
            return terms
        if terms and is_straight(f.body, f.index):  # between two terms that are there are only such
            ends = (self.part(f.body, bound | {f.index: k}) for k in (terms[0], terms[-1]))
            if not any(is_zero(part) for part in ends):
                return terms
        return [k for k in terms if not is_zero(self.part(f.body, bound | {f.index: k}))]

    def kept(self, f: BigOperator, bound: dict[str, int], low: Formula, high: Formula) -> Part:
        """A big operator that keeps its sign."""
        body = self.part(f.body, bound)
        if is_zero(body) and f.op == "Sum":
            return ZERO
        return None if body is None else BigOperator(f.op, body, f.index, low, high)


def index(f: Formula, bound: dict[str, int]) -> Formula:
    """An index as a number where its names are known, else simplified."""
    if isinstance(f, Number):
        return f
    if isinstance(f, Ref) and not f.indices:
        return Number(bound[f.name]) if f.name in bound else f

    def known(name: str, indices: tuple[int, ...]) -> int:
        if indices or name not in bound:
            raise Absent(name)
        return bound[name]

    try:
        value = evaluate(f, known)
    except LookupError:
        return simplify(substitute(f, {name: Number(n) for name, n in bound.items()}))
    return as_formula(value) if isinstance(value, int) or hasattr(value, "p") else f  # an irrational stays as written


def is_counted(f: Formula) -> bool:
    """Whether a divisor counts the cells of a window by its borders, that is of indices and sizes alone."""
    return not has_elements(f) and any(isinstance(n, Call) and n.name in BORDERS for n in walk(f))


def counted(f: Part) -> Part:
    """Such a divisor as its number, where all its names are known."""
    return f if f is None else index(f, {})


def is_straight(f: Formula, running: str) -> bool:
    """Whether a product reads elements at the running index itself, or at others that it does not change."""
    if isinstance(f, Call) and f.name == "*":
        return all(is_straight(a, running) for a in f.args)
    if not isinstance(f, Ref):
        return isinstance(f, Number)
    return all(i == Ref(running) or all(part != Ref(running) for part in walk(i)) for i in f.indices)


def has_elements(f: Formula) -> bool:
    """Whether a formula reads an element of a quantity, which indices and sizes alone do not decide."""
    return any(isinstance(n, Ref) and n.indices for n in walk(f))


def is_comparison(f: Formula) -> bool:
    """Whether two elements are compared, all of their indices being numbers."""
    sides = f.args if isinstance(f, Call) and f.name == "==" else ()
    return bool(sides) and all(isinstance(s, Ref) and all(isinstance(i, Number) for i in s.indices) for s in sides)


def nothing(name: str, indices: tuple[int, ...]) -> int:
    """The lookup of a formula without names."""
    raise Absent(name)


def delta(i: Formula, j: Formula) -> Formula:
    """1 where two indices are the same, 0 where they are different numbers."""
    if i == j:
        return ONE
    return ZERO if isinstance(i, Number) and isinstance(j, Number) else Call("delta", (i, j))


def is_zero(f: Part) -> bool:
    """Whether a part is absent or the number 0."""
    return f is None or (isinstance(f, Number) and f.numerator == 0)


def is_one(f: Part) -> bool:
    """Whether a part is the number 1."""
    return isinstance(f, Number) and f.numerator == f.denominator


def written_out(op: str, terms: list[Part]) -> Part:
    """The terms of a big operator joined by its sign."""
    if op == "Sum":
        return combined("+", terms)
    there = [t for t in terms if t is not None]
    if op == "Prod":
        return product(there)
    return combined(op.lower(), there) if there else None


def merged(name: str, parts: list[Part]) -> list[Part]:
    """The arguments of maxima, or minima, among the parts in the place of these."""
    return [a for p in parts for a in (p.args if isinstance(p, Call) and p.name == name else (p,))]


def combined(name: str, parts: Sequence[Part]) -> Part:
    """An operator or function of parts, some of which may be absent."""
    there = [p for p in parts if p is not None]
    if name == "+":
        return sum_of_terms(there)
    if name in ("max", "min"):
        return there[0] if len(there) == 1 else Call(name, tuple(there)) if there else None
    if name == "-":
        left, right = (ZERO if p is None else p for p in parts)
        return left if is_zero(right) else negated(right) if is_zero(left) else Call("-", (left, right))
    if len(there) < len(parts):
        return None
    if name == "neg":
        return negated(there[0])
    if (name in ("/", "**") and is_one(there[1])) or (name == "/" and is_zero(there[0])):
        return there[0]
    return Call(name, tuple(there))


def sum_of_terms(terms: list[Formula]) -> Formula:
    """The sum of terms that are there, in one call."""
    flat: list[Formula] = []
    for t in terms:
        flat.extend(t.args if isinstance(t, Call) and t.name == "+" else () if is_zero(t) else (t,))
    return ZERO if not flat else flat[0] if len(flat) == 1 else Call("+", tuple(flat))


def product(factors: list[Formula]) -> Formula:
    """The product of factors, without 1, with the sign of -1 alone, and 0 where one is 0."""
    left: list[Formula] = []
    negative = False
    for f in factors:
        if type(f) is not Number:
            left.append(f)
        elif f.numerator == 0:
            return ZERO
        elif f == MINUS_ONE:
            negative = not negative
        elif not is_one(f):
            left.append(f)
    made = ONE if not left else left[0] if len(left) == 1 else Call("*", tuple(left))
    return negated(made) if negative else made


def negated(f: Formula) -> Formula:
    """−f."""
    if isinstance(f, Number):
        return Number(-f.numerator, f.denominator)
    return Call("neg", (f,))
