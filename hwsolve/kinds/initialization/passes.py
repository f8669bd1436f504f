"""Forward and backward through one layer: what becomes of Var z and Var δ, and the Var W that keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hwsolve.counting import Taken
from hwsolve.formula.notation import plain
from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.simplify.terms import rational
from hwsolve.formula.tree import ONE, ZERO, Call, Formula, Number, Ref, call, substitute
from hwsolve.kinds.initialization.gains import vanishes
from hwsolve.kinds.initialization.moments import Z
from hwsolve.kinds.initialization.setting import ABOVE, BELOW, ERROR, ERROR_BELOW, Setting, over, simple
from hwsolve.kinds.initialization.squares import BACKWARD, Squares, distinct
from hwsolve.language import say
from hwsolve.numbers import is_exact, parts
from hwsolve.solution import Form, Group, Identity, Item, Let, Sentence, Stage, Text


class Passes:
    """The argument through one layer, in the directions that are shown; `linear`: f acts as its tangent at zero."""

    def __init__(self, s: Setting, squares: Squares, linear: bool, shown: tuple[str, ...]) -> None:
        self.s, self.squares, self.linear, self.shown = s, squares, linear, shown
        self.law = "" if linear else squares.law(shown)  # what the directions that are shown ask of the law of z′
        self.sums = s.sums
        self.weight, self.out = Ref(s.weight), Ref(s.out)
        self.variance = var(self.weight)
        self.z = Ref(ABOVE, self.sums.output)
        self.below = Ref(ERROR_BELOW, self.sums.value)

    # the layer

    def signals(self) -> tuple[Let, ...]:
        """a = f(z′) and z = Σ W a + b."""
        s, letters = self.s, self.sums.value
        a = s.let(Ref(s.out, letters), s.f(Ref(BELOW, letters)))
        weight, value = self.sums.term
        return a, s.let(self.z, self.sums.forward(weight * value) + Ref(s.bias, self.sums.channel))

    def factor(self, name: str) -> Formula:
        """By what E a² is a multiple of Var z′, or E f′(z′)²."""
        if not self.linear:
            return self.squares.factor(name)
        if "slope" in self.s.derivation.values:
            slope: Formula = Ref("slope")
            return ONE if self.s.derivation.values["slope"] ** 2 == 1 else slope**2
        return simplify(self.s.derivation.formulas["slope"] ** 2)

    # forward

    def forward(self, keep: bool) -> list[Item]:
        """Var z, and the condition that it stays."""
        s, sums, variance = self.s, self.sums, self.variance
        weight, value = sums.term
        said = {s.out: "random"}
        one = var(weight * value)
        items: list[Item] = [self.centred(), *self.mean_of_next()]
        if self.linear:
            full = variance * var(self.out) + variance * mean(self.out) ** 2 + var(self.out) * mean(self.weight) ** 2
            short = variance * var(self.out)
            why: Text = say("{weight} and {value} independent, their means zero", weight=self.weight, value=self.out)
        else:
            full = mean(self.weight**2) * mean(self.out**2) - (mean(self.weight) * mean(self.out)) ** 2
            short = variance * mean(self.out**2)
            zero = no_mean(self.weight)
            why = say("{weight} and {value} independent; {zero}", weight=self.weight, value=self.out, zero=zero)
        items.append(Group((self.identity(one, full, short, **said),), why))
        summed = [var(self.z), sums.forward(one), simple(sums.fan_in, short)]
        items.append(Group((self.identity(*summed, **said),), say("variances of independent terms add")))
        if self.law == "normal":
            items.append(self.nearly_normal())
        if self.linear:
            items += self.tangent()
        if keep and (self.linear or self.squares.by_scale("moment")):
            first = call("==", summed[-1], var(Ref(BELOW)))
            values: dict[str, Any] = {"after": var(Ref(ABOVE)), "before": var(Ref(BELOW))}
            text = say("{kept} if and only if", kept=Taken(Call("==", (values["after"], values["before"]))))
            if self.linear and s.name:
                near = scaled(self.factor("moment"), sums.fan_in, variance, var(Ref(BELOW)))
                first, text = call("==", near, var(Ref(BELOW))), say("So {after} is about {before} where", **values)
            items += [Sentence(text), self.condition(first, var(Ref(BELOW)), self.factor("moment"), sums.fan_in)]
        elif keep:
            items += self.at_one(var(Ref(ABOVE)), var(Ref(BELOW)), "moment", sums.fan_in)
        elif not self.linear and self.squares.by_scale("moment"):
            items.append(self.of_spread(summed[-1]))
        return items

    def of_spread(self, found: Formula) -> Group:
        """Var z as a multiple of Var z′, as E a² is one."""
        factor, spread = self.factor("moment"), var(Ref(BELOW))
        line = self.identity(found, scaled(factor, self.sums.fan_in, self.variance, spread))
        square = Call("==", (mean(self.out**2), scaled(factor, spread)))
        return Group((line,), say("{second}", second=square), free=self.s.free(factor))

    def centred(self) -> Group:
        """E z = 0, and why."""
        why = say("{zero}, {bias}", zero=no_mean(self.weight), bias=self.s.no_bias())
        return Group((self.centre(),), why)

    def centre(self) -> Identity:
        """E z = 0."""
        weight, value = self.sums.term
        bias = Ref(self.s.bias, self.sums.channel)
        apart = self.sums.forward(mean(weight) * mean(value)) + bias
        return self.identity(mean(self.z), apart, ZERO, **{self.s.out: "random"})

    def mean_of_next(self) -> Iterator[Item]:
        """What E z = 0 is for: what is assumed of this layer holds for the next, which reads f(z)."""
        values: dict[str, Any] = {"z": Ref(ABOVE), "below": Ref(BELOW), "a": self.out}
        if self.law == "symmetric":
            yield from self.symmetric()
        elif not self.linear:
            yield Sentence(say("So the sums {z}, from which the next layer goes on, have mean zero, as assumed of "
                               "{below}.", **values))  # fmt: skip
        elif self.through_zero():
            yield Sentence(say("So the sums {z} have mean zero, and so have their outputs, which the next layer reads, "
                               "as assumed of {a}.", **values))  # fmt: skip

    def symmetric(self) -> list[Item]:
        """With symmetric weights and no bias, z is symmetric as z′ is."""
        weight, value = self.sums.term
        return [Sentence(say(
            "The biases are zero, and {opposite} is distributed as {weight}: so {sum} is distributed as its negative. "
            "The sums {z}, from which the next layer goes on, are thus distributed symmetrically about zero, as "
            "assumed of {below}.",
            opposite=-self.weight, weight=self.weight, sum=self.sums.forward(weight * value),
            z=Ref(ABOVE), below=Ref(BELOW),
        ))]  # fmt: skip

    def nearly_normal(self) -> Sentence:
        """What is normal in one layer is nearly so in the next: the central limit theorem."""
        return Sentence(say(
            "Each of the sums {z} has {n} independent, identically distributed terms of finite variance; with many "
            "such terms a sum is nearly normal, whatever their distribution, as assumed of {below}.",
            z=Ref(ABOVE), n=self.sums.fan_in, below=Ref(BELOW),
        ))  # fmt: skip

    def tangent(self) -> list[Item]:
        """Var a ≈ f′(0)² Var z′."""
        s, below = self.s, Ref(BELOW)
        if not s.name:
            return []
        line = self.identity(var(Ref(s.out, self.sums.value)), ("≈", scaled(self.factor("moment"), var(below))))
        return [Group((line,), say("the tangent in place of {f}", f=s.f(below)))]

    def line_at_zero(self) -> Group:
        """f(z) ≈ f(0) + f′(0) z, with their numbers where these are fractions."""
        s = self.s
        derivation, ends = s.derivation, list[Formula]()
        at_zero, slope = derivation.inlined(self.at_zero()), derivation.values.get("slope")
        start = derivation.value_of(at_zero) if derivation.numeric(at_zero) else None
        if start is not None and slope is not None and is_exact(start) and is_exact(slope):
            ends = [simplify(Number(*parts(start)) + Number(*parts(slope)) * Z)]
        near = s.f(ZERO) + s.slope(ZERO) * Z
        self.identity(s.f(Z), ("≈", near), *ends, **{Z.name: "real"})  # which checks it
        links = (Stage("", s.f(Z)), Stage("≈", near), *(Stage("=", end) for end in ends))
        return Group((Form(links),), say("{size} is small", size=Call("abs", (Z,))))

    def near_zero(self) -> Group:
        """f′(z′) ≈ f′(0), and its value where that is 1."""
        s, below = self.s, Ref(BELOW)
        one = [ONE] if s.derivation.values.get("slope") == 1 else []
        line = self.identity(s.slope(below), ("≈", s.slope(ZERO)), *one, **{BELOW: "random"})
        return Group((line,), say("{size} is small", size=Call("abs", (below,))))

    def through_zero(self) -> bool:
        """Whether f(0) is 0."""
        return vanishes(self.s.derivation.inlined(self.at_zero()))

    def at_zero(self) -> Formula:
        """f(0)."""
        around = next(p for p in self.s.unit.pieces if p.high is None or p.high >= 0)
        return simplify(substitute(around.formula, {"z": ZERO}))

    # backward

    def backward(self, keep: bool) -> list[Item]:
        """Var δ, and the condition that it stays."""
        s, sums, variance = self.s, self.sums, self.variance
        weight, error = sums.reader
        inner = sums.backward(weight * error)
        slope = s.slope(Ref(BELOW, sums.value))
        let = s.let(self.below, inner if slope == ONE else slope * inner)
        items: list[Item] = [
            Group((let,), say("chain rule over the outputs that depend on {value}", value=Ref(s.out, sums.value)))
        ]
        fan, spread = sums.fan_out, var(Ref(ERROR))
        factor = self.factor(BACKWARD)
        why = say("independent; {zero}, {centred}", zero=no_mean(self.weight), centred=no_mean(Ref(ERROR)))
        if self.linear and s.name:
            items.append(self.near_zero())
            near = ("≈", scaled(factor, sums.backward(var(weight * error))))
            line = self.identity(var(self.below), near, scaled(factor, fan, variance, spread))
            items.append(Group((line,), why))
        elif not s.name:
            forms = distinct(var(self.below), sums.backward(var(weight * error)), scaled(fan, variance, spread))
            items.append(Group((self.identity(*forms),), why))
        else:
            square = mean(s.slope(Ref(BELOW)) ** 2)
            middle = Call("*", (fan, square, variance, spread))
            more = [scaled(factor, fan, variance, spread)] if self.squares.by_scale(BACKWARD) else []
            items.append(Group((self.identity(*distinct(var(self.below), middle, *more)),), why))
        if keep and (self.linear or self.squares.by_scale(BACKWARD)):
            kept = scaled(factor, fan, variance, spread) if self.linear and s.name else var(self.below)
            if self.linear and s.name:
                text = say("So {after} is about {before} where", after=var(Ref(ERROR_BELOW)), before=spread)
                items.append(Sentence(text))
            items.append(self.condition(call("==", kept, spread), spread, factor, fan))
        elif keep:
            items += self.at_one(var(Ref(ERROR_BELOW)), spread, BACKWARD, fan)
        return items

    # conditions

    def condition(self, first: Call, before: Formula, factor: Formula, fan: Formula) -> Group:
        """Var z = Var z′ ⟺ m·fan·Var W = 1 ⟺ Var W = 1/(m·fan)."""
        return Group((self.solved(first, before, factor, fan),))

    def solved(self, first: Call, scale: Formula | None, factor: Formula, fan: Formula) -> Identity:
        """A condition solved for Var W."""
        product = scaled(factor, fan)
        times = Call("*", (product, self.variance)) if product != ONE else self.variance
        once = call("==", simple(times) if rational(factor) is not None else scaled(factor, fan, self.variance), 1)
        end = call("==", self.variance, over(product))
        links = [] if scale is None else [("⟺", once, scale)]
        last = [] if plain(end) == plain(once) else [("⟺", end, product)]
        return self.identity(first if links else once, *links, *last)

    def at_one(self, after: Formula, before: Formula, name: str, fan: Formula) -> list[Item]:
        """At Var z′ = 1: m·fan·Var W = 1."""
        line = self.solved(call("==", 1, 1), None, self.factor(name), fan)
        text = say("If {spread} is one, as in {square} above, {after} is {before} if and only if", after=after,
                   before=before, spread=var(Ref(BELOW)), square=self.s.symbols[name])  # fmt: skip
        return [Sentence(text), Group((line,))]

    def identity(self, *forms: Any, **said: str) -> Identity:
        """A chain over what its names range over."""
        formulas = [g for f in forms for g in (f[1:] if isinstance(f, tuple) else (f,)) if not isinstance(g, str)]
        return self.s.argument.identity(*forms, free=self.s.free(*formulas, **said))


def var(f: Formula) -> Formula:
    """Var f."""
    return Call("Var", (f,))


def mean(f: Formula) -> Formula:
    """E f."""
    return Call("E", (f,))


def no_mean(f: Formula) -> Formula:
    """E f = 0."""
    return Call("==", (mean(f), ZERO))


def scaled(*factors: Formula) -> Formula:
    """A product whose ones are left out; a sum among the factors stays together, and a mean goes behind a count."""
    kept = [f for f in factors if f != ONE]
    if len(kept) > 1 and isinstance(kept[0], Ref) and kept[0].name in ("moment", BACKWARD):
        kept[:2] = reversed(kept[:2])
    if not kept:
        return ONE
    if any(rational(f) is not None for f in kept):
        return simple(*kept)
    return kept[0] if len(kept) == 1 else Call("*", tuple(kept))
