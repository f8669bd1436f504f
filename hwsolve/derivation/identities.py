"""Identity lines that hold for all values of their free names: what each ranges over, and conditions where it must.

Each is evaluated at random points, as a link of an argument is, before it is a line.
"""

from __future__ import annotations

import msgspec

from hwsolve.derivation.argument import Argument
from hwsolve.derivation.lines import chain, identity_line
from hwsolve.derivation.named_parts import slope
from hwsolve.formula.comparisons import by_steps
from hwsolve.formula.domain import Names, domains, effort
from hwsolve.formula.indices import fresh, names_in
from hwsolve.formula.notation import plain
from hwsolve.formula.random_points import CONSTANTS
from hwsolve.formula.rules import NoRule
from hwsolve.formula.simplify.simplify import big, choice
from hwsolve.formula.simplify.terms import difference, negative
from hwsolve.formula.tree import (
    ONE,
    ZERO,
    BigOperator,
    Call,
    Formula,
    Number,
    Ref,
    children,
    references,
    transform,
    variable,
    walk,
    written_name,
)
from hwsolve.formula.vectors import Elements, Shapes
from hwsolve.language import say
from hwsolve.solution import Form, Identity, Stage

POINTS, MOST_WORK = 5, 20_000  # that a line holds at, and nodes that are evaluated for it
SMALL = 4  # an index may be any number up to this


class Ranges(msgspec.Struct, frozen=True, kw_only=True):
    """What the names of formulas stand for: numbers of a domain (real where none is stated), and arrays of them.

    `scalars` and `elements` are domains, `shapes` the sizes of arrays; `targets` are elements whose indices run over
    these sizes too; `declared` are variables that are called as constants are.
    """

    shapes: Shapes
    scalars: dict[str, str]
    elements: dict[str, str]
    targets: tuple[Ref, ...] = ()
    declared: frozenset[str] = frozenset()

    def written_out(self, f: Formula) -> Formula:
        """A formula with every vector as its elements."""
        return Elements(self.shapes).number(f)


class Identities:
    """Makes lines that hold for all values of the names in some ranges."""

    def __init__(self, ranges: Ranges) -> None:
        self.ranges, self.argument = ranges, Argument()
        self.found: dict[tuple[Formula, ...], tuple[dict[str, str], dict[str, str]] | None] = {}

    def line(self, lhs: Formula, rhs: Formula, shown: tuple[Formula, ...] = ()) -> Identity | Form | None:
        """The line `lhs = rhs`, checked; a mere form where no domain is found in which both sides mean something."""
        shown = without_repeats(shown or (lhs, rhs))
        self.one_meaning(lhs, rhs)
        lhs, rhs = by_steps(self.ranges.written_out(lhs)), by_steps(self.ranges.written_out(rhs))
        if plain(lhs) == plain(rhs):
            return None
        found = self.domains(lhs, rhs)
        if found is None:
            return Form(chain(*shown))
        scalars, elements = found
        for condition in (*self.small_sizes(lhs, rhs), *self.signs(lhs, rhs, elements)):
            lhs, rhs = choice(condition, lhs, ZERO), choice(condition, rhs, ZERO)
        names = Names((lhs, rhs))
        free = {n: scalars.get(n, "real") for n in names.scalars}
        free |= dict.fromkeys(names.indices, "index") | dict.fromkeys(names.sizes, "size")
        if lhs == rhs:
            return None
        work = effort(lhs) + effort(rhs)
        once = [transform(f, lambda n: slope(n, {}, {})) for f in (lhs, rhs)]
        self.argument.check(
            [Stage("", once[0]), Stage("=", once[1])], free | elements, max(1, min(POINTS, MOST_WORK // work))
        )
        free = {written_name(n): domain for n, domain in free.items()}
        return identity_line(lhs, rhs, free, shown=shown)

    def one_meaning(self, *formulas: Formula) -> None:
        """Refuse a constant that a rule brings where a variable has its name."""
        read = {ref.name for f in formulas for ref in references(f)}
        both = sorted(name for name in CONSTANTS if name in read and variable(name) in self.ranges.declared)
        if both:
            raise NoRule(say("`{name}` is a variable here, and a constant of the derivative.", name=both[0]))

    def domains(self, *formulas: Formula) -> tuple[dict[str, str], dict[str, str]] | None:
        """Domains of scalars and of elements, remembered."""
        if formulas not in self.found:
            self.found[formulas] = domains(formulas, self.ranges.scalars, self.ranges.elements)
        return self.found[formulas]

    def small_sizes(self, *formulas: Formula) -> list[Formula]:
        """k <= n for an index of an axis with a stated length below what an index may be."""
        out: dict[Formula, None] = {}
        free = Names(formulas).indices
        for node in (node for f in (*formulas, *self.ranges.targets) for node in walk(f)):
            shape = self.ranges.shapes.get(node.name, ()) if isinstance(node, Ref) else ()
            for index, n in zip(node.indices if isinstance(node, Ref) else (), shape, strict=False):
                if isinstance(index, Ref) and index.name in free and isinstance(n, Number) and n.numerator < SMALL:
                    out[Call("<=", (index, n))] = None
        for f in formulas:
            out |= dict.fromkeys(met_by_delta(f, {}, set(free)))
        return list(out)

    def signs(self, lhs: Formula, rhs: Formula, elements: dict[str, str]) -> list[Formula]:
        """x[j] > 0 for elements that must be positive, and the like, each written out."""
        out: list[Formula] = []
        for name, domain in elements.items():
            if domain == "real":
                continue
            shape = self.ranges.shapes.get(name)
            if shape is None:
                places = {node for f in (lhs, rhs) for node in walk(f) if isinstance(node, Ref) and node.name == name}
                bounds: list[tuple[Formula, Formula]] = [(place, place) for place in sorted(places, key=plain)]
            else:
                taken = names_in(lhs, rhs, *shape)
                letters = tuple(fresh(f"a{n}", taken) for n in range(1, len(shape) + 1))
                least: Formula = Ref(name, tuple(Ref(a) for a in letters))
                most = least
                for letter, size in zip(letters, shape, strict=True):
                    least, most = big("Min", least, letter, ONE, size), big("Max", most, letter, ONE, size)
                bounds = [(least, most)]
            for low, high in bounds:
                if domain in ("positive", "unit"):
                    out.append(Call("step", (low,)))
                if domain == "unit":
                    out.append(Call("step", (difference(ONE, high),)))
                if domain == "negative":
                    out.append(Call("step", (negative(high),)))
        return out


def met_by_delta(f: Formula, bounds: dict[str, Formula], free: set[str]) -> list[Formula]:
    """l <= n for a free index l that a δ compares with an index of a sum up to n, below what an index may be."""
    found: list[Formula] = []
    match f:
        case BigOperator(_, _, index, _, high):
            bounds = bounds | {index: high}
        case Call("delta" | "==", (Ref(a, ()), Ref(b, ()))):
            for bound, other in ((a, b), (b, a)):
                high = bounds.get(bound, ZERO)
                if other in free and bound in bounds and isinstance(high, Number) and high.numerator < SMALL:
                    found.append(Call("<=", (Ref(other), high)))
    for part in children(f):
        found += met_by_delta(part, bounds, free)
    return found


def without_repeats(forms: tuple[Formula, ...]) -> tuple[Formula, ...]:
    """Forms of a chain that differ as text."""
    return tuple({plain(f): f for f in forms}.values())
