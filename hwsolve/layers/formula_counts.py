"""What a formula over arrays computes: the multiply-adds of its sums of products, and its other operations.

A part of the formula of one element stands for as many values as the letters in it run over, and each part is worked
out once: two parts that differ in the names of letters alone are one, as the exponentials of a softmax are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod
from typing import Any

import msgspec

from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref, children, references
from hwsolve.language import say
from hwsolve.layers.cost import NotCounted, Product, count

Ranges = Mapping[str, int]  # how far each letter runs


class Work(msgspec.Struct):
    """Products that are added up, how often each other operation is done by its kind, and the parts that are done.

    `own`: the quantities that are parameters of the layer.
    """

    own: frozenset[str]
    products: list[Product] = []
    operations: dict[str, int] = {}
    done: set[Any] = set()

    def add(self, kind: str, n: int) -> None:
        """So many operations more."""
        if n:
            self.operations[kind] = self.operations.get(kind, 0) + n


class NoCount(Exception):
    """A part of a formula that has no count."""

    def __init__(self, why: NotCounted) -> None:
        super().__init__(why.reason.template)
        self.why = why


def work_of(f: Formula, ranges: Ranges, own: Iterable[str] = ()) -> Work | NotCounted:
    """What the formula of one element computes for all elements."""
    work = Work(frozenset(own))
    try:
        walk(f, ranges, work)
    except NoCount as unknown:
        return unknown.why
    return work


def walk(f: Formula, ranges: Ranges, work: Work) -> None:
    """Add what a part computes, and its own parts."""
    if isinstance(f, Ref | Number) or not has_quantity(f, ranges):
        return
    key = form(f, ranges, {})
    if key in work.done:
        return
    work.done.add(key)
    values = prod(length for letter, length in ranges.items() if letter in letters_of(f))
    if isinstance(f, BigOperator):
        of_operator(f, ranges, work, values)
        return
    assert isinstance(f, Call)
    if f.name == "if":
        of_branches(f, ranges, work)
        return
    for part in f.args:
        walk(part, ranges, work)
    shape = [Ref(f"x{k}") if has_quantity(part, ranges) else part for k, part in enumerate(f.args)]
    own: dict[str, int] = {}
    try:
        count(Call(f.name, tuple(shape)), own)
    except (ValueError, AssertionError):
        raise NoCount(NotCounted(say("`{function}` in its formula has no counting rule", function=f.name))) from None
    for kind, n in own.items():
        work.add(kind, n * values)


def of_operator(f: BigOperator, ranges: Ranges, work: Work, values: int) -> None:
    """A sum of products has a multiply-add for each term; another takes one operation less than terms."""
    if not isinstance(f.low, Number) or not isinstance(f.high, Number):
        raise NoCount(NotCounted(say("the bounds of a sum in its formula depend on an index")))
    terms = f.high.numerator - f.low.numerator + 1
    inner = {**ranges, f.index: terms}
    factors = factors_of(f.body, inner) if f.op == "Sum" else []
    if len(factors) < 2:
        walk(f.body, inner, work)
        work.add({"Sum": "add", "Prod": "mul"}.get(f.op, "cmp"), (terms - 1) * values)
        return
    sides = factors[0], Call("*", tuple(factors[1:])) if len(factors) > 2 else factors[1]
    lengths = [length for letter, length in ranges.items() if letter in letters_of(f)]
    text = "*".join(map(str, (*lengths, terms)))
    names = tuple(tuple(dict.fromkeys(r.name for r in references(side) if r.name not in inner)) for side in sides)
    part = "attention" if work.own.isdisjoint(name for side in names for name in side) else "matmul"
    work.products.append(Product(part, text, names))
    for side in sides:
        walk(side, inner, work)


def of_branches(f: Call, ranges: Ranges, work: Work) -> None:
    """The condition, and of two branches the costlier one."""
    condition, *branches = f.args
    walk(condition, ranges, work)
    found = [Work(work.own, done=set(work.done)) for _ in branches]
    for branch, part in zip(found, branches, strict=True):
        walk(part, ranges, branch)
        work.products += branch.products
    for kind in dict.fromkeys(kind for branch in found for kind in branch.operations):
        work.add(kind, max(branch.operations.get(kind, 0) for branch in found))


def factors_of(f: Formula, ranges: Ranges) -> list[Formula]:
    """The factors of a product of quantities; of one that stands only under a condition, those of it."""
    if isinstance(f, Call) and f.name == "neg":
        return factors_of(f.args[0], ranges)
    if isinstance(f, Call) and f.name == "if" and not has_quantity(f.args[2], ranges):
        return factors_of(f.args[1], ranges)
    if isinstance(f, Call) and f.name == "**" and f.args[1] == Number(2):
        return [f.args[0]] * 2 if has_quantity(f.args[0], ranges) else []
    if isinstance(f, Call) and f.name == "*":
        return [part for part in f.args if has_quantity(part, ranges)]
    return []


def has_quantity(f: Formula, ranges: Ranges) -> bool:
    """Whether a part reads a quantity, and not numbers and letters alone."""
    if isinstance(f, Ref):
        return bool(f.indices) or f.name not in ranges
    if isinstance(f, BigOperator):
        return has_quantity(f.body, {**ranges, f.index: 1})
    return any(has_quantity(part, ranges) for part in children(f))


def letters_of(f: Formula, bound: frozenset[str] = frozenset()) -> frozenset[str]:
    """The letters that a part does not bind itself, and the names of what has no index."""
    if isinstance(f, Ref):
        found = frozenset({f.name} if not f.indices else ()) - bound
        return found.union(*[letters_of(i, bound) for i in f.indices])
    parts = (f.body,) if isinstance(f, BigOperator) else children(f)
    bound = bound | {f.index} if isinstance(f, BigOperator) else bound
    return frozenset().union(*[letters_of(part, bound) for part in parts])


def form(f: Formula, ranges: Ranges, names: dict[str, int]) -> Any:
    """A part without the names of its letters: each is its number in the order of reading, and how far it runs."""
    match f:
        case Ref(name, ()) if name in ranges:
            return names.setdefault(name, len(names)), ranges[name]
        case Ref(name, indices):
            return name, *[form(i, ranges, names) for i in indices]
        case BigOperator(op, body, index, low, high):
            length = high.numerator if isinstance(high, Number) else 0
            inner = {name: n for name, n in names.items() if name != index}
            return op, form(low, ranges, names), form(body, {**ranges, index: length}, inner)
        case Call(name, args):
            return name, *[form(part, ranges, names) for part in args]
        case Number(p, q):
            return Number, p, q
    raise TypeError(f)
