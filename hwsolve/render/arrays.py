"""Arrays on the page: `x = (0.2, 0.3)`, `v = [[0.6, 0.1], [0.2, 0.7]]`, the rows of a long matrix under each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from math import prod
from typing import Any

from hwsolve.formula.notation import symbol, unicode
from hwsolve.formula.notation.unicode import number_text
from hwsolve.formula.tree import Formula, Number, Ref
from hwsolve.language import Message, say
from hwsolve.render.measure import width
from hwsolve.render.wrap import equation
from hwsolve.solution import Answer, Given, Quantity, Text

MANY = 64  # elements of an array that are written out in the short form
SHOWN = 6  # elements at the beginning of a longer one
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


def leaf_text(value: Any) -> str:
    """An element as a person reads it."""
    if isinstance(value, Quantity):
        return number_text(value.text)
    return unicode(value) if isinstance(value, Formula) else number_text(str(value))


def relation(value: Any) -> str:
    """≈ where an element is rounded."""
    return "≈" if any(isinstance(v, Quantity) and v.relation == "≈" for v in leaves(value)) else "="


def array_text(value: Any, outermost: bool = True) -> str:
    """A vector in round brackets, a matrix in nested square ones."""
    if not isinstance(value, list | tuple):
        return leaf_text(value)
    inner = ", ".join([array_text(v, False) for v in value])
    flat = outermost and not any(isinstance(v, list | tuple) for v in value)
    return f"({inner})" if flat else f"[{inner}]"


def shortened(value: Any, words: Callable[[Text], str]) -> str:
    """The beginning of an array that is too long, with its shape, and how to see it whole."""
    if not isinstance(value, list | tuple):
        return leaf_text(value)
    shape, first = [], value
    while isinstance(first, list | tuple):
        shape.append(len(first))
        first = first[0]
    some = [leaf_text(v) for _, v in zip(range(SHOWN), leaves(value), strict=False)]
    return f"({', '.join(some)}, …)  " + words(
        say("{shape} numbers; --full shows all", shape=" × ".join(f"{n:,}" for n in shape))
    )


def key_symbol(key: str, whole: bool) -> str:
    """How an answer's key is written; one that is no name stays as it is."""
    found = KEY.fullmatch(key)
    if found is None:
        return key
    name, indices = found.groups()
    if indices:
        return unicode(Ref(name, tuple(Number(int(i)) for i in indices[1:-1].split(","))))
    return symbol(name, whole)


def array_rows(head: str, value: Any, columns: int, words: Callable[[Text], str], full: bool) -> list[str]:
    """`head = value`, a matrix that is too wide with its rows under each other."""
    start = f"{head} {relation(value)} "
    if not full and sum(1 for _ in leaves(value)) > MANY:
        return [start + shortened(value, words)]
    text = array_text(value)
    if width(start + text) <= columns:
        return [start + text]
    if not isinstance(value, list | tuple):
        return equation([("", head), (relation(value), text)], columns)
    return flowed(start, opened(value), columns)


def opened(value: Any) -> list[str]:
    """Pieces of an array that may each begin a row: elements of a vector, rows of a matrix."""
    flat = not any(isinstance(v, list | tuple) for v in value)
    left, right = "()" if flat else "[]"
    texts = [array_text(v, False) for v in value]
    texts = [text + "," for text in texts[:-1]] + [texts[-1] + right]
    return [left + texts[0], *texts[1:]]


def flowed(start: str, pieces: list[str], columns: int) -> list[str]:
    """Pieces set in rows behind `start`: rows of a matrix one by one, elements of a vector as many as fit."""
    hang = min(width(start) + 1, columns // 3)
    rows = [start + pieces[0]]
    for piece in pieces[1:]:
        if not piece.startswith("[") and width(rows[-1]) + 1 + width(piece) <= columns:
            rows[-1] += " " + piece
        else:
            rows.append(" " * hang + piece)
    return [part for row in rows for part in split_row(row, columns, hang + 1)]


def split_row(row: str, columns: int, hang: int) -> list[str]:
    """A row of a matrix that is itself too wide, broken between elements."""
    rows = []
    while width(row) > columns:
        at = row.rfind(", ", hang, columns)
        if at < 0:
            break
        rows.append(row[: at + 1])
        row = " " * hang + row[at + 2 :]
    return [*rows, row]


def answer_rows(key: str, answer: Answer, columns: int, words: Callable[[Text], str], full: bool) -> list[str]:
    """`E = 0.025538`; an exact fraction stands before its decimal."""
    value = answer.shown or answer.value
    head = key_symbol(key, isinstance(value, list | tuple))
    if isinstance(value, Quantity) and value.relation == "≈" and value.exact is not None and len(value.exact) <= 16:
        head = f"{head} = {number_text(value.exact)}"
    return array_rows(head, value, columns, words, full)
