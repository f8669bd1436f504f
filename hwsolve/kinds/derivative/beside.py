"""Derivatives at a point where a function may bend or jump: what is true on both sides of it decides.

A first derivative is that of PyTorch's conventions, if it lies between the slopes on both sides; where these differ, a
remark names the place.  A higher derivative, or one at a jump, has no convention: there is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hwsolve import numbers
from hwsolve.formula.differentiate import differentiate
from hwsolve.formula.evaluate import Lookup, evaluate
from hwsolve.formula.function_code import has_code
from hwsolve.formula.functions import FUNCTIONS, function
from hwsolve.formula.germs import Germ, one_sided
from hwsolve.formula.instantiate import fold
from hwsolve.formula.operators import COMPARISONS, as_formula, calculate
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref, walk
from hwsolve.graph.explain.nondifferentiable import (
    as_printed,
    convention,
    is_extreme,
    shared,
    slope,
    winners,
)
from hwsolve.language import Message, say
from hwsolve.numbers import Scalar
from hwsolve.numbers.identity import plain

SIMPLE = 100  # denominators below this one are shown
CLOSE = 1e-9  # how near two floats are that are taken as equal
FEW = 3  # places that are named
SLANTS = ((1, 1), (1, -1), (2, 1), (1, 2))  # directions between two variables


class NoDerivative(ArithmeticError):
    """A point at which there is no derivative, nor a convention for one; `what` says why."""

    def __init__(self, what: Message) -> None:
        super().__init__(str(what))
        self.what = what


class Beside:
    """A function at a point: its derivatives by variables, one time after the other."""

    def __init__(self, f: Formula, by: tuple[Ref, ...], lookup: Lookup) -> None:
        self.function, self.by, self.lookup = f, by, lookup
        self.order = len(by)
        self.borders: list[Formula] = []
        self.rule: Message | str = ""  # where the formula at the point comes from, if it is another one

    def derivative(self, found: Formula) -> tuple[Formula, list[Message]]:
        """The formula whose value is the derivative, and remarks; `found` is right away from borders."""
        if not self.by:
            return found, []
        sides = [self.sides(k) for k in range(self.order + 1)]
        if not self.borders:
            return found, []
        if any(is_extreme(b) for b in self.borders) and self.order == 1:
            means = fold(shared(self.function, self.lookup))
            found = fold(differentiate(means, self.by[0]))
            self.rule = say(
                "derivative of {function}, each maximum or minimum as the mean of its equal arguments",
                function=means,
            )
        self.unbroken(sides)
        left, right = sides[-1]
        try:
            value = evaluate(found, self.lookup)
        except numbers.NotFinite:
            if self.both(left, right):
                return self.of_sides(left)
            found, value = self.at_root(left, right)
        if outside(value, left, right):
            if self.both(left, right):
                return self.of_sides(left)
            if not differ(left, right):
                raise NoDerivative(
                    say(
                        "the derivative is {slope} on both sides, but the rules for kinks give {value} ({places})",
                        slope=text(left),
                        value=text(value),
                        places=self.places(),
                    )
                )
            raise NoDerivative(
                say(
                    "the derivative is {left} on the left and {right} on the right, and the rules for kinks give "
                    "{value} ({places})",
                    left=text(left),
                    right=text(right),
                    value=text(value),
                    places=self.places(),
                )
            )
        if differ(left, right) and any(map(self.jumps, self.borders)):
            raise NoDerivative(
                say(
                    "the derivative is {left} on the left and {right} on the right ({places})",
                    left=text(left),
                    right=text(right),
                    places=self.places(),
                )
            )
        return found, list(self.remarks()) if differ(left, right) else []

    def jumps(self, border: Formula) -> bool:
        """Whether a function on a border jumps there by itself: then no convention is one of slopes."""
        if not isinstance(border, Call) or border.name in COMPARISONS:
            return False
        value = evaluate(border, self.lookup)
        sides = (Germ(self.lookup, {key_of(v): s for v in self.by}).of(border, 0)[0] for s in (1, -1))
        return any(differ(side, value) for side in sides)

    def both(self, left: Scalar, right: Scalar) -> bool:
        """Whether one number is the derivative on both sides: then it is the derivative."""
        return numbers.is_exact(left) and numbers.is_exact(right) and bool(left == right)

    def of_sides(self, slope: Scalar) -> tuple[Formula, list[Message]]:
        """The derivative that both sides have, where the formula of the derivative does not give it."""
        self.rule = say("the same on both sides")
        remark = say(
            "The formula of the derivative does not give it at this point ({places}): it is {slope}, as on both sides.",
            places=self.places(),
            slope=text(slope),
        )
        return as_formula(slope), [remark]

    def at_root(self, left: Scalar, right: Scalar) -> tuple[Formula, Scalar]:
        """The derivative where its formula has 0/0 at a root of 0: between both sides, as the root's own is taken as 0.

        So PyTorch takes it for a norm.
        """
        middle = calculate("/", [left + right, 2])
        if (
            (self.order > 1 and differ(left, right))
            or not all(map(is_root, self.borders))
            or not numbers.is_exact(middle)
        ):
            raise numbers.NotFinite(say("division by zero"))
        return as_formula(middle), middle

    def sides(self, order: int) -> tuple[Scalar, Scalar]:
        """The derivative of an order from the left and from the right; by two variables, what it would have to be."""
        a, b = (key_of(self.by[0]), key_of(self.by[-1]))
        if a == b:
            return self.along({a: 1}, order)
        plainly = [self.along({key: 1}, order) for key in (a, b)]
        slanted = [self.along({a: s, b: t}, order) for s, t in SLANTS]
        for left, right in (*plainly, *slanted):
            if differ(left, right):
                return left, right
        (u, _), (v, _) = plainly
        found = [w for w, _ in slanted]
        if order < 2:
            wanted = [s * u + t * v for s, t in SLANTS] if order else [u] * len(SLANTS)
            return next(((w, x) for w, x in zip(wanted, found, strict=True) if differ(w, x)), (u, u))
        mixed = calculate("/", [found[0] - found[1], 4])
        wanted = [s * s * u + 2 * s * t * mixed + t * t * v for s, t in SLANTS]
        return next(((w, x) for w, x in zip(wanted, found, strict=True) if differ(w, x)), (mixed, mixed))

    def along(self, direction: dict[Any, Scalar], order: int) -> tuple[Scalar, Scalar]:
        """Both sides along a direction; the borders are kept."""
        left, right, borders = one_sided(self.function, self.lookup, direction, order)
        self.borders += [b for b in borders if b not in self.borders]
        return left, right

    def unbroken(self, sides: list[tuple[Scalar, Scalar]]) -> None:
        """Raise where the function jumps, or where a derivative below the highest, or the highest one, is two."""
        value = evaluate(self.function, self.lookup)
        if any(differ(side, value) for side in sides[0]):
            raise NoDerivative(say("the function jumps there ({places})", places=self.places()))
        if self.order == 1:
            return
        for k, (left, right) in enumerate(sides):
            if differ(left, right) and len(set(self.by)) > 1:
                raise NoDerivative(say("the function bends there ({places})", places=self.places()))
            if differ(left, right):
                raise NoDerivative(
                    say(
                        "the derivative of order {n} is {left} on the left and {right} on the right ({places})",
                        n=k,
                        left=text(left),
                        right=text(right),
                        places=self.places(),
                    )
                )

    # in words

    def places(self) -> Message:
        """Where the function may bend."""
        return some(self.borders)

    def remarks(self) -> Iterator[Message]:
        """What is taken at each border."""
        for border in self.borders:
            if is_extreme(border):
                yield say(
                    "{function} has {n} equal arguments at this point: each gets the same share of the derivative, as "
                    "in PyTorch.",
                    function=border,
                    n=len(winners(border, self.lookup)),
                )
            elif is_root(border):
                yield say(
                    "{root} has no derivative where it is 0: 0 is taken, as PyTorch does for a norm.",
                    root=border,
                )
            elif isinstance(border, Call) and border.name in FUNCTIONS and has_code(f"d_{border.name}"):
                place = Call("==", (border.args[0], self.number(border.args[0])))
                yield convention(border, place, slope(border, self.lookup))
            elif isinstance(border, Call) and border.name in COMPARISONS:
                yield say(
                    "The point lies on the border of a case ({where}): the derivative of the case that holds there is "
                    "taken, as PyTorch does.",
                    where=border,
                )

    def number(self, f: Formula) -> Formula:
        """The value of a formula as it is printed."""
        return as_printed(evaluate(f, self.lookup))


def some(places: Sequence[Formula]) -> Message:
    """Formulas in a row, and how many more there are."""
    if len(places) <= FEW + 1:
        return Message("{places}", {"places": tuple(places)})
    return say("{places} and {n} more places", places=tuple(places[:FEW]), n=len(places) - FEW)


def outside(value: Scalar, a: Scalar, b: Scalar) -> bool:
    """Whether a value does surely not lie between two others."""
    low, high = (a, b) if certainly_less(a, b) else (b, a)
    return certainly_less(value, low) or certainly_less(high, value)


def is_root(f: Formula) -> bool:
    """Whether it is a root or a power."""
    return isinstance(f, Call) and f.name in ("sqrt", "**")


def key_of(ref: Ref) -> tuple[str, tuple[int, ...]]:
    """A variable as it is looked up."""
    return ref.name, tuple(i.numerator for i in ref.indices if isinstance(i, Number))


def branching(f: Formula) -> bool:
    """Whether a formula has branches, or powers that bend where their base is 0."""
    for node in walk(f):
        if isinstance(node, BigOperator) and is_extreme(node):
            return True
        if isinstance(node, Call) and (node.name == "if" or made_of_pieces(node.name)):
            return True
    return False


def made_of_pieces(name: str) -> bool:
    """Whether a function is made of pieces, or defined by one that is."""
    known = function(name)
    if known is None:
        return False
    return known.cases is not None or (known.definition is not None and branching(parse(known.definition)))


def text(value: Scalar) -> Formula:
    """A number in a sentence; a simple fraction as one."""
    value = plain(value, {})
    simple = numbers.is_exact(value) and numbers.parts(value)[1] < SIMPLE
    return as_formula(value) if simple else as_printed(value)


def differ(a: Scalar, b: Scalar) -> bool:
    """Whether two values are surely not the same."""
    return certainly_less(a, b) or certainly_less(b, a)


def certainly_less(a: Scalar, b: Scalar) -> bool:
    """Whether a < b for sure: of balls without overlap, of floats by more than they are off."""
    if isinstance(a, float) or isinstance(b, float):
        x, y = float(a), float(b)
        return x < y - CLOSE * max(1.0, abs(x), abs(y))
    return bool(a < b)
