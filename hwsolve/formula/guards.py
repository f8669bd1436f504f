"""Elements that may lie outside their quantity, with the conditions under which they are there written out.

The engine takes an element whose index is fractional or outside its shape as absent.  Where a formula must stand by
itself, each product that reads such an element becomes `if(1 <= i, if(i <= N, …, 0), 0)`.
"""

from __future__ import annotations

from collections.abc import Mapping

from hwsolve.formula.indices import Bounds, Range, conditions, plain_index
from hwsolve.formula.simplify.terms import addends, product, sum_of
from hwsolve.formula.tree import ONE, ZERO, BigOperator, Call, Formula, Ref, children, rebuild

Shapes = Mapping[str, tuple[Formula, ...]]


def guarded(
    f: Formula,
    shapes: Shapes,
    bounds: Bounds,
    within: bool = True,
    held: tuple[Formula, ...] = (),
    absent: Formula = ZERO,
) -> Formula:
    """The formula with conditions for the elements of the named quantities.

    `bounds` are those of free index variables; with `within` False only fractional indices are guarded against.  `held`
    are conditions that hold already; `absent` stands for a product that reads an element that is not there: 0 in a
    sum, 1 among factors.
    """
    match f:
        case BigOperator(op, body, index, low, high):
            ranges = bounds | {index: (low, high)}
            return BigOperator(
                op, guarded(body, shapes, ranges, within, held, ONE if op == "Prod" else ZERO), index, low, high
            )
        case Call("+" | "-" | "neg", args):
            return Call(f.name, tuple(guarded(a, shapes, bounds, within, held) for a in args))
    asked = [c for c in needed(f, shapes, bounds, within) if c not in held]
    made = inside(f, shapes, bounds, within, (*held, *asked))
    for condition in reversed(asked):
        made = Call("if", (condition, made, absent))
    return made


def inside(f: Formula, shapes: Shapes, bounds: Bounds, within: bool, held: tuple[Formula, ...]) -> Formula:
    """A product with the big operators in it guarded by themselves."""
    if isinstance(f, BigOperator):
        return guarded(f, shapes, bounds, within, held)
    parts = children(f)
    return rebuild(f, tuple(inside(p, shapes, bounds, within, held) for p in parts)) if parts else f


def needed(f: Formula, shapes: Shapes, bounds: Bounds, within: bool) -> list[Formula]:
    """What must hold for the elements that stand in a product itself, each condition once."""
    if isinstance(f, BigOperator):
        return []
    found: list[Formula] = []
    if isinstance(f, Ref):
        for index, high in zip(f.indices, shapes.get(f.name, ()), strict=False):
            if not plain_index(index):
                asked = conditions(index, Range("", ONE, high), bounds)
                found += [divisible(index) if is_whole(c) else c for c in asked if within or is_whole(c)]
    for part in children(f):
        found += [c for c in needed(part, shapes, bounds, within) if c not in found]
    return list(dict.fromkeys(found))


def divisible(index: Formula) -> Formula:
    """That an index is a whole number, asked of the part of it that may not be."""
    part = sum_of(t for t in addends(index) if t.factors or t.coefficient.denominator != 1)
    return Call("==", (Call("floor", (part,)), part))


def is_whole(condition: Formula) -> bool:
    """Whether a condition asks for a whole number."""
    return isinstance(condition, Call) and condition.name == "=="


PARTIAL = ("log", "log2", "log10", "sqrt", "/", "**", "asin", "acos", "tan")  # what has no value everywhere


def decided_first(node: Formula) -> Formula:
    """A product under its conditions where it reads, of what they ask about, what has no value everywhere.

    So log(x) under `if(x > 0, …, 0)` is read where x > 0 alone, in a gradient too.
    """
    if not isinstance(node, Call) or node.name not in ("*", "/"):
        return node
    above, below = (node, ()) if node.name == "*" else (node.args[0], node.args[1:])
    factors = above.args if isinstance(above, Call) and above.name == "*" else (above,)
    switches = [a.args for a in factors if isinstance(a, Call) and a.name == "if" and ZERO in a.args[1:]]
    if not switches:
        return node
    rest = tuple(a for a in factors if not (isinstance(a, Call) and a.args in switches))
    asked = {name for condition, *_ in switches for name in read(condition)}
    divided = any(not asked.isdisjoint(read(f)) for f in below)
    if not divided and not any(partial(f, asked) for f in (*rest, *below)):
        return node
    ends = [end for _, *both in switches for end in both if end not in (ZERO, ONE)]
    made = product(*ends, *rest, *(Call("/", (ONE, f)) for f in below))
    for condition, then, _ in reversed(switches):
        made = Call("if", (condition, ZERO, made) if then == ZERO else (condition, made, ZERO))
    return made


def read(f: Formula) -> set[str]:
    """The quantities whose values a formula reads; those of its indices are places."""
    return {f.name} if isinstance(f, Ref) else set().union(*map(read, children(f)))


def partial(f: Formula, asked: set[str]) -> bool:
    """Whether it has a function in it that has no value everywhere, and reads one of these quantities."""
    if isinstance(f, Ref):
        return False
    own = isinstance(f, Call) and f.name in PARTIAL and not asked.isdisjoint(read(f))
    return own or any(partial(part, asked) for part in children(f))


def conditions_first(node: Formula) -> Formula:
    """A product under its conditions: where one does not hold, an element that it reads may not be there."""
    if not isinstance(node, Call) or node.name != "*":
        return node
    switches = [a for a in node.args if isinstance(a, Call) and a.name == "if" and a.args[1:] == (ONE, ZERO)]
    rest = tuple([a for a in node.args if a not in switches])
    if not switches or not rest:
        return node
    f = rest[0] if len(rest) == 1 else Call("*", rest)
    for switch in reversed(switches):
        f = Call("if", (switch.args[0], f, ZERO))
    return f
