"""Comparisons written as jumps: a > b is step(a − b), so that a reader may hold fractions and real numbers apart.

Values of a line are fractions or real numbers of many digits; a reader that cannot order the two knows their
difference, and where a step is.
"""

from __future__ import annotations

from hwsolve.formula.arrays import COMPARISONS
from hwsolve.formula.simplify.terms import difference, rational
from hwsolve.formula.tree import ONE, ZERO, Call, Formula, Number, Ref, children, rebuild, transform, walk


def by_steps(f: Formula) -> Formula:
    """Comparisons of a quantity with a number as jumps of their difference: x > 1 is step(x - 1)."""

    def change(node: Formula) -> Formula:
        match node:
            case Call(">" | "<" | ">=" | "<=" as relation, (a, b)) if mixed(a, b):
                apart = difference(a, b) if relation[0] == ">" else difference(b, a)
                return Call("step" if len(relation) == 1 else "step0", (apart,))
            case Call("max" | "min" as name, (a, b)) if mixed(a, b):
                apart = difference(a, b) if name == "max" else difference(b, a)
                return Call("if", (Call("step", (apart,)), a, b))
        return node

    return transform(f, change)


def as_numbers(f: Formula, decides: bool = False) -> Formula:
    """A comparison that stands for a number as a case, 1 where it holds: `t = a = b` would be another line.

    `decides`: whether the formula is itself the condition of a case.
    """
    if isinstance(f, Ref) or not (parts := children(f)):
        return f
    condition = isinstance(f, Call) and f.name in (*COMPARISONS, "and")
    both = isinstance(f, Call) and f.name == "and"
    inner = [as_numbers(p, both or (k == 0 and isinstance(f, Call) and f.name == "if")) for k, p in enumerate(parts)]
    if f == Call("==", parts) and isinstance(parts[0], Number):
        inner.reverse()  # with the number first it would be a guard (graph/explain/special_cases.py)
    made = rebuild(f, tuple(inner))
    return Call("if", (made, ONE, ZERO)) if condition and not decides else made


def mixed(a: Formula, b: Formula) -> bool:
    """Whether a rational may be compared with a real number: a side is made of numbers, and not both are rational."""
    bare = [not any(isinstance(n, Ref) for n in walk(f)) for f in (a, b)]
    return any(bare) and not (all(bare) and rational(a) is not None and rational(b) is not None)
