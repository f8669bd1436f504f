"""The statement: what is asked, the layer's sums, and all that is taken as true."""

from __future__ import annotations

from hwsolve.formula.simplify.terms import mentions
from hwsolve.formula.tree import ZERO, Call, Formula, Ref
from hwsolve.kinds.initialization.passes import Passes, no_mean
from hwsolve.kinds.initialization.setting import BELOW, ERROR, Setting
from hwsolve.language import Message, say
from hwsolve.layers.base import shape_text
from hwsolve.layers.convolution import Convolution
from hwsolve.layers.linear import Linear
from hwsolve.solution import Group, Item, Sentence, Step


def statement(s: Setting, passes: Passes, sides: tuple[str, ...]) -> Step:
    """What stands before the derivation."""
    said = assumptions(s, passes, sides)
    f = s.function()
    lets = passes.signals()
    items: list[Item] = [
        *question(s, sides),
        Group(tuple(s.assumed), detail="data"),
        Group(tuple(s.derivation.lines)),
        *f,
        Group(lets, where(s), head=len(lets) - 1),
        *said,
    ]
    return Step(say("Problem"), tuple([x for x in items if not isinstance(x, Group) or x.lines]), part="statement")


def question(s: Setting, sides: tuple[str, ...]) -> list[Item]:
    """What is asked."""
    problem = s.problem
    shapes = f"{shape_text(problem.input)} → {shape_text(problem.layer.output(problem.input))}"
    if problem.gain in ("derived", "linear"):
        each: dict[tuple[str, ...], Message] = {
            ("forward",): say("the signals of a layer {shapes} as large as they come in", shapes=shapes),
            ("backward",): say("the errors of a layer {shapes} as large as they come in", shapes=shapes),
        }
        both = say("the signals and the errors of a layer {shapes} as large as they come in", shapes=shapes)
        kept = each.get(sides, both)
        first = say("Asked: the variance of the weights that keeps {kept}.", kept=kept)
    else:
        gain: object = problem.gain if isinstance(problem.gain, Formula) else say("that PyTorch takes")
        first = say("Asked: the variance of the weights of a layer {shapes} with the gain {gain}, and what becomes of "
                    "signals and errors.", shapes=shapes, gain=gain)  # fmt: skip
    r = Ref(s.bound)
    weights = say(
        "Weights with this variance are uniform between {low} and {high}, or normal with the standard deviation "
        "{sigma}.",
        low=-r, high=r, sigma=Ref(s.deviation),
    )  # fmt: skip
    return [Sentence(first), Sentence(weights)]


def where(s: Setting) -> Message | str:
    """What the places of a sum count."""
    layer = s.problem.layer
    if isinstance(layer, Linear):
        return ""
    if isinstance(layer, Convolution) and any(any(pad != 0 for pad in pair) for pair in layer.pads(s.problem.input)):
        return say("cells are counted in the padded map")
    return ""


def assumptions(s: Setting, passes: Passes, sides: tuple[str, ...]) -> list[Item]:
    """What is taken as true, each an assumption of the argument and a place of a sentence."""
    weight, out, error, below = Ref(s.weight), Ref(s.out), Ref(ERROR), Ref(BELOW)
    others: object = out if "forward" in sides else error
    if len(sides) > 1:
        others = say("{first} and {second}", first=out, second=error)
    found = [
        say("Assumed: the weights {weight} are independent of each other and of {others}, and alike distributed, "
            "{mean}.", weight=weight, others=others, mean=s.assume(no_mean(weight)))
    ]  # fmt: skip
    normal = not passes.linear
    if "forward" in sides:
        if normal:
            found.append(say("The values of {below} are independent.", below=below))
        else:
            centred = s.assume(no_mean(out))
            found.append(say("The values of {a} are independent and alike, {mean}.", a=out, mean=centred))
        bias = Ref(s.bias)
        found.append(say("The biases are zero, {zero}.", zero=s.assume(zero(bias))))
    if "backward" in sides:
        found.append(say("The errors {error}, derivatives of the loss by {z}, are independent of each other and of "
                         "{below}, and alike, {mean}.", error=error, z=Ref("z"), below=below,
                         mean=s.assume(no_mean(error))))  # fmt: skip
    if normal and needs_law(s, sides):
        s.assume(Call("normal", (below,)))
        if s.unit.homogeneous and "forward" in sides and s.name:
            found.append(
                say(
                    "{below} is normal with the density {p}, {mean}.",
                    below=below,
                    p=Ref(s.density),
                    mean=no_mean(below),
                )
            )
        else:
            found.append(say("{below} is normal, {mean}.", below=below, mean=no_mean(below)))
    if passes.linear and s.name:
        s.assume(Call("linear", (Ref(s.name),)))
        found.append(say("{below} is so small that {f} acts as its tangent at zero.", below=below, f=s.f(below)))
    places = {f"part{n}": text for n, text in enumerate(found)}
    together = Message(" ".join(f"{{{place}}}" for place in places), places)
    return [Sentence(together, free=dict.fromkeys((weight.name, out.name, ERROR, BELOW), "random"))]


def needs_law(s: Setting, sides: tuple[str, ...]) -> bool:
    """Whether the law of z′ matters: not where only a constant slope is asked for."""
    constant = len(s.unit.slopes) == 1 and not mentions(s.unit.slopes[0].formula, "z")
    return "forward" in sides or not constant


def zero(name: Formula) -> Formula:
    """That a name is 0."""
    return Call("==", (name, ZERO))
