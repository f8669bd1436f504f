"""Quantities that are stated or answered, as rows: `E = 0.025538`, an array whole or its beginning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from hwsolve.formula.notation.matrices import ANY
from hwsolve.formula.parse import FormulaError, parse
from hwsolve.formula.tree import Call, Formula, Number, Ref
from hwsolve.render.arrays import literal
from hwsolve.render.chain import Link, ratio
from hwsolve.render.options import Options
from hwsolve.selection import selection
from hwsolve.solution import Answer, Text


class Row(msgspec.Struct, frozen=True):
    """A chain of equal things: the first link's relation is empty.

    `words` stand in front of it; `final`: the last link is a value; `key`: of what it defines; `case`: it holds under a
    condition, its reason; `where`: conditions under which all of it holds.
    """

    links: tuple[Link, ...]
    reason: Text = ""
    depth: int = 0
    final: bool = False
    key: Ref | None = None
    words: Text = ""
    case: bool = False
    where: tuple[Formula, ...] = ()


def quantity_rows(key: Formula, value: object, options: Options) -> Iterator[Row]:
    """`E = 0.025538`, `w = [[…]]`; further axes as slices `y[1,·,·]`; an exact fraction before its decimal."""
    for symbol, part in slices(key, value):
        if isinstance(value, list | tuple):
            symbol = of_whole(symbol)
        f, relation, left_out = literal(part, options.full or options.only is not None)
        links: list[Link] = [("", symbol)]
        if fraction := ratio(part):
            links.append(("=", fraction))
        yield Row((*links, (relation, f)), left_out, final=True)


def at_steps(answers: Mapping[str, Answer]) -> list[str]:
    """The keys, a number behind the one that it is an update of, in the order of the steps."""
    found: dict[str, list[str]] = {}
    for key, answer in answers.items():
        name, _, rest = key.partition("@")
        single = size(answer.value) == 1 and not isinstance(answer.value, Formula) and (not rest or rest.isdecimal())
        found.setdefault(name if single else key, []).append(key)
    rows: list[str] = []
    for name, keys in found.items():
        started = name in keys and len(keys) > 1  # without its value at the start each step stands as it was asked
        rows += sorted(keys, key=step_of) if started else keys
    return rows


def step_of(key: str) -> int:
    """The step that a key says: 2 of `L@2`, 0 of `L`."""
    return int(key.partition("@")[2] or 0)


def of_whole(key: Formula) -> Formula:
    """The key of an array, a number in which is its layer's."""
    return Call("whole", (key,)) if isinstance(key, Ref) and not key.indices else key


def slices(key: Formula, value: object) -> Iterator[tuple[Formula, object]]:
    """An array of more than two axes as matrices."""
    if not isinstance(key, Ref) or rank(value) <= 2:
        yield key, value
        return
    axes = rank(value) - 2
    for place, part in matrices(value, axes):
        yield Ref(key.name, (*map(Number, place), ANY, ANY)), part


def matrices(value: object, axes: int) -> Iterator[tuple[tuple[int, ...], object]]:
    """The matrices behind the leading axes, with their places."""
    if not axes or not isinstance(value, list | tuple):
        yield (), value
        return
    for n, part in enumerate(value, 1):
        for place, found in matrices(part, axes - 1):
            yield (n, *place), found


def as_row(key: str, value: object) -> object:
    """A row of an array, w[1,:], as a matrix of one row; a column, and a part of a vector, as they are."""
    part = selection(key)
    if part is None or not part.ranges or rank(value) != 1:
        return value
    single = [first == last for first, last in part.ranges]
    axes = 1 + sum(single)
    return (value,) if axes > 1 and (len(single) < axes or not single[-1]) else value


def rank(value: object) -> int:
    """How many axes nested lists have."""
    return 1 + rank(value[0]) if isinstance(value, list | tuple) and value else 0


def size(value: object) -> int:
    """How many elements nested lists have."""
    return sum(map(size, value)) if isinstance(value, list | tuple) else 1


def as_key(key: str) -> Formula:
    """The formula of an answer's key; one that is no formula is a word."""
    try:
        return parse(key)
    except FormulaError:
        return Ref(key)


def element(answers: Mapping[str, Answer], key: str) -> Answer:
    """An element of an answer that is an array, as `y[1]`."""
    name, _, indices = key.partition("[")
    value = answers[name].value
    for n in indices.removesuffix("]").split(","):
        value = value[int(n) - 1]
    return Answer(value)


def goes_on(rows: Sequence[Row], row: Row) -> bool:
    """Whether a row says more of what the chain above is about: its left side is not written again.

    One that begins with what that chain ended in, E⁺ ≈ 0.016 < 0.026, says something of its own.
    """
    if len(row.links) < 2 or row.words or row.case:
        return False
    for above in reversed(rows):
        if len(above.links) < 2 or above.words or above.case or above.depth != row.depth:
            return False
        if not is_continued(above):
            return above.links[0] == row.links[0] and above.links[-1][1] != row.links[1][1]
    return False


def is_continued(row: Row) -> bool:
    """Whether the left side of a row stands above it."""
    first = row.links[0][1] if row.links else None
    return isinstance(first, Call) and first.name == "phantom"


def continued(row: Row) -> Row:
    """The row with a gap as wide as its left side."""
    (relation, first), *rest = row.links
    return msgspec.structs.replace(row, links=((relation, Call("phantom", (first,))), *rest))
