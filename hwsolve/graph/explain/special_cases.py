"""Cases that are written only where they matter: equal maxima in a backward formula, and 0 · ln 0.

An operation writes `if(x[m] == y[p], C, 0)` for the share of a cell that has the maximum, where C is made of
comparisons of other cells with the same maximum: 1 where there is no other such cell.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from hwsolve.formula.evaluate import Lookup, evaluate
from hwsolve.formula.instantiate import fold
from hwsolve.formula.tree import ONE, ZERO, Call, Formula, Number, Ref, children, transform
from hwsolve.numbers import NotFinite

Holds = Callable[[Formula], bool]


def shared(node: Formula) -> tuple[Formula, Formula] | None:
    """The comparison and the convention C of a share."""
    match node:
        case Call("if", (Call("==", (Ref(), Ref())) as condition, then, other)) if other == ZERO and then != ONE:
            return condition, then
    return None


def plain(condition: Formula) -> bool:
    """Whether a comparison is one of elements, all indices being numbers."""
    return all(isinstance(i, Number) for side in children(condition) for i in children(side))


def unguarded(f: Formula) -> Formula:
    """The formula without the cases `if(t == 0, …)` of an element that is a number where the rest has no value."""

    def drop(node: Formula) -> Formula:
        match node:
            case Call("if", (Call("==", (Ref(), Number())), _, other)):
                return other
        return node

    return transform(f, drop)


def guarded(f: Formula, lookup: Lookup) -> Formula:
    """The formula without these cases, or with them decided where it has no value without them."""
    bare = unguarded(f)
    if bare == f:
        return f
    try:
        evaluate(bare, lookup)
    except NotFinite:
        return fold(transform(f, partial(decided, lookup=lookup)))
    return bare


def decided(node: Formula, lookup: Lookup) -> Formula:
    """A case of an element that is a number, where its indices are numbers."""
    match node:
        case Call("if", (Call("==", (Ref(), Number())) as condition, then, other)) if plain(condition):
            return then if evaluate(condition, lookup) else other
    return node


def resolved(f: Formula, holds: Holds, met: Callable[[Formula], None]) -> Formula:
    """The formula with the convention where a cell has the maximum and another one too; `met` hears of these."""

    def settle(node: Formula) -> Formula:
        found = shared(node)
        if found is None or not plain(found[0]):
            return node
        condition, then = found
        left = untied(then, holds) if holds(condition) else ONE
        if left != ONE:
            met(condition)
        return Call("if", (condition, left, ZERO))

    return transform(f, settle)


def untied(then: Formula, holds: Holds) -> Formula:
    """The convention without the cells that do not have the maximum."""

    def drop(node: Formula) -> Formula:
        match node:
            case Call("if", (Call("==", (Ref(), Ref())) as condition, _, other)) if plain(condition):
                return node if holds(condition) else other
        return node

    left = fold(transform(then, drop))
    match left:
        case Call("/", (a, Call("if"))) if a == ONE:
            return ONE
    return left
