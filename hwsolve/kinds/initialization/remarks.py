"""What a reader should know beside the derivation: PyTorch's gain and fans, strides, what is left aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwsolve import numbers
from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.simplify.terms import rational
from hwsolve.formula.tree import Call, Formula, Ref, call, formula, substitute
from hwsolve.kinds.initialization.fans import Fans, put_in
from hwsolve.kinds.initialization.gains import torch_gain
from hwsolve.kinds.initialization.passes import Passes, var
from hwsolve.kinds.initialization.setting import ABOVE, BELOW, ERROR, Setting
from hwsolve.kinds.initialization.squares import BACKWARD
from hwsolve.language import Message, say
from hwsolve.solution import Note

if TYPE_CHECKING:
    from hwsolve.kinds.initialization.problem import Problem


def remarks(problem: Problem, s: Setting, passes: Passes, balanced: bool) -> list[Note]:
    """All of them."""
    mode, unit, derivation = problem.mode, s.unit, s.derivation
    backward = mode == "fan_out" and not balanced
    found = torch_remarks(s, backward) if problem.gain == "torch" else []
    found += torch_fans(s.fans)
    squares = s.mean_square, call("E", s.slope(s.symbols[BELOW]) ** 2)
    if problem.gain == "derived":
        if not (unit.steady if mode == "fan_out" else unit.homogeneous):
            what = squares[1] if mode == "fan_out" else squares[0] / var(s.symbols[BELOW])
            found.append(info(say("{what} depends on {spread}; the gain is the one where {spread} is one.", what=what,
                                  spread=var(s.symbols[BELOW]))))  # fmt: skip
        if mode == "average" and not balanced:
            text = say(
                "The compromise keeps neither variance: the factors of {z} and {delta} in a layer add up to two.",
                z=var(s.symbols[BELOW]),
                delta=var(s.symbols[ERROR]),
            )
            found.append(info(text))
    if passes.linear and s.name and mode != "fan_out" and not passes.through_zero():
        text = say(
            "{start} is not zero, nor is the mean of {a}: the gain that is taken at zero leaves that aside.",
            start=s.f(formula(0)),
            a=Ref(s.out),
        )
        found.append(info(text))
    if any(stride != 1 for stride in getattr(problem.layer, "stride", ())):
        text = say(
            "The stride is left aside, as in PyTorch: with a stride S a value meets about one kernel cell in S "
            "along that axis, on the side of the larger map."
        )
        found.append(info(text))
    if derivation.float64:
        found.append(Note("warning", say("Computed in float64: the printed digits are not proven.")))
    return found


def info(text: Message) -> Note:
    """A remark."""
    return Note("info", text)


def torch_remarks(s: Setting, backward: bool) -> list[Note]:
    """Of a page with PyTorch's gain: whether it is the derived one, by how much a layer grows with it if not, and why.

    `backward`: for gradients, with fan_out; else for signals, with fan_in.
    """
    derivation = s.derivation
    found = torch_gain(s.problem.activation.name, s.unit)
    assert found is not None  # the check asks for one
    called, gain, square = found
    per_layer = simplify(derivation.inlined(Call("*", (square, Ref(BACKWARD if backward else "moment")))))
    if rational(per_layer) == 1:
        return [info(say("PyTorch's calculate_gain gives the derived gain."))]
    if not derivation.numeric(per_layer):
        return []
    factor = derivation.value_of(per_layer)
    if not (factor > 1 or factor < 1):
        return [info(say("PyTorch's calculate_gain gives the derived gain, to all digits shown."))]
    remark = say(
        "PyTorch's calculate_gain('{call}') is {gain}: {why} With it, a layer with {fan} multiplies {variance} by "
        "{factor} where {spread} is one.",
        call=called,
        gain=simplify(gain),
        fan="fan_out" if backward else "fan_in",
        variance=var(s.symbols[ERROR if backward else ABOVE]),
        why=REASONS.get(called, say("it is a convention.")),
        factor=numbers.show(factor, 4).text,
        spread=var(s.symbols[BELOW]),
    )
    return [info(remark)]


REASONS: dict[str, Message] = {
    "tanh": say("a rule of thumb for signals that are not small, which grow until tanh saturates enough to hold them."),
    "sigmoid": say("it takes the sigmoid as if it were linear, though its values have another mean square."),
    "selu": say("it gives up the fixed point that SELU has without a gain, for steadier gradients."),
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
        "torch.nn.init goes by the shape of the weight alone and takes a fan_in of {fan_in} and a fan_out of {fan_out} "
        "here; the derivation needs how many terms meet in an output, and how many outputs an input feeds.",
        fan_in=size_text(fans.torch[0]),
        fan_out=size_text(fans.torch[1]),
    )
    return [info(text)]


def plain(f: Formula) -> Formula:
    """A size in its one form."""
    from hwsolve.formula.simplify.polynomial import canonical

    return canonical(simplify(f))
