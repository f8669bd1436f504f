"""What the letters and signs of the forms are, and why a product takes so many operations.

A product W a takes one product for each element of W, and in each row one addition less than the row is long.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from hwsolve.formula.tree import Call, Formula, Ref, formula, walk
from hwsolve.language import Message, listed, say
from hwsolve.layers.base import Size, is_sum, total

MOST = 4  # dense layers whose sizes are said one by one


class Dense(NamedTuple):
    """A dense layer: its weights and bias, the rows and columns of W, and whether it reads a column."""

    w: Formula
    b: Formula | None
    rows: Size
    columns: Size
    column: bool


def letters_said(dense: Sequence[Dense], functions: Collection[Formula], forms: Sequence[Formula]) -> Iterator[Message]:
    """What W and b are, the functions by their definitions, and the sign of products element by element."""
    if 0 < len(dense) <= MOST:
        sizes: list[Message] = []
        for layer in dense:
            rows = formula(layer.rows)
            sides = [Call("bracketed", (formula(n),)) if is_sum(n) else formula(n) for n in (layer.rows, layer.columns)]
            sizes.append(say("{w} is {rows}×{columns}", w=layer.w, rows=sides[0], columns=sides[1]))
            if layer.b is not None:
                sizes.append(say("the bias {b} has {n} elements", b=layer.b, n=rows))
        yield say("Dense (fully connected) layers: {sizes}.", sizes=listed(sizes))
    if functions:
        yield say("{functions} for each element.", functions=listed([say("{symbol}", symbol=f) for f in functions]))
    if any(isinstance(part, Call) and part.name == "odot" for f in forms for part in walk(f)):
        yield say("⊙ multiplies element by element.")


def reasons(dense: Sequence[Dense], phases: Collection[str], apart: bool) -> Iterator[Message]:
    """Where the counts of a dense layer come from, if all are of one size; `apart`: additions are counted."""
    sizes = {(layer.rows, layer.columns, layer.b is None) for layer in dense}
    if len(sizes) != 1 or not all(layer.column for layer in dense):
        return
    ((rows, columns, bare),) = sizes
    w, b = dense[0].w, dense[0].b
    turned = Call("T", (w,))
    if "forward" in phases:
        yield from product_said(say("{w} times a column", w=w), rows, columns, apart)
        if not bare:
            yield say("Adding {b} takes {n} additions.", b=b, n=formula(rows))
    if "error" in phases:
        yield from product_said(say("{w} times a column", w=turned), columns, rows, apart)
    if "gradient" in phases:
        yield say("The gradient of {w} has {rows}×{columns} elements, each of them one product.", w=w,
                  rows=formula(rows), columns=formula(columns))  # fmt: skip
    if "update" in phases and apart:
        yield say("An update takes a multiplication by {eta} and a subtraction for each parameter.", eta=Ref("eta"))


def product_said(what: Message, rows: Size, columns: Size, apart: bool) -> Iterator[Message]:
    """A matrix times a column: so many rows, and what each takes."""
    n, m = formula(rows), formula(columns)
    if apart:
        yield say("{product}: {n} rows, each {m} multiplications and {less} additions.",
                  product=what, n=n, m=m, less=formula(total((columns, -1))))  # fmt: skip
    else:
        yield say("{product}: {n} rows, each {m} multiply-adds.", product=what, n=n, m=m)
