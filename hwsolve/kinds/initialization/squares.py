"""The mean square of the activation, or of its slope: piece by piece, from halves of an even density where that does.

What is homogeneous, f(cz) = c·f(z), gives a multiple of Var z′; anything else is integrated for Var z′ = 1.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from hwsolve.formula.domain import free_names
from hwsolve.formula.notation import plain
from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.simplify.terms import mentions, rational
from hwsolve.formula.tree import ONE, ZERO, Call, Formula, Number, Ref
from hwsolve.kinds.initialization import moments
from hwsolve.kinds.initialization.moments import SecondMoment, Z, second_moment
from hwsolve.kinds.initialization.piecewise import Piece
from hwsolve.kinds.initialization.setting import BELOW, SPREAD, SQUARE, Setting, simple
from hwsolve.language import say
from hwsolve.numbers import is_exact
from hwsolve.solution import Group, Identity, Item, Line, Text, Value

BACKWARD = "moment.backward"
LAWS = ("", "centred", "symmetric", "normal")  # what may be asked of the law of z′, each more than the one before


class Squares:
    """E a² and E f′(z′)² of one setting: their lines, and the factors that stand for them."""

    def __init__(self, s: Setting) -> None:
        self.s, self.unit = s, s.unit
        self.forward = second_moment(self.unit.pieces, s.derivation, self.unit.unknown)
        self.backward = second_moment(self.unit.slopes, s.derivation, self.unit.unknown)
        self.lines = {
            "moment": self.defined("moment", self.forward),
            BACKWARD: self.defined(BACKWARD, self.backward),
        }
        square = s.mean_square
        s.symbols["moment"] = square / s.symbols[SPREAD] if self.unit.homogeneous else square
        s.symbols[BACKWARD] = Call("E", (s.slope(s.symbols[BELOW]) ** 2,))

    def defined(self, name: str, moment: SecondMoment) -> Value | Identity:
        """The line of a moment: in closed form, or as the integral that was computed."""
        derivation = self.s.derivation
        whole = moments.integrals(moment.pieces)
        if moment.closed is None:
            return derivation.define(name, whole, value=moment.value)
        summands = tuple(c for c in moment.parts if c is not None)
        apart: Formula = summands[0] if len(summands) == 1 else Call("+", summands)
        f = apart if rational(moment.closed) is not None else moment.closed
        return derivation.define(name, f, lhs=whole, value=moment.value)

    # factors

    def by_scale(self, name: str) -> bool:
        """Whether Var z′ does not matter: E a² is a multiple of it, or E f′(z′)² the same for each."""
        if name == "moment":
            return bool(self.unit.homogeneous)
        return bool(self.unit.steady) and all(piece.high in (None, 0) for piece in self.unit.slopes)

    def factor(self, name: str) -> Formula:
        """E a²/Var z′ or E f′(z′)² as it stands in the argument: in closed form where that says more."""
        moment = self.forward if name == "moment" else self.backward
        derivation = self.s.derivation
        values = derivation.values
        if self.by_scale(name) and moment.closed is not None:
            names = free_names(moment.closed) & values.keys()
            if all(is_exact(values[n]) for n in names):
                return moment.closed
        return Ref(name) if name in values else derivation.formulas[name]

    def law(self, sides: Iterable[str]) -> str:
        """What directions ask of the law of z′: nothing, a mean of 0, that it is symmetric, or that it is normal."""
        return max((self.law_of(side) for side in sides), key=LAWS.index)

    def law_of(self, side: str) -> str:
        """What one direction asks."""
        if side == "backward" and self.constant:
            return ""
        if not self.by_scale("moment" if side == "forward" else BACKWARD):
            return "normal"
        return "symmetric" if len(self.unit.pieces) > 1 else "centred"

    @property
    def constant(self) -> bool:
        """Whether the slope is one number."""
        return len(self.unit.slopes) == 1 and not mentions(self.unit.slopes[0].formula, "z")

    # the lines of a step

    def items(self, side: str) -> list[Item]:
        """The mean square that a direction asks for."""
        return self.activation() if side == "forward" else self.slope()

    def activation(self) -> list[Item]:
        """E a²."""
        s = self.s
        if not s.name:
            return []
        items: list[Item] = []
        if self.unit.homogeneous:
            below = Ref("z", ()) / Call("sqrt", (Ref(SPREAD),))
            density = s.let(Call(s.density, (Z,)), Call("normal_pdf", (below,)) / Call("sqrt", (Ref(SPREAD),)))
            of = say("of a normal law, as an example; {phi} is the density of the standard one",
                     phi=Call("normal_pdf", (Z,)))  # fmt: skip
            items.append(Group((density,), of, detail="full"))
            items.append(Group((self.halves(),), self.reason_of_halves()))
        return items + self.moment("moment", s.f(Ref(BELOW)))

    def slope(self) -> list[Item]:
        """E f′(z′)²."""
        if self.constant:
            return []
        items: list[Item] = []
        if self.unit.steady:
            items.append(Group((self.chances(),), self.reason_of_chances()))
        return items + self.moment(BACKWARD, self.s.slope(Ref(BELOW)))

    def moment(self, name: str, of: Formula) -> list[Item]:
        """The line of a moment as a number, and that it is a mean over the normal law that was assumed."""
        derivation, s = self.s.derivation, self.s
        line: Line = self.lines[name]
        moment = self.forward if name == "moment" else self.backward
        scaled = self.by_scale(name)
        named = moment.closed is not None and bool(free_names(moment.closed) - {"pi", "e"})
        shown = not scaled or (named and name in derivation.values)
        reason: Text = "" if scaled else say("{below} standard normal", below=Ref(BELOW))
        items: list[Item] = []
        if isinstance(line, Value) and not scaled and moment.closed is not None:
            line = s.argument.links(line, moments.integrals(moment.pieces))
        items.append(Group((line,), reason, detail="page" if shown else "data"))
        if not scaled and name in derivation.values:
            whole = Call("E", (of**2,))
            integral = s.argument.integral_of(whole, Z)
            if all(piece.high in (None, 0) for piece in moment.pieces):  # else no reader integrates it well as a whole
                own = derivation.define(f"{name}.normal", integral, value=derivation.values[name])
                del derivation.answers[f"{name}.normal"]
                items.append(Group((msgspec.structs.replace(own, formula=whole, stages=()),), detail="data"))
        return items

    # homogeneous pieces

    def halves(self) -> Line:
        """E a² = ∫ f² p = Σ k² ∫ z² p = Σ k² Var z′/2 = … Var z′."""
        s, spread = self.s, Ref(SPREAD)
        density = Call(s.density, (Z,))
        whole = Call("integral", (s.f(Z) ** 2 * density, Z, -moments.INFINITY, moments.INFINITY))
        apart: list[Formula] = []
        halved: list[Formula] = []
        for piece in self.unit.pieces:
            k = simplify(Call("**", (simplify(piece.formula / Z), Number(2))))
            if k == ZERO:
                continue
            ends = moments.end(piece.low, -1), moments.end(piece.high, 1)
            part = Call("integral", (Z**2 * density, Z, *ends))
            half = spread if piece.low is None and piece.high is None else spread / 2
            apart.append(part if k == ONE else k * part)
            halved.append(half if k == ONE else k * half)
        assert self.forward.closed is not None
        closed = simple(self.forward.closed, spread)
        if rational(self.forward.closed) is None:
            closed = self.forward.closed * spread
        forms = distinct(whole, added(apart), added(halved), closed)
        return s.argument.identity(*forms, free=s.free(*forms), key=Ref(SQUARE))

    def reason_of_halves(self) -> Text:
        """Why halves of the variance come out."""
        s = self.s
        density, below = Ref(s.density), Ref(BELOW)
        second = Call("==", (Call("E", (below**2,)), Call("Var", (below,))))
        if len(self.unit.pieces) == 1:
            return say("{second}", second=second)
        return say("piece by piece; {p} is even, {second}", p=density, second=second)

    def chances(self) -> Line:
        """E f′(z′)² = Σ k² P(z′ on the piece)."""
        s, below = self.s, Ref(BELOW)
        apart: list[Formula] = []
        for piece in self.unit.slopes:
            k = simplify(Call("**", (piece.formula, Number(2))))
            if k != ZERO:
                chance = Call("P", (sided(piece, below),))
                apart.append(chance if k == ONE else k * chance)
        assert self.backward.closed is not None
        halves = all(p.low in (None, 0) and p.high in (None, 0) for p in self.unit.slopes)
        middle = [added(apart)] if halves else []
        whole = Call("E", (s.slope(below) ** 2,))
        forms = distinct(whole, *middle, self.backward.closed)
        return s.argument.identity(*forms, free=s.free(*forms))

    def reason_of_chances(self) -> Text:
        """Why both sides have the same chance."""
        return say("{below} is as often positive as negative", below=Ref(BELOW))


def sided(piece: Piece, z: Formula) -> Formula:
    """z < 0 or z > 0."""
    return Call("<", (z, ZERO)) if piece.low is None else Call(">", (z, ZERO))


def added(parts: list[Formula]) -> Formula:
    """Their sum."""
    return parts[0] if len(parts) == 1 else Call("+", tuple(parts)) if parts else ZERO


def distinct(*forms: Formula) -> list[Formula]:
    """Forms without those that read as the one before."""
    kept: list[Formula] = []
    for f in forms:
        if not kept or plain(f) != plain(kept[-1]):
            kept.append(f)
    return kept
