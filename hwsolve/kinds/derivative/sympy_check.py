"""SymPy beside the rules: it must agree with each derivative at a random point, and may know a shorter form.

A function that is long when its sums are written out is compared with its power series instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from hwsolve.derivation.lines import Disagreement
from hwsolve.formula.domain import Names, domains, effort, equal_at_points
from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.germs import one_sided
from hwsolve.formula.indices import fresh, names_in
from hwsolve.formula.notation import plain
from hwsolve.formula.operators import NoValue
from hwsolve.formula.random_points import Dice, Key, RandomPoint
from hwsolve.formula.simplify.simplify import factored, size
from hwsolve.formula.simplify.terms import Term, negative, product, term_of, written
from hwsolve.formula.simplify.textbook import cost, textbook
from hwsolve.formula.tree import ONE, BigOperator, Call, Formula, Number, Ref, transform, walk
from hwsolve.graph.explain.nondifferentiable import is_extreme
from hwsolve.kinds.derivative.asked import Question
from hwsolve.kinds.derivative.beside import branching
from hwsolve.numbers import NotFinite, Undecided, exact, parts, precision

DIGITS = 30
LONG = 24  # what there is to read in a form for which SymPy is asked for a shorter one
LONG_FUNCTION = 8  # what there is to read in a function that is worth a name
MOST_NODES = 400  # of a derivative, sums written out, that SymPy is asked to confirm
SIZE = 3  # what a size that has only a name is taken as


class Point(RandomPoint):
    """Rational values by name, for the program's own evaluation and, as `x_1_2` for x[1,2], for SymPy."""

    def __init__(
        self, question: Question, formulas: tuple[Formula, ...], scalars: dict[str, str], elements: dict[str, str]
    ) -> None:
        names = Names(formulas)
        self.known = dict(zip(names.sizes, count(SIZE), strict=False))
        for shape in question.shapes.values():
            self.known |= {n.name: SIZE for n in shape if isinstance(n, Ref) and n.name not in self.known}
        for place, name in enumerate([*names.indices, *indices_of(question)]):
            self.known.setdefault(name, 1 + place % 2)
        super().__init__(Dice(5), scalars, elements, self.known)

    def place(self, variable: Ref) -> Key:
        """A variable as it is looked up."""
        return variable.name, tuple(int(evaluate(i, self)) for i in variable.indices)

    def theirs(self, symbol: Any) -> Any:
        """The value for SymPy."""
        import sympy

        name, indices = symbol.name, ""
        for base in self.elements:
            if name.startswith(f"{base}_") and name[len(base) + 1 :].replace("_", "").isdigit():
                name, indices = base, name[len(base) + 1 :]
                break
        return sympy.Rational(*parts(self(name, tuple(map(int, indices.split("_"))) if indices else ())))


def indices_of(question: Question) -> Iterator[str]:
    """The index names of the variables."""
    for target in question.targets:
        for i in target.indices:
            if isinstance(i, Ref):
                yield i.name


def confirm(question: Question, f: Formula, by: list[Ref], found: Formula) -> None:
    """Refuse a derivative with which SymPy's, or the power series of a longer function, does not agree."""
    f, found = question.written_out(f), question.written_out(found)
    ranges = domains((f, found), question.scalars, question.elements)
    if ranges is None or size(found) > MOST_NODES:
        return
    point = Point(question, (f, found, *by), *ranges)
    theirs = (
        None if on_a_border(f, by[0], point) else others(f, by, point, ranges[0] | ranges[1], effort(found) + effort(f))
    )
    if theirs is None:
        return
    with precision(192):
        try:
            ours = evaluate(found, point)
            off = abs(ours - theirs)
            agree = bool(off * 10**15 <= 1 + abs(ours))
        except (NotFinite, Undecided, NoValue, ArithmeticError, ValueError):
            return
    if not agree:
        raise Disagreement(
            f"{plain(found)} is not the derivative of {plain(f)}: {ours} at a point where it should be {theirs}"
        )


def others(f: Formula, by: list[Ref], point: Point, ranges: dict[str, str], work: int) -> Any:
    """The derivative at the point by other means; None where they have nothing to say."""
    from hwsolve.formula.symbolic import derivative_at

    if work <= MOST_NODES and not any(isinstance(node, BigOperator) and is_extreme(node) for node in walk(f)):
        theirs = derivative_at(f, by, point.known, ranges, point.theirs, DIGITS)
        return None if theirs is None else exact_of(theirs)
    if any(variable != by[0] for variable in by):
        return None
    with precision(192):
        try:
            return one_sided(f, point, {point.place(by[0]): 1}, len(by))[1]
        except (NotFinite, Undecided, NoValue, LookupError):
            return None


def on_a_border(f: Formula, by: Ref, point: Point) -> bool:
    """Whether a branch has equal sides at the point: SymPy halves the derivative of a maximum that has some."""
    if not branching(f):
        return False
    with precision(192):
        try:
            return bool(one_sided(f, point, {point.place(by): 1}, 1)[2])
        except (NotFinite, Undecided, NoValue, LookupError):
            return True


def exact_of(number: Any) -> Any:
    """A number of SymPy as a rational."""
    from fractions import Fraction

    value = Fraction(str(number))
    return exact(value.numerator, value.denominator)


def itself(question: Question, f: Formula, derivative: Formula, target: Ref) -> Formula | None:
    """The derivative in terms of f(x), where that is much shorter: f = (e²ˣ - 1)/(e²ˣ + 1) has 1 - f(x)²."""
    plainly = question.written_out(derivative)
    if question.form != "derivative" or target.indices or cost(f) < LONG_FUNCTION or cost(plainly) < LONG_FUNCTION:
        return None
    if any(isinstance(n, BigOperator) or (isinstance(n, Ref) and n.indices) for n in (*walk(f), *walk(plainly))):
        return None
    from hwsolve.formula.symbolic import in_terms_of

    symbol = fresh("f", names_in(f, plainly))
    found = in_terms_of(f, plainly, target, symbol)
    if found is None:
        return None
    found = min((signs_in(g) for g in (found, textbook(found), factored(textbook(found)))), key=cost)
    if 5 * cost(found) > 3 * cost(plainly):
        return None
    back = transform(found, lambda n: f if n == Ref(symbol) else n)
    if not equal_at_points(back, plainly, question.scalars, question.elements):
        return None
    return transform(found, lambda n: Call(symbol, (target,)) if n == Ref(symbol) else n)


def signs_in(f: Formula) -> Formula:
    """-y·(y - 1) as y·(1 - y)."""
    term = term_of(f)
    for base, exponent in term.factors:
        if term.coefficient < 0 and exponent == ONE and isinstance(base, Call) and base.name == "-":
            rest = tuple(x for x in term.factors if x != (base, exponent))
            return product(written(Term(-term.coefficient, rest, term.decimal)), negative(base))
    return f


def shortest(question: Question, found: Formula, raw: Formula) -> Formula:
    """The form to print: SymPy's where ours is long, SymPy's is shorter by a quarter, and equal at all points tried."""
    plainly = question.written_out(found)
    if cost(found) <= LONG or any(
        isinstance(n, BigOperator) or (isinstance(n, Ref) and n.indices) for n in walk(plainly)
    ):
        return found
    if len([n for n in walk(plainly) if isinstance(n, Number) and n.denominator != 1]) > 0:
        return found
    from hwsolve.formula.symbolic import shorter_forms

    for form in shorter_forms(plainly, question.scalars):
        if 4 * cost(form) <= 3 * cost(found) and equal_at_points(form, raw, question.scalars, question.elements):
            found = form
    return found
