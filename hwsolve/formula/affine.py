"""Affine indices undone: the value of an index at which a formula is another, S*(p-1)+u-P = m at p = (m+P-u)/S+1."""

from __future__ import annotations

from hwsolve.formula.simplify.simplify import expand, expanded, size
from hwsolve.formula.simplify.terms import (
    Term,
    difference,
    mentions,
    negative,
    product,
    quotient,
    sum_of,
    total,
    written,
)
from hwsolve.formula.tree import ONE, ZERO, Call, Formula, Ref


def solve(f: Formula, index: str, target: Formula) -> Formula | None:
    """The value of the index at which f equals the target, if f is affine in it."""
    if not mentions(f, index):
        return None
    solution = _undo(f, index, target)
    if solution is None:
        solution = _collect(f, index, target)
    if solution is None or mentions(solution, index):
        return None
    return shorter(solution)


def _undo(f: Formula, index: str, target: Formula) -> Formula | None:
    """Undo one operation after the other; the index must stand in one place."""
    match f:
        case Ref(name, ()):
            return target if name == index else None
        case Call("neg", (inner,)):
            return _undo(inner, index, negative(target))
        case Call("+", args):
            found = [a for a in args if mentions(a, index)]
            rest = [a for a in args if not mentions(a, index)]
            if len(found) != 1 or not rest:
                return None
            return _undo(found[0], index, difference(target, total(*reversed(rest))))
        case Call("-", (a, b)) if mentions(a, index) != mentions(b, index):
            if mentions(a, index):
                return _undo(a, index, total(target, b))
            return _undo(b, index, difference(a, target))
        case Call("*", args):
            found = [a for a in args if mentions(a, index)]
            rest = [a for a in args if not mentions(a, index)]
            return _undo(found[0], index, quotient(target, product(*rest))) if len(found) == 1 and rest else None
        case Call("/", (a, b)) if not mentions(b, index):
            return _undo(a, index, product(target, b))
    return None


def _collect(f: Formula, index: str, target: Formula) -> Formula | None:
    """(target - b)/a for f = a·index + b."""
    slope: list[Term] = []
    rest: list[Term] = []
    for term in expanded(f):
        if not mentions(written(term), index):
            rest.append(term)
        elif (Ref(index), ONE) in term.factors:
            slope.append(Term(term.coefficient, tuple(x for x in term.factors if x != (Ref(index), ONE)), term.decimal))
        else:
            return None
    a = sum_of(slope)
    if a == ZERO or mentions(a, index):
        return None
    return quotient(difference(target, sum_of(rest)), a)


def shorter(f: Formula) -> Formula:
    """The index multiplied out where that is not longer."""
    out = expand(f)
    return out if size(out) < size(f) else f
