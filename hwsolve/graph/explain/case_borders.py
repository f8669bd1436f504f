"""Where two cases of a formula meet without a derivative: at a jump or a bend, and where one holds at a point alone."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any, NamedTuple

from hwsolve import numbers
from hwsolve.formula.arrays import COMPARISONS
from hwsolve.formula.evaluate import Lookup, as_index, evaluate
from hwsolve.formula.germs import Key, is_zero, one_sided
from hwsolve.formula.tree import Call, Formula, references
from hwsolve.graph.explain.nondifferentiable import terms
from hwsolve.language import Message, say
from hwsolve.numbers import NotFinite, Scalar, Undecided
from hwsolve.numbers.formed import remembering

HOLD = ("==", "<=", ">=")  # comparisons of equal numbers that hold
UNEVEN = 7, 3  # speeds of the quantities go up by 1/7 from 3/7, so that no two of them hide what one does


class Border(NamedTuple):
    """A place where cases meet: both sides of the condition are equal; `alone`: one of them holds nowhere else."""

    left: Formula
    right: Formula
    alone: bool


def met(f: Formula, lookup: Lookup, moving: Container[str]) -> Iterator[Border]:
    """The borders that a formula is on and has no derivative, or not the one that its case has.

    `moving` are the quantities that it is differentiated by.
    """
    for node in terms(f, lookup):
        match node:
            case Call("if", (Call(name, (a, b)), then, _)) if name in COMPARISONS:
                speeds = directions(node, lookup, moving)
                if any(key in speeds for key in directions(Call(name, (a, b)), lookup, moving)):
                    taken = then if name in HOLD else node.args[2]
                    if on_border(a, b, lookup) and breaks(node, taken, lookup, speeds):
                        yield Border(a, b, name == "==")


def on_border(a: Formula, b: Formula, lookup: Lookup) -> bool:
    """Whether both sides are surely equal."""
    try:
        return bool(numbers.equal(evaluate(a, lookup), evaluate(b, lookup)))
    except Undecided:
        if not remembering():
            raise
        return False


def directions(f: Formula, lookup: Lookup, moving: Container[str]) -> dict[Key, Scalar]:
    """A speed for each quantity in a formula that moves."""
    found = dict.fromkeys(
        (r.name, tuple(as_index(evaluate(i, lookup), r.name) for i in r.indices))
        for r in references(f)
        if r.name in moving
    )
    below, first = UNEVEN
    return {key: numbers.exact(first + n, below) for n, key in enumerate(found)}


def breaks(f: Formula, taken: Formula, lookup: Lookup, speeds: dict[Key, Scalar]) -> bool:
    """Whether a formula jumps or bends at the point, or goes on in another way than the case that is taken there."""

    def exactly(name: str, indices: tuple[int, ...]) -> Any:
        value = lookup(name, indices)
        return numbers.exact(*value.as_integer_ratio()) if isinstance(value, float) else value

    try:
        left, right, _ = one_sided(f, exactly, speeds, 0)
        before, after, _ = one_sided(f, exactly, speeds, 1)
        own, _, _ = one_sided(taken, exactly, speeds, 1)
        apart = (left - right, left - evaluate(f, exactly), before - after, before - own)
    except (NotFinite, ArithmeticError):
        return True
    return not all(map(is_zero, apart))


def convention(where: Message | Formula, alone: bool) -> Message:
    """The derivative that is taken there."""
    if alone:
        return say(
            "A case holds at {place} and nowhere beside it: its slope is taken; the formula may have another, or none.",
            place=where,
        )
    return say("There is no derivative at {place}: that of the case that holds is taken, as PyTorch does.", place=where)
