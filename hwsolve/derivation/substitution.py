"""The numbers put into a formula: itself, the same with its numbers, and the same with every branch decided."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from hwsolve.derivation.lines import chain
from hwsolve.derivation.zero_terms import without_zeros
from hwsolve.formula.functions import FUNCTIONS
from hwsolve.formula.instantiate import fold
from hwsolve.formula.tree import (
    BigOperator,
    Call,
    Formula,
    Number,
    Ref,
    call,
    cancelled,
    children,
    rebuild,
    substitute,
    transform,
    walk,
)
from hwsolve.solution import Stage

Insertion = Callable[[Formula], Formula]  # a node whose parts are done: a reference as its number, others as they are


def substituted(
    f: Formula, number: Insertion, shown: Formula | None = None, decided: Callable[[Call], Formula] | None = None
) -> tuple[Stage, ...]:
    """The formula, as `shown` where names differ; the numbers put in; and with `decided`, every branch as its value.

    Terms that the numbers make 0 are left out of long sums.
    """
    short = shorten(f)
    branches = short if decided is None else decide(short, decided)
    forms = [short] if branches is short else [branches] if said_in_words(short) else [short, branches]
    exact = any(cancelled(form) != form for form in forms) and not any(
        isinstance(n, Number) and n.rounded for form in forms for n in walk(transform(cancelled(form), number))
    )
    put = [transform(form, number) for form in forms]
    kept = [without_zeros(form) for form in put]
    sparse = [b for a, b in zip(put, kept, strict=True) if a is not b]
    first, *rest = chain(f if shown is None else shown, *kept, exact=exact)
    return (first, *[replace(s, sparse=True) if s.formula in sparse else s for s in rest])


def decide(f: Formula, decided: Callable[[Call], Formula]) -> Formula:
    """Calls that a branch decides as their values, the outermost ones: nothing is rounded before it is used."""
    if isinstance(f, Call) and decided_by_branch(f):
        return decided(f)
    parts = children(f)
    new = tuple([decide(p, decided) for p in parts])
    return rebuild(f, new) if any([a is not b for a, b in zip(new, parts, strict=True)]) else f


def said_in_words(f: Formula) -> bool:
    """Whether all branches are of functions of one quantity, of which a reason says where it lies."""
    found = [n for n in walk(f) if isinstance(n, Call) and decided_by_branch(n)]
    functions = [(FUNCTIONS.get(n.name.removeprefix("d_")), n.args[0]) for n in found]
    return all(k is not None and not k.many and k.kinks and isinstance(x, Ref) for k, x in functions)


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
