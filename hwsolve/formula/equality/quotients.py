"""Quotients of polynomials over atoms: two formulas made of + - * / and whole powers are equal if their forms are.

An atom is a name, or what stands like one: `exp(x)`, `log(x)`, a sum over an index.  Atoms that depend on each other
are reduced by their relation: root(u, q)**q is u, and cos(u)**2 is 1 - sin(u)**2.  Powers of `exp(u)` may be fractions.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import Any, NamedTuple

from hwsolve.formula.tree import ONE, ZERO, Call, Formula, Number

MOST_TERMS = 3_000
MOST_POWER, MOST_POWER_OF_NUMBER = 400, 5_000
ARITHMETIC = frozenset({"+", "-", "neg", "*", "/"})


class TooLong(Exception):
    """A formula that is too big to be multiplied out, or has no form."""


class Undefined(ArithmeticError):
    """A division by what is 0 for all values."""


class Quotient(NamedTuple):
    """Numerator and denominator, polynomials of one ring."""

    above: Any
    below: Any


class Field:
    """The quotients over the atoms of a formula."""

    def __init__(self, f: Formula) -> None:
        self.fractions: dict[Formula, int] = {}  # atoms, with the common denominator of their powers
        self._collect(f)
        self.atoms = sorted(self.fractions, key=repr)
        from flint import Ordering, fmpq_mpoly_ctx

        self.ring = fmpq_mpoly_ctx.get(tuple(f"v{k}" for k in range(len(self.atoms))), Ordering.deglex)
        generators = self.ring.gens() if self.atoms else ()
        self.generators = dict(zip(self.atoms, generators, strict=True))
        self.one = self.ring.constant(1)

    def _collect(self, f: Formula) -> None:
        match f:
            case Number():
                return
            case Call(name, args) if name in ARITHMETIC:
                for part in args:
                    self._collect(part)
                return
            case Call("**", (base, Number(_, q))):
                self._collect(base)
                if q != 1:
                    self.fractions[base] = lcm(self.fractions[base], q)
                return
        if f in self.fractions:
            return
        self.fractions[f] = 1
        match f:
            case Call("root", (inside, _)):
                self._collect(inside)
            case Call("sin" | "cos" as name, args):
                self.fractions.setdefault(Call("cos" if name == "sin" else "sin", args), 1)

    # values

    def value(self, f: Formula) -> Quotient:
        """A formula as a quotient."""
        match f:
            case Number(p, q):
                from flint import fmpq

                return Quotient(self.ring.constant(fmpq(p, q)), self.one)
            case Call("+", args):
                total = Quotient(self.ring.constant(0), self.one)
                for part in args:
                    total = self.added(total, self.value(part))
                return total
            case Call("-", (a, b)):
                right = self.value(b)
                return self.added(self.value(a), Quotient(-right.above, right.below))
            case Call("neg", (a,)):
                inner = self.value(a)
                return Quotient(-inner.above, inner.below)
            case Call("*", args):
                product = Quotient(self.one, self.one)
                for part in args:
                    product = self.multiplied(product, self.value(part))
                return product
            case Call("/", (a, b)):
                return self.multiplied(self.value(a), self.inverse(self.value(b)))
            case Call("**", (base, Number(p, q))):
                return self.power(base, p, q)
        return Quotient(self.generators[f], self.one)

    def power(self, base: Formula, p: int, q: int) -> Quotient:
        """A whole power, or a fraction of an atom."""
        if base in self.generators:
            n = p * (self.fractions[base] // q)
            raised = Quotient(self.generators[base] ** abs(n), self.one)
            return raised if n >= 0 else self.inverse(raised)
        inner = self.value(base)
        longest = max(len(inner.above), len(inner.below))
        most = MOST_POWER if any(not side.is_constant() for side in inner) else MOST_POWER_OF_NUMBER
        if abs(p) > most or (longest > 1 and longest ** min(abs(p), 20) > MOST_TERMS):
            raise TooLong
        raised = Quotient(inner.above ** abs(p), inner.below ** abs(p))
        return raised if p >= 0 else self.inverse(raised)

    def inverse(self, a: Quotient) -> Quotient:
        if a.above == 0:
            raise Undefined
        return Quotient(a.below, a.above)

    def added(self, a: Quotient, b: Quotient) -> Quotient:
        if a.below == b.below:
            return self.reduced(a.above + b.above, a.below)
        return self.reduced(self.times(a.above, b.below) + self.times(b.above, a.below), self.times(a.below, b.below))

    def multiplied(self, a: Quotient, b: Quotient) -> Quotient:
        return self.reduced(self.times(a.above, b.above), self.times(a.below, b.below))

    def times(self, a: Any, b: Any) -> Any:
        """The product of two polynomials that is not too long."""
        if len(a) * len(b) > MOST_TERMS:
            raise TooLong
        return a * b

    def reduced(self, above: Any, below: Any) -> Quotient:
        """Without common factors."""
        if len(below) == 1 and below.is_constant():
            return Quotient(above, below)
        common = above.gcd(below)
        return Quotient(divmod(above, common)[0], divmod(below, common)[0])

    # relations

    def related(self, polynomial: Any) -> Quotient:
        """A polynomial in which no root has its full power, and no cosine a square."""
        result = Quotient(polynomial, self.one)
        for atom in reversed(self.atoms):
            match atom:
                case Call("root", (inside, Number(q, 1))):
                    result = self.replaced(result, atom, q, self.value(inside))
                case Call("cos", args):
                    sine = self.generators[Call("sin", args)]
                    result = self.replaced(result, atom, 2, Quotient(self.one - sine**2, self.one))
        return result

    def replaced(self, f: Quotient, atom: Formula, q: int, meaning: Quotient) -> Quotient:
        """atom**q replaced above the line by its meaning."""
        place = self.atoms.index(atom)
        parts: dict[int, dict[Any, Any]] = {}
        for exponents, c in f.above.to_dict().items():
            n = int(exponents[place])
            rest = tuple(e if k != place else n % q for k, e in enumerate(exponents))
            parts.setdefault(n // q, {})[rest] = c
        if set(parts) <= {0}:
            return f
        total = Quotient(self.ring.constant(0), self.one)
        for n, part in parts.items():
            term = Quotient(self.ring.from_dict(part), self.one)
            if n * max(len(meaning.above), len(meaning.below)) > MOST_POWER:
                raise TooLong
            for _ in range(n):
                term = self.multiplied(term, meaning)
            total = self.added(total, term)
        return self.multiplied(total, Quotient(self.one, f.below))

    def is_zero(self, f: Formula) -> bool:
        """Whether the form of a formula is 0."""
        value = self.value(f)
        for _ in range(len(self.atoms) + 1):
            if value.above == 0:
                return True
            new = self.related(value.above)
            if new.above == value.above:
                return False
            value = new
        return bool(value.above == 0)

    # formulas

    def formula(self, f: Formula) -> Formula:
        """The form of a formula, written down; its order depends on nothing but its atoms."""
        value = self.value(f)
        above, below = self.related(value.above), self.related(value.below)
        if below.above == 0:
            raise Undefined
        value = self.multiplied(above, self.inverse(below))
        bottom = self.terms(value.below)
        scale = bottom[0][0]
        top = written([(c / scale, m) for c, m in self.terms(value.above)])
        low = written([(c / scale, m) for c, m in bottom])
        return top if low == ONE else Call("/", (top, low))

    def terms(self, polynomial: Any) -> list[tuple[Fraction, tuple[Formula, ...]]]:
        """Coefficients and factors, in a fixed order."""
        found = []
        for exponents, c in polynomial.to_dict().items():
            powers = [
                (atom, Fraction(int(e), self.fractions[atom]))
                for atom, e in zip(self.atoms, exponents, strict=True)
                if e
            ]
            factors = tuple(a if e == 1 else Call("**", (a, Number(*e.as_integer_ratio()))) for a, e in powers)
            found.append((Fraction(int(c.p), int(c.q)), factors))
        return sorted(found, key=lambda term: repr(term[1]))


def written(terms: list[tuple[Fraction, tuple[Formula, ...]]]) -> Formula:
    """A sum of terms; `split` reads it again."""
    parts = [product(c, factors) for c, factors in terms]
    return ZERO if not parts else parts[0] if len(parts) == 1 else Call("+", tuple(parts))


def product(c: Fraction, factors: tuple[Formula, ...]) -> Formula:
    """A coefficient and factors."""
    if not factors:
        return Number(*c.as_integer_ratio())
    all_of_them = factors if c == 1 else (Number(*c.as_integer_ratio()), *factors)
    return all_of_them[0] if len(all_of_them) == 1 else Call("*", all_of_them)


def split(f: Formula) -> tuple[list[tuple[Fraction, tuple[Formula, ...]]], Formula]:
    """The terms above the line of a form, and what stands below it."""
    above, below = (f.args[0], f.args[1]) if isinstance(f, Call) and f.name == "/" else (f, ONE)
    parts = above.args if isinstance(above, Call) and above.name == "+" else (above,)
    return [term for part in parts for term in ([split_term(part)] if part != ZERO else [])], below


def split_term(f: Formula) -> tuple[Fraction, tuple[Formula, ...]]:
    """A term's coefficient and factors."""
    factors = f.args if isinstance(f, Call) and f.name == "*" else (f,)
    first = factors[0]
    if isinstance(first, Number):
        return Fraction(first.numerator, first.denominator), factors[1:]
    return Fraction(1), factors
