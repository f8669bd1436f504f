"""Operations that move values to other places: padding by copies, upsampling to the nearest, shuffling of pixels.

Each is its formula: an element of y is one of x, whose index says which.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import prod

from hwsolve.formula.tree import Number
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import INNER, Sizes
from hwsolve.language import say
from hwsolve.layers.parameter import Parameter, ParameterSpec
from hwsolve.spec.fields import Array
from hwsolve.spec.nodes import Node

LETTERS = ("i", "j", "l")  # along the sides of a map
CELLS = ("u", "v", "q")  # along the sides of the map that is read
WEIGHTS = ("A", "B", "C")  # of an axis' cells in the new ones
CHANNEL = "k"


class Moved(ByFormula, frozen=True):
    """y[at] = x[…], with the gradient stated where every element of x goes to one place; then it is a view."""

    back: str = ""

    @property
    def view(self) -> bool:  # type: ignore[override]
        """Whether it only shows x in other places."""
        return bool(self.back)

    def gradients(self) -> dict[str, str]:
        """The element of g that stands for that of x."""
        return {"x": self.back} if self.back else {}


def moved(
    builder: Builder,
    x: str,
    shape: Sizes,
    indices: Sequence[str],
    back: str = "",
    symbol: str = "",
    lead: int = 1,
    port: int = 0,
) -> str:
    """The quantity of a shape whose element at (k, i, j, …) is that of x at the indices; `lead`: 0 without a k."""
    letters = (CHANNEL,)[:lead] + LETTERS[: len(shape) - lead]
    operation = Moved(f"x[{','.join(indices)}]", ("x",), ("x",), letters, shape, back=back)
    return builder.forward(operation, (x,), symbol, port=port)


def padded(builder: Builder, x: str, pads: Sequence[tuple[int, int]], mode: str, port: int = -1) -> str:
    """x with copies of its own cells around it: reflected at its edges, those repeated, or the other end."""
    own = builder.sample(x)
    lead = len(own) - len(pads)  # a map may be written without its only channel
    shape = (*own[:lead], *(n + before + after for n, (before, after) in zip(own[lead:], pads, strict=True)))
    cells = [copied(mode, f"{i} - {1 + p[0]}", n) for i, n, p in zip(LETTERS, own[lead:], pads, strict=False)]
    indices = (*(CHANNEL,)[:lead], *cells)
    return moved(builder, x, shape, indices, symbol=builder.free_symbol("xp"), lead=lead, port=port)


def copied(mode: str, place: str, n: int) -> str:
    """Which of n cells, from 1, stands at a place from 0, which may lie outside."""
    if mode == "reflect":
        return f"{n} - abs({n - 1} - abs({place}))"
    if mode == "replicate":
        return f"max(min({place}, {n - 1}), 0) + 1"
    return f"{place} - {n}*floor(({place})/{n}) + 1"


def nearest(builder: Builder, x: str, shape: Sizes, steps: Sequence[tuple[int, int]], middle: bool = False) -> str:
    """The map in which q of p cells follow each other: y[i] = x[floor((i − 1)·p/q) + 1] along each axis.

    `middle`: by the middles of the new cells, y[i] = x[floor((2i − 1)·p/(2q)) + 1].
    """
    last = "2*{i} - 1" if middle else "{i} - 1"
    steps = [(p, 2 * q) if middle and p != q else (p, q) for p, q in steps]
    cells = [
        f"floor(({last.format(i=i)}){f'*{p}' if p != 1 else ''}/{q}) + 1" if p != q else i
        for i, (p, q) in zip(LETTERS, steps, strict=False)
    ]
    return moved(builder, x, shape, (CHANNEL, *cells))


def weighed(builder: Builder, x: str, weights: Sequence[Sequence[Sequence[Fraction]]]) -> str:
    """The map that is made along each axis with given weights: y = A x for a vector, A x Bᵀ for a matrix."""
    names = WEIGHTS[: len(weights)]
    body = "*".join([f"{a}[{i},{cell}]" for a, i, cell in zip(names, LETTERS, CELLS, strict=False)])
    body = f"{body}*x[{','.join((CHANNEL, *CELLS[: len(weights)]))}]"
    for cell in reversed(CELLS[: len(weights)]):
        body = f"Sum({body}, {cell}, 1, {cell.upper()})"
    given = []
    for a, rows in zip(names, weights, strict=True):
        shape = (len(rows), len(rows[0]))
        numbers = tuple(Number(w.numerator, w.denominator) for row in rows for w in row)
        spec = ParameterSpec(values=Array(shape, numbers, Node(0, 0)))
        given.append(builder.fixed(Parameter(shape, "buffer", spec), builder.free_symbol(a)))
    builder.graph.weights.update(given)
    names_given = ", ".join(builder.graph.symbol(name) for name in given)
    builder.remark(
        say(
            "Row i of {names} says how much of each old cell of `{layer}` is in the new cell i.",
            names=names_given,
            layer=builder.path,
        )
    )
    letters, fixed = (CHANNEL, *LETTERS[: len(weights)]), tuple(range(1, len(weights) + 1))
    return builder.forward(ByFormula(body, ("x", *names), ("x",), letters, constants=fixed), (x, *given))


def shuffled(builder: Builder, x: str, shape: Sizes, r: int) -> str:
    """r² channels as the r × r cells of one: channel r²(k − 1) + r·u + v + 1 at row u and column v, from 0."""
    rows = [f"({i} - 1 - {r}*floor(({i} - 1)/{r}))" for i in LETTERS[:2]]
    channel = f"{r * r}*({CHANNEL} - 1) + {r}*{rows[0]} + {rows[1]} + 1"
    cells = [f"floor(({i} - 1)/{r}) + 1" for i in LETTERS[:2]]
    q, a, b = INNER[:3]
    u = f"floor(({q} - 1)/{r}) - {r}*floor(({q} - 1)/{r * r})"
    v = f"{q} - 1 - {r}*floor(({q} - 1)/{r})"
    back = f"g[floor(({q} - 1)/{r * r}) + 1, {r}*({a} - 1) + {u} + 1, {r}*({b} - 1) + {v} + 1]"
    assert prod(shape) == prod(builder.sample(x))
    return moved(builder, x, shape, (channel, *cells), back)
