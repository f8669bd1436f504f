"""Records: a mapping whose keys are the fields of a struct."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from hwsolve.language import Message, say
from hwsolve.spec.field import INVALID, Field, Nullable, find_field
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence, is_null
from hwsolve.spec.report import Path, Report, clip, did_you_mean, listed, suggest

POSITIONAL = "\0"  # the key of a shorthand's value where an override adds further keys; no YAML text can hold it

R = TypeVar("R", bound=msgspec.Struct)


class Form(msgspec.Struct, frozen=True):
    """What a record class takes: a field per key in the class's order, and which keys must be there.

    `idle`: keys that are read and forgotten; `also`: other names of keys; `hints`: what is said of keys that it lacks.
    """

    fields: dict[str, tuple[str, Field]]
    required: tuple[str, ...]
    first: str
    idle: dict[str, Field]
    also: dict[str, str]
    hints: dict[str, Message]


_forms: dict[type, Form] = {}


def form_of(cls: type[msgspec.Struct]) -> Form:
    """The fields of a record class, worked out once.  What declares no field is not part of the spec."""
    form = _forms.get(cls)
    if form is None:
        fields: dict[str, tuple[str, Field]] = {}
        required = []
        for info in msgspec.structs.fields(cls):
            field = find_field(info.type)
            if field is None:
                continue
            fields[info.encode_name] = (info.name, field.along(getattr(cls, "AXES", 0)))
            if info.required:
                required.append(info.encode_name)
        own = [name for name in getattr(cls, "__annotations__", {}) if name in fields]
        first = next(iter(own or fields), "")
        idle = {key: field for key, field in stated(cls, "IDLE").items() if key not in fields}
        form = Form(fields, tuple(required), first, idle, stated(cls, "ALSO"), stated(cls, "HINTS"))
        _forms[cls] = form
    return form


def stated(cls: type, name: str) -> dict[str, Any]:
    """What a class and those that it derives from state in a mapping of this name."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        found |= vars(base).get(name, {})
    return found


def read_record(
    cls: type[R], node: Node, report: Report, path: Path, positional: bool = False, beside: tuple[str, ...] = ()
) -> R | Any:
    """A record from a mapping; with `positional`, a scalar or list stands for a field of the class's own.

    That is its first field, unless the class has several in `ALONE`.  `beside` are keys that somebody else reads.
    """
    form = form_of(cls)
    if type(node) is Mapping:
        entries = node.entries
        if POSITIONAL in entries:
            first = meant_alone(cls, entries[POSITIONAL][1])
            entries = {first if key == POSITIONAL else key: entry for key, entry in entries.items()}
    elif is_null(node):
        entries = {}
    elif positional and form.first and names_alone(cls):
        first = meant_alone(cls, node)
        entries = {first: (Scalar(node.line, node.column, first), node)}
    else:
        message = say("Expected a mapping with {names}.", names=listed(form.fields))
        report.add(node, path, message)
        return INVALID
    return _fill(cls, form, entries, node, report, path, beside)


def names_alone(cls: type[msgspec.Struct]) -> tuple[str, ...]:
    """The fields that a value without a key may stand for: `ALONE` of the class, or its own first one."""
    first = form_of(cls).first
    return getattr(cls, "ALONE", (first,) if first else ())


def meant_alone(cls: type[msgspec.Struct], node: Node) -> str:
    """The field that a value without a key stands for: the first that it may be."""
    names, fields = names_alone(cls), form_of(cls).fields
    return next((name for name in names[:-1] if fields[name][1].may_be(node)), names[-1])


def _fill(
    cls: type[R],
    form: Form,
    entries: dict[str, tuple[Scalar, Node]],
    node: Node,
    report: Report,
    path: Path,
    beside: tuple[str, ...],
) -> R | Any:
    values: dict[str, Any] = {}
    meant = set()
    good = True
    fields = form.fields
    for typed, (at, part) in entries.items():
        key = form.also.get(typed, typed)
        known = fields.get(key)
        if known is None and key in beside:
            continue
        if known is None and (idle := form.idle.get(key)) is not None:
            good = idle.read(part, report, Path(path, key)) is not INVALID and good
            continue
        if key != typed and key in entries:
            report.add(at, Path(path, typed), say("`{a}` and `{b}` can't both be given.", a=key, b=typed))
            good = False
        if known is None and (more := further(cls, key)) is not None:
            value = more.read(part, report, Path(path, key))
            good = good and value is not INVALID
            values.setdefault("more", {})[key] = value
            continue
        if known is None:
            every = (*fields, *beside)
            hint = form.hints.get(key) or did_you_mean(key, every)
            report.add(at, Path(path, key), say("Unknown key `{key}`.", key=clip(key)), hint)
            meant.add(suggest(key, every))
            good = False
            continue
        name, field = known
        value = field.read(part, report, Path(path, typed))
        if value is INVALID:
            good = False
        values[name] = value
    for key in form.required:
        if fields[key][0] not in values and key not in meant:
            message = say("`{key}` is missing: {expected}.", key=key, expected=fields[key][1].expected)
            report.add(node, path, message)
            good = False
    return cls(**values) if good else INVALID


def further(cls: type[msgspec.Struct], key: str) -> Field | None:
    """The field of a key that a class takes by a rule of its own, `FURTHER`; its values are in `more`."""
    rule = getattr(cls, "FURTHER", None)
    found: Field | None = rule(key) if rule is not None else None
    return found


class RecordField(Field):
    """A record of a class; with `positional`, its first field's value alone will do."""

    def __init__(self, cls: type[msgspec.Struct], positional: bool = False) -> None:
        self.cls, self.positional = cls, positional
        self.forms = (Scalar, Sequence, Mapping) if positional else (Mapping,)

    @property
    def expected(self) -> Any:  # type: ignore[override]
        return say("a mapping with {names}", names=listed(form_of(self.cls).fields))

    def read(self, node: Node, report: Report, path: Path) -> Any:
        if type(node) is Mapping or (self.positional and not is_null(node)):
            return read_record(self.cls, node, report, path, self.positional)
        return self.wrong(node, report, path)

    def schema(self) -> dict[str, Any]:
        whole = record_schema(self.cls)
        return {"anyOf": [whole, *alone_schema(self.cls)]} if self.positional else whole


def meanings(cls: type) -> dict[str, Message]:
    """What the fields of a record mean, in a line each: `MEANINGS` of the class and of those that it derives from."""
    return stated(cls, "MEANINGS")


def alone_schema(cls: type[msgspec.Struct]) -> list[dict[str, Any]]:
    """The JSON Schemas of what may stand for a whole record."""
    return [plain(form_of(cls).fields[name][1]).schema() for name in names_alone(cls)]


def plain(field: Field) -> Field:
    """A field without its `| None`."""
    return field.inner if isinstance(field, Nullable) else field


def record_schema(cls: type[msgspec.Struct]) -> dict[str, Any]:
    """The JSON Schema of a record class."""
    form, known = form_of(cls), meanings(cls)
    properties = {}
    for key, (_, field) in form.fields.items():
        properties[key] = plain(field).schema() | ({"description": str(known[key])} if key in known else {})
    for key, field in form.idle.items():
        properties[key] = plain(field).schema() | {"description": str(say("taken, and changes nothing here"))}
    for key, name in form.also.items():
        properties[key] = properties[name]
    title = cls.__name__.lstrip("_")
    schema: dict[str, Any] = {"title": title, "type": "object", "properties": properties, "additionalProperties": False}
    if (keys := getattr(cls, "FURTHER_KEYS", "")) and (more := further(cls, getattr(cls, "FURTHER_KEY", ""))):
        schema["patternProperties"] = {keys: more.schema()}
    if form.required:
        schema["required"] = list(form.required)
    if cls.__doc__:
        schema["description"] = cls.__doc__.strip().split("\n")[0]
    return schema
