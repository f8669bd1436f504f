"""Derivatives by named rules, with a record of every step.

`differentiate(f, x)` gives df/dx; `differentiate(f, x[k])` the partial derivative by an element, with δ's eliminated.
Each `Rewrite` says `diff(f, x) = form = derivative` and holds by itself; its substeps are the derivatives that the form
asks for.
"""

from __future__ import annotations

import msgspec

from hwsolve.formula.affine import solve
from hwsolve.formula.backward import Output, covers, gathered, plain_axes
from hwsolve.formula.guards import decided_first
from hwsolve.formula.indices import (
    Range,
    conditions,
    fresh,
    has_delta,
    names_in,
    plain_index,
    put,
    sum_over,
    unshadowed,
)
from hwsolve.formula.rules import apply
from hwsolve.formula.simplify.simplify import big, factored
from hwsolve.formula.simplify.terms import difference, mentions
from hwsolve.formula.tree import ONE, ZERO, BigOperator, Call, Formula, Number, Ref, children, rebuild, transform, walk
from hwsolve.language import Message, say

Ranges = dict[str, tuple[Formula, Formula]]


class Rewrite(msgspec.Struct, frozen=True):
    """`lhs = form = rhs` by a rule.  `form` has `diff` for what the substeps do; it may be the same as `rhs`."""

    rule: Message
    lhs: Formula
    form: Formula
    rhs: Formula
    substeps: tuple[Rewrite, ...] = ()


class Differentiation:
    """One derivative in the making; `steps` is None where no record is wanted."""

    def __init__(
        self, wrt: Ref, steps: list[Rewrite] | None, ranges: Ranges | None, eliminate: bool, bound: frozenset[str],
        shares: bool = False,
    ) -> None:  # fmt: skip
        self.wrt, self.bound = wrt, bound
        self.steps = steps
        self.ranges = ranges
        self.eliminate = eliminate
        self.shares = shares
        self.known: dict[Formula, Formula] = {}

    def apart(self, f: Formula, wrt: Ref) -> Formula:
        """The derivative of another formula, off the record."""
        return differentiate(f, wrt, ranges=self.ranges, eliminate=self.eliminate, shares=self.shares)

    def depends(self, f: Formula) -> bool:
        """Whether the variable's name stands in a formula."""
        return mentions(f, self.wrt.name)

    def asked(self, f: Formula) -> Formula:
        """diff(f, x), or what is plain without a step; nothing where no step is recorded."""
        if self.steps is None or not self.depends(f):
            return ZERO
        return ONE if f == self.wrt else Call("diff", (f, self.wrt))

    def of(self, f: Formula) -> Formula:
        """The derivative of f; its step is recorded once."""
        if not self.depends(f):
            return ZERO
        if f in self.known:
            return self.known[f]
        outer = self.steps
        inner: list[Rewrite] | None = None if outer is None else []
        self.steps = inner
        result = apply(f, self)
        self.steps = outer
        self.known[f] = result.derivative
        if outer is not None and inner is not None and f != self.wrt:
            lhs = Call("diff", (f, self.wrt))
            outer.append(Rewrite(result.rule, lhs, result.form, result.derivative, tuple(inner)))
        return result.derivative

    def summed(self, body: Formula, over: Range) -> Formula:
        """Σ body; the index rule is a step of its own."""
        if not self.eliminate or not has_delta(body, over.name):
            return big("Sum", body, *over)
        result = sum_over(body, over, self.unsure)
        lhs = BigOperator("Sum", body, *over)
        if self.steps is not None and result != lhs:
            self.steps.append(Rewrite(terms_left(body, over), lhs, result, result))
        return result

    def unsure(self, over: Range, solution: Formula, rest: Formula) -> list[Formula]:
        """What must hold for j* to lie in the range; without known ranges, an index of x itself is taken to do so.

        Not where a bound depends on the index of a sum further out.
        """
        numbers = all(isinstance(f, Number) for f in (solution, over.low, over.high))
        varies = any(mentions(over.low, i) or mentions(over.high, i) for i in self.bound)
        if self.ranges is None and plain_index(solution) and not numbers and not varies:
            return []
        return conditions(solution, over, self.ranges or {})


def terms_left(body: Formula, over: Range) -> Message:
    """Which terms of a sum its δ's leave: the one at which the indices of all are equal, if that is one."""
    found = [n for n in walk(body) if isinstance(n, Call) and n.name == "delta" and mentions(n, over.name)]
    places = {solve(difference(*n.args), over.name, ZERO) for n in found}
    place = places.pop() if len(places) == 1 else None
    if place is None:
        return say("terms in which a δ is 0 left out")
    return say("all terms but that of {place} are 0", place=Call("form", (Call("==", (Ref(over.name), place)),)))


def differentiate(
    f: Formula,
    wrt: Ref,
    record: list[Rewrite] | None = None,
    ranges: Ranges | None = None,
    eliminate: bool = True,
    shares: bool = False,
) -> Formula:
    """df/d(wrt).  Raises NoRule where no rule covers a step.

    `ranges` gives the values that free index variables take: a sum over fewer than these gets a condition.  Without it
    the indices of `wrt` are taken to lie in the ranges of the sums over its quantity.  `eliminate=False` leaves the δ's
    of sums for later.  `shares`: of equal arguments of a maximum each has the same share of its slope, and a case that
    holds at one point has its own; else the slope is that beside such a place.
    """
    f = apart(f, wrt)
    result = Differentiation(wrt, record, ranges, eliminate, bound_in(f), shares).of(f)
    return unshadowed(result) if eliminate else result


def bound_in(f: Formula) -> frozenset[str]:
    """The indices that big operators bind in a formula."""
    return frozenset(node.index for node in walk(f) if isinstance(node, BigOperator))


def apart(f: Formula, wrt: Ref) -> Formula:
    """f with bound indices renamed that have the name of a free index of `wrt`."""
    taken = names_in(*wrt.indices)
    return _apart(f, taken) if taken else f


def _apart(f: Formula, taken: set[str]) -> Formula:
    parts = children(f)
    if not parts:
        return f
    f = rebuild(f, tuple(_apart(p, taken) for p in parts))
    if isinstance(f, BigOperator) and f.index in taken:
        index = fresh("", names_in(f) | taken)
        return BigOperator(f.op, put(f.body, f.index, Ref(index)), index, f.low, f.high)
    return f


def backward(
    schematic: Formula,
    output_indices: tuple[str, ...],
    output_ranges: dict[str, Formula],
    input: str,
    input_indices: tuple[str, ...],
    upstream: str = "g",
    replace_output: str | None = None,
    shares: bool = False,
) -> Formula:
    """The gradient of input[input_indices]: Σ upstream[out] · ∂schematic/∂input[…] over the outputs, indices from 1.

    δ's are eliminated, those of output indices first.  A reference whose index is fractional or outside its shape
    counts as absent, so no condition is written where a reference watches the index.  `replace_output` names the
    output: its element stands where the schematic itself would.
    """
    wrt = Ref(input, tuple(Ref(i) for i in input_indices))
    schematic = apart(schematic, wrt)
    derivative = differentiate(schematic, wrt, eliminate=False, shares=shares)
    again = replace_output and mentions(derivative, input)  # else the output cannot stand in it
    output = Output(schematic, output_indices, replace_output, input_indices) if again and replace_output else None
    outputs = [Range(i, ONE, output_ranges[i]) for i in output_indices]
    unsure = covers(plain_axes(schematic, wrt), bound_in(schematic).union(output_indices, input_indices))
    g = Ref(upstream, tuple(Ref(i) for i in output_indices))
    return transform(factored(unshadowed(gathered(derivative, g, outputs, unsure, output))), decided_first)
