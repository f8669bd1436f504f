"""From ∂y[out]/∂x[in] to the gradient of x: the sum over the output's indices, and y itself in place of its formula."""

from __future__ import annotations

from itertools import product as combinations

from hwsolve.formula.indices import (
    Bounds,
    Range,
    Unsure,
    as_it_is,
    carries,
    conditions,
    plain_index,
    put,
    sum_over,
    sums_out,
)
from hwsolve.formula.simplify.terms import Term, mentions, merge, term_of, written
from hwsolve.formula.tree import ONE, BigOperator, Call, Formula, Number, Ref, children, rebuild, walk


class Output:
    """The output y[i] = f(i) of an operation, recognised under its own indices and under those of the input."""

    def __init__(self, schematic: Formula, indices: tuple[str, ...], name: str, others: tuple[str, ...]) -> None:
        self.forms: list[tuple[Formula, Formula]] = []
        self.products: list[tuple[Term, Formula]] = []  # the forms that are products, as terms
        if isinstance(schematic, Ref | Number):
            return
        choices = [(i, *others[k : k + 1]) for k, i in enumerate(indices)] if len(others) == len(indices) else []
        for chosen in combinations(*(choices or [(i,) for i in indices])):
            f = schematic
            for own, new in zip(indices, chosen, strict=True):
                f = put(f, own, Ref(new))
            self.forms.append((f, Ref(name, tuple(Ref(c) for c in chosen))))
        patterns = [(term_of(form), element) for form, element in self.forms]
        self.products = [(p, element) for p, element in patterns if len(p.factors) > 1 and p.coefficient != 0]

    def put(self, f: Formula) -> Formula:
        """f with y's element where its formula stands, alone or inside a product."""
        for form, element in self.forms:
            if f == form:
                return element
        parts = children(f)
        if not parts or isinstance(f, Ref):
            return f
        f = rebuild(f, tuple(self.put(p) for p in parts))
        return self.in_product(f) if self.products and isinstance(f, Call) and f.name in ("*", "/", "neg", "**") else f

    def in_product(self, f: Formula) -> Formula:
        """A product that holds all factors of y's formula holds y."""
        term = term_of(f)
        for pattern, element in self.products:
            while (rest := without(term, pattern)) is not None:
                term = merge((rest, Term(1 / pattern.coefficient, ((element, ONE),))))
                f = written(term)
        return f


def without(term: Term, pattern: Term) -> Term | None:
    """The other factors of a term that has all those of the pattern, to the same sign of power."""
    factors = dict(term.factors)
    for base, exponent in pattern.factors:
        have = factors.get(base)
        if not isinstance(have, Number) or not isinstance(exponent, Number) or exponent.denominator != 1:
            return None
        if have.numerator * exponent.numerator <= 0 or abs(have.numerator) < abs(exponent.numerator):
            return None
    opposite = tuple((b, Number(-e.numerator)) for b, e in pattern.factors if isinstance(e, Number))
    return merge((term, Term(ONE_FRACTION, opposite)))


ONE_FRACTION = term_of(ONE).coefficient


def gathered(
    derivative: Formula, upstream: Ref, outputs: list[Range], unsure: Unsure, output: Output | None
) -> Formula:
    """Σ over all outputs of upstream · derivative, δ's eliminated: those of the output's indices first."""
    restore = output.put if output else as_it_is
    names = {o.name for o in outputs}
    f = inner_sums(restore(derivative), names, unsure)
    f = restore(f)
    f = written(merge((term_of(upstream), term_of(f)))) if f != ONE else upstream
    for over in reversed(outputs):
        f = sum_over(f, over, unsure, restore)
    return restore(sums_out(f, unsure))


def covers(inputs: frozenset[str], indices: frozenset[str]) -> Unsure:
    """An index of the input lies in the range of a sum over its axis; any other is watched by a reference.

    Where a bound of the sum depends on another index, neither is so.
    """

    def unsure(over: Range, solution: Formula, rest: Formula) -> list[Formula]:
        varies = any(mentions(over.low, i) or mentions(over.high, i) for i in indices)
        of_input = isinstance(solution, Ref) and solution.name in inputs
        watched = not varies and over.low == ONE and (of_input or carries(rest, over.name))
        return [] if watched else conditions(solution, over, from_one)

    from_one: Bounds = {i: (ONE, Ref(f"size_{i}")) for i in inputs}
    return unsure


def plain_axes(schematic: Formula, wrt: Ref) -> frozenset[str]:
    """The indices of the input whose axis is only ever indexed by a name: its length is that name's range."""
    others = {
        k
        for node in walk(schematic)
        if isinstance(node, Ref) and node.name == wrt.name
        for k, index in enumerate(node.indices)
        if not plain_index(index)
    }
    return frozenset(i.name for k, i in enumerate(wrt.indices) if isinstance(i, Ref) and k not in others)


def inner_sums(f: Formula, outputs: set[str], unsure: Unsure) -> Formula:
    """Inner sums whose δ's have nothing to do with the output's indices, done at once."""
    match f:
        case BigOperator("Sum", body, index, low, high):
            body = inner_sums(body, outputs, unsure)
            deltas = [n for n in walk(body) if isinstance(n, Call) and n.name == "delta" and mentions(n, index)]
            if deltas and not any(mentions(d, o) for d in deltas for o in outputs):
                return sum_over(body, Range(index, low, high), unsure)
            return BigOperator("Sum", body, index, low, high)
    parts = children(f)
    return rebuild(f, tuple(inner_sums(p, outputs, unsure) for p in parts)) if parts else f
