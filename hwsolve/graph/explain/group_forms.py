"""What the lines and forms of a quantity are like: whether they fit, repeat each other, or can be read at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from hwsolve.formula.functions import function
from hwsolve.formula.notation import unicode
from hwsolve.formula.tree import Call, Formula, Ref, children, references, transform, walk
from hwsolve.graph.explain.matrix import Matrix
from hwsolve.graph.explain.matrix_lines import literal
from hwsolve.solution import Form, Line, Value

ROOM, SIGNS = 78, 9  # columns of a page of 80 behind its margin, and those of the relations of a chain
WIDE = 44  # characters of an element's formula in a matrix line


def fits(line: Value) -> bool:
    """Whether the elements that are worked out in a line are short enough for it."""
    own = [stage.formula for stage in line.stages if stage.own]
    return all(len(unicode(f)) <= WIDE for stage in own for f in leaves(stage))


def has_room(line: Value) -> bool:
    """Whether a page of 80 columns has room for the numbers of a matrix line: else one of its elements shows them.

    Where there is not room for all of the chain, its last numbers are what stays.
    """
    value, *numbers = [width(f) for f in (literal(line.quantity), *(s.formula for s in line.stages[1:]))]
    around = width(whole(line.key)) + width(line.formula) + value
    return not numbers or around + numbers[-1] + SIGNS <= ROOM


def untold(line: Value) -> Value:
    """A matrix line behind which an element shows its numbers, and tells what is left out of its sum."""
    return msgspec.structs.replace(line, stages=tuple([msgspec.structs.replace(s, sparse=False) for s in line.stages]))


def whole(key: Ref) -> Formula:
    """A key as a line writes it: the number of a layer, z⁽²⁾, takes more room than an index."""
    return key if key.indices else Call("whole", (key,))


def width(f: Formula) -> int:
    """About how many columns a formula takes: an array as many as its widest row."""

    def row(part: Formula) -> Formula:
        if not (isinstance(part, Call) and part.name == "[]"):
            return part
        rows = [a.args if isinstance(a, Call) and a.name == "[]" else (a,) for a in part.args]
        return Call("tuple", max(rows, key=lambda r: sum(len(unicode(a)) for a in r)))

    return len(unicode(transform(f, row)))


def leaves(f: Formula) -> Iterator[Formula]:
    """The elements of a literal array."""
    if isinstance(f, Call) and f.name == "[]":
        for part in children(f):
            yield from leaves(part)
    else:
        yield f


def repeats(form: Form, matrix: Matrix) -> bool:
    """Whether the form of an element, without its chain, says what the matrix line says anyway."""
    return len(form.links) == 2 and not any(is_product(part) for part in walk(matrix.shown))


def is_product(part: Formula) -> bool:
    """Whether a part is a product of matrices."""
    return isinstance(part, Call) and part.name in ("@", "outer")


def decided(matrix: Matrix) -> bool:
    """Whether a form says no more of an element than which piece of a function it lies in."""
    parts = [part for part in walk(matrix.shown) if isinstance(part, Call)]
    pieces = any((known := function(part.name)) is not None and known.piecewise for part in parts)
    return pieces and not any(map(is_product, parts))


def first_shown(lines: Iterable[Line], count: int) -> Iterator[Line]:
    """Lines of elements of which so many stand on the page, so that what other lines read is said there."""
    for line in lines:
        if isinstance(line, Value):
            line, count = msgspec.structs.replace(line, aside=count <= 0), count - 1
        yield line


def lists_elements(form: Form, lines: Iterable[Line]) -> bool:
    """Whether a form has a case for every element: the lines of the elements say the same."""
    return 1 < sum(isinstance(line, Value) for line in lines) <= cases(form.links[-1].formula)


def cases(f: Formula) -> int:
    """How many cases a formula has, that are chosen by the places of its elements; numbers choose none."""
    if not isinstance(f, Call) or f.name != "if" or any(ref.indices for ref in references(f.args[0])):
        return 1
    return cases(f.args[1]) + cases(f.args[2])
