"""`argmax` in asked expressions: the place of the largest element, counted from 1; of several equal ones the first."""

from __future__ import annotations

from hwsolve.answers import BadKey
from hwsolve.array_expressions import shape_of
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Call, Formula, Number, Ref, transform
from hwsolve.language import say
from hwsolve.solution import Answer

MOST = 50  # elements: every one is compared with those behind it


def with_places(f: Formula, known: dict[str, Answer]) -> Formula:
    """The expression with every argmax as a choice between places: 1 if b[1] ≥ the others, else 2 if …

    Raises BadKey where it is of what is no array along one axis.
    """

    def change(node: Formula) -> Formula:
        return place_of_largest(node, known) if isinstance(node, Call) and node.name == "argmax" else node

    return transform(f, change)


def place_of_largest(f: Call, known: dict[str, Answer]) -> Formula:
    """The place of the largest of the elements of an array along one axis."""
    array = f.args[0] if len(f.args) == 1 else None
    shape = shape_of(array.name, known) if isinstance(array, Ref) else None
    if not isinstance(array, Ref) or shape is None or len(shape) != len(array.indices) + 1 or shape[-1] > MOST:
        raise BadKey(
            say(
                "`{key}`: `argmax` takes an array of one axis, or a row as `x[1]`, of at most {n} elements.",
                key=plain(f),
                n=MOST,
            )
        )
    elements = [Ref(array.name, (*array.indices, Number(n))) for n in range(1, shape[-1] + 1)]
    found: Formula = Number(len(elements))
    largest: Formula = elements[-1]
    for n in range(len(elements) - 1, 0, -1):
        found = Call("if", (Call(">=", (elements[n - 1], largest)), Number(n), found))
        largest = Call("max", (elements[n - 1], largest))
    return found
