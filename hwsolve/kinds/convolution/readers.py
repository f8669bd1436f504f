"""Who reads a cell of a map, axis by axis, from the index with which y reads x: α·p + β·u + γ for place p and cell u.

The places that read cell i solve α·p + β·u + γ = i.  Where p is whole for every u there is one reader for each cell of
the window.  Else, where u is whole for every p, they are the windows that cover i; else those for which p is whole.
"""

from __future__ import annotations

import msgspec

from hwsolve.formula.simplify.simplify import expand, simplify
from hwsolve.formula.simplify.terms import addends, difference, negative, quotient, sum_of, total
from hwsolve.formula.tree import ONE, ZERO, Call, Formula, Number, Ref, call, substitute, walk


class Axis(msgspec.Struct, frozen=True):
    """How y reads x along one axis: `reading` is the index of x, `place` that of y, u = `low` … `high`.

    `over`: cells (one reader for each cell of the window), windows (those that cover), one (the window that covers),
    whole (cells for which the place is whole), shared (windows that share out the map).  `solved` is the place, or for
    windows the cell of the window; `factor` that of the equivalence.  `first` and `last`: the windows; `start` and
    `end`: before they are rounded; `rises`: whether the index of x rises with u.
    """

    place: str
    cell: str
    index: str
    reading: Formula
    low: Formula
    high: Formula
    over: str
    solved: Formula
    factor: Formula = ONE
    first: Formula = ONE
    last: Formula = ONE
    start: Formula = ONE
    end: Formula = ONE
    rises: bool = True

    @property
    def by_windows(self) -> bool:
        """Whether the sum runs over places."""
        return self.over in ("windows", "shared")


def axis_of(reading: Formula, place: str, cell: str, index: str, low: Formula, high: Formula) -> Axis:
    """The readers along one axis."""
    i = Ref(index)
    alpha, beta = slope(reading, place), slope(reading, cell)
    if alpha == ZERO:
        first, last = turned_round(low, high, place, index)
        return Axis(place, cell, index, reading, low, high, "shared", i, ONE, first, last)
    rest = expand(difference(i, substitute(reading, {place: ONE})))  # α(p − 1)
    where = ordered(total(expand(quotient(rest, alpha)), ONE)) if is_whole(quotient(ONE, alpha)) else None
    if where is not None and is_whole(where):
        return Axis(place, cell, index, reading, low, high, "cells", where, alpha)
    if beta in (ONE, Number(-1)):
        solved = difference(i, substitute(reading, {cell: ZERO}))
        solved = negative(solved) if beta != ONE else solved
        solved = ordered(expand(solved) if isinstance(alpha, Number) else solved)
        ends = (high, low) if beta == ONE else (low, high)
        start, end = (expand(substitute(rest, {cell: u})) for u in ends)
        if simplify(difference(alpha, high)) == ZERO and low == ONE:
            one = simplify(call("ceil", quotient(expand(total(start, alpha)), alpha)))
            return Axis(place, cell, index, reading, low, high, "one", solved, beta, one, one)
        first = total(simplify(call("ceil", quotient(start, alpha))), ONE)
        last = total(simplify(call("floor", quotient(end, alpha))), ONE)
        first, last = simplify(first), simplify(last)
        start, end = (total(quotient(f, alpha), ONE) for f in (start, end))
        rises = beta == ONE
        return Axis(place, cell, index, reading, low, high, "windows", solved, beta, first, last, start, end, rises)
    solved = total(quotient(ordered(rest), alpha), ONE)
    return Axis(place, cell, index, reading, low, high, "whole", solved, alpha)


def slope(f: Formula, name: str) -> Formula:
    """By how much an index rises with a letter."""
    return expand(difference(substitute(f, {name: Number(2)}), substitute(f, {name: ONE})))


def turned_round(low: Formula, high: Formula, place: str, index: str) -> tuple[Formula, Formula]:
    """The first and the last place whose cells floor(A) + 1 … ceil(B) hold a cell: A and B rise by N/Q with the place.

    A < i is p − 1 < i·Q/N, and i − 1 < B is p > (i − 1)·Q/N.
    """
    inner = next(node.args[0] for node in walk(high) if isinstance(node, Call) and node.name == "ceil")
    by = quotient(ONE, slope(inner, place))
    i = Ref(index)
    first = total(simplify(call("floor", simplify(call("*", difference(i, ONE), by)))), ONE)
    return first, simplify(call("ceil", simplify(call("*", i, by))))


def ordered(f: Formula) -> Formula:
    """An index put together, numbers last."""
    return sum_of(sorted(addends(simplify(f)), key=lambda term: not term.factors))


def is_whole(f: Formula) -> bool:
    """Whether a formula of whole numbers is whole whatever they are."""
    every = list(walk(f))
    return all(n.denominator == 1 for n in every if isinstance(n, Number)) and not any(
        isinstance(n, Call) and n.name in ("/", "**") for n in every
    )
