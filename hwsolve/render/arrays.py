"""Arrays of a solution as formulas: what is stated or answered, whole or its beginning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from math import prod
from typing import Any

from hwsolve.formula.notation import symbol, unicode
from hwsolve.formula.tree import Formula, Number, Ref, listed
from hwsolve.language import Message, say
from hwsolve.quantities import put_in
from hwsolve.solution import Given, Missing, Quantity, Text

MANY = 64  # elements of an array that are written out in the short form
SHOWN = 6  # elements at the beginning of a longer one
ROWS, COLUMNS = 8, 8  # of a matrix that is not written out
DOTS = Ref("…")
KEY = re.compile(r"([^\W\d][\w]*(?:@\d+)?)((?:\[[\d,]+\])?)")


def grouped(given: Iterable[Given]) -> Iterator[tuple[Ref, Any]]:
    """Quantities by name: scalars, arrays as nested lists, or single elements of one that is not there as a whole."""
    arrays: dict[str, dict[tuple[int, ...], Any]] = {}
    shapes: dict[str, tuple[int, ...]] = {}
    for g in given:
        place = tuple(i.numerator for i in g.key.indices if isinstance(i, Number))
        arrays.setdefault(g.key.name, {})[place] = g.typed or g.quantity
        shapes[g.key.name] = g.shape
    for name, elements in arrays.items():
        if is_complete(elements, shapes[name]):
            yield Ref(name), nested(elements)
            continue
        for place, _ in zip(elements, range(SHOWN), strict=False):
            yield Ref(name, tuple(Number(i) for i in place)), elements[place]
        if shapes[name]:
            shape = " × ".join(f"{n:,}" for n in shapes[name])
            left = prod(shapes[name]) - min(len(elements), SHOWN)
            yield Ref(name), say("… and {n} more of {shape} numbers", n=f"{left:,}", shape=shape)


def parts_of_given(given: Iterable[Given]) -> Iterator[tuple[Message, list[Given]]]:
    """What stands under which heading; what a sentence implies stands nowhere else."""
    every = list(given)
    for heading, role in ((say("Given"), "stated"), (say("Chosen for a case with numbers"), "chosen")):
        if found := [g for g in every if g.role == role]:
            yield heading, found


def is_complete(elements: dict[tuple[int, ...], Any], shape: tuple[int, ...]) -> bool:
    """Whether all elements of an array are there, or all up to the last one where its shape is not known."""
    found = tuple(map(max, zip(*elements, strict=True)))
    return len(elements) == prod(shape or found) and found == (shape or found)


def nested(elements: dict[tuple[int, ...], Any]) -> Any:
    """Elements by place as nested lists."""
    if () in elements:
        return elements[()]
    below: dict[int, dict[tuple[int, ...], Any]] = {}
    for place, value in elements.items():
        below.setdefault(place[0], {})[place[1:]] = value
    return [nested(inner) for inner in below.values()]


def leaves(value: Any) -> Iterable[Any]:
    """The elements of nested lists, in order."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def relation(value: Any) -> str:
    """≈ where an element is rounded."""
    return "≈" if any(isinstance(v, Quantity) and v.relation == "≈" for v in leaves(value)) else "="


def element(value: Any) -> Formula:
    """An element as a formula."""
    if isinstance(value, Quantity):
        return put_in(value)
    if isinstance(value, Missing):
        return Ref(str(value))
    return value if isinstance(value, Formula) else Number(value) if isinstance(value, int) else Ref(str(value))


def literal(value: Any, whole: bool) -> tuple[Formula, str, Text]:
    """A value as a formula, its relation, and what is said of what is left out; an array of one element is that."""
    every = list(leaves(value))
    if len(every) == 1:
        return element(every[0]), relation(value), ""
    if whole or len(every) <= MANY:
        return nested_literal(value), relation(value), ""
    sizes = []
    first = value
    while isinstance(first, list | tuple):
        sizes.append(len(first))
        first = first[0]
    text = say("{shape} numbers; --full shows all", shape=" × ".join(f"{n:,}" for n in sizes))
    return beginning(value, (ROWS, COLUMNS) if len(sizes) == 2 else (SHOWN,)), relation(value), text


def nested_literal(value: Any) -> Formula:
    """Nested lists as a formula."""
    return listed(*map(nested_literal, value)) if isinstance(value, list | tuple) else element(value)


def beginning(value: Any, sizes: tuple[int, ...]) -> Formula:
    """The first rows and columns, and dots."""
    if not isinstance(value, list | tuple):
        return element(value)
    kept = [beginning(v, sizes[1:]) for v in value[: sizes[0]]]
    if len(value) > sizes[0]:
        kept.append(listed(*[DOTS] * len(kept[0].args)) if kept[0].__class__.__name__ == "Call" else DOTS)  # type: ignore[attr-defined]
    return listed(*kept)


def key_symbol(key: str, whole: bool) -> str:
    """How an answer's key is written; one that is no name stays as it is."""
    found = KEY.fullmatch(key)
    if found is None:
        return key
    name, indices = found.groups()
    if indices:
        return unicode(Ref(name, tuple(Number(int(i)) for i in indices[1:-1].split(","))))
    return symbol(name, whole)
