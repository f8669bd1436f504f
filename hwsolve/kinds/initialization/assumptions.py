"""What an argument takes as true: of the weights, of the signals, of the errors, and of the law of z′."""

from __future__ import annotations

from typing import Any

from hwsolve.formula.tree import Call, Ref
from hwsolve.kinds.initialization.moments import Z
from hwsolve.kinds.initialization.passes import Passes, no_mean
from hwsolve.kinds.initialization.setting import BELOW, ERROR, Setting
from hwsolve.language import Message, say
from hwsolve.solution import Group, Item, Sentence


def assumptions(s: Setting, passes: Passes, sides: tuple[str, ...]) -> list[Item]:
    """Those of the directions that keep their variance: each is a place of a sentence, and binds the argument."""
    found = [of_weights(s, passes)]
    if "forward" in sides:
        found += of_signals(s, passes)
    elif passes.law == "symmetric" and "forward" not in passes.shown:
        found += of_signals(s, passes)  # on which it rests that z is symmetric too
    if "backward" in sides:
        found.append(of_errors(s, passes))
    found += of_law(s, passes)
    return told(s, found)


def further(s: Setting, passes: Passes, side: str) -> list[Item]:
    """Those that the other direction asks for besides."""
    before = len(s.assumed)
    first, *more = of_signals(s, passes) if side == "forward" else [of_errors(s, passes)]
    said = told(s, [say("Here more is assumed. {first}", first=first), *more])
    return [*said, Group(tuple(s.assumed[before:]), detail="data")]


def told(s: Setting, found: list[Message]) -> list[Item]:
    """Sentences as one."""
    places = {f"part{n}": text for n, text in enumerate(found)}
    together = Message(" ".join(f"{{{place}}}" for place in places), places)
    return [Sentence(together, free=dict.fromkeys((s.weight, s.out, ERROR, BELOW), "random"))]


def of_weights(s: Setting, passes: Passes) -> Message:
    """Independent and alike, with mean zero; symmetric about it, where z must be."""
    weight, mean = Ref(s.weight), s.assume(no_mean(Ref(s.weight)))
    if passes.law == "symmetric":
        return say("Assumed: the weights {weight} are independent of each other and identically distributed, "
                   "symmetrically about zero, so that {mean}.", weight=weight, mean=mean)  # fmt: skip
    return say("Assumed: the weights {weight} are independent of each other and identically distributed, {mean}.",
               weight=weight, mean=mean)  # fmt: skip


def of_signals(s: Setting, passes: Passes) -> list[Message]:
    """What comes in is independent and alike; there are no biases."""
    weight = Ref(s.weight)
    if passes.linear:
        out = Ref(s.out)
        first = say("The values of {a} are independent of each other and of {weight}, and identically distributed, "
                    "{mean}.", a=out, weight=weight, mean=s.assume(no_mean(out)))  # fmt: skip
    else:
        first = say("The values of {below} are independent of each other and of {weight}, and identically "
                    "distributed.", below=Ref(BELOW), weight=weight)  # fmt: skip
    return [first, of_biases(s)]


def of_biases(s: Setting) -> Message:
    """They are zero."""
    return say("The biases are zero, {zero}.", zero=s.assume(s.no_bias()))


def of_errors(s: Setting, passes: Passes) -> Message:
    """They are independent and alike, of z′ too where the slope is no number; with mean zero."""
    values: dict[str, Any] = {"error": Ref(ERROR), "weight": Ref(s.weight), "mean": s.assume(no_mean(Ref(ERROR)))}
    if passes.linear or not s.name:
        return say("The errors {error} are independent of each other and of {weight}, and identically distributed, "
                   "{mean}.", **values)  # fmt: skip
    return say("The errors {error} are independent of each other, of {weight} and of {below}, and identically "
               "distributed, {mean}.", below=Ref(BELOW), **values)  # fmt: skip


def of_law(s: Setting, passes: Passes) -> list[Message]:
    """What is asked of the law of z′, or that f acts as its tangent."""
    below = Ref(BELOW)
    values: dict[str, Any] = {"below": below, "mean": no_mean(below)}
    if passes.linear and s.name:
        s.assume(Call("linear", (Ref(s.name),)))
        return [say("{size} is so small that the tangent of {f} at zero may stand for the function.",
                    size=Call("abs", (below,)), f=s.f(Z))]  # fmt: skip
    if passes.law == "centred":
        return [say("The mean of {below} is zero, {mean}.", below=below, mean=s.assume(no_mean(below)))]
    if passes.law:
        s.assume(Call("normal", (below,)))  # as an example of a symmetric law, where that is all that is asked
    if passes.law == "normal":
        return [say("{below} is normal, {mean}.", **values)]
    if passes.law == "symmetric" and "forward" in passes.shown:
        return [say("{below} has a density {p} that is symmetric about zero, as the normal one is; {mean}.",
                    p=Ref(s.density), **values)]  # fmt: skip
    if passes.law == "symmetric":
        return [say("{below} has a density that is symmetric about zero, as the normal one is; {mean}.",
                    **values)]  # fmt: skip
    return []
