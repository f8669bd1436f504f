"""Numbers as bounds and indices of a formula: given ones by their names, and sums that end before their axis does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hwsolve.formula.array_functions import Unfit
from hwsolve.formula.instantiate import fold
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref, call, substitute, transform, walk
from hwsolve.language import say

NEUTRAL = {"Sum": 0, "Prod": 1}  # what a term without effect is


def counted(f: Formula, counts: Mapping[str, int], bound: set[str]) -> Formula:
    """A formula with numbers for names in its indices and bounds: `p[c]`, `softmax(z)[c]`, `Sum(x[i], i, 1, n)`."""
    numbers: dict[str, Formula] = {name: Number(n) for name, n in counts.items() if name not in bound}

    def put(node: Formula) -> Formula:
        match node:
            case Ref(name, indices):
                return Ref(name, tuple(fold(substitute(i, numbers)) for i in indices))
            case Call("element", (inner, *indices)):
                return Call("element", (inner, *(fold(substitute(i, numbers)) for i in indices)))
            case BigOperator(op, body, index, low, high):
                return BigOperator(op, body, index, *(fold(substitute(b, numbers)) for b in (low, high)))
        return node

    return transform(f, put) if numbers else f


def index_names(f: Formula) -> set[str]:
    """The names that stand in indices and bounds."""
    found: set[str] = set()
    for node in walk(f):
        match node:
            case Ref(_, indices) | Call("element", (_, *indices)):
                inner = tuple(indices)
            case BigOperator(_, _, _, low, high):
                inner = (low, high)
            case _:
                continue
        found |= {part.name for i in inner for part in walk(i) if isinstance(part, Ref)}
    return found


def along_axes(f: BigOperator, lengths: Sequence[int]) -> Formula:
    """The operator along axes of these lengths; what stands behind an end of its own is left out."""
    end = f.high.numerator if isinstance(f.high, Number) else None
    if end is None or not lengths or {*lengths} == {end}:
        return f
    if end > min(lengths):
        raise Unfit(say("`{i}` runs to {n}, along an axis of {a}.", i=f.index, n=end, a=min(lengths)), f)
    if f.op not in NEUTRAL and isinstance(f.low, Number):
        each = [substitute(f.body, {f.index: Number(k)}) for k in range(f.low.numerator, end + 1)]
        return each[0] if len(each) == 1 else Call(f.op.lower(), tuple(each))
    if f.op not in NEUTRAL:
        return f
    kept = call("if", call("<=", Ref(f.index), f.high), f.body, NEUTRAL[f.op])
    return BigOperator(f.op, kept, f.index, f.low, Number(min(lengths)))
