"""A sum of products of two arrays as a product of matrices: Σᵣ q[h,i,r]·k[h,j,r] is qₕkₕᵀ, for each head h.

An axis that stands in the output too, in front or in the middle, is that of the heads: the array is then a list of
forms, one a head.  A head that is summed over gives one term for each: y = Σₕ oₕ Wo[·, h, ·]ᵀ.
"""

from __future__ import annotations

from typing import Any

from hwsolve.formula.instantiate import fold
from hwsolve.formula.tree import ONE, ZERO, BigOperator, Call, Formula, Number, Ref, call, references, substitute
from hwsolve.graph.explain.parts import Part
from hwsolve.graph.explain.special_cases import unguarded
from hwsolve.graph.graph import Graph
from hwsolve.graph.operation import Sizes

HEADS = 8  # of more heads no form is written


def by_products(graph: Graph, part: Part, shape: Sizes) -> Formula | None:
    """The form of an array of two axes, or of three, one of which is that of the heads; None for any other."""
    f = fold(unguarded(part.over_nodes))
    if len(shape) == 2:
        return Flat(graph, part.indices[0], part.indices[1], shape).form(f)
    if len(shape) != 3:
        return None
    in_front = by_head(graph, f, part.indices, shape)
    if in_front is not None:
        return in_front
    turned = by_head(graph, f, swapped(part.indices), swapped(shape))
    return None if turned is None else Call("T", (turned,))


def swapped(axes: tuple[Any, ...]) -> tuple[Any, ...]:
    """The second of three axes in front."""
    first, second, third = axes
    return second, first, third


def by_head(graph: Graph, f: Formula, indices: tuple[str, ...], shape: Sizes) -> Formula | None:
    """A form for each head, which is the first index."""
    head, row, column = indices
    if shape[0] > HEADS:
        return None
    flat = Flat(graph, row, column, shape[1:])
    forms = [flat.form(fold(substitute(f, {head: Number(h)}))) for h in range(1, shape[0] + 1)]
    known = [form for form in forms if form is not None]
    return Call("tuple", tuple(known)) if len(known) == len(forms) else None


def head_by_head(form: Formula) -> tuple[Formula, ...]:
    """The forms of the parts that the second of three axes chooses, where the array is given by them."""
    match form:
        case Call("T", (Call("tuple", parts),)):
            return parts
    return ()


class Flat:
    """Reads the formula of an element [row, column] as a form over whole arrays."""

    def __init__(self, graph: Graph, row: str, column: str, shape: Sizes) -> None:
        self.graph, self.row, self.column, self.shape = graph, row, column, shape

    def form(self, f: Formula) -> Formula | None:
        """Sums of products and of rows, times and over numbers."""
        match f:
            case Call("+", args):
                parts = [self.form(a) or self.added(a) for a in args]
                known = [part for part in parts if part is not None]
                return call("+", *known) if len(known) == len(parts) and self.form(args[0]) is not None else None
            case Call("/", (over, under)) if not self.arrays(under):
                inner = self.form(over)
                return None if inner is None else call("/", inner, under)
            case Call("*", args):
                return self.product(args)
            case BigOperator("Sum", body, index, low, Number(high, 1)) if low == ONE:
                return self.over_heads(body, index, high) or self.over_axis(body, index, high)
        return None

    def arrays(self, f: Formula) -> list[Ref]:
        """The elements that a formula reads."""
        return [ref for ref in references(f) if ref.indices]

    def added(self, f: Formula) -> Formula | None:
        """A bias: one row, added to each."""
        found = self.slice_of(f) if isinstance(f, Ref) else None
        return call("rows", found[0]) if found is not None and found[1] == (self.column,) else None

    def product(self, args: tuple[Formula, ...]) -> Formula | None:
        """Numbers and masks times one sum."""
        sums = [a for a in args if isinstance(a, BigOperator)]
        inner = self.form(sums[0]) if len(sums) == 1 else None
        numbers = [a for a in args if a not in sums and not self.arrays(a)]
        masks = [self.slice_of(a) for a in args if a not in sums and a not in numbers]
        if inner is None or any(m is None or m[1] != (self.row, self.column) for m in masks):
            return None
        for mask in masks:
            assert mask is not None
            inner = call("odot", mask[0], inner)
        return call("*", *numbers, inner) if numbers else inner

    def over_heads(self, body: Formula, index: str, high: int) -> Formula | None:
        """The sum over an axis beside the two of a matrix, head by head."""
        reads = [ref for ref in self.arrays(body) if Ref(index) in ref.indices]
        if high > HEADS or not reads or any(sum(isinstance(i, Ref) for i in r.indices) != 3 for r in reads):
            return None
        bodies = [fold(substitute(body, {index: Number(h)})) for h in range(1, high + 1)]
        terms = [self.form(one) for one in bodies if one != ZERO]  # of keys that several heads share, those that do
        known = [term for term in terms if term is not None]
        return call("+", *known) if len(known) == len(terms) > 0 else None

    def over_axis(self, body: Formula, index: str, high: int) -> Formula | None:
        """Σ a[row, k]·b[k, column], in whatever order the indices stand; elements of one place are multiplied first.

        A mask is left out: the weights are 0 where it is.
        """
        factors = body.args if isinstance(body, Call) and body.name == "*" else (body,)
        factors = tuple([f for f in factors if not (isinstance(f, Ref) and f.name in self.graph.selectors)])
        found = [self.slice_of(f) for f in factors]
        left: Formula | None = None
        right: Formula | None = None
        for one in found:
            if one is None or len(one[1]) != 2 or one[2][one[1].index(index) if index in one[1] else 0] != high:
                return None
            array, at, _ = one
            if set(at) == {self.row, index}:
                turned = array if at[1] == index else call("T", array)
                left = turned if left is None else call("odot", left, turned)
            elif set(at) == {index, self.column}:
                turned = array if at[0] == index else call("T", array)
                right = turned if right is None else call("odot", right, turned)
            else:
                return None
        return None if left is None or right is None else call("@", left, right)

    def slice_of(self, f: Formula) -> tuple[Formula, tuple[str, ...], Sizes] | None:
        """An array, or the part of it that the numbers in front choose, its other indices, and how far they run."""
        if not isinstance(f, Ref) or f.name not in self.graph.nodes:
            return None
        array, indices, sizes = Ref(f.name), f.indices, self.graph.nodes[f.name].shape
        turned = len(indices) == 3 and [isinstance(i, Number) for i in indices] == [False, True, False]
        if turned:
            indices, sizes = swapped(indices), swapped(sizes)
        front = [i for i in indices if isinstance(i, Number)]
        names = tuple([i.name for i in indices[len(front) :] if isinstance(i, Ref) and not i.indices])
        if len(front) + len(names) != len(indices) or len(set(names)) < len(names):
            return None
        of = Call("T", (array,)) if turned else array
        return (Call("part", (of, *front)) if front else array), names, sizes[len(front) :]
