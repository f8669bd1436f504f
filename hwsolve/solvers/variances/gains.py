"""The gain: by what the weights are scaled for an activation.

derived: 1/√E[f(z)²]; linear: 1/|f′(0)|; torch: the number of torch.nn.init.calculate_gain; or a number that is given.
"""

from __future__ import annotations

import msgspec

from hwsolve.formula.parse import parse
from hwsolve.formula.simplify import simplify
from hwsolve.formula.tree import ONE, Call, Formula, Number, Ref, substitute
from hwsolve.language import Message, say
from hwsolve.solvers.variances.moments import Unit

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
    """A gain over the quantities of the sheet: itself, its square, and what it takes E[a²]/Var z and E[f′²] to be.

    `slope` is f′(0) where the activation is taken as linear.
    """

    formula: Formula
    square: Formula
    forward: Formula = Ref("moment")
    backward: Formula = Ref("moment.backward")
    slope: Formula | None = None
    rule: Message | str = ""
    unfolded: Formula | None = None


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
    from hwsolve.formula.evaluate import evaluate
    from hwsolve.numbers import NotFinite, exact

    around = [p for p in unit.slopes if (p.low is None or p.low <= 0) and (p.high is None or p.high >= 0)]
    forms = [substitute(p.formula, {"z": Number(0)}) for p in around]
    given = {name: value for name, value in unit.parameters.items() if value is not None}
    values = [simplify(substitute(substitute(f, dict(unit.constants)), given)) for f in forms]
    if any(v != values[0] for v in values):
        return say("The activation has a kink at 0: it has no tangent there.")
    try:
        if evaluate(values[0], lambda name, _: exact(1, 3)) == 0:
            return say("The slope of the activation at 0 is 0: its tangent there passes no signal on.")
    except NotFinite:
        return say("The activation has no slope at 0.")
    return forms[0]


def derived() -> Gain:
    """1/√moment."""
    moment = Ref("moment")
    return Gain(
        parse("sqrt(1/moment)"), Call("/", (ONE, moment)), rule=say("so that moment times the squared gain is 1"),
        unfolded=parse("1/sqrt(moment)"),
    )  # fmt: skip


def linear() -> Gain:
    """1/|f′(0)|, the activation being taken as f′(0)z."""
    square = parse("1/slope**2")
    factor = parse("slope**2")
    rule = say("so that the slope at 0 times the gain is 1")
    return Gain(parse("1/abs(slope)"), square, factor, factor, Ref("slope"), rule)


def squared(f: Formula) -> Formula:
    """f² with √u² = u."""
    if isinstance(f, Call) and f.name == "sqrt":
        return f.args[0]
    return Call("**", (f, Number(2)))
