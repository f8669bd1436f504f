"""How derivatives are set: d or ∂, over a symbol or before a body, by one variable or by several; primes and ∇.

And the gap that a chain leaves where its left side stands above.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hwsolve.formula.functions import function
from hwsolve.formula.notation.writer import ATOM, Piece, Writer
from hwsolve.formula.tree import Call, Formula, Number, Ref, walk

Args = tuple[Formula, ...]


class Differential(msgspec.Struct, frozen=True):
    """`diff` taken apart: whether it is a partial derivative, of what, by which variables, and how often by one."""

    partial: bool
    body: Formula
    variables: tuple[Formula, ...]
    times: Formula | None = None


def taken_apart(args: Args) -> Differential:
    """What the arguments of `diff` say; f of f(x, y) by its letter."""
    body, by, *more = args
    variables = [by]
    while not more and type(body) is Call and body.name == "diff" and len(body.args) == 2:
        body, before = body.args
        variables.insert(0, before)
    partial = len(variables) > 1 or several(body, by)
    if len(variables) > 1 and len(set(variables)) == 1:
        return Differential(partial, letter(body), (by,), Number(len(variables)))
    return Differential(partial, letter(body), tuple(variables), more[0] if more else None)


def several(f: Formula, by: Formula) -> bool:
    """Whether a function has elements or further names beside its variable, as f(x, y) has; a quantity is taken to."""
    if (type(by) is Ref and by.indices) or is_symbol(f):
        return True
    return any(type(node) is Ref and node != by for node in walk(f))


def is_symbol(f: Formula) -> bool:
    """Whether a function is written as a symbol: a quantity, or its one element."""
    return type(f) is Ref or (type(f) is Call and f.name == "unit")


def letter(f: Formula) -> Formula:
    """f of f(x, y), where no other function has the name."""
    match f:
        case Call(name, (_, _, *_) as args) if name.isalnum() and function(name) is None:
            return Ref(name) if all([type(a) is Ref for a in args]) else f
    return f


def prime(w: Writer, args: Args) -> Piece:
    """(1 + e⁻ˣ)′, where only one variable can be meant."""
    inner = w.write(args[0])
    held = inner.kind == "group" and inner.level == ATOM
    return Piece((inner.text if held else w.parentheses(inner.text)) + w.mark, ATOM, "group")


def nabla(w: Writer, args: Args) -> Piece:
    """∇f."""
    return Piece(w.gradient + w.within(args[0], ATOM), ATOM, "symbol")


def phantom(w: Writer, args: Args) -> Piece:
    """A gap as wide as a formula, whose place a chain leaves empty where it goes on."""
    return Piece(w.blank(w.write(args[0]).text), ATOM, "group")


def at(w: Writer, args: Args) -> Piece:
    """What is meant at a point: (∂f/∂x)(1, 2)."""
    point = w.comma.join([w.write(a).text for a in args[1:]])
    return Piece(w.within(args[0], ATOM) + w.parentheses(point), ATOM, "call")


DIFFERENTIALS: dict[str, Callable[[Writer, Args], Piece]] = {
    "prime": prime,
    "nabla": nabla,
    "phantom": phantom,
    "at": at,
}
