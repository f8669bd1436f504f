"""Where the formula of a derivative by variables does not give it: at jumps and kinks, and at ties of a maximum.

A border of a function in the formula, as x = 0 of |x|, is tried at points on it, as the points of a problem are: the
names but one are random, and that one is solved for.  A root that is no fraction is looked at from both sides.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from hwsolve import numbers
from hwsolve.formula.differentiate import differentiate
from hwsolve.formula.evaluate import Lookup, evaluate
from hwsolve.formula.functions import function
from hwsolve.formula.germs import JUMPS
from hwsolve.formula.instantiate import fold
from hwsolve.formula.meaning import by_definition, with_defaults
from hwsolve.formula.operators import COMPARISONS, NoValue
from hwsolve.formula.parse import parse
from hwsolve.formula.random_points import CONSTANTS, Dice
from hwsolve.formula.roots import at, roots, surely_zero, value
from hwsolve.formula.rules import NoRule
from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.tree import Call, Formula, Number, Ref, references, walk
from hwsolve.graph.explain.nondifferentiable import is_extreme
from hwsolve.kinds.derivative.beside import Beside, NoDerivative, branching, differ

TRIES, BITS = 8, 256
MOST_ROOTS = 24  # of a border that are tried
BESIDE, CLOSE = 2**40, 2**20  # one part of these is beside a root that is no fraction, or taken as 0
WHOLE = tuple(map(Number, (1, -2, 0, 2, -1, 3, -3, 10)))  # at which a function jumps that jumps at every whole number
NO_VALUE = (numbers.NotFinite, numbers.Undecided, NoValue, NoRule, LookupError, ArithmeticError)
Border = tuple[Formula, Formula]  # what is 0 there, and the condition of being elsewhere


def exceptions(f: Formula, by: tuple[Ref, ...], found: tuple[Formula, ...]) -> tuple[Formula, ...]:
    """The conditions under which a formula is the derivative; `found` are the formulas of all orders up to it."""
    if any(r.indices for r in references(f)):
        return ()
    conditions: dict[Formula, None] = {}
    with numbers.precision(BITS):
        looks = [Look(f, by, found, target, conditions) for target in dict.fromkeys(by)]
        for zero, elsewhere in sorted(
            dict.fromkeys(borders(f)), key=lambda b: all(x.slope(b[0]) is None for x in looks)
        ):
            if elsewhere not in conditions and any(x.lacks(zero, seed) for x in looks for seed in range(TRIES)):
                conditions[elsewhere] = None
    return tuple(conditions)


def borders(f: Formula) -> Iterator[Border]:
    """Where the pieces of a function meet, or it jumps."""
    for node in walk(f):
        if not isinstance(node, Call):
            continue
        known = function(node.name)
        if node.name in COMPARISONS:
            yield border(*node.args)
        elif node.name in JUMPS:
            for whole in WHOLE:
                yield border(node.args[0], whole)[0], Call("!=", (node, node.args[0]))
        elif known is not None and known.many:
            for n, first in enumerate(node.args[:-1], 1):
                rest = node.args[n:]
                yield border(first, rest[0] if len(rest) == 1 else Call(node.name, rest))
        elif known is not None and known.kinks:
            for kink in known.kinks:
                yield border(node.args[0], parse(kink))
        elif known is not None and known.definition is not None and branching(parse(known.definition)):
            meaning = by_definition(Call(node.name, with_defaults(node, known)))
            if meaning is not None:
                yield from borders(meaning)


def border(a: Formula, b: Formula) -> Border:
    """Where two sides are equal."""
    return simplify(Call("-", (a, b))), Call("!=", (a, b))


class Look:
    """Looks at points on borders, which are solved for a target; `conditions` are those known to be needed."""

    def __init__(
        self, f: Formula, by: tuple[Ref, ...], found: tuple[Formula, ...], target: Ref, conditions: dict[Formula, None]
    ) -> None:
        self.function, self.by, self.found, self.target, self.conditions = f, by, found, target, conditions
        self.names = sorted({r.name for r in references(f)} - {target.name, *CONSTANTS})

    def slope(self, zero: Formula) -> Formula | None:
        """The slope of a border that is a line in the target."""
        try:
            found = simplify(fold(differentiate(zero, self.target)))
        except NoRule:
            return None
        return None if self.target in references(found) or branching(zero) else found

    def lacks(self, zero: Formula, seed: int) -> bool:
        """Whether the formula is not the derivative at a point of a border."""
        if self.target not in references(zero) or (seed and not self.names):
            return False
        dice = Dice(seed)
        drawn = {name: numbers.exact(dice.randint(-400, 400), 97) for name in self.names}

        def known(name: str, indices: tuple[int, ...]) -> Any:
            if name not in drawn:
                raise LookupError(name)
            return drawn[name]

        for x, surely in islice(self.points(zero, known), MOST_ROOTS):
            lookup = at(self.target, x, known)
            if not self.excluded(lookup, surely) and (
                self.fails(lookup) if surely else self.fails_beside(zero, x, known)
            ):
                return True
        return False

    def points(self, zero: Formula, known: Lookup) -> Iterator[tuple[numbers.Scalar, bool]]:
        """Values of the target on a border, and whether they surely are."""
        slope = self.slope(zero)
        start = None if slope is None else value(zero, self.target, 0, known)
        steep = None if slope is None else value(slope, self.target, 0, known)
        if start is None or steep is None or not numbers.is_exact(start) or not numbers.is_exact(steep) or steep == 0:
            yield from roots(zero, self.target, known)
        else:
            yield numbers.divide(numbers.exact(0) - start, numbers.exact(0) + steep), True

    def excluded(self, lookup: Lookup, surely: bool) -> bool:
        """Whether a condition that is known already does not hold at a point, or close to one that is no fraction."""
        for condition in self.conditions:
            assert isinstance(condition, Call)
            try:
                apart = evaluate(Call("-", condition.args), lookup)
            except NO_VALUE:
                continue
            if apart == 0 if surely and numbers.is_exact(apart) else abs(apart) * CLOSE < 1:
                return True
        return False

    def fails(self, lookup: Lookup) -> bool:
        """Whether a point has no derivative of one of the orders, or another than the formula gives there."""
        for order in range(1, len(self.by) + 1):
            try:
                given, _ = Beside(self.function, self.by[:order], lookup).derivative(self.found[order - 1])
            except NoDerivative:
                return True
            except NO_VALUE:
                return False
        try:
            return differ(evaluate(given, lookup), evaluate(self.found[-1], lookup))
        except NO_VALUE:
            return False

    def fails_beside(self, zero: Formula, x: numbers.Scalar, known: Lookup) -> bool:
        """The same at a root that is no fraction, by values on both sides; where these leave it open, it does."""
        beside = [x - numbers.exact(1, BESIDE), x + numbers.exact(1, BESIDE)]
        if all(surely_zero(value(zero, self.target, y, known)) for y in beside):
            return False  # within a flat piece
        for order, g in enumerate((self.function, *self.found)):
            left, right = (value(g, self.target, y, known) for y in beside)
            if left is None or right is None:
                return True
            if abs(left - right) * CLOSE > 1 + abs(left) + abs(right):
                own = order == 1 == len(self.by)  # a first derivative may be a convention, which the formula gives
                return not own or any(is_extreme(n) or jumps(n) for n in walk(self.function))
        return branching(self.found[-1])


def jumps(f: Formula) -> bool:
    """Whether it is a call of a function that may jump."""
    return isinstance(f, Call) and (f.name in (*JUMPS, "sign", "step", "step0") or f.name.startswith("d_"))
