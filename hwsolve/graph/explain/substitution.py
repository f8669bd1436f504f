"""What a reader sees of a formula: itself, the numbers put in, and the same with every branch decided."""

from __future__ import annotations

from collections.abc import Callable

from hwsolve.formula.functions import FUNCTIONS
from hwsolve.formula.instantiate import fold
from hwsolve.formula.tree import (
    BigOperator,
    Call,
    Formula,
    Number,
    Ref,
    call,
    children,
    rebuild,
    substitute,
    transform,
    walk,
)
from hwsolve.solution import Stage


def stages(
    f: Formula, shown: Formula, number: Callable[[Formula], Formula], decided: Callable[[Call], Formula]
) -> tuple[Stage, ...]:
    """The stages, the first of them `shown`; `number` replaces references, `decided` calls that a branch decides."""
    short = shorten(f)
    branches = decide(short, decided)
    made = [Stage("=", shown)]
    for put in (short, branches):
        stage = transform(transform(put, number), signless)
        if stage != made[-1].formula and not isinstance(stage, Number):
            near = any(isinstance(n, Number) and n.rounded for n in walk(stage))
            made.append(Stage("≈" if near else "=", stage))
    return tuple(made)


def signless(node: Formula) -> Formula:
    """0 in place of -0."""
    match node:
        case Call("neg", (Number(0) as zero,)) if not zero.rounded:
            return zero
    return node


def decide(f: Formula, decided: Callable[[Call], Formula]) -> Formula:
    """Calls that a branch decides as their values, the outermost ones: nothing is rounded before it is used."""
    if isinstance(f, Call) and decided_by_branch(f):
        return decided(f)
    parts = children(f)
    return rebuild(f, tuple(decide(p, decided) for p in parts)) if parts else f


def decided_by_branch(node: Call) -> bool:
    """Whether a call is a function made of pieces, on arguments that are references or numbers."""
    known = FUNCTIONS.get(node.name)
    if node.name != "if" and not (known and known.piecewise):
        return False
    read = list(walk(node))
    return any(isinstance(n, Ref) for n in read) and not any(isinstance(n, BigOperator) or n == Ref("…") for n in read)


def shorten(f: Formula) -> Formula:
    """A big operator that was not unrolled as its first terms, an ellipsis and the last one."""
    if isinstance(f, BigOperator) and isinstance(f.low, Number) and isinstance(f.high, Number):
        low, high = f.low.numerator, f.high.numerator
        terms = [fold(substitute(f.body, {f.index: Number(k)})) for k in (low, low + 1, high)]
        terms = [shorten(t) for t in terms]
        if f.op in ("Sum", "Prod"):
            return call("+" if f.op == "Sum" else "*", terms[0], terms[1], Ref("…"), terms[2])
        return call(f.op.lower(), terms[0], terms[1], Ref("…"), terms[2])
    parts = children(f)
    return rebuild(f, tuple(shorten(p) for p in parts)) if parts else f
