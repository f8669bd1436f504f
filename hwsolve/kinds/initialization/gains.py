"""The gain: by what the weights are scaled for an activation.

derived: 1/√E[f(z)²], or 1/√E[f′(z)²] for the gradients; linear: 1/|f′(0)|;
torch: the number of torch.nn.init.calculate_gain; or a number that is given.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hwsolve.formula.evaluate import evaluate, no_names
from hwsolve.formula.indices import names_in
from hwsolve.formula.parse import parse
from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.tree import ONE, ZERO, Call, Formula, Number, Ref, substitute
from hwsolve.kinds.initialization.moments import Unit
from hwsolve.language import Message, say
from hwsolve.numbers import LADDER, NotFinite, Undecided, precision

# torch.nn.init.calculate_gain: the name it goes by, the gain, and its square
TORCH: dict[str, tuple[str, str, str]] = {
    "identity": ("linear", "1*1", "1"),
    "sigmoid": ("sigmoid", "1*1", "1"),
    "tanh": ("tanh", "5/3", "25/9"),
    "relu": ("relu", "sqrt(2)", "2"),
    "leaky_relu": ("leaky_relu", "sqrt(2/(1 + alpha**2))", "2/(1 + alpha**2)"),
    "prelu": ("leaky_relu", "sqrt(2/(1 + alpha**2))", "2/(1 + alpha**2)"),
    "selu": ("selu", "3/4*1", "9/16"),
}


class Gain(msgspec.Struct, frozen=True):
    """A gain over named quantities: itself, its square, and what it takes E a²/Var z′ and E f′² to be.

    `slope` is f′(0) where the activation is taken as linear.
    """

    formula: Formula
    square: Formula
    forward: Formula = Ref("moment")
    backward: Formula = Ref("moment.backward")
    slope: Formula | None = None
    unfolded: Formula | None = None
    own: bool = False  # follows from the conditions that the layer keeps its variances
    stated: bool = False


def torch_gain(name: str, unit: Unit) -> tuple[str, Formula, Formula] | None:
    """PyTorch's name, gain and squared gain of an activation; None where it has none."""
    found = TORCH.get(name)
    if found is None:
        return None
    letter = next(iter(unit.parameters), "alpha")
    own: dict[str, Formula] = {"alpha": Ref(letter)}
    return found[0], substitute(parse(found[1]), own), substitute(parse(found[2]), own)


def slope_at_zero(unit: Unit) -> Formula | Message:
    """f′(0) as a formula, or why there is none."""
    around = [p for p in unit.slopes if (p.low is None or p.low <= 0) and (p.high is None or p.high >= 0)]
    forms = [substitute(p.formula, {"z": Number(0)}) for p in around]
    given = {name: value for name, value in unit.parameters.items() if value is not None}
    values = [simplify(substitute(substitute(f, dict(unit.constants)), given)) for f in forms]
    try:
        if any(not vanishes(Call("-", (v, values[0]))) for v in values[1:]):
            return say("The activation has a kink at 0: it has no tangent there.")
        if vanishes(values[0]):
            return say("The slope of the activation at 0 is 0: its tangent there passes no signal on.")
    except NotFinite:
        return say("The activation has no slope at 0.")
    return forms[0]


def vanishes(f: Formula) -> bool:
    """Whether a number is 0; one with a name is so only as a formula."""
    found = simplify(f)
    if set(names_in(found)) - {"pi", "e"}:
        return found == ZERO
    return decided(lambda: evaluate(Call("==", (found, ZERO)), no_names), unsure=True)


def decided(question: Callable[[], bool], unsure: bool) -> bool:
    """The answer at the first precision that has one; `unsure` where the highest has none."""
    for bits in LADDER:
        with precision(bits):
            try:
                return question()
            except Undecided:
                continue
    return unsure


def derived(mode: str) -> Gain:
    """1/√E[f(z)²] for the signals, 1/√E[f′(z)²] for the gradients; between both, that of the harmonic mean.

    The two variances are v = 1/(fan_in E[f²]) and w = 1/(fan_out E[f′²]); 2/(1/v + 1/w) is 2 gain²/(fan_in + fan_out).
    """
    if mode == "average":
        square = parse("(fan_in + fan_out)/(fan_in*moment + fan_out*moment.backward)")
        return Gain(Call("sqrt", (square,)), square, own=True)
    moment = Ref("moment" if mode == "fan_in" else "moment.backward")
    square = Call("/", (ONE, moment))
    return Gain(Call("sqrt", (square,)), square, unfolded=Call("/", (ONE, Call("sqrt", (moment,)))), own=True)


def linear() -> Gain:
    """1/|f′(0)|, the activation being taken as f′(0)z."""
    square, factor = parse("1/slope**2"), parse("slope**2")
    return Gain(parse("1/abs(slope)"), square, factor, factor, Ref("slope"), own=True)


def squared(f: Formula) -> Formula:
    """f² with √u² = u."""
    if isinstance(f, Call) and f.name == "sqrt":
        return f.args[0]
    return Call("**", (f, Number(2)))
