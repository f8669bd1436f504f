"""What a spec says of one parameter: its numbers or how they are drawn, and how it takes part in training."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.initializers import INITIALIZERS
from hwsolve.initializers.initializer import Initializer
from hwsolve.language import Message, say
from hwsolve.layers.meanings import PARAMETER
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
)
from hwsolve.spec.named import NamedField, named
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence, is_null
from hwsolve.spec.records import form_of
from hwsolve.spec.report import Path, Report
from hwsolve.spec.terms import INITIALIZATION


class InitializerField(NamedField):
    """`xavier_uniform`, or `{uniform: {a: -1, b: 1}}`."""

    def __init__(self) -> None:
        super().__init__(INITIALIZATION, INITIALIZERS, positional=False)
        self.expected = say("the name of an initialization such as `xavier_uniform`")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """The record, or INVALID."""
        name, head, arguments = named(node) or ("", node, node)
        missing = self.missing(name, arguments)
        for key in missing:
            hint = say("As `{form}`.", form=f"{{{name}: {{{key}: 1/2}}}}")
            report.add(head, path, say("`{key}` is missing in `{name}`.", key=key, name=name), hint)
        return INVALID if missing else super().read(node, report, path)

    def missing(self, name: str, arguments: Node) -> list[str]:
        """The arguments that must be given and are not, where no other is mistyped."""
        if name not in INITIALIZERS or not (is_null(arguments) or isinstance(arguments, Mapping)):
            return []
        form, given = form_of(INITIALIZERS[name]), arguments.entries if isinstance(arguments, Mapping) else {}
        return [key for key in form.required if key not in given] if given.keys() <= form.fields.keys() else []


class ParameterSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One parameter as a spec states it: `values`, or one `value` for every element, or an `init` with its `seed`, or
    the parameter that it is once more (`tie`).

    `rows`: whether the first axis of `values` is that of the outputs, as in z = W a + b, or of the inputs.
    `shared`: one scalar parameter for all units.  `present` is False where the spec says `false`.
    """

    values: Annotated[Array | None, ArrayField()] = None
    value: Decimal | None = None
    init: Annotated[Initializer | None, InitializerField()] = None
    seed: Count | None = None
    rows: Annotated[str, Choice("outputs", "inputs")] = "outputs"
    shared: Flag = False
    tie: Annotated[str, WordField(dotted=True)] | None = None
    transposed: Flag = False
    trainable: Flag = True
    weight_decay: Decimal | None = None
    symbols: Annotated[Any, Nested(WordField())] = None

    MEANINGS: ClassVar[dict[str, Message]] = PARAMETER

    def names_shape(self) -> tuple[int, ...]:
        """The shape of the names of single elements."""
        shape, part = [], self.symbols
        while isinstance(part, tuple):
            shape.append(len(part))
            part = part[0]
        return tuple(shape)


class AbsentParameter(ParameterSpec, frozen=True, kw_only=True):
    """`bias: false`."""


DEFAULT, ABSENT, FROZEN = ParameterSpec(), AbsentParameter(), ParameterSpec(trainable=False)


class Parameter(msgspec.Struct, frozen=True):
    """One parameter of a layer: its shape as PyTorch stores it, what it is for, and what the spec says of it.

    `role`: weight, gain, table or scalar; bias or shift, which are added; buffer or state, which nothing is learned of;
    statistic, a buffer that counts among the parameters, as in Keras.
    """

    shape: tuple[Any, ...]
    role: str
    spec: ParameterSpec = DEFAULT

    @property
    def added(self) -> bool:
        """Whether it is added rather than multiplied."""
        return self.role in ("bias", "shift")

    @property
    def counted(self) -> bool:
        """Whether it counts among the parameters."""
        return self.role not in ("buffer", "state")


def owned(**parameters: Parameter) -> dict[str, Parameter]:
    """Of these parameters, those that are not absent; one that is shared is a scalar."""
    return {
        name: msgspec.structs.replace(p, shape=()) if p.spec.shared else p
        for name, p in parameters.items()
        if p.spec is not ABSENT
    }


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
        given = [name for name in ("tie", "values", "value", "init") if getattr(spec, name) is not None]
        if spec.tie is not None:  # all else is said where the parameter stands first
            given += [name for name in ("seed", "weight_decay", "symbols") if getattr(spec, name) is not None]
        if len(given) > 1:
            report.add(node, path, say("`{a}` and `{b}` can't both be given.", a=given[0], b=given[1]))
        return len(given) <= 1

    def schema(self) -> dict[str, Any]:
        flag: list[dict[str, Any]] = [{"type": "boolean"}] if self.allow_flag else []
        return {"anyOf": [*flag, ArrayField().schema(), record_schema(ParameterSpec)]}
