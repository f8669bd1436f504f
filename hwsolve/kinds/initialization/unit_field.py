"""The activation of an initialization problem: a layer whose numbers may be names, or a formula in x."""

from __future__ import annotations

from typing import Any

import msgspec

from hwsolve.formula.functions import FUNCTIONS, function
from hwsolve.formula.operators import COMPARISONS, NoValue, check_call
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref, references, substitute, walk
from hwsolve.formula.vectors import lone_function
from hwsolve.language import Message, say
from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.activation import Activation
from hwsolve.layers.base import Layer
from hwsolve.layers.prelu import PReLU
from hwsolve.layers.spelling import spelled
from hwsolve.spec import terms
from hwsolve.spec.amounts import CONSTANTS
from hwsolve.spec.fields import (
    INVALID,
    AnyFormula,
    DecimalField,
    Field,
    field_of,
    read_record,
    unknown_name,
)
from hwsolve.spec.nodes import Mapping, Node, Scalar, is_null
from hwsolve.spec.records import form_of
from hwsolve.spec.report import Path, Report

LETTERS = {"negative_slope": "alpha", "weight": "alpha"}  # the textbook's letters for settings
OPERATORS = {"+", "-", "*", "/", "**", "neg", "if", *COMPARISONS}


class Described(msgspec.Struct, frozen=True):
    """An activation as a formula over z and its parameters; `name` is its layer's, "" for a formula of one's own.

    A parameter whose value is None has only a name; `usual` are the defaults of those that a layer has, which `learns`
    or keeps them.
    """

    name: str
    formula: Formula
    parameters: dict[str, Formula | None] = {}
    usual: dict[str, Formula] = {}
    learns: bool = False


class LayerField(Field):
    """One layer: its name, or its name with its arguments."""

    forms = (Scalar, Mapping)
    expected = say("a layer, as in `{form}`", form="{linear: 100}")
    terms = terms.LAYER

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """The record, or INVALID."""
        if isinstance(node, Scalar) and not is_null(node) and node.text:
            name, head, arguments = node.text, node, Scalar(node.line, node.column, "null")
        elif isinstance(node, Mapping) and len(node.entries) == 1:
            ((name, (head, arguments)),) = node.entries.items()  # type: ignore[assignment]
        else:
            return self.wrong(node, report, path)
        name = spelled(name)
        if name not in LAYERS:
            return self.unknown(name, head, report, path)
        return self.record(name, head, arguments, report, path)

    def unknown(self, name: str, head: Scalar, report: Report, path: Path) -> Any:
        """A name that is no layer's."""
        return unknown_name(head, report, path, self.terms, name, list(LAYERS))

    def record(self, name: str, head: Scalar, arguments: Node, report: Report, path: Path) -> Any:
        """The record of a layer."""
        return read_record(layer_class(name), arguments, report, path / name, positional=True)

    def schema(self) -> dict[str, Any]:
        """Every layer by name."""
        from hwsolve.layers.schema import layer_schema

        return layer_schema()


class UnitField(LayerField):
    """An activation, or a formula in x such as `x*sigmoid(1.702*x)`."""

    expected = say("an activation such as `relu`, or a formula in x")
    terms = terms.ACTIVATION

    def unknown(self, name: str, head: Scalar, report: Report, path: Path) -> Any:
        """A formula in x, where it is one."""
        if name.isidentifier() and (found := lone_function([Ref(name)])) is not None:
            return lone(found, head, report, path)
        if name.isidentifier():
            known = [n for n in LAYERS if issubclass(layer_class(n), Activation)]
            return unknown_name(head, report, path, self.terms, name, known)
        f = field_of(AnyFormula).read(head, report, path)
        return INVALID if f is INVALID else self.own(f, head, report, path)

    def own(self, f: Formula, head: Scalar, report: Report, path: Path) -> Any:
        """A formula of one's own."""
        try:
            for node in walk(f):
                if isinstance(node, Call) and node.name not in OPERATORS:
                    if function(node.name) is None:
                        return unknown_name(head, report, path, terms.FUNCTION, node.name, [*FUNCTIONS, "**"])
                    check_call(node.name, len(node.args))
        except NoValue as why:
            report.add(head, path, why.message)
            return INVALID
        if (found := lone_function([f])) is not None:
            return lone(found, head, report, path)
        names = sorted({r.name for r in references(f)} - CONSTANTS)
        if "x" not in names or any(isinstance(n, BigOperator) or (isinstance(n, Ref) and n.indices) for n in walk(f)):
            report.add(head, path, say("Expected a function of x, one number."))
            return INVALID
        others = {name: None for name in names if name != "x"}
        return Described("", substitute(f, {"x": Ref("z")}), dict(others))

    def record(self, name: str, head: Scalar, arguments: Node, report: Report, path: Path) -> Any:
        """The record with its names, as a formula."""
        cls = layer_class(name)
        if not issubclass(cls, Activation):
            report.add(head, path, say("`{name}` is no function of one number.", name=name))
            return INVALID
        rest, names = without_names(cls, arguments)
        record = read_record(cls, rest, report, path / name, positional=True)
        if record is INVALID:
            return INVALID
        usual = {letter: getattr(record, field) for field, letter in names.items()}
        record = msgspec.structs.replace(record, **{field: Ref(letter) for field, letter in names.items()})
        found = described(name, record)
        if isinstance(found, Message):
            report.add(arguments, path / name, found)
            return INVALID
        return msgspec.structs.replace(found, usual={k: v for k, v in usual.items() if isinstance(v, Number)})

    def schema(self) -> dict[str, Any]:
        """An activation's name, alone or with arguments, or a formula."""
        from hwsolve.layers.schema import plain_schema

        names = [n for n in LAYERS if issubclass(layer_class(n), Activation)]
        whole = {n: plain_schema(layer_class(n)) for n in names}
        arguments = {"type": "object", "properties": whole, "minProperties": 1, "maxProperties": 1}
        return {"anyOf": [{"type": "string"}, arguments | {"additionalProperties": False}]}


def lone(found: tuple[str, str], head: Scalar, report: Report, path: Path) -> Any:
    """Note a function's name without its argument."""
    name, call = found
    report.add(head, path, say("`{name}` is a function.", name=name), say("Did you mean `{call}`?", call=call))
    return INVALID


def without_names(cls: type[Layer], node: Node) -> tuple[Node, dict[str, str]]:
    """The arguments without those numbers that are only names, and these names by field."""
    numbers = [key for key, (_, field) in form_of(cls).fields.items() if isinstance(field, DecimalField)]
    if numbers and isinstance(node, Scalar) and is_name(node):
        return Scalar(node.line, node.column, "null"), {numbers[0]: node.text}
    if not isinstance(node, Mapping):
        return node, {}
    names = {
        key: part.text
        for key, (_, part) in node.entries.items()
        if key in numbers and isinstance(part, Scalar) and is_name(part)
    }
    entries = {key: entry for key, entry in node.entries.items() if key not in names}
    return Mapping(node.line, node.column, entries), names


def is_name(node: Scalar) -> bool:
    """Whether a node is a name that no number has."""
    if not node.text.isidentifier():
        return False
    return node.text not in CONSTANTS and node.text.lower() not in ("null", "true", "false", "inf", "nan", "infinity")


def described(name: str, record: Activation) -> Described | Message:
    """The function of an activation over z and its parameters, by the textbook's letters."""
    settings = record.settings()
    if isinstance(record, PReLU):
        weight = record.weight
        values = weight.values.values if weight.values is not None else ()
        if len(set(values)) > 1:
            return say("The variance needs one slope for all channels.")
        settings = {"weight": values[0] if values else weight.value or record.init}
    places: dict[str, Formula] = {"x": Ref("z")}
    parameters: dict[str, Formula | None] = {}
    for setting, value in settings.items():
        letter = LETTERS.get(setting, setting)
        if isinstance(value, Ref) and value.name not in CONSTANTS:
            places[setting], parameters[value.name] = value, None
        else:
            places[setting], parameters[letter] = Ref(letter), value
    f = substitute(parse(record.formula_text()), places)
    return Described(name, f, parameters, learns=isinstance(record, PReLU))


IDENTITY = Described("identity", Ref("z"))
