"""Comparisons written as jumps: a > b is step(a − b), so that a reader may hold fractions and real numbers apart.

Values of a line are fractions or real numbers of many digits; a reader that cannot order the two knows their
difference, and where a step is.
"""

from __future__ import annotations

from hwsolve.formula.simplify.terms import difference, rational
from hwsolve.formula.tree import Call, Formula, Ref, transform, walk


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


def mixed(a: Formula, b: Formula) -> bool:
    """Whether a rational may be compared with a real number: a side is made of numbers, and not both are rational."""
    bare = [not any(isinstance(n, Ref) for n in walk(f)) for f in (a, b)]
    return any(bare) and not (all(bare) and rational(a) is not None and rational(b) is not None)
