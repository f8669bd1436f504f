"""For which values a formula means something: what its free names range over, found by trying random points.

Real is tried first, then positive, unit (between 0 and 1) and negative.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.operators import NoValue
from hwsolve.formula.random_points import CONSTANTS, Dice, RandomPoint, whole_numbers
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref, children, transform
from hwsolve.numbers import NotFinite, Undecided, precision

DOMAINS = ("real", "positive", "unit", "negative")
TRIES = 5
DRAWS = 32  # points at which formulas must have a value before a domain is believed
MOST_COMBINATIONS = 64
MOST_EFFORT = 100_000  # nodes that are evaluated to find out a domain
SIZE = 8  # about what is drawn for a size


class Names:
    """The free names of formulas: scalars, indices, sizes, and names that have elements."""

    def __init__(self, formulas: Iterable[Formula]) -> None:
        self.scalars: dict[str, None] = {}
        self.indices: dict[str, None] = {}
        self.sizes: dict[str, None] = {}
        self.elements: dict[str, None] = {}
        for f in formulas:
            self._see(f, frozenset(), "scalar")
        for name in (*self.indices, *self.sizes):
            self.scalars.pop(name, None)
        for name in self.indices:
            self.sizes.pop(name, None)

    def _see(self, f: Formula, bound: frozenset[str], place: str) -> None:
        match f:
            case Ref(name, ()):
                if name not in bound and name not in CONSTANTS:
                    {"scalar": self.scalars, "index": self.indices, "size": self.sizes}[place].setdefault(name)
            case Ref(name, indices):
                self.elements.setdefault(name)
                for i in indices:
                    self._see(i, bound, "index")
            case BigOperator(_, body, index, low, high):
                self._see(low, bound, "size")
                self._see(high, bound, "size")
                self._see(body, bound | {index}, place)
            case Call("delta", args):
                for a in args:
                    self._see(a, bound, "index")
            case Call("element", (vector, *indices)):
                self._see(vector, bound, place)
                for i in indices:
                    self._see(i, bound, "index")
            case _:
                for part in children(f):
                    self._see(part, bound, place)


def free_names(f: Formula, bound: frozenset[str] = frozenset()) -> set[str]:
    """The names without indices that stand free in a formula: no index of a sum, no variable of an integral."""
    match f:
        case Ref(name, ()):
            return set() if name in bound else {name}
        case BigOperator(_, body, name, low, high) | Call("integral", (body, Ref(name), low, high)):
            return free_names(body, bound | {name}) | free_names(low, bound) | free_names(high, bound)
    return {name for part in children(f) for name in free_names(part, bound)}


def undifferentiated(f: Formula) -> Formula:
    """The formula without `diff`: it means something where what is differentiated does."""

    def change(node: Formula) -> Formula:
        return node.args[0] if isinstance(node, Call) and node.name == "diff" else node

    return transform(f, change)


def domains(
    formulas: Iterable[Formula], scalars: dict[str, str], elements: dict[str, str]
) -> tuple[dict[str, str], dict[str, str]] | None:
    """Domains of the scalars and of the elements for which all formulas have a value; None where none is found.

    What is stated already stays.
    """
    plain = [undifferentiated(f) for f in formulas]
    names = Names(plain)
    open_scalars = [n for n in names.scalars if n not in scalars]
    open_elements = [n for n in names.elements if n not in elements]
    for chosen in islice(choices(len(open_scalars) + len(open_elements)), MOST_COMBINATIONS):
        own = scalars | dict(zip(open_scalars, chosen, strict=False))
        inner = elements | dict(zip(open_elements, chosen[len(open_scalars) :], strict=True))
        if _all_defined(plain, own, inner, names):
            return {n: own[n] for n in names.scalars}, {n: inner[n] for n in names.elements}
    return None


def choices(n: int) -> Iterator[tuple[str, ...]]:
    """Domains for n names in all combinations, those with the fewest steps from the first domain first."""
    for steps in range((len(DOMAINS) - 1) * n + 1):
        for taken in _shares(n, steps):
            yield tuple(DOMAINS[t] for t in taken)


def _shares(n: int, steps: int) -> Iterator[tuple[int, ...]]:
    """All ways of n names to share out some steps, in the order of tuples."""
    if not steps:
        yield (0,) * n
        return
    for first in reversed(range(n)):
        for own in range(1, min(len(DOMAINS) - 1, steps) + 1):
            for rest in _shares(n - first - 1, steps - own):
                yield (*(0,) * first, own, *rest)


def effort(f: Formula) -> int:
    """About how many nodes an evaluation comes to, sums written out; a name for a size is as long as one drawn."""
    inner = sum(effort(part) for part in children(f))
    if not isinstance(f, BigOperator):
        return 1 + inner
    low, high = (b.numerator // b.denominator if isinstance(b, Number) else SIZE for b in (f.low, f.high))
    return 1 + max(high - low + 1, 1) * inner


def _all_defined(formulas: list[Formula], scalars: dict[str, str], elements: dict[str, str], names: Names) -> bool:
    dice = Dice(7)
    work = sum(effort(f) for f in formulas)
    with precision(96):
        for _ in range(min(DRAWS, max(1, MOST_EFFORT // work)) if work else DRAWS):
            point = RandomPoint(dice, scalars, elements, whole_numbers(dice, names.sizes, names.indices))
            try:
                for f in formulas:
                    evaluate(f, point)
            except (NotFinite, Undecided, NoValue, ArithmeticError, ValueError):
                return False
    return True


def equal_at_points(a: Formula, b: Formula, scalars: dict[str, str], elements: dict[str, str]) -> bool:
    """Whether two formulas have overlapping values at random points, wherever both have one."""
    from flint import arb

    names = Names((a, b))
    dice = Dice(11)
    compared = 0
    with precision(256):
        for _ in range(10 * TRIES):
            point = RandomPoint(dice, scalars, elements, whole_numbers(dice, names.sizes, names.indices))
            try:
                left, right = arb(evaluate(a, point)), arb(evaluate(b, point))
            except (NotFinite, Undecided, NoValue, ArithmeticError, ValueError):
                continue
            if not left.overlaps(right):
                return False
            compared += 1
    return compared >= TRIES
