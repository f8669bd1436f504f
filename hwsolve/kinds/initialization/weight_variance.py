"""The variance of a layer's weights, derived line by line: moments of the activation, forward, backward, distribution.

(X. Glorot, Y. Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", eqs. 10–16;
K. He et al. 2015, "Delving deep into rectifiers", section 2.2.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwsolve.derivation.derivation import Derivation
from hwsolve.formula.domain import free_names
from hwsolve.formula.parse import parse
from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.simplify.terms import mentions, rational
from hwsolve.formula.tree import ONE, ZERO, Call, Formula, Number, Ref, substitute, transform, walk
from hwsolve.kinds.initialization import moments
from hwsolve.kinds.initialization.fans import Fans, put_in, repeated
from hwsolve.kinds.initialization.moments import SecondMoment, Unit, Z, second_moment
from hwsolve.kinds.initialization.piecewise import Piece
from hwsolve.language import Message, say
from hwsolve.solution import Stage

if TYPE_CHECKING:
    from hwsolve.kinds.initialization.gains import Gain

SQUARED_SUM = parse("(sigma_w**2 + mu_w**2)*(sigma_a**2 + mu_a**2) - (mu_w*mu_a)**2")
PRODUCT_RULE = parse("sigma_w**2*sigma_a**2 + sigma_w**2*mu_a**2 + sigma_a**2*mu_w**2")
CENTRED = parse("sigma_w**2*sigma_a**2 + sigma_w**2*mu_a**2 + sigma_a**2*0**2")
SECOND = parse("sigma_w**2*(sigma_a**2 + mu_a**2)")
VARIANCE = {name: parse(f"sigma_{name}**2") for name in ("w", "z", "d")}


class VarianceSections:
    """Writes the sections of one problem."""

    def __init__(self, derivation: Derivation, unit: Unit, fans: Fans, taken: set[str]) -> None:
        self.derivation, self.unit, self.fans, self.taken = derivation, unit, fans, taken
        self.forward: SecondMoment
        self.backward: SecondMoment

    # the layer

    def count(self) -> None:
        """fan_in and fan_out."""
        derivation, fans = self.derivation, self.fans
        rules = (say("inputs of one output"), say("outputs that one input feeds"))
        sides = (
            ("fan_in", fans.fan_in, fans.loops_in, fans.step_in),
            ("fan_out", fans.fan_out, fans.loops_out, fans.step_out),
        )
        for (name, f, loops, step), rule in zip(sides, rules, strict=True):
            if fans.named:
                sizes = put_in(fans.sizes)
                lhs = substitute(repeated(ONE, loops, step, self.taken), sizes)
                derivation.define(name, substitute(f, sizes), rule, lhs=lhs)
            else:
                derivation.define(name, f, rule)
        derivation.section(say("Fan-in and fan-out"))

    def by_name(self, f: Formula) -> Formula:
        """A formula over the layer's sizes, with those put in where one of them has only a name."""
        return substitute(f, put_in(self.fans.sizes)) if self.fans.named else f

    # the moments

    def activation(self) -> None:
        """E[f(z)²] and E[f′(z)²]."""
        derivation, unit = self.derivation, self.unit
        own = tuple(n for n in unit.parameters if any(n in free_names(p.formula) for p in unit.pieces))
        if unit.homogeneous and unit.formula != Z:
            scaled = substitute(unit.formula, {"z": parse("c*z")})
            rule = say("for c > 0: the scale of z does not matter")
            derivation.identity(scaled, Call("*", (Ref("c"), unit.formula)), rule, free=own)
        self.forward = second_moment(unit.pieces, derivation, unit.unknown)
        self.pieces(self.forward, unit.formula, own)
        self.define("moment", self.forward, say("E f(z)², z standard normal"))
        if unit.homogeneous:
            self.any_variance(own)
        derivation.section(say("Mean square of the activation"))
        self.derivative(own)
        self.backward = second_moment(unit.slopes, derivation, unit.unknown)
        self.pieces(self.backward, None, own)
        self.define("moment.backward", self.backward, say("E f′(z)², z standard normal"))
        derivation.section(say("Mean square of its derivative"))

    def pieces(self, moment: SecondMoment, whole: Formula | None, own: tuple[str, ...]) -> None:
        """The integral over the pieces, and each of them in closed form."""
        derivation, parts = self.derivation, moment.pieces
        if whole is not None and (len(parts) > 1 or parts[0].formula != whole):
            lhs, rhs = moments.of_whole(whole, parts), moments.integrals(parts)
            if lhs != rhs and any(isinstance(node, Call) and node.name == "if" for node in walk(whole)):
                derivation.text(say("Piece by piece:"), Stage("=", lhs), Stage("=", rhs))
            elif lhs != rhs:
                derivation.identity(transform(lhs, by_distance), rhs, say("piece by piece"), free=own)
        for piece, closed in zip(parts, moment.parts, strict=True):
            if closed is not None and piece.formula != ZERO:
                lhs = moments.square_integral(piece.formula, piece.low, piece.high)
                derivation.identity(lhs, closed, rule_of(piece, closed), free=own)

    def define(self, name: str, moment: SecondMoment, rule: Message) -> None:
        """The line of a moment: in closed form, or as the integral that was computed."""
        if moment.closed is None:
            integrated = say("integrated with proven bounds")
            self.derivation.define(name, moments.integrals(moment.pieces), integrated, value=moment.value)
            return
        summands = tuple(c for c in moment.parts if c is not None)
        apart: Formula = summands[0] if len(summands) == 1 else Call("+", summands)
        lone = rational(moment.closed) is not None
        self.derivation.define(name, apart if lone else moment.closed, rule, lhs=apart, value=moment.value)

    def any_variance(self, own: tuple[str, ...]) -> None:
        """E[f(z)²] = moment · σ_z² for every σ_z."""
        f = substitute(self.unit.formula, {"z": parse("sigma_z*z")})
        assert self.forward.closed is not None
        lhs = moments.square_integral(f, None, None)
        rhs = simplify(Call("*", (self.forward.closed, VARIANCE["z"])))
        if lhs != rhs:
            self.derivation.identity(lhs, rhs, say("so E f(z)² is this multiple of Var z, whatever Var z is"), free=own)

    def derivative(self, own: tuple[str, ...]) -> None:
        """f′ on every piece."""
        for piece, slope in zip(self.unit.pieces, self.unit.slopes, strict=True):
            if mentions(piece.formula, "z"):
                lhs = Call("diff", (piece.formula, Z))
                self.derivation.identity(lhs, slope.formula, say("f′ {where}", where=where(piece)), free=(*own, "z"))

    # forward and backward

    def forward_pass(self, gain: Gain) -> None:
        """Var z through one layer, and the variance that keeps it."""
        derivation, fans = self.derivation, self.fans
        derivation.identity(
            SQUARED_SUM, PRODUCT_RULE, say("Var(W a) = E W² E a² − (E W E a)², as W and a are independent")
        )
        derivation.identity(CENTRED, SECOND, say("E W = 0; the bracket is q = E a²"))
        term, rule = Call("*", (VARIANCE["w"], Ref("q"))), say("Var z: the variances of independent terms add")
        self.added(term, fans.loops_in, fans.step_in, fans.fan_in, rule)
        if gain.slope:
            note = say("Near 0, a = f(z) is f′(0)z, so q = f′(0)² Var z. Var z is kept where")
        else:
            note = say("q = E f(z)² is moment · Var z. Var z is kept where")
        self.keep("variance.forward", "fan_in", gain.forward, VARIANCE["z"], note, say("Var z stays as it is"))
        derivation.section(say("Forward: the variance of z"))

    def backward_pass(self, gain: Gain) -> None:
        """Var δ through one layer, and the variance that keeps it."""
        derivation, fans = self.derivation, self.fans
        rule = say("Var ∂L/∂a: the gradients δ = ∂L/∂z of all outputs that a feeds")
        self.added(Call("*", (VARIANCE["w"], VARIANCE["d"])), fans.loops_out, fans.step_out, fans.fan_out, rule)
        factor = gain.backward
        if self.zero(factor):
            derivation.text(say("f′ is 0 almost everywhere: no gradient comes through, whatever the weights are."))
        else:
            note = say("δ is f′(z) · ∂L/∂a. Var δ is kept where")
            if gain.slope:
                note = say("δ is f′(z) · ∂L/∂a, and f′ is f′(0). Var δ is kept where")
            self.keep("variance.backward", "fan_out", factor, VARIANCE["d"], note, say("Var δ stays as it is"))
        derivation.section(say("Backward: the variance of the gradients"))

    def zero(self, factor: Formula) -> bool:
        """Whether a moment is 0."""
        return rational(simplify(self.derivation.inlined(factor))) == 0

    def added(self, term: Call, loops: tuple[Formula, ...], step: Formula, fan: Formula, rule: Message) -> None:
        """Σ Var W·q over all terms is fan · Var W · q."""
        lhs = self.by_name(repeated(term, loops, step, self.taken))
        rhs = simplify(Call("*", (self.by_name(fan), *term.args)))
        self.derivation.identity(lhs, rhs, rule, free=tuple(self.fans.sizes))

    def keep(self, name: str, fan: str, factor: Formula, kept: Formula, note: Message, rule: Message) -> None:
        """The Var W for which one layer keeps a variance, and what the layer does with it then."""
        derivation = self.derivation
        once = Call("*", (Ref(fan), VARIANCE["w"], factor, kept))
        derivation.text(note, Stage("=", once), Stage("=", kept))
        derivation.define(name, Call("/", (ONE, Call("*", (factor, Ref(fan))))), rule)
        again = derivation.formulas.get(name, Ref(name))
        put = Call("*", (Ref(fan), again, factor, kept))
        derivation.identity(derivation.inlined(put), kept, say("put in"))


def by_distance(f: Formula) -> Formula:
    """max(u, v) as (u + v + |u − v|)/2, and min(u, v) as (u + v − |u − v|)/2."""
    if not isinstance(f, Call) or f.name not in ("max", "min") or len(f.args) < 2:
        return f
    u, *rest = f.args
    v = rest[0] if len(rest) == 1 else by_distance(Call(f.name, tuple(rest)))
    apart = Call("abs", (Call("-", (u, v)),))
    return Call("/", (Call("+" if f.name == "max" else "-", (Call("+", (u, v)), apart)), Number(2)))


def where(piece: Piece) -> Message:
    """The part of the line that a piece covers."""
    low, high = (moments.end(e, 1) for e in (piece.low, piece.high))
    if piece.low is None:
        return say("everywhere") if piece.high is None else say("for z < {high}", high=high)
    return say("for z > {low}", low=low) if piece.high is None else say("for {low} < z < {high}", low=low, high=high)


def rule_of(piece: Piece, closed: Formula) -> Message:
    """How the integral of a piece was found."""
    if any_exponential(piece.formula):
        return say("e^(kz)φ(z) is e^(k²/2)φ(z − k)")
    whole = piece.low is None and piece.high is None
    half = piece.low in (None, 0) and piece.high in (None, 0)
    if not mentions(piece.formula, "z"):
        return say("all of N(0, 1)") if whole else say("half of N(0, 1)") if half else say("Φ is the integral of φ")
    if whole:
        return say("moments of N(0, 1)")
    if half and rational(closed) is not None:
        return say("half of E z² = 1, by symmetry") if piece.formula == Z else say("half of the moment, by symmetry")
    return say("half of E z² = 1, by symmetry") if half and linear(piece.formula) else say("by parts, φ′(z) = −zφ(z)")


def linear(f: Formula) -> bool:
    """Whether a piece is a multiple of z."""
    return not mentions(simplify(Call("/", (f, Z))), "z")


def any_exponential(f: Formula) -> bool:
    """Whether an exponential stands in a piece."""
    return any(isinstance(node, Call) and node.name in ("exp", "sinh", "cosh", "elu") for node in walk(f))
