"""The gradients of a formula over whole arrays, as such formulas: of y = A @ x A: outer(g, x), x: T(A) @ g.

`g` is the gradient of the formula's value y.  What has no form as a whole is left out: its elements say it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

import msgspec

from hwsolve.formula.functions import function
from hwsolve.formula.tree import Call, Formula, Number, Ref, call, transform, walk

Sizes = tuple[int, ...]
ShapeOf = Callable[[Formula], Sizes]
SAID = ("@", "outer", "dot", "T", "[]")  # what a form over whole arrays says better than one of elements
BY_VALUE: dict[str, Callable[[Formula], Formula]] = {  # slopes over the value of a function
    "tanh": lambda y: call("-", 1, call("odot", y, y)),
    "sigmoid": lambda y: call("odot", y, call("-", 1, y)),
    "exp": lambda y: y,
}


class NoForm(Exception):
    """A part that has no form over whole arrays."""


class Back(msgspec.Struct, frozen=True):
    """The gradient of a part; `spread`: one number that stands for all its elements."""

    f: Formula
    spread: bool = False


def forms(f: Formula, shape: ShapeOf) -> dict[str, Formula]:
    """The form of the value under "y", that of the gradient of each quantity under its name."""
    if not any(isinstance(part, Call) and part.name in SAID for part in walk(f)):
        return {}
    try:
        found = {"y": whole(f, shape)}
    except NoForm:
        return {}
    gradients: dict[str, list[Formula] | None] = {}
    Reverse(f, shape, gradients).into(f, Back(Ref("g")))
    for name, terms in gradients.items():
        if terms:
            found[name] = terms[0] if len(terms) == 1 else call("+", *terms)
    return found


def whole(f: Formula, shape: ShapeOf) -> Formula:
    """A typed formula in the words of `whole_arrays`, which repeats nothing to make two shapes fit."""
    match f:
        case Number() | Ref(_, ()):
            return f
        case Call("+" | "-" | "*" | "/" as name, args):
            parts, sides = [whole(a, shape) for a in args], [shape(a) for a in args]
            arrays = {s for s in sides if s}
            if len(arrays) > 1:
                return with_rows(name, parts, sides)
            if all(sides) and name == "*":
                return odot(*parts)
            return odot(parts[0], call("/", 1, parts[1])) if all(sides) and name == "/" else Call(name, tuple(parts))
        case Call("**", (base, Number() as n)):
            inner = whole(base, shape)
            return odot(inner, inner) if n == Number(2) and shape(base) else Call("**", (inner, n))
        case Call("@" | "T" | "outer" as name, args):
            return Call(name, tuple(whole(a, shape) for a in args))
        case Call("[]", items) if all(is_listed(item) or not shape(item) for item in items):
            return Call("[]", tuple(whole(item, shape) for item in items))
        case Call("dot", args):
            return Call("@", tuple(whole(a, shape) for a in args))
        case Call("neg" | "sum" as name, (inner,)):
            return Call(name, (whole(inner, shape),))
        case Call("mean", (inner,)):
            return call("/", Call("sum", (whole(inner, shape),)), prod(shape(inner)))
        case Call(name, (inner,)) if function(name) is not None:
            return Call(name, (whole(inner, shape),))
    raise NoForm


def is_listed(f: Formula) -> bool:
    """Whether a part is an array that is written out."""
    return isinstance(f, Call) and f.name == "[]"


def with_rows(name: str, parts: list[Formula], sides: list[Sizes]) -> Formula:
    """A row added to every row of a matrix."""
    if name != "+" or len(parts) != 2 or len(sides[0]) != 2 or sides[1] != sides[0][1:]:
        raise NoForm
    return call("+", parts[0], call("rows", parts[1]))


def odot(*parts: Formula) -> Formula:
    """A product element by element."""
    found = parts[0]
    for part in parts[1:]:
        found = call("odot", found, part)
    return found


class Reverse:
    """From the value back to the quantities, part by part."""

    def __init__(self, top: Formula, shape: ShapeOf, found: dict[str, list[Formula] | None]) -> None:
        self.top, self.shape, self.found = top, shape, found

    def into(self, f: Formula, g: Back | None) -> None:
        """Add what a part passes back to the quantities in it; None where it has no form."""
        if isinstance(f, Ref):
            terms = self.found.setdefault(f.name, [])
            if g is None or g.spread or f.indices or terms is None:
                self.found[f.name] = None
            else:
                terms.append(g.f)
        elif isinstance(f, Call):
            for part, back in zip(f.args, self.backs(f, g), strict=True):
                self.into(part, back)

    def backs(self, f: Call, g: Back | None) -> list[Back | None]:
        """The gradients of the parts of a call."""
        try:
            return list(self.rule(f, g)) if g is not None else [None] * len(f.args)
        except NoForm:
            return [None] * len(f.args)

    def rule(self, f: Call, g: Back) -> list[Back | None]:
        """The same; raises NoForm."""
        own = [self.shape(a) for a in f.args]
        match f:
            case Call("+", args):
                return [self.fitted(g, f, s) for s in own]
            case Call("-", _):
                return [self.fitted(g, f, own[0]), self.fitted(Back(negative(g.f), g.spread), f, own[1])]
            case Call("neg", _):
                return [Back(negative(g.f), g.spread)]
            case Call("*", args):
                return [self.weighted(g, f, k, args[:k] + args[k + 1 :]) for k in range(len(args))]
            case Call("/", (_, b)):
                return [self.weighted(g, f, 0, (call("/", 1, b),)), None]
            case Call("**", (base, Number() as n)):
                slope = base if n == Number(2) else Call("**", (base, call("-", n, 1)))
                back = self.weighted(g, f, 0, (slope,))
                return [None if back is None else Back(call("*", n, back.f), back.spread), None]
            case Call("@" | "outer" | "T" | "dot", _):
                return self.of_products(f, g, [len(s) for s in own])
            case Call("sum", (_,)):
                return [Back(g.f, True)]
            case Call("mean", (_,)):
                return [Back(call("/", g.f, prod(own[0])), True)]
            case Call(name, (inner,)) if (known := function(name)) is not None and known.derivative is not None:
                return [times(g, self.slope(f, inner))]
        return [None] * len(f.args)

    def slope(self, f: Call, inner: Formula) -> Formula:
        """The slopes of a function, over its value where that is y and says it."""
        if f == self.top and f.name in BY_VALUE and self.shape(f):
            return BY_VALUE[f.name](Ref("y"))
        return Call(f"d_{f.name}", (whole(inner, self.shape),))

    def fitted(self, g: Back, f: Formula, own: Sizes) -> Back | None:
        """What a term of a sum gets: of a number, the sum over all elements; of a repeated row no form."""
        if own == self.shape(f):
            return g
        return None if own or g.spread else Back(call("sum", g.f))

    def weighted(self, g: Back, f: Formula, k: int, others: tuple[Formula, ...]) -> Back | None:
        """What a factor gets: the gradient times the other factors."""
        own, shape = self.shape(f.args[k]), self.shape(f)  # type: ignore[attr-defined]
        found = g
        for other in others:
            size = self.shape(other)
            if size not in ((), shape):
                raise NoForm
            found = times(found, whole(other, self.shape), not size)
        if own == shape:
            return found
        return None if own or found.spread else Back(call("sum", found.f))

    def of_products(self, f: Call, g: Back, axes: list[int]) -> list[Back | None]:
        """Of A @ B, x @ y, outer(x, y) and T(A)."""
        if g.spread:
            raise NoForm
        parts = [whole(a, self.shape) for a in f.args]
        match f.name, axes:
            case "T", _:
                return [Back(call("T", g.f))]
            case "outer", _:
                return [Back(call("@", g.f, parts[1])), Back(call("@", call("T", g.f), parts[0]))]
            case "@" | "dot", [1, 1]:
                return [Back(call("*", g.f, parts[1])), Back(call("*", g.f, parts[0]))]
            case "@", [2, 2]:
                return [Back(call("@", g.f, turned(parts[1]))), Back(call("@", turned(parts[0]), g.f))]
            case "@", [2, 1]:
                return [Back(call("outer", g.f, parts[1])), Back(call("@", turned(parts[0]), g.f))]
            case "@", [1, 2]:
                return [Back(call("@", parts[1], g.f)), Back(call("outer", parts[0], g.f))]
        raise NoForm


def times(g: Back, factor: Formula, number: bool = False) -> Back:
    """A gradient times an array element by element, or times a number."""
    if number or g.spread:
        return Back(call("*", factor, g.f) if number else call("*", g.f, factor), g.spread and number)
    return Back(call("odot", g.f, factor))


def negative(f: Formula) -> Formula:
    """−f."""
    return call("neg", f)


def turned(f: Formula) -> Formula:
    """The transposed of a matrix."""
    return f.args[0] if isinstance(f, Call) and f.name == "T" else call("T", f)


def renamed(f: Formula, names: Mapping[str, str]) -> Formula:
    """Other names for quantities of a formula without indices."""
    return transform(f, lambda node: Ref(names.get(node.name, node.name)) if isinstance(node, Ref) else node)
