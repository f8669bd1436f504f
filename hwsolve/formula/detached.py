"""`detach(x)` in a formula, as torch.Tensor.detach: the value of x as it is, and no gradient through it.

What stands in it is read from copies of the quantities, `x_sg` of x ("stop gradient"), through which nothing goes back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import count

from hwsolve.formula.definition import quantities
from hwsolve.formula.tree import BigOperator, Call, Formula, Ref, rebuild
from hwsolve.formula.tree import children as parts_of


def copy_of(name: str, taken: Collection[str]) -> str:
    """What the copy of a quantity is called: no name that is taken."""
    return next(new for k in count(1) if (new := f"{name}_sg{k if k > 1 else ''}") not in taken)


def with_copies(f: Formula, known: Mapping[str, str]) -> tuple[Formula, tuple[str, ...]]:
    """The formula with copies in place of what is detached, and the quantities that are copied, in order.

    `known` has the name of the copy of each quantity.
    """
    found: dict[str, None] = {}

    def put(node: Formula) -> Formula:
        match node:
            case Call("detach", (inner,)):
                names = {ref.name: known[ref.name] for ref in quantities(inner) if ref.name in known}
                found.update(dict.fromkeys(names))
                return copied(put(inner), names)
            case BigOperator(op, body, index, low, high):
                return BigOperator(op, put(body), index, low, high)
        parts = parts_of(node)
        return rebuild(node, tuple(map(put, parts))) if parts and not isinstance(node, Ref) else node

    return put(f), tuple(found)


def copied(f: Formula, names: Mapping[str, str]) -> Formula:
    """The copies of some quantities in their places, and never an index of one letter with them."""
    match f:
        case Ref(name, indices):
            return Ref(names[name], indices) if name in names else f
        case BigOperator(op, body, index, low, high):
            return BigOperator(op, copied(body, names), index, low, high)
    parts = parts_of(f)
    return rebuild(f, tuple([copied(part, names) for part in parts])) if parts else f
