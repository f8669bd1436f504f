"""Polynomials in named sizes: one form for equal counts.

A formula of sums, products, powers and quotients by numbers becomes a polynomial with rational coefficients; what is
none (`floor(n/2)`, `sqrt(n)`, a quotient by a name) stands in it like a name.  All names are whole numbers, so `floor`
of a polynomial with whole coefficients is itself.
"""

from __future__ import annotations

from functools import lru_cache
from math import gcd
from typing import Any

from hwsolve.formula.simplify.whole import whole_form, written
from hwsolve.formula.tree import ONE, ZERO, BigOperator, Call, Formula, Number, Ref, children, rebuild

MOST_TERMS = 10_000
MOST_POWER = 1_000


class NotPolynomial(Exception):
    """A formula too big to be multiplied out."""


class Atoms:
    """The names in a set of formulas, and what stands like one, in a fixed order: generators of a polynomial ring."""

    def __init__(self, *formulas: Formula) -> None:
        found: dict[Formula, None] = {}
        for f in formulas:
            self._collect(f, found)
        self.list = sorted(found, key=_order)
        from flint import Ordering, fmpq_mpoly_ctx

        names = tuple(f"v{k}" for k in range(len(self.list)))
        self.ring = fmpq_mpoly_ctx.get(names, Ordering.deglex)
        self.generators = dict(zip(self.list, self.ring.gens(), strict=True)) if names else {}

    def _collect(self, f: Formula, found: dict[Formula, None]) -> None:
        for part in _parts(f):
            if part is f:
                found[f] = None
            else:
                self._collect(part, found)

    def value(self, f: Formula) -> Any:
        """The polynomial of a formula whose atoms are among these."""
        if f in self.generators:
            return self.generators[f]
        match f:
            case Number(p, q):
                from flint import fmpq

                return self.ring.constant(fmpq(p, q))
            case Call("+", args):
                return sum((self.value(a) for a in args), self.ring.constant(0))
            case Call("-", (a, b)):
                return self.value(a) - self.value(b)
            case Call("neg", (a,)):
                return -self.value(a)
            case Call("*", args):
                return self._product(args)
            case Call("/", (a, b)):
                return self.value(a) / _number(b)
            case Call("**", (a, Number(n, 1))):
                power = self.value(a)
                if n > MOST_POWER or len(power) ** n > MOST_TERMS:
                    raise NotPolynomial
                return power**n
        raise NotPolynomial

    def _product(self, args: tuple[Formula, ...]) -> Any:
        result = self.ring.constant(1)
        for a in args:
            factor = self.value(a)
            if len(result) * len(factor) > MOST_TERMS:
                raise NotPolynomial
            result *= factor
        return result

    def formula(self, polynomial: Any) -> Formula:
        """A polynomial written as a sum of monomials, the highest degree first."""
        terms = [(exponents, int(c.p), int(c.q)) for exponents, c in polynomial.to_dict().items()]
        return written(terms, self.list)


def _number(f: Formula) -> Any:
    from flint import fmpq

    if not isinstance(f, Number) or f.numerator == 0:
        raise NotPolynomial
    return fmpq(f.numerator, f.denominator)


def _parts(f: Formula) -> tuple[Formula, ...]:
    """What a polynomial is made of at this node: its terms or factors; itself where it stands like a name."""
    match f:
        case Number():
            return ()
        case Call("+" | "-" | "neg" | "*", args):
            return args
        case Call("/", (a, Number(n, _))) if n:
            return (a,)
        case Call("**", (a, Number(n, 1))) if n >= 0:
            return (a,)
    return (f,)


def _order(f: Formula) -> tuple[int, str]:
    return (0, f.name) if isinstance(f, Ref) and not f.indices else (1, repr(f))


@lru_cache(maxsize=8192)
def canonical(f: Formula) -> Formula:
    """The one form of all equal polynomials: monomials with their coefficients, the highest degree first."""
    f = _inside(f)
    if isinstance(f, (Number, Ref)):
        return f
    if (plain := whole_form(f)) is not None:
        return plain
    atoms = Atoms(f)
    quotients = [a for a in atoms.list if isinstance(a, Call) and a.name == "/" and a.args[1] in atoms.generators]
    if quotients:
        atoms = Atoms(f, *(quotient.args[0] for quotient in quotients))
    try:
        return atoms.formula(_cancelled(atoms, atoms.value(f), quotients))
    except NotPolynomial:
        return f


def _cancelled(atoms: Atoms, value: Any, quotients: list[Call]) -> Any:
    """A polynomial in which nothing is multiplied and divided by at once: h·(d/h) is d."""
    for quotient in quotients:
        above, below = quotient.args
        at, other = atoms.list.index(quotient), atoms.list.index(below)
        made = atoms.ring.constant(0)
        for exponents, coefficient in value.to_dict().items():
            left = list(exponents)
            both = min(left[at], left[other])
            left[at], left[other] = left[at] - both, left[other] - both
            term = atoms.ring.from_dict({tuple(left): coefficient})
            made += term * atoms.value(above) ** both if both else term
        value = made
    return value


def _inside(f: Formula) -> Formula:
    """What stands like a name, with what is inside it in canonical form; a floor without its whole part."""
    if isinstance(f, (Number, Ref, BigOperator)):
        return f
    parts = _parts(f)
    if len(parts) == 1 and parts[0] is f:
        new = rebuild(f, tuple(canonical(part) for part in children(f)))
        assert isinstance(new, Call)
        return _rounded(new) if new.name in ("floor", "ceil") else _settled(new)
    return rebuild(f, tuple(_inside(part) for part in children(f)))


def _settled(f: Call) -> Formula:
    """A quotient whose denominator turned out a number or divides; a smallest or largest of equals."""
    if f.name == "/":
        a, b = f.args
        if a == b and b != ZERO:
            return ONE
        return _divided(a, b) if not isinstance(b, Number) else canonical(f) if b != ZERO else f
    if f.name in ("min", "max") and len(set(f.args)) == 1:
        return f.args[0]
    return f


def _divided(a: Formula, b: Formula) -> Formula:
    """a/b multiplied out where b divides a."""
    atoms = Atoms(a, b)
    try:
        quotient, rest = divmod(atoms.value(a), atoms.value(b))
    except (NotPolynomial, ZeroDivisionError):
        return Call("/", (a, b))
    return Call("/", (a, b)) if rest != 0 else atoms.formula(quotient)


def _rounded(f: Call) -> Formula:
    """floor(P) as a whole polynomial and the floor of a rest whose coefficients lie between 0 and 1.

    With whole A: ceil(A/q) = floor((A + q - 1)/q).
    """
    (inside,) = f.args
    atoms = Atoms(inside)
    if any(not isinstance(a, Ref) and not _is_whole(a) for a in atoms.list):
        return f
    try:
        value = atoms.value(inside)
    except NotPolynomial:
        return f
    denominator = 1
    for c in value.to_dict().values():
        denominator = denominator * int(c.q) // gcd(denominator, int(c.q))
    above = value * denominator + (denominator - 1 if f.name == "ceil" else 0)
    whole, rest = {}, {}
    for exponents, c in above.to_dict().items():
        whole[exponents], rest[exponents] = divmod(int(c.p), denominator)
    outside = atoms.formula(atoms.ring.from_dict({e: c for e, c in whole.items() if c}))
    inner = {e: c for e, c in rest.items() if c}
    if not inner or all(sum(map(int, e)) == 0 for e in inner):
        return outside  # the floor of a number below 1 is 0
    rounded = _floor(atoms.formula(atoms.ring.from_dict(inner)), denominator)
    return rounded if outside == ZERO else Call("+", (rounded, outside))


def _floor(above: Formula, below: int) -> Formula:
    """floor(above/below); floor((floor(a/m) + c)/n) is floor((a + c*m)/(m*n))."""
    match above:
        case Call("floor", (Call("/", (a, Number(m, 1))),)):
            return _floor(a, m * below)
        case Call("+", (Call("floor", (Call("/", (a, Number(m, 1))),)), Number(c, 1))):
            return _floor(canonical(Call("+", (a, Number(c * m)))), m * below)
    return Call("floor", (Call("/", (above, Number(below))),))


def _is_whole(f: Formula) -> bool:
    """Whether an atom is a whole number because it is rounded."""
    return isinstance(f, Call) and f.name in ("floor", "ceil")


def powers(f: Formula) -> list[dict[Formula, int]]:
    """The monomials of a polynomial without their numbers, as the powers of their names; the highest degree first."""
    atoms = Atoms(f)
    return [
        {atom: int(e) for atom, e in zip(atoms.list, exponents, strict=True) if e}
        for exponents in atoms.value(f).to_dict()
    ]
