"""Cases that are written only where they matter: equal maxima in a backward formula, and 0 · ln 0.

An operation writes `if(x[m] == y[p], C, 0)` for the share of a cell that has the maximum, where C is made of
comparisons of other cells with the same maximum: 1 where there is no other such cell.  Where a formula has no value at
an element that is a number, it writes `if(0 == t, …)`, the number first, as no formula of a problem is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial

from hwsolve.formula.arrays import COMPARISONS
from hwsolve.formula.evaluate import Lookup, evaluate
from hwsolve.formula.instantiate import fold
from hwsolve.formula.tree import (
    ONE,
    ZERO,
    BigOperator,
    Call,
    Formula,
    Number,
    Ref,
    children,
    rebuild,
    references,
    substitute,
    transform,
    walk,
)
from hwsolve.numbers import NotFinite

Holds = Callable[[Formula], bool]
Conditions = dict[Formula, bool]


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
    """The formula without the cases `if(0 == t, …)`: of an element that is a number where the rest has no value."""

    def drop(node: Formula) -> Formula:
        match node:
            case Call("if", (Call("==", (Number(), Ref())), _, other)):
                return other
        return node

    cases = any([type(node) is Call and node.name == "if" for node in walk(f)])
    return transform(f, drop) if cases else f


def guarded(f: Formula, lookup: Lookup) -> Formula:
    """The formula without these cases, or with them decided where it has no value without them."""
    bare = unguarded(f)
    if bare is f or bare == f:
        return f
    try:
        evaluate(bare, lookup)
    except NotFinite:
        return fold(transform(f, partial(decided, lookup=lookup)))
    return bare


def decided(node: Formula, lookup: Lookup) -> Formula:
    """A case of an element that is a number, where its indices are numbers."""
    match node:
        case Call("if", (Call("==", (Number(), Ref())) as condition, then, other)) if plain(condition):
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


def decided_cases(f: Formula, holds: Holds, met: Conditions) -> Formula:
    """The formula with what holds in place of every case that elements decide; `met` keeps what decided.

    A sum of numbers where comparisons hold is one number, as of ones how many hold.
    """

    def settle(node: Formula, bound: frozenset[str] = frozenset()) -> Formula:
        match node:
            case Call("if", (Call(name, (Number(), Number())) as condition, then, other)) if name in COMPARISONS:
                return settle(then if holds(condition) else other, bound)  # of a target that selects a class
            case Call("if", (Call(name, _) as condition, then, other)) if (
                name in COMPARISONS
                and of_elements(condition)
                and bound.isdisjoint(r.name for r in references(condition))
            ):
                met[condition] = holds(condition)  # anew at each step
                return settle(then if met[condition] else other, bound)
            case BigOperator("Sum", Call("if", (Call(), Number(), Number())) as body, i, Number(low), Number(high)):
                every = [settle(substitute(body, {i: Number(k)}), bound) for k in range(low, high + 1)]
                terms = [Fraction(n.numerator, n.denominator) for n in every if isinstance(n, Number)]
                if len(terms) == len(every):
                    return Number((total := sum(terms, Fraction(0))).numerator, total.denominator)
        parts = () if isinstance(node, Ref) else children(node)
        within = bound | {node.index} if isinstance(node, BigOperator) else bound
        changed = tuple([settle(part, within) for part in parts])
        return node if changed == parts else rebuild(node, changed)

    found = settle(f)
    return f if found == f else fold(found)


def has_cases_of_elements(f: Formula) -> bool:
    """Whether a formula has cases that elements decide."""
    return any(isinstance(n, Call) and n.name == "if" and is_comparison(n.args[0]) and not shared(n) for n in walk(f))


def is_comparison(f: Formula) -> bool:
    """Whether a formula compares two others."""
    return isinstance(f, Call) and f.name in COMPARISONS


def of_elements(condition: Formula, bound: frozenset[str] = frozenset()) -> bool:
    """Whether a comparison reads quantities, each at one element, and no index that a sum around it has `bound`."""
    refs = list(references(condition))
    if not bound.isdisjoint(ref.name for ref in refs):
        return False
    whole = all(isinstance(i, Number) for ref in refs for i in ref.indices)
    return bool(refs) and whole and not any(isinstance(part, BigOperator) for part in walk(condition))
