"""From the variance that weights should have to the weights: variance, gain, distributions, and what follows."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec

from hwsolve.counting import Taken
from hwsolve.formula.domain import free_names
from hwsolve.formula.parse import parse
from hwsolve.formula.simplify.simplify import factored, simplify
from hwsolve.formula.simplify.terms import Term, rational, term_of, total, written
from hwsolve.formula.tree import ONE, Call, Formula, Number, Ref, call
from hwsolve.kinds.initialization.assumptions import further
from hwsolve.kinds.initialization.gains import Gain
from hwsolve.kinds.initialization.passes import Passes, scaled, var
from hwsolve.kinds.initialization.setting import ABOVE, BELOW, ERROR, ERROR_BELOW, Setting, over
from hwsolve.kinds.initialization.squares import BACKWARD, Squares
from hwsolve.kinds.initialization.statement import errors
from hwsolve.language import Message, say
from hwsolve.layers.linear import Linear
from hwsolve.solution import Detail, Group, Identity, Item, Line, Sentence, Step, Text, Value

CUT = 2  # standard deviations at which a truncated normal distribution is cut, as Keras and JAX do
FAN = {"forward": "fan_in", "backward": "fan_out"}
MOMENT = {"forward": "moment", "backward": BACKWARD}


class Weights:
    """The lines about Var W of one setting."""

    def __init__(self, s: Setting, squares: Squares, passes: Passes, gain: Gain) -> None:
        self.s, self.squares, self.passes, self.gain = s, squares, passes, gain
        self.derivation, self.mode = s.derivation, s.problem.mode
        variance = var(Ref(s.weight))
        s.symbols |= {"variance": variance, "variance.forward": variance, "variance.backward": variance}
        s.symbols |= {"std": Ref(s.deviation), "bound": Ref(s.bound), "gain": say("gain")}

    # the condition of one direction

    def fan(self, side: str) -> Formula:
        """How many terms meet, by the name that a reader knows."""
        own = self.s.fans.fan_in if side == "forward" else self.s.fans.fan_out
        return own if isinstance(own, Ref) and own.name not in self.s.fans.written else Ref(FAN[side])

    def kept(self, side: str, name: str, shown: bool) -> list[Item]:
        """The Var W that keeps the variance in one direction."""
        derivation = self.derivation
        factor = self.gain.forward if side == "forward" else self.gain.backward
        f: Formula = Call("/", (ONE, Call("*", (Ref(FAN[side]), factor))))
        solved = over(scaled(self.passes.factor(MOMENT[side]), self.fan(side)))
        if not derivation.numeric(f):
            told = shown and bool(free_names(solved) & self.s.unit.parameters.keys() & derivation.values.keys())
            line = derivation.define(name, solved if told else f)  # told: with α = 0 put in
            return [Group((line,), detail="page" if told else "data")]
        line = derivation.define(name, solved)
        return [Group((line,), detail="page" if shown else "data")]

    def variance(self) -> list[Item]:
        """Var W for the mode and the gain asked for."""
        derivation, gain = self.derivation, self.gain
        side = "backward" if self.mode == "fan_out" else "forward"
        if gain.own and self.mode != "average":
            return self.kept(side, "variance", True)
        fan = Call("+", (self.fan("forward"), self.fan("backward"))) if self.mode == "average" else self.fan(side)
        if gain.own:
            return self.harmonic()
        f = quotient(gain.square, fan, 2 if self.mode == "average" else 1)
        return [Group((derivation.define("variance", f),))]

    def harmonic(self) -> list[Item]:
        """The mean of both factors in place of each: the harmonic mean of both variances."""
        derivation = self.derivation
        apart = parse("2/(1/variance.forward + 1/variance.backward)")
        mean = Call("/", (total(*self.products()), Number(2)))
        if not derivation.numeric(apart):
            whole = simplify(derivation.inlined(apart))
            if isinstance(whole, Call) and whole.name == "/":
                whole = simplify(whole.args[0] / factored(whole.args[1]))
            return [Group((derivation.define("variance", whole, lhs=Call("/", (ONE, mean))),))]
        whole = simplify(Call("/", (Number(2), factored(total(*self.products())))))
        line = derivation.define("variance", whole)
        assert isinstance(line, Value)
        return [Group((self.s.argument.links(line, Call("/", (ONE, mean))),))]

    def products(self) -> list[Formula]:
        """What Var W is multiplied by, forward and backward."""
        return [scaled(self.passes.factor(MOMENT[side]), self.fan(side)) for side in FAN]

    def conditions(self) -> Message:
        """What each direction asks for, for the box of answers."""
        one, other = map(self.asked_by, FAN)
        return say("Forward alone would ask for {one}, backward alone for {other}.", one=one, other=other)

    def both(self) -> list[Item]:
        """Where both conditions hold, and the mean of them."""
        p, sums = self.passes, self.s.sums
        both = [self.derivation.answers[f"variance.{side}"].value for side in FAN]
        a, b = (scaled(p.factor(MOMENT[side]), fan) for side, fan in zip(FAN, (sums.fan_in, sums.fan_out), strict=True))
        if both[0] == both[1]:
            text = say("Here both conditions ask for the same, also with {a} and {b} replaced by their mean:", a=a, b=b)
            return [Sentence(text), *self.variance()]
        shared, (left, right) = without_shared(a, b)
        first, second = call("==", over(a), over(b)), call("==", left, right)
        line = p.identity(first, ("⟺", second, call("neg", call("/", shared, call("*", a, b)))))
        items: list[Item] = [Sentence(say("Both conditions ask for the same only where")), Group((line,))]
        items.append(Sentence(say("Otherwise both cannot hold. As a compromise, replace {a} and {b} in the two "
                                  "conditions by their mean:", a=a, b=b)))  # fmt: skip
        one, other = over(a), over(b)
        mean = p.identity(ONE / ((a + b) / 2), 2 / (ONE / one + ONE / other))
        text = say("This is the harmonic mean of {one} and {other}.", one=one, other=other)
        return [*items, *self.variance(), Group((mean,), detail="data"), Sentence(text)]

    def gain_line(self) -> list[Item]:
        """The gain, by which Var W is gain²/fan."""
        derivation, gain = self.derivation, self.gain
        if gain.stated:
            return []
        side = "backward" if self.mode == "fan_out" else "forward"
        f = gain.formula
        if gain.own and not gain.slope and self.mode != "average" and derivation.numeric(f):
            f = Call("sqrt", (over(self.passes.factor(MOMENT[side])),))
        line = derivation.define("gain", f, lhs=gain.unfolded)
        detail: Detail = "data" if self.mode == "average" else "page"
        return [Group((line,), say("the root of {form}", form=self.s.squared_gain(side)), detail=detail)]

    # what follows

    def growth(self, side: str) -> Line:
        """What one layer with this variance does to Var z or Var δ; at Var z′ = 1 where that matters."""
        return self.multiplied(f"growth.{side}", side, Ref(MOMENT[side]), self.squares.factor(MOMENT[side]))

    def multiplied(self, key: str, side: str, moment: Formula, shown: Formula) -> Line:
        """The factor of a direction, over the mean square or what stands for it, as shown, with Var W put in."""
        derivation = self.derivation
        keys = (ABOVE, BELOW) if side == "forward" else (ERROR_BELOW, ERROR)
        after, before = (var(self.s.symbols[key]) for key in keys)
        self.s.symbols[key] = after / before
        product = Call("*", tuple([f for f in (moment, Ref(FAN[side]), Ref("variance")) if f != ONE]))
        result = simplify(derivation.inlined(product))
        if not derivation.numeric(product) and derivation.numeric(result) and free_names(result):
            return derivation.define(key, result)  # a number, as no size is left in it
        return derivation.define(key, product, lhs=Call("*", (scaled(shown, Ref(FAN[side])), Ref("variance"))))

    def follows(self, side: str) -> list[Item]:
        """What becomes of the variance in a direction."""
        variance = var(Ref(self.s.weight))
        if self.passes.linear:
            square = self.passes.factor(MOMENT[side])
            line = self.multiplied(f"growth.{side}.tangent", side, square, square)
            del self.derivation.answers[f"growth.{side}.tangent"]
            why = say("with this {variance}", variance=variance)
            if self.s.name:
                why = say("with this {variance}, and the tangent in place of {f}", variance=variance,
                          f=self.s.f(Ref(BELOW)))  # fmt: skip
            return [Group((line,), why), Group((self.growth(side),), detail="data")]
        if self.squares.by_scale(MOMENT[side]):
            return [Group((self.growth(side),), say("with this {variance}", variance=variance))]
        why = say("with this {variance}, where {spread} is one", variance=variance, spread=var(Ref(BELOW)))
        return [Group((self.growth(side),), why)]

    def other_way(self, kept: str) -> list[Item]:
        """What this variance does in the other direction, what that would ask for, and when it does not matter."""
        side, s = "backward" if kept == "forward" else "forward", self.s
        items: list[Item] = [Sentence(errors())] if side == "backward" else []
        items += further(s, self.passes, side)
        squares = [] if self.passes.linear else self.squares.items(side) or [self.hidden(side)]
        first, *body = getattr(self.passes, side)(False)
        items += [first, *squares, *body] if side == "backward" else [*squares, first, *body]
        items += [*self.follows(side), *hide(self.kept(side, f"variance.{side}", False))]
        if isinstance(s.problem.layer, Linear) and self.is_ratio(side):
            text = say("In every layer this is a ratio of its two widths; over many layers these cancel but for the "
                       "first and the last width, so that keeping one of the two variances is enough.")  # fmt: skip
            items.append(Sentence(text))
        if self.passes.linear or self.squares.by_scale(MOMENT[side]):
            form = self.asked_by(side)
            kept_by: dict[str, Any] = {"own": var(Ref(ERROR if side == "backward" else ABOVE)), "form": form,
                                       "variance": var(Ref(s.weight))}  # fmt: skip
            items.append(Sentence(say("{own} would be kept by a {variance} of {form}.", **kept_by)))
        return items

    def hidden(self, side: str) -> Item:
        """The mean square of a direction for machines alone."""
        return Group((self.squares.lines[MOMENT[side]],), detail="data")

    def asked_by(self, side: str) -> Any:
        """The Var W that a direction asks for."""
        return self.derivation.answers[f"variance.{side}"].value

    def is_ratio(self, side: str) -> bool:
        """Whether the factor of a direction is a fan over the other."""
        if self.passes.linear:
            return True
        derivation = self.derivation
        above, below = (FAN[side], FAN["backward" if side == "forward" else "forward"])
        apart = derivation.inlined(parse(f"{above}*variance*{MOMENT[side]}*{below}/{above}"))
        return rational(simplify(apart)) == 1

    def distributions(self) -> Step:
        """σ of a normal, r of a uniform, and, for machines, σ of a truncated normal distribution of that variance."""
        s = self.s
        r, w = Ref(s.bound), Ref(s.cell)
        uniform = Call("U", (-r, r))
        s.symbols["variance.uniform"] = Call("Var", (uniform,))
        density = Call("integral", (w**2 / (2 * r), w, -r, r))
        spread = s.argument.identity(density, r**2 / 3, free={r.name: "positive"}, key=Ref("variance.uniform"))
        two: dict[str, Any] = {"low": -r, "r": r, "sigma": Ref(s.deviation)}
        said = say("The argument asks for the mean and the variance of the weights and for nothing else, so any "
                   "distribution with these will do: the uniform one between {low} and {r}, or the normal one with "
                   "standard deviation {sigma}.", **two)  # fmt: skip
        if self.passes.law == "symmetric":
            said = say("The argument asks for weights that are symmetric about zero and have this variance, and for "
                       "nothing else, so any such distribution will do: the uniform one between {low} and {r}, or the "
                       "normal one with mean zero and standard deviation {sigma}.", **two)  # fmt: skip
        items: list[Item] = [Sentence(said), Group((spread,), say("the density is {density}", density=1 / (2 * r)))]
        uniform_why = say("uniform: {form}", form=Taken(Call("==", (r**2 / 3, Ref("variance")))))
        items += self.rooted("bound", parse("sqrt(3*variance)"), uniform_why)
        normal_why = say("normal: {form}", form=Taken(Call("==", (Ref(s.deviation) ** 2, Ref("variance")))))
        items += self.rooted("std", parse("sqrt(variance)"), normal_why)
        items += self.truncated(w.name)
        return Step(say("Distributions with this variance"), tuple(items))

    def rooted(self, name: str, f: Formula, why: Text) -> list[Item]:
        """A root of the variance: r or σ."""
        derivation = self.derivation
        line = derivation.define(name, f)
        if isinstance(line, Identity):
            line = msgspec.structs.replace(line, shown=(f, line.rhs))
        return [Group((line,), why)]

    def truncated(self, w: str) -> list[Item]:
        """σ of a normal distribution that is cut off and has this variance."""
        derivation = self.derivation
        kept = f"integral({w}**2*normal_pdf({w}), {w}, -{CUT}, {CUT})/integral(normal_pdf({w}), {w}, -{CUT}, {CUT})"
        left = f"1 - 2*{CUT}*normal_pdf({CUT})/(2*normal_cdf({CUT}) - 1)"
        lines = [
            self.s.argument.identity(parse(kept), parse(left), free={}),
            derivation.define("truncation", parse(f"sqrt({left})")),
            derivation.define("std.truncated", parse("std/truncation")),
        ]
        return [Group(tuple(lines), detail="data")]


def without_shared(a: Formula, b: Formula) -> tuple[Formula, tuple[Formula, Formula]]:
    """The factors and the number that two products share, and what is left of each."""
    one, other = term_of(a), term_of(b)
    number = one.coefficient if one.coefficient == other.coefficient else Fraction(1)
    shared = Term(number, tuple([factor for factor in one.factors if factor in other.factors]))
    common = written(shared)
    return common, (simplify(a / common), simplify(b / common))


def quotient(square: Formula, fan: Formula, times: int = 1) -> Formula:
    """times · square/fan; a quotient above the line takes the fan below its own."""
    match square:
        case Call("/", (above, below)):
            front = above if times == 1 else Number(times) if above == ONE else Call("*", (Number(times), above))
            return Call("/", (front, Call("*", (below, fan))))
    if times == 1 or square == ONE:
        return Call("/", (square if times == 1 else Number(times), fan))
    return Call("/", (Call("*", (Number(times), square)), fan))


def hide(items: list[Item]) -> list[Item]:
    """The same for machines alone."""
    return [msgspec.structs.replace(item, detail="data") if isinstance(item, Group) else item for item in items]
