"""Names for what a softmax takes: p = softmax(V @ h) is worked out as z = V h and p = softmax(z), as on paper.

Without them every line of p, and of its gradient, has all products within its exponentials.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from hwsolve.formula.array_functions import Sizes
from hwsolve.formula.definition import defined
from hwsolve.formula.tree import BigOperator, Call, Formula, Ref, children, rebuild, references, walk

TAKING = ("softmax", "log_softmax", "logsumexp")
INSIDE, RESULT = "zusavqrky", "pqwdgk"  # the letters of what it takes and of what it gives, the first that is free

Named = tuple[str, Formula]


def taken_apart(
    f: Formula, shapes: Mapping[str, Sizes], used: Collection[str], counts: Mapping[str, int]
) -> tuple[list[Named], Formula]:
    """Named parts in their order, and the formula over them; none where no softmax takes sums of products."""
    taken = {*used, *(ref.name for ref in references(f)), *(n.index for n in walk(f) if isinstance(n, BigOperator))}
    taken |= {name.rstrip("0123456789_") for name in taken}  # z1 would read as an element of z
    parts: list[Named] = []
    known = dict(shapes)

    def name(letters: str, of: Formula) -> Ref | None:
        """The part under a new name; None where all letters are used, or it has no axis."""
        letter = next((x for x in letters if x not in taken), None)
        shape = defined(of, known, None, counts).shape
        if letter is None or not shape:
            return None
        taken.add(letter)
        known[letter] = shape
        parts.append((letter, of))
        return Ref(letter)

    def lifted(node: Formula, top: bool) -> Formula:
        if isinstance(node, Ref | BigOperator) or not children(node):
            return node
        node = rebuild(node, tuple(lifted(part, False) for part in children(node)))
        if not isinstance(node, Call) or node.name not in TAKING or isinstance(node.args[0], Ref):
            return node
        inner = defined(node.args[0], known, None, counts).formula
        of = name(INSIDE, node.args[0]) if any(isinstance(n, BigOperator) for n in walk(inner)) else None
        if of is None:
            return node
        made = Call(node.name, (of, *node.args[1:]))
        return made if top else name(RESULT, made) or made

    return parts, lifted(f, True)
