"""The parameters of recurrent layers: packed, one gate below the other, or by gate; of each layer and direction."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

import msgspec

from hwsolve.graph.label import Called
from hwsolve.language import Message, say
from hwsolve.layers.parameter import ABSENT, DEFAULT, ParameterField, ParameterSpec
from hwsolve.spec.fields import INVALID, Field, Word
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence
from hwsolve.spec.report import Path, Report, did_you_mean

GATES = ("i", "f", "g", "o", "r", "z", "n")
FURTHER = re.compile(r"(weight|weight_ih|weight_hh|weight_hr|bias|bias_ih|bias_hh)(?:_l(\d+))?(_reverse)?")


ELSEWHERE = {"u": "z", "h": "n", "c": "g"}  # gates as other books call them


def gate_meant(key: str) -> Message | None:
    """Which gate another book's letter stands for, with the names of all."""
    if (gate := ELSEWHERE.get(key)) is None:
        return None
    return say(
        "`{key}` of other books is `{gate}` here. A GRU has r (reset), z (update: the share of the old state) and "
        "n (new); an LSTM i (input), f (forget), g (cell) and o (output).", key=key, gate=gate,
    )  # fmt: skip


class ByGate(msgspec.Struct, frozen=True):
    """A parameter of its own for each gate."""

    of: dict[str, ParameterSpec]


Weights = ParameterSpec | ByGate


class GateField(Field):
    """A parameter: packed, as of every layer, or `{i: …, f: …}`; one matrix for both with `concat`."""

    forms = (Scalar, Sequence, Mapping)
    expected = say("numbers, packed or by gate")

    def __init__(self, allow_flag: bool = False) -> None:
        self.whole = ParameterField(allow_flag)

    def read(self, node: Node, report: Report, path: Path) -> Any:
        if not isinstance(node, Mapping) or not any(key in GATES for key in node.entries):
            return self.whole.read(node, report, path)
        wrong = [key for key in node.entries if key not in GATES]
        for key in wrong:
            message = say("Unknown key `{key}` among numbers by gate.", key=key)
            report.add(node.entries[key][0], path / key, message, gate_meant(key) or did_you_mean(key, GATES))
        if wrong:
            return INVALID
        one = ParameterField()
        found = {key: one.read(part, report, path / key) for key, (_, part) in node.entries.items()}
        return INVALID if INVALID in found.values() else ByGate(found)

    def schema(self) -> dict[str, Any]:
        one = ParameterField().schema()
        one = one | {"description": str(say("the numbers of one gate"))}
        gates = {"type": "object", "properties": dict.fromkeys(GATES, one), "additionalProperties": False}
        return {"anyOf": [self.whole.schema(), gates]}


class StateField(ParameterField):
    """An initial state: numbers, or the name of a quantity of the network."""

    def __init__(self) -> None:
        self.allow_flag, self.expected = False, say("numbers, or the name of a quantity")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        named = isinstance(node, Scalar) and node.text.isidentifier()
        return node.text if isinstance(node, Scalar) and named else super().read(node, report, path)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, super().schema()]}


QUANTITIES = {
    "i": Called(say("the input gate")),
    "f": Called(say("the forget gate")),
    "g": Called(say("the candidate")),
    "o": Called(say("the output gate")),
    "r": Called(say("the reset gate")),
    "z": Called(say("the update gate")),
    "u": Called(say("the part of the candidate that comes from the state")),
    "n": Called(say("the candidate")),
    "c": Called(say("the cell")),
    "m": Called(say("the state before its projection")),
    "a": Called(say("what goes into the activation")),
    "h": Called(say("the state")),
}


class RecurrentSymbols(msgspec.Struct, frozen=True, kw_only=True):
    """The letters of a recurrent layer's quantities, by their own names; `output` is that of what comes out."""

    output: Word | None = None
    h: Word | None = None
    a: Word | None = None
    c: Word | None = None
    i: Word | None = None
    f: Word | None = None
    g: Word | None = None
    o: Word | None = None
    r: Word | None = None
    z: Word | None = None
    n: Word | None = None
    u: Word | None = None
    m: Word | None = None
    a_i: Word | None = None
    a_f: Word | None = None
    a_g: Word | None = None
    a_o: Word | None = None
    a_r: Word | None = None
    a_z: Word | None = None
    a_n: Word | None = None
    Wx: Word | None = None
    Wh: Word | None = None
    Whr: Word | None = None
    W: Word | None = None
    b: Word | None = None
    b_ih: Word | None = None
    b_hh: Word | None = None

    MEANINGS: ClassVar[dict[str, Message]] = {
        "output": say("the letter of what comes out: the states of the last layer, in all directions"),
        **{name: say("the letter of {what}", what=called.words) for name, called in QUANTITIES.items()},
        "a": say("the letter of what goes into the activation; `a_i`, `a_f` … of what goes into a gate"),
        **{f"a_{gate}": say("the letter of what goes into a gate") for gate in "ifgorzn"},
        "Wx": say("the letter of the weights of the input"),
        "Wh": say("the letter of the weights of the state"),
        "Whr": say("the letter of the weights of the projection"),
        "W": say("the letter of the one matrix of both"),
        "b": say("the letter of the bias; `b_ih` and `b_hh` of two"),
        "b_ih": say("the letter of the bias beside the input"),
        "b_hh": say("the letter of the bias beside the state"),
    }


NO_LETTERS = RecurrentSymbols()
SYMBOL = {
    "weight_ih": "Wx", "weight_hh": "Wh", "weight_hr": "Whr", "weight": "W", "bias": "b", "bias_ih": "b_ih",
    "bias_hh": "b_hh",
}  # fmt: skip


def suffix(layer: int, reverse: bool) -> str:
    """What stands behind the names of a layer's parameters: `_l2`, `_reverse`, `_l2_reverse`."""
    return (f"_l{layer}" if layer > 1 else "") + ("_reverse" if reverse else "")


def further(key: str) -> Field | None:
    """The field of a parameter of another layer or direction, by its key."""
    found = FURTHER.fullmatch(key)
    if found is None or not (found[2] or found[3]) or (found[2] and int(found[2]) < 2):
        return None
    return GateField(allow_flag=found[1].startswith("bias"))


def is_stated(spec: Weights) -> bool:
    """Whether a spec says anything of a parameter."""
    return spec is not DEFAULT


def is_bare(spec: Weights, gates: int) -> bool:
    """Whether a parameter is one number, or one for each gate: that of a scalar cell."""
    if isinstance(spec, ByGate):
        return all(is_bare(one, 1) for one in spec.of.values())
    if spec is DEFAULT or spec is ABSENT:
        return True
    if spec.values is not None:
        return gates > 1 and spec.values.shape == (gates,)
    return gates == 1 and spec.value is not None


def parts(name: str, spec: Weights) -> Iterator[tuple[str, ParameterSpec, str]]:
    """The parameters behind a name, each with its gate; "" where they are packed."""
    if isinstance(spec, ByGate):
        yield from ((f"{name}.{gate}", one, gate) for gate, one in spec.of.items())
    else:
        yield name, spec, ""
