"""How polynomials in sizes grow: the monomials that no other one outgrows, and where two of them begin alike."""

from __future__ import annotations

from typing import Any

from hwsolve.formula.simplify.polynomial import Atoms, NotPolynomial, powers
from hwsolve.formula.tree import Call, Formula, Number, Ref

Powers = dict[Formula, int]


def leading(counts: list[Formula]) -> Formula:
    """The monomials, without numbers, that no other one of the counts outgrows for all sizes."""
    found = {frozenset(m.items()): m for f in counts for m in powers(f)}
    kept = [m for m in found.values() if not any(n is not m and outgrows(n, m) for n in found.values())]
    parts = [monomial(m) for m in kept]
    return parts[0] if len(parts) == 1 else Call("+", tuple(parts))


def outgrows(a: Powers, b: Powers) -> bool:
    """Whether a is a multiple of b."""
    return all(a.get(atom, 0) >= power for atom, power in b.items())


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
