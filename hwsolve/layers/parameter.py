"""What a spec says of one parameter: its numbers or how they are drawn, and how it takes part in training."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from hwsolve.formula.tree import Formula
from hwsolve.language import say
from hwsolve.spec.fields import (
    INVALID,
    Array,
    ArrayField,
    Choice,
    Count,
    Decimal,
    DecimalField,
    Field,
    Flag,
    FlagField,
    Nested,
    WordField,
    is_array_form,
    read_record,
    record_schema,
    unknown_name,
)
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence
from hwsolve.spec.report import Path, Report, did_you_mean

# The functions of torch.nn.init by name, each with the arguments it takes.
INITIALIZERS: dict[str, tuple[str, ...]] = {
    "uniform": ("a", "b"),
    "normal": ("mean", "std"),
    "constant": ("val",),
    "ones": (),
    "zeros": (),
    "eye": (),
    "dirac": ("groups",),
    "xavier_uniform": ("gain",),
    "xavier_normal": ("gain",),
    "kaiming_uniform": ("a", "mode", "nonlinearity"),
    "kaiming_normal": ("a", "mode", "nonlinearity"),
    "trunc_normal": ("mean", "std", "a", "b"),
    "orthogonal": ("gain",),
    "sparse": ("sparsity", "std"),
}
WORDS = ("mode", "nonlinearity")  # the arguments that are words, not numbers


class Initializer(msgspec.Struct, frozen=True):
    """A function of torch.nn.init and the arguments that the spec gives it."""

    name: str
    arguments: dict[str, Formula | str] = {}


class InitializerField(Field):
    """`xavier_uniform`, or `{uniform: {a: -1, b: 1}}`."""

    forms = (Scalar, Mapping)
    expected = say("the name of an initialization such as `xavier_uniform`")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        given: Node | None = None
        if isinstance(node, Mapping) and len(node.entries) == 1:
            ((name, (head, given)),) = node.entries.items()
        elif isinstance(node, Scalar) and node.text:
            name, head = node.text, node
        else:
            return self.wrong(node, report, path)
        if name not in INITIALIZERS:
            return unknown_name(head, report, path, say("initialization"), name, list(INITIALIZERS))
        if given is None:
            return Initializer(name)
        arguments = self._arguments(name, given, report, path / name)
        return INVALID if arguments is None else Initializer(name, arguments)

    def _arguments(self, name: str, node: Node, report: Report, path: Path) -> dict[str, Formula | str] | None:
        if not isinstance(node, Mapping):
            self.wrong(node, report, path)
            return None
        arguments: dict[str, Formula | str] = {}
        for key, (head, value) in node.entries.items():
            if key not in INITIALIZERS[name]:
                report.add(
                    head, path / key, say("Unknown key `{key}`.", key=key), did_you_mean(key, INITIALIZERS[name])
                )
                arguments[key] = INVALID
            else:
                field: Field = WordField() if key in WORDS else DecimalField()
                arguments[key] = field.read(value, report, path / key)
        return None if INVALID in arguments.values() else arguments

    def schema(self) -> dict[str, Any]:
        one = {"type": "object", "minProperties": 1, "maxProperties": 1, "propertyNames": {"enum": list(INITIALIZERS)}}
        return {"anyOf": [{"enum": list(INITIALIZERS)}, one]}


class ParameterSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter as a spec states it: `values`, or one `value` for every element, or an `init` with its `seed`.

    `rows`: whether the first axis of `values` is that of the outputs, as in z = W a + b, or of the inputs.
    `shared`: one scalar parameter for all units.  `present` is False where the spec says `false`.
    """

    values: Annotated[Array | None, ArrayField()] = None
    value: Decimal | None = None
    init: Annotated[Initializer | None, InitializerField()] = None
    seed: Count | None = None
    rows: Annotated[str, Choice("outputs", "inputs")] = "outputs"
    shared: Flag = False
    trainable: Flag = True
    weight_decay: Decimal | None = None
    symbols: Annotated[Any, Nested(WordField())] = None

    def names_shape(self) -> tuple[int, ...]:
        """The shape of the names of single elements."""
        shape, part = [], self.symbols
        while isinstance(part, tuple):
            shape.append(len(part))
            part = part[0]
        return tuple(shape)


class AbsentParameter(ParameterSpec, frozen=True, kw_only=True):
    """`bias: false`."""


DEFAULT, ABSENT = ParameterSpec(), AbsentParameter()


class ParameterField(Field):
    """Numbers, one number for all, or the mapping of a ParameterSpec; `true` and `false` where a layer may lack it."""

    forms = (Scalar, Sequence, Mapping)

    def __init__(self, allow_flag: bool = False) -> None:
        self.allow_flag = allow_flag
        self.expected = say("numbers, `true` or `false`") if allow_flag else say("numbers")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        if self.allow_flag and (flag := FlagField()).accepts(node):
            present = flag.read(node, report, path)
            return INVALID if present is INVALID else DEFAULT if present else ABSENT
        if isinstance(node, Scalar):
            number = DecimalField().read(node, report, path)
            return INVALID if number is INVALID else ParameterSpec(value=number)
        if isinstance(node, Sequence) or is_array_form(node):
            array = ArrayField().read(node, report, path)
            return INVALID if array is INVALID else ParameterSpec(values=array)
        spec = read_record(ParameterSpec, node, report, path)
        return INVALID if spec is INVALID or not self._one_source(spec, node, report, path) else spec

    def _one_source(self, spec: ParameterSpec, node: Node, report: Report, path: Path) -> bool:
        given = [name for name in ("values", "value", "init") if getattr(spec, name) is not None]
        if len(given) > 1:
            report.add(node, path, say("`{a}` and `{b}` can't both be given.", a=given[0], b=given[1]))
        return len(given) <= 1

    def schema(self) -> dict[str, Any]:
        flag: list[dict[str, Any]] = [{"type": "boolean"}] if self.allow_flag else []
        return {"anyOf": [*flag, ArrayField().schema(), record_schema(ParameterSpec)]}
