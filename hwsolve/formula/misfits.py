"""What is said of arrays whose shapes do not fit together, and which of them would fit if it were turned."""

from __future__ import annotations

from hwsolve.formula.notation.plain import plain
from hwsolve.formula.tree import Call, Formula, call
from hwsolve.language import Message, say

Sizes = tuple[int, ...]


def sizes(shape: Sizes) -> str:
    """A shape as a reader sees it."""
    return " × ".join(map(str, shape)) or "1"


def unequal(f: Formula, shapes: list[Sizes], parts: tuple[Formula, ...]) -> Message:
    """Two parts that do not fit together."""
    (a, b), (first, second) = map(plain, parts), map(sizes, shapes)
    return say(
        "`{a}` is {first} and `{b}` is {second}: they do not fit in `{whole}`.",
        a=a,
        first=first,
        b=b,
        second=second,
        whole=plain(f),
    )


def turned_round(a: Formula, b: Formula, p: Sizes, q: Sizes) -> Message | None:
    """Which of two arrays with two axes would fit if its axes were in each other's place."""
    if len(p) == 2 and len(q) in (1, 2) and p[0] == q[0]:
        return say("`{form}` fits.", form=plain(Call("@", (Call("T", (a,)), b))))
    if len(q) == 2 and len(p) in (1, 2) and p[-1] == q[1]:
        return say("`{form}` fits.", form=plain(Call("@", (a, Call("T", (b,))))))
    return None


def by_rows(f: Formula, shapes: list[Sizes], parts: tuple[Formula, ...]) -> Message | None:
    """How a number for each row meets the rows of a matrix; None where there is none."""
    sides = {len(shape): shape for shape in shapes}
    if not isinstance(f, Call) or f.name not in ("+", "-", "*", "/") or set(sides) != {1, 2}:
        return None
    if sides[1][0] != sides[2][0]:
        return None
    turned = [call("T", part) if len(shape) == 2 else part for part, shape in zip(parts, shapes, strict=True)]
    return say("Row by row it is `{form}`.", form=plain(call("T", Call(f.name, tuple(turned)))))
