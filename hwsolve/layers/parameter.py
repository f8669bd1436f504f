"""What a spec says of one parameter: its numbers or how they are drawn, and how it takes part in training."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from hwsolve.formula.tree import Formula
from hwsolve.language import say
from hwsolve.spec.fields import INVALID, Array, ArrayField, Choice, Count, Decimal, Field, Flag, read_record, record_schema
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence
from hwsolve.spec.report import Path, Report, suggest

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
ARRAY_FORMS = frozenset({"linspace", "arange", "zeros", "ones", "eye", "full", "shape"})


class Initializer(msgspec.Struct, frozen=True):
    """A function of torch.nn.init and the arguments that the spec gives it."""

    name: str
    arguments: dict[str, Formula | str] = {}


class InitializerField(Field):
    """`xavier_uniform`, or `{uniform: {a: -1, b: 1}}`."""

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """An Initializer, or INVALID."""
        if isinstance(node, Mapping) and len(node.entries) == 1:
            ((name, (head, given)),) = node.entries.items()
        elif isinstance(node, Scalar):
            name, head, given = node.text, node, None
        else:
            report.add(node, path, say("must be the name of an initialization"), say("as {example}", example="xavier_uniform"))
            return INVALID
        if name not in INITIALIZERS:
            near = suggest(name, INITIALIZERS)
            hint = say("did you mean {name}?", name=near) if near else say("known: {names}", names=", ".join(INITIALIZERS))
            report.add(head, path, say("there is no initialization {name}", name=name), hint)
            return INVALID
        arguments = self._arguments(name, given, report, path / name) if given is not None else {}
        return INVALID if arguments is None else Initializer(name, arguments)

    def _arguments(self, name: str, node: Node, report: Report, path: Path) -> dict[str, Formula | str] | None:
        if not isinstance(node, Mapping):
            report.add(node, path, say("must be a mapping of arguments"), None)
            return None
        arguments: dict[str, Formula | str] = {}
        good = True
        for key, (head, value) in node.entries.items():
            if key not in INITIALIZERS[name]:
                allowed = ", ".join(INITIALIZERS[name]) or say("nothing")
                report.add(head, path / key, say("{name} has no argument {key}", name=name, key=key), say("it takes {allowed}", allowed=allowed))
                good = False
                continue
            if key in WORDS:
                good &= isinstance(value, Scalar)
                arguments[key] = value.text if isinstance(value, Scalar) else ""
                continue
            number = DECIMAL.read(value, report, path / key)
            good &= number is not INVALID
            arguments[key] = number
        return arguments if good else None

    def schema(self) -> dict[str, Any]:
        """The name, or a mapping of one name to its arguments."""
        return {"anyOf": [{"enum": list(INITIALIZERS)}, {"type": "object", "minProperties": 1, "maxProperties": 1, "propertyNames": {"enum": list(INITIALIZERS)}}]}


class SymbolsField(Field):
    """Names of single elements: `[[w1, w2], [w3, w4]]`."""

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """Nested tuples of names, or INVALID."""
        if isinstance(node, Sequence):
            parts = tuple(self.read(n, report, path / k) for k, n in enumerate(node.items, 1))
            return INVALID if any(p is INVALID for p in parts) else parts
        if isinstance(node, Scalar) and node.text.isidentifier():
            return node.text
        report.add(node, path, say("must be names, arranged as the parameter is"), say("as {example}", example="[[w1, w2], [w3, w4]]"))
        return INVALID

    def schema(self) -> dict[str, Any]:
        """A name or a list, to any depth."""
        return {"type": ["string", "array"]}


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
    symbols: Annotated[Any, SymbolsField()] = None


class AbsentParameter(ParameterSpec, frozen=True, kw_only=True):
    """`bias: false`."""


DEFAULT, ABSENT = ParameterSpec(), AbsentParameter()


class ParameterField(Field):
    """Numbers, one number for all, or the mapping of a ParameterSpec; `true` and `false` too where a layer may lack it."""

    def __init__(self, allow_flag: bool = False):
        self.allow_flag = allow_flag

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """A ParameterSpec, ABSENT, or INVALID."""
        if isinstance(node, Scalar):
            if self.allow_flag and node.plain and node.text in ("true", "false"):
                return DEFAULT if node.text == "true" else ABSENT
            number = DECIMAL.read(node, report, path)
            return INVALID if number is INVALID else ParameterSpec(value=number)
        if isinstance(node, Sequence) or (isinstance(node, Mapping) and ARRAY_FORMS & node.entries.keys()):
            array = ArrayField().read(node, report, path)
            return INVALID if array is INVALID else ParameterSpec(values=array)
        spec = read_record(ParameterSpec, node, report, path)
        return INVALID if spec is INVALID or not self._one_source(spec, node, report, path) else spec

    def _one_source(self, spec: ParameterSpec, node: Node, report: Report, path: Path) -> bool:
        given = [name for name in ("values", "value", "init") if getattr(spec, name) is not None]
        if len(given) > 1:
            report.add(node, path, say("has both {a} and {b}", a=given[0], b=given[1]), say("give one of values, value, init"))
        return len(given) <= 1

    def schema(self) -> dict[str, Any]:
        """Every form that `read` takes."""
        flag: list[dict[str, Any]] = [{"type": "boolean"}] if self.allow_flag else []
        return {"anyOf": [*flag, DECIMAL.schema(), ArrayField().schema(), record_schema(ParameterSpec)]}
