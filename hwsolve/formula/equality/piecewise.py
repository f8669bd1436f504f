"""Are two formulas equal, piece by piece?  Branches are decided by the signs of what they compare.

Every function made of pieces is written with `if`.  A condition compares a form with 0: it is taken as positive,
negative and 0 in turn, and where the three cannot be met together with what was taken before, the case is left out.
On the border, where the form is 0, one of its names is put in by the others.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from hwsolve.formula.equality.form_parts import at_border, solved
from hwsolve.formula.equality.inequalities import Linear, feasible
from hwsolve.formula.equality.normal_form import Forms
from hwsolve.formula.equality.quotients import TooLong, Undefined, product, split
from hwsolve.formula.meaning import by_definition
from hwsolve.formula.simplify.simplify import size
from hwsolve.formula.tree import (
    ONE,
    BigOperator,
    Call,
    Formula,
    Number,
    Ref,
    children,
    rebuild,
    substitute,
    transform,
)

MOST_CASES = 400
MOST_NODES = 4_000
ELEMENTARY = frozenset({"exp", "log", "sqrt", "sin", "cos", "asin", "acos", "atan", "erf", "gamma", "floor", "ceil"})


def proven_equal(a: Formula, b: Formula, domains: dict[str, str]) -> bool:
    """Whether two formulas have one form in every case.  False says nothing."""
    try:
        return Proof(domains).holds(Call("-", (elementary(a), elementary(b))), ())
    except (TooLong, ArithmeticError, RecursionError):
        return False


class Taken(NamedTuple):
    """A form, and the sign it is taken to have."""

    form: Formula
    sign: int


class Proof:
    """Counts the cases that were looked at."""

    def __init__(self, domains: dict[str, str]) -> None:
        self.forms = Forms(domains, brackets=True)
        self.cases = 0

    def holds(self, difference: Formula, taken: tuple[Taken, ...]) -> bool:
        """Whether a difference is 0 in every case of its branches."""
        self.cases += 1
        if self.cases > MOST_CASES:
            raise TooLong
        difference = self.settled(difference, taken)
        condition = first_condition(difference)
        if condition is None:
            return self.vanishes(difference)
        factors = self.forms.irreducible(self.forms.normal(Call("-", condition.args)))[1]
        open_ones = [(f, signs) for f, _ in factors if len(signs := self.signs(f, taken)) != 1]
        if not open_ones:
            raise TooLong
        form, signs = open_ones[0]
        return all(self.case(difference, (*taken, Taken(form, sign))) for sign in signs)

    def vanishes(self, difference: Formula) -> bool:
        """Whether a difference without branches is 0 wherever it has a value."""
        try:
            return self.forms.is_zero(difference)
        except Undefined:
            return True

    def case(self, difference: Formula, taken: tuple[Taken, ...]) -> bool:
        """One case; where a form is 0, a name is put in."""
        last = taken[-1]
        put = None if last.sign else solved(last.form)
        if put is None:
            return self.holds(difference, taken)
        others = tuple(Taken(self.forms.normal(at_border(t.form, put)), t.sign) for t in taken[:-1])
        return self.holds(at_border(difference, put), others)

    def settled(self, f: Formula, taken: tuple[Taken, ...]) -> Formula:
        """The formula without the branches that are decided, outside of sums."""
        if isinstance(f, BigOperator) or not children(f):
            return f
        if isinstance(f, Call) and f.name == "if":
            condition = self.settled(f.args[0], taken)
            if not has_branch(condition):
                holds = self.decided(condition, taken)
                if holds is not None:
                    return self.settled(f.args[1] if holds else f.args[2], taken)
            return Call("if", (condition, *(self.settled(p, taken) for p in f.args[1:])))
        return rebuild(f, tuple(self.settled(p, taken) for p in children(f)))

    def decided(self, condition: Formula, taken: tuple[Taken, ...]) -> bool | None:
        """Whether a condition holds, if all cases that are left agree."""
        if not isinstance(condition, Call) or len(condition.args) != 2:
            raise TooLong
        first, factors = self.forms.irreducible(self.forms.normal(Call("-", condition.args)))
        signs = {first}
        for f, n in factors:
            signs = {s * t**n for s in signs for t in self.signs(f, taken)}
        found = {HOLDS[condition.name](s) for s in signs}
        return found.pop() if len(found) == 1 else None

    def signs(self, form: Formula, taken: tuple[Taken, ...]) -> list[int]:
        """The signs that a form may have in a case."""
        return [s for s in (1, -1, 0) if self.possible((*taken, Taken(form, s)))]

    def possible(self, taken: tuple[Taken, ...]) -> bool:
        """Whether forms can have these signs together, as far as linear algebra tells."""
        wanted: list[Linear] = []
        units: set[Formula] = set()
        for form, sign in taken:
            coefficients = self.linear(form)
            units |= coefficients.keys()
            if not coefficients and sign:
                return False
            if sign >= 0:
                wanted.append(Linear(coefficients, sign != 0))
            if sign <= 0:
                wanted.append(Linear({unit: -c for unit, c in coefficients.items()}, sign != 0))
        known = [(unit, self.forms.sign(unit)) for unit in sorted(units - {ONE}, key=repr)]
        return feasible([*wanted, *(Linear({unit: Fraction(1)}, sign == 2) for unit, sign in known if sign)])

    def linear(self, form: Formula) -> dict[Formula, Fraction]:
        """Coefficients of the monomials of a form."""
        terms, below = split(form)
        if below != ONE:
            raise TooLong
        return {product(Fraction(1), factors): c for c, factors in terms}


HOLDS = {
    ">": lambda s: s > 0,
    "<": lambda s: s < 0,
    ">=": lambda s: s >= 0,
    "<=": lambda s: s <= 0,
    "==": lambda s: s == 0,
}


def elementary(f: Formula) -> Formula:
    """A formula written with `if` and few functions, the indices of its sums under names of their own."""
    made = own_indices(f, [0])
    made = transform(made, meaning)
    if size(made) > MOST_NODES:
        raise TooLong
    return made


def meaning(f: Formula) -> Formula:
    """A function by what it means in simpler ones, down to the elementary ones."""
    match f:
        case Call("sqrt", (Call("**", (u, Number(n, 1))),)) if n % 2 == 0:  # the root of x**2 is |x|
            return Call("**", (meaning(Call("abs", (u,))), Number(n // 2)))
    if not isinstance(f, Call) or f.name in ELEMENTARY:
        return f
    if f.name in ("max", "min") and len(f.args) > 2:
        return meaning(Call(f.name, (meaning(Call(f.name, f.args[:-1])), f.args[-1])))
    made = by_definition(f)
    return f if made is None else transform(made, lambda g: meaning(g) if g != f else g)


def own_indices(f: Formula, counter: list[int]) -> Formula:
    """Bound indices renamed, so that nothing put in meets one of its own names."""
    parts = tuple(own_indices(p, counter) for p in children(f))
    made = rebuild(f, parts) if parts else f
    if not isinstance(made, BigOperator):
        return made
    counter[0] += 1
    name = f"#_{counter[0]}"
    return BigOperator(made.op, substitute(made.body, {made.index: Ref(name)}), name, made.low, made.high)


def has_branch(f: Formula) -> bool:
    """Whether a choice stands in a formula outside of its sums."""
    return first_condition(f) is not None


def first_condition(f: Formula) -> Call | None:
    """A condition without conditions in it, outside of sums."""
    if isinstance(f, BigOperator):
        return None
    for part in children(f):
        if (found := first_condition(part)) is not None:
            return found
    if isinstance(f, Call) and f.name == "if":
        condition = f.args[0]
        if not isinstance(condition, Call) or condition.name not in HOLDS:
            raise TooLong
        return condition
    return None
