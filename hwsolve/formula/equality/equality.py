"""Are two formulas equal for all values of their names?  One normal form, points, and SymPy.

Equal normal forms are a proof, in every case of their branches.  A point where the two are surely apart proves that
they differ: random ones of many sizes, and those on, beside and between the corners of pieces.  Where all points agree
to 60 digits, SymPy is asked as well: it may prove that the difference vanishes, often has nothing to say, and where it
contradicts, nothing is decided.  What is not proven agrees at so many points, and is said to.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

from hwsolve.formula.domain import Names
from hwsolve.formula.equality.corner_points import corner_points, reads
from hwsolve.formula.random_points import Dice, Point, random_points
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref, children, rebuild, transform, walk
from hwsolve.language import Message, say

POINTS, TRIES = 24, 200
POINTS_OF_LOOPS = 8  # of formulas with sums over elements: each point has many random numbers
FIRST, TRIES_FIRST = 2, 20  # points before a proof is tried, of the names that the two formulas have
BITS = 320
MOST_PIECES = 60  # of which the difference is brought into a form
MOST_FOR_SYMPY = 40  # nodes: it may take very long over more
APART = 10**60


class Same(NamedTuple):
    """Whether two formulas are equal: proven, or at so many points; else the point where they differ.

    `equal` is None where neither can be told.
    """

    equal: bool | None
    proven: bool = False
    points: int = 0
    witness: Message | None = None


PROVEN = Same(True, True)


def equal_for_all(a: Formula, b: Formula, free: dict[str, str], of: tuple[Formula, ...] = ()) -> Same:
    """Whether two formulas are equal for all values of their names.

    `free` says what some of the names range over: real, positive, negative, unit, index or size.  Derivatives of
    functions, `of`, are not compared at the kinks of these.
    """
    if a == b or _same_polynomial(a, b, free):
        return PROVEN
    a, b = opaque(a), opaque(b)
    domains = _domains(a, b, free)
    read = {r.name for f in (a, b) for r in walk(f) if isinstance(r, Ref)}
    first = Comparison(a, b, {name: domain for name, domain in domains.items() if name in read}, of, TRIES_FIRST)
    if (witness := first.at_random(FIRST)) is not None:
        return Same(False, True, first.agreed, witness)
    from hwsolve.formula.equality.piecewise import proven_equal

    proven = proven_equal(a, b, domains)
    if proven and first.agreed:
        return PROVEN
    comparison = Comparison(a, b, domains, of)
    witness = comparison.at_random() if proven else comparison.everywhere()
    agreed = comparison.agreed
    if witness is not None:
        return Same(False, True, agreed, witness)
    if not agreed or proven or not _elementary(a, b):
        return Same(True if agreed else None, proven and bool(agreed), agreed)
    from hwsolve.formula.equality.by_sympy import vanishes

    difference = vanishes(Call("-", (a, b)), domains)
    if difference is None:
        return Same(True, points=agreed)
    return PROVEN if difference else Same(None, points=agreed)


def _same_polynomial(a: Formula, b: Formula, free: dict[str, str]) -> bool:
    """Whether two formulas without rounding, or of whole numbers, have one normal form."""
    from hwsolve.formula.simplify.polynomial import canonical

    nodes = [*walk(a), *walk(b)]
    whole = all(free.get(n.name) in ("size", "index") for n in nodes if isinstance(n, Ref))
    if any(isinstance(f, BigOperator) or (isinstance(f, Call) and f.name in ROUNDED and not whole) for f in nodes):
        return False
    return canonical(a) == canonical(b)


ROUNDED = frozenset({"floor", "ceil"})  # the normal form takes names in them as whole numbers


def _elementary(a: Formula, b: Formula) -> bool:
    """Whether SymPy knows all of it as it stands: no loops, elements or branches."""
    parts = (*walk(a), *walk(b))
    return (
        not any(isinstance(f, BigOperator) or (isinstance(f, Ref) and f.indices) for f in parts)
        and len(parts) < MOST_FOR_SYMPY
    )


class Comparison:
    """Two formulas at points: at how many they agree."""

    def __init__(
        self, a: Formula, b: Formula, domains: dict[str, str], of: tuple[Formula, ...] = (), tries: int = TRIES
    ) -> None:
        self.a, self.b, self.domains, self.of = a, b, domains, of
        self.loops = any(isinstance(f, BigOperator) for f in (*walk(a), *walk(b)))
        self.dice = Dice(20)
        self.agreed = 0
        self.random = random_points(domains, self.dice, self.loops, tries)
        self.differences: Differences | None = None

    def at_random(self, enough: int | None = None) -> Message | None:
        """Compare at the next random points until so many agree."""
        enough = enough or (POINTS_OF_LOOPS if self.loops else POINTS)
        for point in self.random:
            if (witness := self.at(point)) is not None:
                return witness
            if self.agreed >= enough:
                break
        return None

    def everywhere(self) -> Message | None:
        """Compare at random points, and then at the corners that pieces have from two of them."""
        self.differences = Differences(self.a, self.b, self.domains)
        if (witness := self.at_random()) is not None:
            return witness
        bases = [Point(self.domains, self.dice, kind, self.loops) for kind in ("near", "whole")]
        corners: Iterator[Point] = chain(*(corner_points(self.a, self.b, self.domains, base) for base in bases))
        return next((witness for point in corners if (witness := self.at(point)) is not None), None)

    def at(self, point: Point) -> Message | None:
        """Compare at a point; where one of the two has no value there, nothing is said."""
        from hwsolve.formula.evaluate import evaluate
        from hwsolve.numbers import Undecided, is_exact, precision

        with precision(BITS):
            try:
                left, right = evaluate(self.a, point), evaluate(self.b, point)
                try:
                    apart: bool | None = _apart(left, right)
                except Undecided:
                    apart = None
                known = apart or (is_exact(left) and is_exact(right))
                rest = None if known or self.differences is None else self.differences.at(point)
                if apart or (rest is not None and _apart(rest, 0)):
                    if any(on_a_kink(f, point) for f in self.of):
                        return None
                    return self.shown(point, left, right, rest)
            except (ArithmeticError, ValueError, LookupError):  # no value, or none that these bits decide
                return None
        self.agreed += apart is False
        return None

    def shown(self, point: Point, left: Any, right: Any, rest: Any) -> Message:
        """The point where they differ in words; where elements are read, a small one."""
        from hwsolve.formula.equality.witness import smallest, values_read, witness
        from hwsolve.formula.evaluate import evaluate

        read = values_read((self.a, self.b), point)
        if rest is None and any(indices for _, indices in read):
            point = smallest(point, self.differ, lambda at: values_read((self.a, self.b), at))
            left, right = evaluate(self.a, point), evaluate(self.b, point)
            read = values_read((self.a, self.b), point)
        return witness(point, read, left, right, rest)

    def differ(self, point: Point) -> bool:
        """Whether the two are surely apart at a point, and none of them is there on the border of a case."""
        from hwsolve.formula.evaluate import evaluate
        from hwsolve.numbers import Undecided

        try:
            apart = _apart(evaluate(self.a, point), evaluate(self.b, point))
        except (ArithmeticError, ValueError, LookupError, Undecided):
            return False
        return apart and not any(on_a_kink(f, point) for f in self.of)


class Differences:
    """The difference of two formulas with what cancels left out, so that the rest shows however small it is."""

    def __init__(self, a: Formula, b: Formula, domains: dict[str, str]) -> None:
        from hwsolve.formula.equality.normal_form import Forms
        from hwsolve.formula.equality.piecewise import elementary
        from hwsolve.formula.equality.quotients import TooLong

        self.forms = Forms(domains)
        self.known: dict[Formula, Formula | None] = {}  # by the branches that are taken
        try:
            self.whole: Formula | None = Call("-", (elementary(a), elementary(b)))
        except (TooLong, RecursionError):
            self.whole = None

    def at(self, point: Point) -> Any:
        """The value at a point, or None."""
        from hwsolve.formula.equality.quotients import TooLong
        from hwsolve.formula.evaluate import evaluate

        if self.whole is None:
            return None
        piece = taken(self.whole, point)
        if piece not in self.known and len(self.known) < MOST_PIECES:
            try:
                self.known[piece] = transform(self.forms.normal(piece), root_as_power)
            except (TooLong, ArithmeticError, RecursionError):
                self.known[piece] = None
        form = self.known.get(piece)
        return None if form is None else evaluate(form, point)


def on_a_kink(f: Formula, point: Point) -> bool:
    """Whether a function is on the border of one of its cases, or has no slope; also where that is not decided."""
    from hwsolve.formula.germs import one_sided
    from hwsolve.numbers import Undecided

    try:
        return bool(one_sided(f, point, dict.fromkeys(reads(f, point), 1), 1)[2])
    except (ArithmeticError, ValueError, LookupError, Undecided):
        return True


def taken(f: Formula, point: Point) -> Formula:
    """A formula with the branches that are taken at a point, outside of its sums."""
    from hwsolve.formula.evaluate import evaluate

    if isinstance(f, BigOperator) or not children(f):
        return f
    if isinstance(f, Call) and f.name == "if":
        return taken(f.args[1] if evaluate(f.args[0], point) else f.args[2], point)
    return rebuild(f, tuple(taken(p, point) for p in children(f)))


def root_as_power(f: Formula) -> Formula:
    """The roots of a normal form as powers, which have a value."""
    match f:
        case Call("root", (inside, q)):
            return Call("**", (inside, Call("/", (Number(1), q))))
    return f


def opaque(f: Formula) -> Formula:
    """The formula with a quantity in the place of an unknown function of an element: f(z[i,j]) is some f.z[i,j]."""
    from hwsolve.formula.functions import function
    from hwsolve.formula.operators import COMPARISONS

    known = {*COMPARISONS, "+", "-", "*", "/", "**", "neg", "if", "element", "diff", "integral"}

    def change(node: Formula) -> Formula:
        if not isinstance(node, Call) or len(node.args) != 1 or node.name in known or function(node.name):
            return node
        inner = node.args[0]
        return Ref(f"{node.name}.{inner.name}", inner.indices) if isinstance(inner, Ref) else node

    return transform(f, change)


def _domains(a: Formula, b: Formula, free: dict[str, str]) -> dict[str, str]:
    """What each name ranges over: as the solution says, else an index or a bound is whole and all else real."""
    names = Names((a, b))
    return dict.fromkeys(names.sizes, "size") | dict.fromkeys(names.indices, "index") | free


def _apart(left: Any, right: Any) -> bool:
    """Surely different.  Balls that overlap but are too wide to tell raise Undecided."""
    from flint import arb

    from hwsolve.numbers import Undecided, is_exact

    if is_exact(left) and is_exact(right):
        return bool(left != right)
    off = arb(left) - arb(right)
    if not off.contains(0):
        return off.is_finite()
    if not off.rad() * 2 * APART <= 1 + abs(arb(left)).mid() + abs(arb(right)).mid():
        raise Undecided(say("whether two values are equal"))
    return False
