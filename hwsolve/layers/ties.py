"""Which of several equal maxima a gradient goes to, put into the backward formula of a maximum.

The derivative of max over u of x[cell(u)] is 1 at a cell that has the maximum: `if(x[m] == y[p], 1, 0)`.  Where
several cells have it, `first` asks also that no earlier cell does, and `split` divides by their number.
"""

from __future__ import annotations

from functools import lru_cache

from hwsolve.formula.differentiate import backward
from hwsolve.formula.indices import put, shorter
from hwsolve.formula.notation import plain
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import ONE, ZERO, Big, Call, Formula, Ref, call, transform

OTHER = {"u": "u2", "v": "v2", "t": "t2"}


@lru_cache(maxsize=256)
def resolved(text: str, outputs: tuple[str, ...], inputs: tuple[str, ...], ties: str) -> str:
    """The backward formula of the maximum `text`, with a convention for ties."""
    schematic = parse(text)
    ranges: dict[str, Formula] = {i: Ref(f"size_{i}") for i in outputs}
    derived = backward(schematic, outputs, ranges, "x", inputs, upstream="g", replace_output="y")

    def convention(node: Formula) -> Formula:
        match node:
            case Call("if", (Call("==", (Ref() as cell, Ref("y") as maximum)), *values)) if values == [ONE, ZERO]:
                part = share(schematic, outputs, cell, maximum, ties)
                return Call("if", (call("==", cell, maximum), part, ZERO))
        return node

    return plain(transform(derived, convention))


def share(schematic: Formula, outputs: tuple[str, ...], cell: Ref, maximum: Ref, ties: str) -> Formula:
    """What a cell that has the maximum gets: 1 or 0 by its order, or one part of several."""
    body, over = schematic, []
    while isinstance(body, Big):
        over.append(body)
        body = body.body
    for big in over:
        body = put(body, big.index, Ref(OTHER[big.index]))
    for index, at in zip(outputs, maximum.indices, strict=True):
        body = put(body, index, at)
    assert isinstance(body, Ref)
    body = Ref(body.name, tuple(shorter(i) for i in body.indices))
    equal = call("==", body, maximum)
    made = before(body, cell, Call("if", (equal, ZERO, ONE))) if ties == "first" else Call("if", (equal, ONE, ZERO))
    for big in reversed(over):
        low, high = big.low, big.high
        for index, at in zip(outputs, maximum.indices, strict=True):
            low, high = put(low, index, at), put(high, index, at)
        made = Big("Prod" if ties == "first" else "Sum", made, OTHER[big.index], low, high)
    return made if ties == "first" else call("/", ONE, made)


def before(body: Ref, cell: Ref, then: Formula) -> Formula:
    """`then` where the cell of the body stands before this one in reading order, else 1."""
    made: Formula = ONE
    for a, b in reversed([(a, b) for a, b in zip(body.indices, cell.indices, strict=True) if a != b]):
        made = call("if", call("<", a, b), then, made if made == ONE else call("if", call("==", a, b), made, ONE))
    return made
