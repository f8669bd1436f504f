"""The expression tree: a number, a reference, a call, a big operator.

Arithmetic is a call whose name is its sign: `a + b` is `Call("+", (a, b))`, `-a` is `Call("neg", (a,))`,
`a < b` is `Call("<", (a, b))`, and `if(c, a, b)` is `Call("if", (c, a, b))`.  `+` and `*` take any number of arguments.
The operators of Python build the same nodes, so that array code and sizes read as mathematics.  The nodes have no
subclasses: `type(f) is Call` is four times as fast as `isinstance`, which structs make slow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

SPOKEN: list[Callable[[Any], str]] = []  # how a formula is written where no page is; a notation that is loaded says it


class Formula(msgspec.Struct, frozen=True, gc=False):
    """Base of the four nodes.  Equality and hash are those of the structure."""

    def __str__(self) -> str:
        return SPOKEN[0](self) if SPOKEN else repr(self)

    def __add__(self, other: Any) -> Formula:
        return call("+", self, other)

    def __radd__(self, other: Any) -> Formula:
        return call("+", other, self)

    def __sub__(self, other: Any) -> Formula:
        return call("-", self, other)

    def __rsub__(self, other: Any) -> Formula:
        return call("-", other, self)

    def __mul__(self, other: Any) -> Formula:
        return call("*", self, other)

    def __rmul__(self, other: Any) -> Formula:
        return call("*", other, self)

    def __truediv__(self, other: Any) -> Formula:
        return call("/", self, other)

    def __rtruediv__(self, other: Any) -> Formula:
        return call("/", other, self)

    def __floordiv__(self, other: Any) -> Formula:
        return call("floor", call("/", self, other))

    def __pow__(self, other: Any) -> Formula:
        return call("**", self, other)

    def __neg__(self) -> Formula:
        return call("neg", self)


class Number(Formula, frozen=True, gc=False):
    """An exact rational; `text` is how it is shown where that is not the plain decimal or fraction.

    `rounded` marks a number that stands for another one it was rounded from (`text` then shows it).
    """

    numerator: int
    denominator: int = 1
    text: str = ""
    rounded: bool = False


class Ref(Formula, frozen=True, gc=False):
    """A quantity, or an element of one: `E`, `w[i,j]`, `w@1[2,1]` (`name` is then `w@1`).

    `e'` and `pi'` are variables of these names, not the constants; they are written as `e` and `pi` (see `variable`).
    """

    name: str
    indices: tuple[Formula, ...] = ()


class Call(Formula, frozen=True, gc=False):
    """A function or operator on arguments."""

    name: str
    args: tuple[Formula, ...]


class BigOperator(Formula, frozen=True, gc=False):
    """`Sum`, `Prod`, `Max` or `Min` of `body` for `index` from `low` to `high`, both included."""

    op: str
    body: Formula
    index: str
    low: Formula
    high: Formula


ZERO, ONE = Number(0), Number(1)


def formula(value: Any) -> Formula:
    """A Formula as it is, or an int as a Number."""
    return Number(value) if type(value) is int or not isinstance(value, Formula) else value


def call(name: str, *args: Any) -> Call:
    """A call whose ints become Numbers."""
    return Call(name, tuple(formula(a) for a in args))


def listed(*items: Formula) -> Call:
    """An array of these: a vector of numbers, or a matrix of rows."""
    return Call("[]", items)


def children(f: Formula) -> tuple[Formula, ...]:
    """The formulas directly below a node (indices of a reference included)."""
    if type(f) is Call:
        return f.args
    if type(f) is Ref:
        return f.indices
    return (f.body, f.low, f.high) if type(f) is BigOperator else ()


def rebuild(f: Formula, parts: tuple[Formula, ...]) -> Formula:
    """The same node over other children, in the order of `children`."""
    if type(f) is Call:
        return Call(f.name, parts)
    if type(f) is Ref:
        return Ref(f.name, parts)
    return BigOperator(f.op, parts[0], f.index, parts[1], parts[2]) if type(f) is BigOperator else f


def transform(f: Formula, change: Callable[[Formula], Formula]) -> Formula:
    """`change` applied to every node, the lowest first."""
    parts = children(f)
    if parts:
        new = [transform(p, change) if type(p) is not Number else change(p) for p in parts]
        for a, b in zip(new, parts, strict=True):
            if a is not b:
                return change(rebuild(f, tuple(new)))
    return change(f)


def cancelled(f: Formula) -> Formula:
    """The formula with 1 for each ratio of something to itself, which is exact whatever is known of it."""
    return transform(f, lambda n: ONE if isinstance(n, Call) and n.name == "/" and n.args[0] == n.args[1] else n)


def walk(f: Formula) -> Iterator[Formula]:
    """Every node, the highest first."""
    left = [f]
    while left:
        node = left.pop()
        yield node
        if type(node) is not Number:
            left += children(node)[::-1]


def parted(f: Formula, name: str) -> Iterator[Formula]:
    """What a sum or a product is made of, those within it taken apart; any other formula itself."""
    if isinstance(f, Call) and f.name == name:
        for part in f.args:
            yield from parted(part, name)
    else:
        yield f


def references(f: Formula) -> Iterator[Ref]:
    """Every reference with its indices, in reading order (bound index variables included)."""
    return (node for node in walk(f) if isinstance(node, Ref))


def variable(name: str) -> str:
    """The name of a variable that is called as a constant is; no text can say it."""
    return f"{name}'"


def written_name(name: str) -> str:
    """A name as it is written."""
    return name.rstrip("'")


def as_variables(f: Formula, names: frozenset[str]) -> Formula:
    """The formula whose free references of these names are variables."""
    if type(f) is BigOperator:
        low, high = as_variables(f.low, names), as_variables(f.high, names)
        return BigOperator(f.op, as_variables(f.body, names - {f.index}), f.index, low, high)
    parts = tuple([as_variables(p, names) for p in children(f)])
    if type(f) is Ref and f.name in names:
        return Ref(variable(f.name), parts)
    return rebuild(f, parts) if parts else f


def substitute(f: Formula, values: dict[str, Formula]) -> Formula:
    """Replace free references without indices by name; an index that a big operator binds is left alone."""
    if not values:
        return f
    if type(f) is Ref and not f.indices:
        return values.get(f.name, f)
    if type(f) is BigOperator:
        inner = {k: v for k, v in values.items() if k != f.index}
        return BigOperator(
            f.op, substitute(f.body, inner), f.index, substitute(f.low, values), substitute(f.high, values)
        )
    parts = children(f)
    return rebuild(f, tuple([substitute(p, values) for p in parts])) if parts else f
