"""How polynomials in sizes grow: the monomials that no other one outgrows, and where two of them begin alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hwsolve.formula.simplify.polynomial import Atoms, NotPolynomial, powers
from hwsolve.formula.tree import Call, Formula, Number, Ref
from hwsolve.language import Message, say

Powers = dict[Formula, int]
Pairs = tuple[tuple[Formula, Formula], ...]  # of two sizes the smaller one first


def leading(counts: list[Formula], pairs: Pairs = ()) -> Formula:
    """The monomials, without numbers, that no other one of the counts outgrows for all sizes; `pairs`: K ≤ n."""
    found = {frozenset(m.items()): m for f in counts for m in powers(f)}
    kept = [m for m in found.values() if not any(n is not m and outgrows(n, m, pairs) for n in found.values())]
    parts = [monomial(m) for m in kept]
    return parts[0] if len(parts) == 1 else Call("+", tuple(parts))


def outgrown(counts: list[Formula]) -> list[Formula]:
    """m ≤ n for the greatest monomials m that others outgrow, and the first such n of the leading ones."""
    found = list({frozenset(m.items()): m for f in counts for m in powers(f)}.values())
    kept = [m for m in found if not any(n is not m and outgrows(n, m) for n in found)]
    below = [m for m in found if m and not any(n is m for n in kept)]
    most = [m for m in below if not any(n is not m and outgrows(n, m) for n in below)]
    return [Call("<=", (monomial(m), monomial(next(n for n in kept if outgrows(n, m))))) for m in most]


def difference(f: Formula, g: Formula) -> Formula | None:
    """f − g, multiplied out; None where that would be too long."""
    atoms = Atoms(f, g)
    try:
        return atoms.formula(atoms.value(f) - atoms.value(g))
    except NotPolynomial:
        return None


def quotient(f: Formula, g: Formula) -> Formula | None:
    """f/g without what both have as a factor: `K²N/(K² + N)`; None where they have none but 1, or are too long."""
    from math import gcd, lcm

    atoms = Atoms(f, g)
    try:
        one, other = atoms.value(f), atoms.value(g)
    except NotPolynomial:
        return None
    common = one.gcd(other)
    parts = [divmod(polynomial, common)[0] for polynomial in (one, other)]
    numbers = [c for part in parts for c in part.to_dict().values()]
    scale = lcm(*[int(c.q) for c in numbers]), gcd(*[int(c.p) for c in numbers])
    parts = [part * scale[0] / scale[1] for part in parts]
    if parts == [one, other]:
        return None
    above, below = (atoms.formula(part) for part in parts)
    return above if below == Number(1) else Call("/", (above, below))


def sign_of(f: Formula) -> int | None:
    """1 or −1 where a polynomial has that sign for all sizes from 1 on, as n² − n has, 0 of 0; None where none is seen.

    With n = m + 1 all its terms have that sign.
    """
    atoms = Atoms(f)
    polynomial, above = atoms.value(f), [g + 1 for g in atoms.generators.values()]
    terms = (polynomial.compose(*above) if above else polynomial).to_dict()
    signs = {1 if c > 0 else -1 for c in terms.values()}
    return next(iter(signs), 0) if len(signs) < 2 else None


def outgrows(a: Powers, b: Powers, pairs: Pairs = ()) -> bool:
    """Whether a is a multiple of b, or of what b becomes with greater sizes in place of some factors."""
    if all(a.get(atom, 0) >= power for atom, power in b.items()):
        return True
    for k, (small, great) in enumerate(pairs):
        over = b.get(small, 0) - a.get(small, 0)
        for moved in range(1, over + 1):
            changed = b | {small: b[small] - moved, great: b.get(great, 0) + moved}
            if outgrows(a, changed, pairs[k + 1 :]):
                return True
    return False


def ordered(sizes: Iterable[Formula]) -> Pairs:
    """K ≤ n, but for a number, of each size n − K + 1 that is at least 1: a window that fits into a map."""
    found: dict[tuple[Formula, Formula], None] = {}
    for size in sizes:
        atoms = Atoms(size)
        terms = {exponents: c for exponents, c in atoms.value(size).to_dict().items() if any(map(int, exponents))}
        single = all(sum(map(int, exponents)) == 1 for exponents in terms) and all(
            isinstance(atom, Ref) for atom in atoms.list
        )
        more = [atoms.list[list(map(int, e)).index(1)] for e, c in terms.items() if single and c > 0]
        less = [atoms.list[list(map(int, e)).index(1)] for e, c in terms.items() if single and c < 0]
        if len(more) == 1:
            found |= dict.fromkeys((small, more[0]) for small in less)
    return tuple(found)


def monomial(powers: Powers) -> Formula:
    """A product of powers."""
    factors = [atom if n == 1 else Call("**", (atom, Number(n))) for atom, n in powers.items()]
    return Number(1) if not factors else factors[0] if len(factors) == 1 else Call("*", tuple(factors))


def begin_alike(f: Formula, g: Formula) -> tuple[Formula, Formula] | None:
    """The leading terms that two polynomials have in common, and f − g; None where they have others, or are none."""
    atoms = Atoms(f, g)
    if not atoms.list or not all(isinstance(atom, Ref) and not atom.indices for atom in atoms.list):
        return None
    try:
        one, other = atoms.value(f), atoms.value(g)
    except NotPolynomial:
        return None
    first = greatest(one)
    if first != greatest(other) or not any(sum(map(int, exponents)) for exponents in first):
        return None
    return atoms.formula(atoms.ring.from_dict(first)), atoms.formula(one - other)


def greatest(polynomial: Any) -> dict[Any, Any]:
    """The terms that no other one outgrows, with their numbers."""
    terms = polynomial.to_dict()

    def below(a: Any) -> bool:
        return any(b != a and all(int(m) <= int(n) for m, n in zip(a, b, strict=True)) for b in terms)

    return {exponents: c for exponents, c in terms.items() if not below(exponents)}


def in_lower_terms(stated: Formula, found: Formula, why: Message | str = "") -> Message | str:
    """The leading part that two polynomials have in common, and why they differ, or by how much; "" without one."""
    if (alike := begin_alike(stated, found)) is None:
        return ""
    leading, rest = alike
    why = why or say("stated minus computed: {rest}", rest=rest)
    return say("the leading part {leading} agrees; {why}", leading=leading, why=why)
