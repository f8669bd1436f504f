"""Asked expressions over whole arrays, as `w@1 - w` or `norm(dL_dx)`: the formula of each element over known elements.

Shapes follow NumPy, as in worksheets.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from math import prod
from typing import Any

from hwsolve.answers import CONSTANTS, MOST_TERMS, BadKey, Place, unrolled
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Call, Formula, Number, Ref, references, walk
from hwsolve.language import say
from hwsolve.solution import Answer, Given, Quantity

MOST_ELEMENTS = 10_000  # of an array that an expression makes


def by_elements(f: Formula, known: dict[str, Answer]) -> dict[Place, Formula] | None:
    """The formulas of the elements by their places, of a number by (); None of numbers alone.

    Raises BadKey where shapes do not fit.
    """
    shapes = {ref.name: shape for ref in references(f) if (shape := shape_of(ref.name, known)) is not None}
    from hwsolve.formula.array_functions import Unfit
    from hwsolve.formula.definition import defined, is_open

    over_axes = any(isinstance(part, Call) and (part.name == "[]" or is_open(part)) for part in walk(f))
    if not over_axes and not any(len(ref.indices) < len(shapes.get(ref.name, ())) for ref in references(f)):
        return None
    from hwsolve.formula.instantiate import instantiate
    from hwsolve.spec.report import did_you_mean

    constants = tuple(name for name in CONSTANTS if name not in shapes)
    try:
        found = defined(f, shapes, constants=constants)
    except Unfit as why:
        raise BadKey(why.message, did_you_mean(_name(why.part), why.known) if why.known else why.hint) from None
    if prod(found.shape) > MOST_ELEMENTS:
        raise BadKey(say("`{key}` has more than {n} elements.", key=plain(f), n=f"{MOST_ELEMENTS:,}"))
    places = list(product(*(range(1, n + 1) for n in found.shape)))
    made: dict[Place, Formula] = {}
    for place in places:
        indices = dict(zip(found.indices, place, strict=True))
        made[place] = unrolled(instantiate(found.formula, indices, shapes, MOST_TERMS))
    return made


def _name(part: Formula) -> str:
    return getattr(part, "name", "")


def shape_of(name: str, known: dict[str, Answer]) -> Place | None:
    """The shape of a known quantity; None of what is unknown, no number, or an array with gaps."""
    if name not in known:
        return None
    value, shape = known[name].value, []
    while isinstance(value, tuple) and value:
        shape.append(len(value))
        value = value[0]
    return tuple(shape) if _filled(known[name].value, tuple(shape)) else None


def _filled(value: Any, shape: Place) -> bool:
    """Whether nested tuples have one shape, and numbers in it."""
    if not shape:
        return isinstance(value, Quantity)
    return isinstance(value, tuple) and len(value) == shape[0] and all(_filled(one, shape[1:]) for one in value)


def nested(values: dict[Place, Any]) -> Any:
    """Values by their places as nested tuples; they come in order."""
    if () in values:
        return values[()]
    first = dict.fromkeys(place[0] for place in values)
    return tuple(nested({p[1:]: v for p, v in values.items() if p[0] == n}) for n in first)


def given_arrays(given: Iterable[Given]) -> dict[str, Answer]:
    """Whole arrays of what is given, where all their elements are."""
    found: dict[str, dict[Place, Quantity]] = {}
    for one in given:
        place = tuple(i.numerator for i in one.key.indices if isinstance(i, Number))
        if one.quantity is not None and place and len(place) == len(one.key.indices):
            found.setdefault(one.key.name, {})[place] = one.quantity
    return {name: Answer(nested(values)) for name, values in found.items() if _whole(values)}


def _whole(values: dict[Place, Quantity]) -> bool:
    """Whether places are all those of a shape."""
    ranks = {len(place) for place in values}
    return len(ranks) == 1 and prod(map(max, zip(*values, strict=True))) == len(values)


def element_key(name: str, place: Place) -> Ref:
    """The key of an element of a named array."""
    return Ref(name, tuple(map(Number, place)))
