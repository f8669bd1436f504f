"""From the variance that weights should have to the weights: variance, gain, distributions, and what follows."""

from __future__ import annotations

import msgspec

from hwsolve.formula.parse import parse
from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.tree import ONE, Call, Formula, Number, Ref, call
from hwsolve.kinds.initialization.gains import Gain
from hwsolve.kinds.initialization.passes import Passes, scaled, var
from hwsolve.kinds.initialization.setting import BELOW, ERROR, ERROR_BELOW, Setting, over
from hwsolve.kinds.initialization.squares import BACKWARD, Squares
from hwsolve.language import say
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
        s.symbols |= {"std": Ref(s.deviation), "bound": Ref(s.bound)}

    # the condition of one direction

    def fan(self, side: str) -> Formula:
        """How many terms meet, by the name that a reader knows."""
        own = self.s.fans.fan_in if side == "forward" else self.s.fans.fan_out
        return own if isinstance(own, Ref) and not self.s.fans.named else Ref(FAN[side])

    def kept(self, side: str, name: str, shown: bool) -> list[Item]:
        """The Var W that keeps the variance in one direction."""
        derivation = self.derivation
        factor = self.gain.forward if side == "forward" else self.gain.backward
        f: Formula = Call("/", (ONE, Call("*", (factor, Ref(FAN[side])))))
        if not derivation.numeric(f):
            return [Group((derivation.define(name, f),), detail="data")]
        line = derivation.define(name, over(scaled(self.passes.factor(MOMENT[side]), self.fan(side))))
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
        """The harmonic mean of both conditions."""
        derivation = self.derivation
        apart = parse("2/(1/variance.forward + 1/variance.backward)")
        if not derivation.numeric(apart):
            return [Group((derivation.define("variance", apart),))]
        products = [scaled(self.passes.factor(MOMENT[side]), self.fan(side)) for side in FAN]
        whole = Call("/", (Number(2), Call("+", tuple(products))))
        inverse = [call("/", 1, call("/", 1, product)) for product in products]
        line = derivation.define("variance", whole)
        assert isinstance(line, Value)
        return [Group((self.s.argument.links(line, Call("/", (Number(2), Call("+", tuple(inverse))))),))]

    def both(self) -> list[Item]:
        """Where both conditions hold, and the mean of them."""
        p, sums = self.passes, self.s.sums
        a, b = (scaled(p.factor(MOMENT[side]), fan) for side, fan in zip(FAN, (sums.fan_in, sums.fan_out), strict=True))
        items: list[Item] = []
        if a != b:
            first, second = call("==", over(a), over(b)), call("==", a, b)
            line = p.identity(first, ("⟺", second, call("neg", call("/", 1, call("*", a, b)))))
            items += [Sentence(say("Both conditions ask for the same only where")), Group((line,))]
        items.append(Sentence(say("Between them stands their harmonic mean:")))
        return items + self.variance()

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
        form = quotient(Ref("gain") ** 2, self.fan(side))
        detail: Detail = "data" if self.mode == "average" else "page"
        return [Group((line,), say("{variance} is {form}", variance=Ref("variance"), form=form), detail=detail)]

    # what follows

    def growth(self) -> list[Item]:
        """What one layer with this variance does to Var z and Var δ; at Var z′ = 1 where that matters."""
        derivation, found = self.derivation, list[Line]()
        self.s.symbols["growth.forward"] = var(Ref("z")) / var(Ref(BELOW))
        self.s.symbols["growth.backward"] = var(Ref(ERROR_BELOW)) / var(Ref(ERROR))
        found.append(derivation.define("growth.forward", parse("fan_in*variance*moment")))
        found.append(derivation.define("growth.backward", parse("fan_out*variance*moment.backward")))
        return [Group(tuple(found), detail="data")]

    def follows(self, side: str) -> Sentence:
        """What becomes of the variance in a direction."""
        derivation, name = self.derivation, f"growth.{side}"
        what = var(Ref("z")) if side == "forward" else var(Ref(ERROR))
        value = derivation.answers[name].value
        if self.passes.linear:
            product = Call("*", (self.passes.factor(MOMENT[side]), Ref(FAN[side]), Ref("variance")))
            value = simplify(derivation.inlined(product))
        if isinstance(value, Formula) and derivation.numeric(value):
            value = derivation.quantity(derivation.value_of(value))
        always = self.passes.linear or self.squares.by_scale(MOMENT[side])
        way = say("Forward") if side == "forward" else say("Backward")
        if always:
            text = say("{way}, every such layer multiplies {what} by {factor}.", way=way, what=what, factor=value)
            return Sentence(text)
        at = var(Ref(BELOW))
        return Sentence(say("{way}, such a layer multiplies {what} by {factor} where {at} is one.", way=way, what=what,
                            factor=value, at=at))  # fmt: skip

    def distributions(self) -> Step:
        """σ of a normal, r of a uniform, and, for machines, σ of a truncated normal distribution of that variance."""
        s = self.s
        r, w = Ref(s.bound), Ref(s.cell)
        uniform = Call("U", (-r, r))
        s.symbols["variance.uniform"] = Call("Var", (uniform,))
        density = Call("integral", (w**2 / (2 * r), w, -r, r))
        spread = s.argument.identity(density, r**2 / 3, free={r.name: "positive"}, key=Ref("variance.uniform"))
        items: list[Item] = [Group((spread,), say("the density is {density}", density=1 / (2 * r)))]
        uniform_why = say("uniform: {form} is {variance}", form=r**2 / 3, variance=Ref("variance"))
        items += self.rooted("bound", parse("sqrt(3*variance)"), uniform_why)
        normal_why = say("normal: {form} is {variance}", form=Ref(s.deviation) ** 2, variance=Ref("variance"))
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


def quotient(square: Formula, fan: Formula, times: int = 1) -> Formula:
    """times · square/fan; a quotient above the line takes the fan below its own."""
    match square:
        case Call("/", (above, below)):
            front = above if times == 1 else Number(times) if above == ONE else Call("*", (Number(times), above))
            return Call("/", (front, Call("*", (below, fan))))
    if times == 1 or square == ONE:
        return Call("/", (square if times == 1 else Number(times), fan))
    return Call("/", (Call("*", (Number(times), square)), fan))
