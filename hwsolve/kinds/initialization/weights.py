"""From the variance that a layer should have to its weights: standard deviation, bound; and PyTorch's beside it."""

from __future__ import annotations

from hwsolve import numbers
from hwsolve.derivation.derivation import Derivation
from hwsolve.formula.parse import parse
from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.simplify.terms import rational
from hwsolve.formula.tree import ONE, Call, Formula, Number, Ref, formula, substitute
from hwsolve.kinds.initialization.fans import Fans, put_in
from hwsolve.kinds.initialization.gains import Gain, torch_gain
from hwsolve.kinds.initialization.moments import Unit
from hwsolve.language import Message, say
from hwsolve.solution import Note

CUT = 2  # standard deviations at which a truncated normal distribution is cut, as Keras and JAX do


def scaled(derivation: Derivation, gain: Gain, mode: str) -> None:
    """The variance for the mode asked for."""
    fan = parse("fan_in + fan_out") if mode == "average" else Ref(mode)
    if gain.own and mode == "average":
        f, rule = parse("2/(1/variance.forward + 1/variance.backward)"), say("harmonic mean of the two")
    elif mode == "average":
        f, rule = over(gain.square, fan, 2), say("twice the squared gain over both fans, as Xavier takes it")
    elif gain.own and mode == "fan_in":
        f, rule = Ref("variance.forward"), say("the condition of the forward pass")
    elif gain.own:
        f, rule = Ref("variance.backward"), say("the condition of the backward pass")
    else:
        f, rule = over(gain.square, fan), say("squared gain over the fan")
    derivation.define("variance", f, rule, lhs=None if mode == "average" else over(gain.square, fan), main=True)
    derivation.section(say("Variance of the weights"))


def over(square: Formula, fan: Formula, times: int = 1) -> Formula:
    """times · square/fan; a quotient above the line takes the fan below its own."""
    match square:
        case Call("/", (above, below)):
            front = above if times == 1 else Number(times) if above == ONE else Call("*", (Number(times), above))
            return Call("/", (front, Call("*", (below, fan))))
    return Call("/", (square if times == 1 else Call("*", (Number(times), square)), fan))


def growth(derivation: Derivation, homogeneous: bool, steady: bool) -> None:
    """What one layer with this variance does to Var z and Var δ; at Var z = 1 where that matters."""
    forward, backward = parse("fan_in*variance*moment"), parse("fan_out*variance*moment.backward")
    rules = say("Var z is multiplied by this in a layer"), say("Var δ is multiplied by this in a layer")
    at_one = say("by this Var z is multiplied, at Var z = 1"), say("by this Var δ is multiplied, at Var z = 1")
    derivation.define("growth.forward", forward, rules[0] if homogeneous else at_one[0])
    derivation.define("growth.backward", backward, rules[1] if steady else at_one[1])
    derivation.section(say("What one layer does"))


def distributions(derivation: Derivation, taken: set[str]) -> None:
    """σ of a normal, r of a uniform, and σ of a truncated normal distribution of that variance."""
    r, w = letters("rbs", taken), letters("wxy", taken)
    derivation.define("std", parse("sqrt(variance)"), say("normal: N(0, σ²)"), main=True)
    density = parse(f"integral({w}**2/(2*{r}), {w}, -{r}, {r})")
    derivation.domains[r] = "positive"
    derivation.identity(density, parse(f"{r}**2/3"), say("variance of the uniform distribution on (−r, r)"))
    derivation.define("bound", parse("sqrt(3*variance)"), say("uniform: r²/3 = Var W"), main=True)
    kept = f"integral({w}**2*normal_pdf({w}), {w}, -{CUT}, {CUT})/integral(normal_pdf({w}), {w}, -{CUT}, {CUT})"
    left = f"1 - 2*{CUT}*normal_pdf({CUT})/(2*normal_cdf({CUT}) - 1)"
    derivation.identity(parse(kept), parse(left), say("variance of N(0, 1) cut off at ±{cut}", cut=CUT))
    derivation.define("truncation", parse(f"sqrt({left})"), say("its standard deviation"))
    rule = say("truncated normal: cut off at ±{cut} of this σ, it has the standard deviation above", cut=CUT)
    derivation.define("std.truncated", parse("std/truncation"), rule)
    derivation.section(say("Distributions with this variance"))


def letters(wanted: str, taken: set[str]) -> str:
    """The first letter that no size or parameter has."""
    return next((letter for letter in wanted if letter not in taken), f"{wanted[0]}0")


# PyTorch


def torch_gains(derivation: Derivation, name: str, unit: Unit) -> None:
    """gain.torch, where PyTorch has one."""
    found = torch_gain(name, unit)
    if found is None:
        return
    call, f, _ = found
    derivation.define("gain.torch", f, say("PyTorch's gain for {name}", name=call.replace("_", " ")))


def torch_remarks(derivation: Derivation, name: str, unit: Unit, backward: bool) -> list[Note]:
    """Whether PyTorch's gain is the derived one, by how much a layer grows with it if not, and why.

    `backward`: for gradients, with fan_out; else for signals, with fan_in.
    """
    found = torch_gain(name, unit)
    if found is None:
        shown = f"`{name}`" if name else say("this function")
        return [Note("info", say("PyTorch's calculate_gain knows no gain for {activation}.", activation=shown))]
    call, _, square = found
    moment = "moment.backward" if backward else "moment"
    per_layer = simplify(derivation.inlined(Call("*", (square, Ref(moment)))))
    if rational(per_layer) == 1:
        return [Note("info", say("PyTorch's calculate_gain gives the derived gain, 1/√{moment}.", moment=moment))]
    if not derivation.numeric(per_layer):
        return []
    factor = derivation.value_of(per_layer)
    if not (factor > 1 or factor < 1):
        return [Note("info", say("PyTorch's calculate_gain gives the derived gain, to all digits shown."))]
    text = numbers.show(factor, 4).text
    remark = say(
        "PyTorch's calculate_gain('{call}') is not the derived gain: {why} With it, a layer with {fan} multiplies "
        "{variance} by {factor} at Var z = 1.",
        call=call,
        fan="fan_out" if backward else "fan_in",
        variance="Var δ" if backward else "Var z",
        why=REASONS.get(call, say("it is a convention.")),
        factor=text,
    )
    return [Note("info", remark)]


REASONS: dict[str, Message] = {
    "tanh": say("5/3 is a rule of thumb, larger than 1/√moment: Var z rises until tanh saturates enough to hold it."),
    "sigmoid": say("it takes the sigmoid as if it were linear, though its values have another mean square."),
    "selu": say("3/4 gives up the fixed point at Var z = 1, which SELU has with gain 1, for steadier gradients."),
    "linear": say("it takes the activation as linear."),
}


def torch_fans(fans: Fans) -> list[Note]:
    """Where torch.nn.init counts otherwise, as it goes by the shape of the weight alone."""
    from hwsolve.layers.base import size_text

    own = [substitute(f, put_in(fans.sizes)) for f in (fans.fan_in, fans.fan_out)]
    theirs = [formula(s) for s in fans.torch]
    if [plain(f) for f in own] == [plain(f) for f in theirs]:
        return []
    text = say(
        "torch.nn.init goes by the shape of the weight alone and takes fan_in = {fan_in} and fan_out = {fan_out} here; "
        "the derivation needs how many terms meet in an output, and how many outputs an input feeds.",
        fan_in=size_text(fans.torch[0]),
        fan_out=size_text(fans.torch[1]),
    )
    return [Note("info", text)]


def plain(f: Formula) -> Formula:
    """A size in its one form."""
    from hwsolve.formula.simplify.polynomial import canonical

    return canonical(simplify(f))
