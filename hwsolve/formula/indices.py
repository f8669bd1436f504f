"""The index rule: a δ under a sum picks one term, Σⱼ δ(e(j), k)·f(j) = f(j*) where e(j*) = k.

`sum_over` adds up over one index and moves inward past other sums; a condition is written out where j* may lie outside.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from hwsolve.formula.affine import shorter, solve
from hwsolve.formula.simplify.simplify import big, choice, equal_indices, expand, expanded, tidy
from hwsolve.formula.simplify.terms import (
    Term,
    difference,
    integer,
    mentions,
    merge,
    product,
    quotient,
    rational,
    term_of,
    total,
    written,
)
from hwsolve.formula.tree import ONE, ZERO, BigOperator, Call, Formula, Number, Ref, children, rebuild, walk

LETTERS = ("j", "l", "u", "v", "q", "r", "s", "h")


class Range(NamedTuple):
    """An index and the values it takes, both ends included."""

    name: str
    low: Formula
    high: Formula


Rewrite = Callable[[Formula], Formula]
Unsure = Callable[[Range, Formula, Formula], list[Formula]]  # (range, j*, rest of the term) -> what must hold for j*
Bounds = dict[str, tuple[Formula, Formula]]  # the least and the greatest value of an index


def fresh(wanted: str, taken: set[str]) -> str:
    """An index name that is not taken."""
    if wanted and wanted not in taken:
        return wanted
    for letter in LETTERS:
        if letter not in taken:
            return letter
    wanted = wanted or LETTERS[0]
    return next(f"{wanted}{n}" for n in range(2, len(taken) + 3) if f"{wanted}{n}" not in taken)


def names_in(*formulas: Formula) -> set[str]:
    """All names of references and bound indices."""
    out: set[str] = set()
    for f in formulas:
        for node in walk(f):
            if isinstance(node, Ref):
                out.add(node.name)
            elif isinstance(node, BigOperator):
                out.add(node.index)
    return out


def put(f: Formula, index: str, value: Formula) -> Formula:
    """f with an index replaced; bound indices make way, and changed indices are put in order."""
    match f:
        case Ref(name, ()):
            return value if name == index else f
        case Ref(name, indices):
            new = tuple(put(i, index, value) for i in indices)
            return Ref(name, tuple(n if n is o or n == o else shorter(n) for n, o in zip(new, indices, strict=True)))
        case BigOperator(op, body, bound, low, high):
            low, high = put(low, index, value), put(high, index, value)
            if bound == index or not mentions(body, index):
                return BigOperator(op, body, bound, low, high)
            if mentions(value, bound):
                new_name = fresh(bound, names_in(value, body) | {index})
                body, bound = put(body, bound, Ref(new_name)), new_name
            return big(op, put(body, index, value), bound, low, high)
    parts = children(f)
    if not parts or not mentions(f, index):
        return f
    return tidy(rebuild(f, tuple(put(p, index, value) for p in parts)))


def unshadowed(f: Formula, bound: frozenset[str] = frozenset()) -> Formula:
    """f with other names for indices that a big operator further out binds already."""
    parts = children(f)
    if not parts:
        return f
    if isinstance(f, BigOperator):
        if f.index in bound:
            index = fresh("", names_in(f) | bound)
            f = BigOperator(f.op, put(f.body, f.index, Ref(index)), index, f.low, f.high)
        bound = bound | {f.index}
        parts = children(f)
    return rebuild(f, tuple(unshadowed(p, bound) for p in parts))


def has_delta(f: Formula, index: str) -> bool:
    """Whether a δ on this index stands in the formula."""
    return any(isinstance(n, Call) and n.name == "delta" and mentions(n, index) for n in walk(f))


def as_it_is(f: Formula) -> Formula:
    """Nothing to do."""
    return f


def sum_over(body: Formula, over: Range, unsure: Unsure, finish: Rewrite = as_it_is) -> Formula:
    """Σ over the range, with δ's on its index eliminated.

    `unsure` says what must hold for j* to be in the range, as far as that is not known.  `finish` may rewrite each
    product before it is summed.
    """
    if not has_delta(body, over.name):
        return big("Sum", finish(body), *over)
    match body:
        case Call("+" | "-" | "neg", args):
            return tidy(rebuild(body, tuple(sum_over(a, over, unsure, finish) for a in args)))
    term = term_of(body)
    for k, (base, exponent) in enumerate(term.factors):
        if not has_delta(base, over.name):
            continue
        rest = Term(term.coefficient, term.factors[:k] + term.factors[k + 1 :], term.decimal)
        found = _sum_factor(base, exponent, rest, over, unsure, finish)
        if found is not None:
            return found
    return big("Sum", finish(body), *over)


def _sum_factor(
    base: Formula,
    exponent: Formula,
    rest: Term,
    over: Range,
    unsure: Unsure,
    finish: Rewrite,
) -> Formula | None:
    """The sum of a product by way of one of its factors, which holds a δ."""
    if exponent != ONE:
        return None
    match base:
        case Call("delta", (i, j)):
            return _pick(i, j, written(rest), over, unsure, finish)
        case Call("+" | "-" | "neg", args):
            parts = tuple(written(merge((rest, term_of(a)))) for a in args)
            return sum_over(tidy(rebuild(base, parts)), over, unsure, finish)
        case Call("if", (condition, a, b)):
            yes, no = Call("if", (condition, ONE, ZERO)), Call("if", (condition, ZERO, ONE))
            return sum_over(total(product(written(rest), yes, a), product(written(rest), no, b)), over, unsure, finish)
        case BigOperator("Sum", inner, index, low, high) if not mentions(low, over.name) and not mentions(
            high, over.name
        ):
            outer = written(rest)
            inside = Range(index, low, high)
            if (found := _by_remainder(outer, inner, inside, over, unsure)) is not None:
                return finish(found)
            if index == over.name or mentions(outer, index) or mentions(over.low, index) or mentions(over.high, index):
                new = fresh(index, names_in(outer, inner, over.low, over.high) | {over.name})
                inner, index = put(inner, index, Ref(new)), new
            return big("Sum", sum_over(product(outer, inner), over, unsure, finish), index, low, high)
    return None


def _pick(i: Formula, j: Formula, rest: Formula, over: Range, unsure: Unsure, finish: Rewrite) -> Formula | None:
    """The one term that δ(i, j) leaves."""
    if mentions(i, over.name) == mentions(j, over.name):
        solution = solve(difference(i, j), over.name, ZERO)
    elif mentions(i, over.name):
        solution = solve(i, over.name, j)
    else:
        solution = solve(j, over.name, i)
    if solution is None:
        return None
    picked = put(rest, over.name, solution)
    for condition in reversed(unsure(over, solution, rest)):
        picked = choice(condition, picked, ZERO)
    return finish(picked)


def _by_remainder(outer: Formula, inner: Formula, inside: Range, over: Range, unsure: Unsure) -> Formula | None:
    """The one term that δ(p(s − 1) + k, i) leaves of a sum over s and k = 1 … p: s = ⌊(i − 1)/p⌋ + 1, k the rest."""
    term, p = term_of(inner), rational(difference(total(inside.high, ONE), inside.low))
    found = [k for k, (base, power) in enumerate(term.factors) if power == ONE and _is_delta(base)]
    if len(found) != 1 or p is None:
        return None
    i, j = children(term.factors[found[0]][0])
    value, rest = solve(difference(i, j), over.name, ZERO), solve(difference(i, j), inside.name, ZERO)
    if value is None or rest is None or Term(-1 / p, ((Ref(inside.name), ONE),)) not in expanded(value):
        return None
    quotient_of = _divided(put(value, inside.name, inside.low), p)
    if quotient_of is None:
        return None
    others = written(Term(term.coefficient, (*term.factors[: found[0]], *term.factors[found[0] + 1 :]), term.decimal))
    f = put(product(outer, others), inside.name, rest)
    picked = put(f, over.name, quotient_of)
    for condition in reversed(unsure(over, quotient_of, f)):
        picked = choice(condition, picked, ZERO)
    return picked


def _is_delta(f: Formula) -> bool:
    return isinstance(f, Call) and f.name == "delta"


def _divided(f: Formula, p: Fraction) -> Formula | None:
    """⌊f⌋ of a f that is a whole number over p, as ⌊(i − 1)/p⌋ + 1: what is added is at least the divisor's."""
    above = expand(product(f, Number(p.numerator)))
    if p.denominator != 1 or not is_whole(above):
        return None
    added = ceil(sum(t.coefficient for t in expanded(f) if not t.factors))
    below = expand(difference(above, Number(added * p.numerator)))
    return total(Call("floor", (quotient(below, Number(p.numerator)),)), Number(added))


def conditions(value: Formula, over: Range, bounds: Bounds) -> list[Formula]:
    """What must hold for a value to be a whole number in a range; what is known to hold is not written."""
    out: list[Formula] = []
    if not is_whole(value):
        out.append(Call("==", (Call("floor", (value,)), value)))
    for low, high in ((over.low, value), (value, over.high)):
        least = rational(smallest(expand(difference(high, low)), bounds))
        if least is None or least < 0:
            out.append(Call("<=", (low, high)))
    return out


def smallest(f: Formula, bounds: Bounds) -> Formula:
    """The least value of a sum of whole multiples of indices, each of which lies in its bounds."""
    for name, (low, high) in bounds.items():
        for term in expanded(f):
            if term.factors == ((Ref(name), ONE),):
                f = expand(put(f, name, low if term.coefficient > 0 else high))
    return f


def is_whole(f: Formula) -> bool:
    """Whether an index is surely a whole number: no division in it but by what cancels."""
    for term in expanded(f):
        if term.coefficient.denominator != 1:
            return False
        if any((n := integer(exponent)) is None or n < 0 for _, exponent in term.factors):
            return False
    return True


def plain_index(solution: Formula) -> bool:
    """A name or a number: what x[j] against x[k] gives."""
    return (isinstance(solution, Ref) and not solution.indices) or rational(solution) is not None


def carries(rest: Formula, index: str) -> bool:
    """Whether some reference has exactly this index on an axis: outside of its range that element is absent."""
    return any(isinstance(node, Ref) and Ref(index) in node.indices for node in walk(rest))


def sums_out(f: Formula, unsure: Unsure) -> Formula:
    """Every inner sum with its δ's eliminated, the lowest first."""
    match f:
        case BigOperator("Sum", body, index, low, high):
            return sum_over(sums_out(body, unsure), Range(index, low, high), unsure)
        case Call("delta", (i, j)) if (known := equal_indices(i, j)) is not None:
            return ONE if known else ZERO
    parts = children(f)
    return tidy(rebuild(f, tuple(sums_out(p, unsure) for p in parts))) if parts else f
