"""A derivative in terms of the function itself: f = (e²ˣ - 1)/(e²ˣ + 1) has the derivative 1 - f(x)².

Where f is a quotient of two expressions that are linear in one exponential, the exponential is solved for and put in.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd

from hwsolve.formula.domain import equal_at_points
from hwsolve.formula.equality.quotients import Field, Quotient, TooLong, Undefined
from hwsolve.formula.equality.quotients import written as as_sum
from hwsolve.formula.indices import fresh, names_in
from hwsolve.formula.meaning import by_definition
from hwsolve.formula.simplify.simplify import factored, simplify
from hwsolve.formula.simplify.terms import Term, mentions, negative, power, product, term_of, written
from hwsolve.formula.simplify.textbook import cost, textbook
from hwsolve.formula.tree import ONE, BigOperator, Call, Formula, Number, Ref, transform, walk
from hwsolve.kinds.derivative.asked import Question

LONG = 8  # what there is to read in a function that is worth a name
BASE = Ref("the exponential")  # no text can say it
KEPT = ("tanh", "sinh", "cosh", "tan", "sqrt")  # functions that stay as they are


def itself(question: Question, f: Formula, derivative: Formula, target: Ref) -> Formula | None:
    """The derivative in terms of f(x), where that is much shorter."""
    plainly = question.written_out(derivative)
    if question.form != "derivative" or target.indices or cost(f) < LONG or cost(plainly) < LONG:
        return None
    if any(isinstance(n, BigOperator) or (isinstance(n, Ref) and n.indices) for n in (*walk(f), *walk(plainly))):
        return None
    symbol = fresh("f", names_in(f, plainly))
    try:
        found = in_terms_of(f, plainly, target, symbol)
    except (TooLong, Undefined, KeyError):  # a power that is no whole one
        return None
    if found is None:
        return None
    found = min((signs_in(g) for g in (found, textbook(found), factored(textbook(found)))), key=cost)
    if 5 * cost(found) > 3 * cost(plainly):
        return None
    back = transform(found, lambda n: f if n == Ref(symbol) else n)
    if not equal_at_points(back, plainly, question.scalars, question.elements):
        return None
    return transform(found, lambda n: Call(symbol, (target,)) if n == Ref(symbol) else n)


def in_terms_of(f: Formula, derivative: Formula, x: Ref, symbol: str) -> Formula | None:
    """The derivative as a product of polynomials, `symbol` in the place of f; None where it is none."""
    f, derivative = with_one_exponential(by_exponentials(f), by_exponentials(derivative), x)
    field = Field(f)
    if mentions(f, x.name) or not alone(BASE, field):
        return None
    place, value = field.atoms.index(BASE), field.value(f)
    if max(side.degrees()[place] for side in value) != 1:
        return None
    slopes = [side.derivative(place) for side in value]
    rests = [side - slope * field.generators[BASE] for side, slope in zip(value, slopes, strict=True)]
    (a, c), (b, d) = ([as_sum(field.terms(p)) for p in pair] for pair in (slopes, rests))
    y = Ref(symbol)  # (a·u + b)/(c·u + d) = y where u = (y·d - b)/(a - y·c)
    solved = Call("/", (Call("-", (Call("*", (y, d)), b)), Call("-", (a, Call("*", (y, c))))))
    slope = transform(derivative, lambda n: solved if n == BASE else n)
    field = Field(slope)
    if not alone(y, field):
        return None
    result, place = field.value(slope), field.atoms.index(y)
    above, below = (side.degrees()[place] for side in result)
    return None if below or not above else as_product(field, result, y)


def alone(name: Ref, field: Field) -> bool:
    """Whether a name is among the atoms of a field, and stands in no other of them."""
    return [atom for atom in field.atoms if mentions(atom, name.name)] == [name]


def by_exponentials(f: Formula) -> Formula:
    """Functions by their definitions, most of which are made of exponentials."""

    def change(node: Formula) -> Formula:
        kept = isinstance(node, Call) and node.name in KEPT
        meaning = None if kept else by_definition(node, cases=False)
        return node if meaning is None else transform(meaning, change)

    return transform(f, change)


def with_one_exponential(f: Formula, g: Formula, x: Ref) -> tuple[Formula, Formula]:
    """Two formulas with every exponential of x as a whole power of one; as they are where there is none."""
    found = [n for n in (*walk(f), *walk(g)) if isinstance(n, Call) and n.name == "exp" and mentions(n, x.name)]
    if not found:
        return f, g
    step = min((n.args[0] for n in found), key=cost)
    ratios = {n: ratio(n.args[0], step) for n in found}
    whole = [int(r) for r in ratios.values() if r is not None and r.denominator == 1]
    if len(whole) < len(ratios):
        return f, g
    powers: dict[Formula, int] = dict(zip(ratios, whole, strict=True))

    def change(node: Formula) -> Formula:
        return Call("**", (BASE, Number(powers[node] // gcd(*whole)))) if node in powers else node

    return transform(f, change), transform(g, change)


def ratio(a: Formula, b: Formula) -> Fraction | None:
    """The number that a/b is, if it is one."""
    found = Call("/", (a, b))
    value = Field(found).formula(found)
    return Fraction(value.numerator, value.denominator) if isinstance(value, Number) else None


def as_product(field: Field, value: Quotient, last: Formula) -> Formula:
    """A quotient of polynomials by its irreducible factors: names, `last` behind them, then sums."""
    coefficient, factors = Fraction(1), []
    for side, sign in zip(value, (1, -1), strict=True):
        number, parts = side.factor()
        coefficient *= Fraction(int(number.p), int(number.q)) ** sign
        factors += [(simplify(as_sum(field.terms(p))), sign * int(n)) for p, n in parts]
    factors.sort(key=lambda factor: (cost(factor[0]), factor[0] == last))
    return product(Number(*coefficient.as_integer_ratio()), *(power(base, Number(n)) for base, n in factors))


def signs_in(f: Formula) -> Formula:
    """-y·(y - 1) as y·(1 - y)."""
    term = term_of(f)
    for base, exponent in term.factors:
        if term.coefficient < 0 and exponent == ONE and isinstance(base, Call) and base.name == "-":
            rest = tuple(x for x in term.factors if x != (base, exponent))
            return product(written(Term(-term.coefficient, rest, term.decimal)), negative(base))
    return f
