"""Formulas over indices that count from 1, as a page that counts from 0 writes them.

Every index variable becomes itself + 1, what stands as an index loses 1, sums run over 0 … K − 1, and what comes of it
is simplified.  The formula says of its elements what it said before: evaluated at i from 0, it is that at i + 1.
"""

from __future__ import annotations

from collections.abc import Sequence

from hwsolve.formula.simplify.simplify import expand, simplify, size
from hwsolve.formula.simplify.terms import addends, difference, sum_of, total
from hwsolve.formula.tree import ONE, BigOperator, Call, Formula, Number, Ref, children, rebuild, references, walk

Names = frozenset[str]
COMPARISONS = ("==", "<", "<=", ">", ">=", "!=", "≈")
ARITHMETIC = ("+", "-", "*", "/", "neg", "**", "floor", "ceil", "min", "max")
BEHIND = {"delta": 0, "element": 1, "part": 1}  # functions whose arguments are indices, from which of them on


def shifted(f: Formula, names: Names) -> Formula:
    """The formula with all its indices counted from 0; `names` are the free ones."""
    if type(f) is Ref:
        if f.indices:
            if "." in f.name:  # a key as a spec names it, shape.y[1]
                return f
            return Ref(f.name, tuple([as_index(i, names) for i in f.indices]))
        return total(f, ONE) if f.name in names else f
    if type(f) is BigOperator:
        low, high = as_index(f.low, names), as_index(f.high, names)
        return BigOperator(f.op, shifted(f.body, names | {f.index}), f.index, low, high)
    if type(f) is not Call:
        return f
    if f.name in COMPARISONS:
        return rebuild(f, beside(f.args, names))
    if f.name in ("argmax", "argmin"):
        return total(rebuild(f, tuple([shifted(a, names) for a in f.args])), ONE)
    if (first := BEHIND.get(f.name)) is not None:
        front = [shifted(a, names) for a in f.args[:first]]
        return Call(f.name, (*front, *[as_index(a, names) for a in f.args[first:]]))
    parts = tuple([shifted(p, names) for p in children(f)])
    if all(new is old for new, old in zip(parts, children(f), strict=True)):
        return f
    return neat(Call(f.name, parts)) if is_arithmetic(f) else Call(f.name, parts)


def as_index(i: Formula, names: Names) -> Formula:
    """A formula that is an index, or the bound of one: one less; what only marks a place stays."""
    if type(i) is Number:
        return Number(i.numerator - i.denominator, i.denominator)
    if type(i) is Ref and not i.indices and (i.name in names or not i.name[:1].isalpha()):
        return i
    return neat(difference(shifted(i, names), ONE))


def beside(members: Sequence[Formula], names: Names) -> tuple[Formula, ...]:
    """What an equation or a chain says to be equal, or ordered: 1 less throughout where one of it is an index alone.

    Else numbers go to the side that is a number: i − u + 1 ≥ 1 is i − u ≥ 0.
    """
    if any(is_alone(m, names) for m in members):
        return tuple([as_index(m, names) for m in members])
    new = tuple([shifted(m, names) for m in members])
    sides = [m for m in new if is_arithmetic(m) and any(r.name in names for r in references(m))]
    moved = constant(sides[0]) if sides else 0
    if not moved or not all(map(is_arithmetic, new)):
        return new
    return tuple([neat(difference(m, Number(moved))) for m in new])


def is_alone(f: Formula, names: Names) -> bool:
    """Whether a formula is an index, or a chain of comparisons that has one: 1 ≤ u, of 1 ≤ u ≤ K."""
    if type(f) is Call and f.name in COMPARISONS:
        return any(is_alone(a, names) for a in f.args)
    return type(f) is Ref and not f.indices and f.name in names


def constant(f: Formula) -> int:
    """The whole number that is added in a sum."""
    found = [t.coefficient for t in addends(f) if not t.factors] if type(f) is Call and f.name in ("+", "-") else []
    return found[0].numerator if len(found) == 1 and found[0].denominator == 1 else 0


def is_arithmetic(f: Formula) -> bool:
    """Whether a formula is made of indices, sizes and numbers alone."""
    for node in walk(f):
        if type(node) is BigOperator or (type(node) is Ref and node.indices):
            return False
        if type(node) is Call and node.name not in ARITHMETIC:
            return False
    return True


def neat(f: Formula) -> Formula:
    """The shorter of two simple forms, numbers last."""
    simple = simplify(f)
    short = min(simple, expand(simple), key=size)
    if type(short) is Call and short.name in ("+", "-"):
        return sum_of(sorted(addends(short), key=lambda term: not term.factors))
    return short
