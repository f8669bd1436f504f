"""How the numbers of a parameter are drawn: the functions of torch.nn.init by name, with their arguments and defaults.

Sources: X. Glorot, Y. Bengio 2010 (xavier), K. He et al. 2015 (kaiming), A. Saxe et al. 2013 (orthogonal).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from hwsolve.language import Message, say
from hwsolve.spec.fields import Choice, DecimalField, Field

NUMBER = DecimalField()
GAINS = (  # that torch.nn.init.calculate_gain knows
    *("linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"),
    *("sigmoid", "tanh", "relu", "leaky_relu", "selu"),
)
FAN = say("whether the signals keep their variance, or the gradients")


class Argument(msgspec.Struct, frozen=True):
    """What an argument takes, its default as it is typed ("" where it must be given), and what it means."""

    default: str
    meaning: Message
    field: Field = NUMBER


class Rule(msgspec.Struct, frozen=True):
    """A function of torch.nn.init: what it draws, its arguments, and whether a seed plays a part."""

    about: Message
    arguments: dict[str, Argument] = {}
    random: bool = True

    def missing(self, given: Iterable[str] = ()) -> list[str]:
        """The arguments that must be given, and are not."""
        return [key for key, argument in self.arguments.items() if not argument.default and key not in given]


def rule_schema(rule: Rule) -> dict[str, Any]:
    """The JSON Schema of the arguments."""
    properties = {key: a.field.schema() | {"description": str(a.meaning)} for key, a in rule.arguments.items()}
    whole = {"type": "object", "properties": properties, "additionalProperties": False}
    if rule.missing():
        whole["required"] = rule.missing()
    return whole | {"description": str(rule.about)}


GAIN = {"gain": Argument("1", say("a factor for the standard deviation"))}
KAIMING = {
    "a": Argument("0", say("the slope of a leaky ReLU for x < 0")),
    "mode": Argument("fan_in", FAN, Choice("fan_in", "fan_out")),
    "nonlinearity": Argument("leaky_relu", say("the activation whose gain is taken"), Choice(*GAINS)),
}
NORMAL = {"mean": Argument("0", say("the mean")), "std": Argument("1", say("the standard deviation"))}
INITIALIZERS: dict[str, Rule] = {
    "uniform": Rule(
        say("Uniform distribution on [a, b]."),
        {"a": Argument("0", say("the lower end")), "b": Argument("1", say("the upper end"))},
    ),
    "normal": Rule(say("Normal distribution."), NORMAL),
    "constant": Rule(say("One number everywhere."), {"val": Argument("", say("the number"))}, random=False),
    "ones": Rule(say("Ones."), random=False),
    "zeros": Rule(say("Zeros."), random=False),
    "eye": Rule(say("The identity matrix."), random=False),
    "dirac": Rule(
        say("The convolution that keeps its input, as far as there are channels."),
        {"groups": Argument("1", say("in how many groups of channels"))},
        random=False,
    ),
    "xavier_uniform": Rule(say("Xavier (Glorot): uniform with the variance gain²·2/(fan_in + fan_out)."), GAIN),
    "xavier_normal": Rule(say("Xavier (Glorot): normal with the variance gain²·2/(fan_in + fan_out)."), GAIN),
    "kaiming_uniform": Rule(say("Kaiming (He): uniform with the variance gain²/fan."), KAIMING),
    "kaiming_normal": Rule(say("Kaiming (He): normal with the variance gain²/fan."), KAIMING),
    "trunc_normal": Rule(
        say("Normal distribution from which values outside [a, b] are drawn again."),
        NORMAL | {"a": Argument("-2", say("the lower end")), "b": Argument("2", say("the upper end"))},
    ),
    "orthogonal": Rule(say("A matrix whose rows or columns, whichever are fewer, are orthonormal."), GAIN),
    "sparse": Rule(
        say("Normal distribution in which a share of every column is 0."),
        {"sparsity": Argument("", say("the share of zeros")), "std": Argument("0.01", say("the standard deviation"))},
    ),
}
