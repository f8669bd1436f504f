"""The second moments E[f(z)²] and E[f′(z)²] of an activation, z ~ N(0, 1).

Piece by piece: a sum of powers and exponentials has an integral in closed form, exact where all kinks are at 0; any
other function is integrated with proven bounds.  Both are found independently and must agree where there are both.
"""

from __future__ import annotations

from fractions import Fraction

import msgspec

from hwsolve.derivation.derivation import Derivation
from hwsolve.derivation.lines import Disagreement
from hwsolve.formula.differentiate import differentiate
from hwsolve.formula.domain import free_names
from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.simplify.terms import Term, addends, mentions, sum_of, term_of, total, written
from hwsolve.formula.tree import ONE, ZERO, Call, Formula, Number, Ref, substitute, transform
from hwsolve.kinds.initialization.exponentials import NotExponential, exponential_polynomial, normal_integral
from hwsolve.kinds.initialization.piecewise import NotPieces, Piece, by_cases, pieces
from hwsolve.language import say
from hwsolve.numbers import Scalar

Z = Ref("z")
DENSITY = Call("normal_pdf", (Z,))
INFINITY = Ref("inf")
LONG = 10**12  # a constant with more digits gets a name


class Unit(msgspec.Struct, frozen=True):
    """An activation f(z): its formula over z and named parameters, the numbers of those that have one, its pieces.

    `constants` are long decimals of its definition, which got names; `slopes` are the pieces of f′.
    """

    formula: Formula
    parameters: dict[str, Formula | None]
    constants: dict[str, Number]
    pieces: tuple[Piece, ...]
    slopes: tuple[Piece, ...]

    @property
    def unknown(self) -> list[str]:
        """The parameters that have no number."""
        return [name for name, value in self.parameters.items() if value is None]

    @property
    def homogeneous(self) -> bool:
        """Whether f(cz) = c·f(z) for c > 0."""
        if any(end not in (None, 0) for p in self.pieces for end in (p.low, p.high)):
            return False
        try:
            terms = [exponential_polynomial(p.formula, "z") for p in self.pieces]
        except NotExponential:
            return False
        return all(key == (1, Fraction(0)) for t in terms for key in t)

    @property
    def steady(self) -> bool:
        """Whether E f′(z)² is the same for every Var z: f′² is constant, or steps at 0 alone."""
        squares = [simplify(Call("**", (p.formula, Number(2)))) for p in self.slopes]
        if any(mentions(square, "z") for square in squares):
            return False
        sides = zip(self.slopes, squares, squares[1:], strict=False)
        return all(p.high == 0 or left == right for p, left, right in sides)


def unit(formula: Formula, parameters: dict[str, Formula | None]) -> Unit:
    """An activation taken to pieces; raises NotPieces."""
    constants: dict[str, Number] = {}

    def named(node: Formula) -> Formula:
        if not isinstance(node, Number) or max(abs(node.numerator), node.denominator) < LONG:
            return node
        name = next((n for n, c in constants.items() if c == node), f"c{len(constants) + 1}")
        constants[name] = node
        return Ref(name)

    opened = transform(formula, by_cases)
    shown = transform(opened, named) if opened != formula else formula
    try:
        parts = pieces(shown, "z")
    except NotPieces:
        numbers = {name: value for name, value in parameters.items() if value is not None}
        parts = pieces(substitute(shown, numbers), "z")
    slopes = tuple(Piece(p.low, p.high, simplify(differentiate(p.formula, Z))) for p in parts)
    return Unit(formula, parameters, constants, parts, slopes)


class SecondMoment(msgspec.Struct, frozen=True):
    """∫ g(z)² φ(z) dz: of every piece in closed form (None: it has none), all together, and the certified value."""

    pieces: tuple[Piece, ...]
    parts: tuple[Formula | None, ...]
    closed: Formula | None
    value: Scalar


def give_parameters(derivation: Derivation, found: Unit) -> None:
    """The numbers of the activation's parameters and constants."""
    for name, value in (*found.parameters.items(), *found.constants.items()):
        if value is not None:
            derivation.give(name, value)


def second_moment(parts: tuple[Piece, ...], derivation: Derivation, unknown: list[str]) -> SecondMoment:
    """The moment of a function in pieces; raises NotPieces where it can be neither written nor computed."""
    raw = tuple(closed_form(p) for p in parts)
    known = [c for c in raw if c is not None]
    whole = common_factor(total(*known)) if len(known) == len(raw) else None
    closed = tuple(None if c is None else common_factor(c) for c in raw)
    names = {name for p in parts for name in free_names(p.formula)}
    missing = sorted(names.intersection(unknown))
    if missing:
        if whole is None:
            raise NotPieces(say("Its mean square has no closed form in `{name}`: give it a number.", name=missing[0]))
        return SecondMoment(parts, closed, whole, None)
    from hwsolve.kinds.initialization.integration import mean_square, overlap

    value = mean_square(parts, "z", derivation.values)
    if whole is not None:
        found = derivation.value_of(rooted(whole, derivation.stated))
        if not overlap(found, value):
            raise Disagreement(f"the closed form gives {found}, integration {value}")
        value = found
    return SecondMoment(parts, closed, whole, value)


def rooted(f: Formula, stated: dict[str, Formula]) -> Formula:
    """f with stated roots in place of their names, and √u² as u, so that (1 + √5²)/2 is 3."""

    def squared(node: Formula) -> Formula:
        match node:
            case Call("**", (Call("sqrt", (u,)), Number(n, 1))) if n > 0 and n % 2 == 0:
                return Call("**", (u, Number(n // 2)))
        return node

    return transform(substitute(f, stated), squared)


def closed_form(piece: Piece) -> Formula | None:
    """∫ g² φ over a piece, None where it is no sum of powers and exponentials."""
    try:
        return normal_integral(Call("**", (piece.formula, Number(2))), "z", piece.low, piece.high)
    except NotExponential:
        return None


def common_factor(f: Formula) -> Formula:
    """(1 + α²)/2 for α²/2 + 1/2: the numbers that all terms share stand before the sum, terms without names first."""
    terms = addends(f)
    if len(terms) < 2:
        return written(Term(terms[0].coefficient, terms[0].factors)) if terms else ZERO
    common = gcd(*(t.coefficient for t in terms))
    scaled = [Term(t.coefficient / common, t.factors) for t in terms]
    scaled.sort(key=lambda t: bool(t.factors))
    if common == 1:
        return sum_of(scaled)
    inner = sum_of(scaled)
    return written(Term(common, ((inner, ONE),))) if isinstance(inner, Call) else written(term_of(f))


def gcd(*values: Fraction) -> Fraction:
    """The largest rational of which all are whole multiples."""
    from math import gcd as whole_gcd
    from math import lcm

    below = lcm(*(v.denominator for v in values))
    return Fraction(whole_gcd(*(int(v * below) for v in values)), below)


# the integrals as formulas


def square_integral(f: Formula, low: Fraction | None, high: Fraction | None) -> Formula:
    """∫ f(z)² φ(z) dz as a formula."""
    body = Call("*", (Call("**", (f, Number(2))), DENSITY))
    return Call("integral", (body, Z, end(low, -1), end(high, 1)))


def end(value: Fraction | None, side: int) -> Formula:
    """An end of an integral; None is infinite."""
    if value is None:
        return INFINITY if side > 0 else Call("neg", (INFINITY,))
    return Number(value.numerator, value.denominator)


def integrals(parts: tuple[Piece, ...]) -> Formula:
    """The sum over all pieces on which the function is not 0."""
    terms = tuple(square_integral(p.formula, p.low, p.high) for p in parts if p.formula != ZERO)
    return terms[0] if len(terms) == 1 else Call("+", terms) if terms else ZERO
