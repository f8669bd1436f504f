"""What an argument named, put in: parts and functions as what they stand for, their slopes, their tangents at 0."""

from __future__ import annotations

from collections.abc import Mapping

from hwsolve.formula.differentiate import apart, differentiate
from hwsolve.formula.guards import conditions_first
from hwsolve.formula.tree import (
    ONE,
    ZERO,
    Call,
    Formula,
    Number,
    Ref,
    children,
    rebuild,
    references,
    substitute,
    transform,
)
from hwsolve.solution import Let


def applied(f: Formula, functions: dict[str, Formula]) -> Formula:
    """A formula with what free functions are here."""

    def change(node: Formula) -> Formula:
        known = functions.get(node.name) if isinstance(node, Call) else None
        return node if known is None else substitute(known, {"x": children(node)[0]})

    return transform(f, change) if functions else f


def slope(node: Formula, lets: Mapping[str, Let], formulas: Mapping[Ref, Formula]) -> Formula:
    """A derivative worked out: of what a named part stands for, whose index may lie outside the range of a sum."""
    match node:
        case Call("diff", (Ref() as known, Ref() as by)) if known in formulas:
            return differentiate(formulas[known], by)
        case Call("diff", (body, Ref() as by)):
            for _ in lets:
                if any(ref.name == by.name for ref in references(body)):
                    break
                body = put_in(body, lets)
            return transform(differentiate(body, by, ranges={}), conditions_first)
        case Call("diff", (body, Ref() as by, Number(times))):
            for _ in range(times):
                body = slope(Call("diff", (body, by)), lets, formulas)
            return body
    return node


def put_in(f: Formula, lets: Mapping[str, Let]) -> Formula:
    """The formula with what the named parts stand for, once."""
    parts = children(f)
    if parts:
        f = rebuild(f, tuple([put_in(p, lets) for p in parts]))
    name = getattr(f, "name", "")
    let = lets.get(name) or (slope_of(lets.get(name[2:])) if name.startswith("d_") else None)
    if let is None or type(f) is not type(let.key):
        return f
    names = [part.name for part in children(let.key) if isinstance(part, Ref)]
    given = children(f) or (ONE,) * len(names)  # a name without indices is any one element
    if len(names) != len(given):
        return f
    return substitute(apart(let.formula, Ref("", given)), dict(zip(names, given, strict=True)))


def slope_of(let: Let | None) -> Let | None:
    """The derivative of a function that was named."""
    if let is None or not isinstance(let.key, Call):
        return None
    (x,) = let.key.args
    assert isinstance(x, Ref)
    return Let(let.key, differentiate(let.formula, x), let.free)


def tangent(node: Call, lets: Mapping[str, Let]) -> Formula:
    """A function as its tangent at 0, its derivative as the slope there."""
    x, *others = node.args
    name = node.name.removeprefix("d_")
    f = put_in(Call(name, (Ref("x"), *others)), lets)
    steep = substitute(differentiate(f, Ref("x")), {"x": ZERO})
    return steep if node.name != name else substitute(f, {"x": ZERO}) + steep * x
