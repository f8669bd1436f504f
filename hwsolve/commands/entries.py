"""What can be written, as data: every entry of a list with what it is, its facts and its arguments; as text or JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from hwsolve.errors import CallError
from hwsolve.language import Message, localised, say
from hwsolve.render.measure import fill, left, width

ROOM = 100  # columns of a paragraph
LEAST = 20  # columns of one that stands beside a name


class Argument(msgspec.Struct, frozen=True):
    """An argument: what it takes, its default as it would be typed, and what it means.

    The default is "" where the argument must be given, and null in the JSON.
    """

    name: str
    takes: str
    default: str
    meaning: str


class Fact(msgspec.Struct, frozen=True):
    """What is to know of an entry, under a word for what it tells; `key` is that word in the JSON."""

    key: str
    label: str
    text: str


class Entry(msgspec.Struct, frozen=True):
    """One thing that can be written: its name, a line on it, what more there is to say, and how it is typed."""

    name: str
    about: str
    more: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    arguments: tuple[Argument, ...] = ()
    example: str = ""

    def data(self) -> dict[str, Any]:
        """The entry for other programs."""
        found: dict[str, Any] = {"name": self.name, "about": self.about}
        found |= {fact.key: fact.text for fact in self.facts}
        if self.arguments:
            found["arguments"] = [msgspec.to_builtins(a) | {"default": a.default or None} for a in self.arguments]
        return found | ({"example": self.example} if self.example else {})


class Mark(msgspec.Struct, frozen=True):
    """What a list says of an entry in a word; what that means, and the same as data."""

    word: Message
    meaning: Message
    data: dict[str, bool]


class Subject(msgspec.Struct, frozen=True):
    """A list: what it is of, its entries by name, in order, and the words of the field for a name that is not there.

    `mark` is a word on each entry, in a column of its own.
    """

    about: Message
    names: Callable[[], Iterable[str]]
    brief: Callable[[str], str]
    entry: Callable[[str], Entry]
    unknown: Callable[[str, list[str]], tuple[Message, Message | None]]
    mark: Callable[[str], Mark] | None = None


def fact(key: str, label: Message, text: object) -> tuple[Fact, ...]:
    """A fact; none where there is no text."""
    return (Fact(key, str(label), str(text)),) if text else ()


def left_column(texts: Sequence[str]) -> list[str]:
    """Texts filled up to the width of the widest one."""
    widest = max(map(width, texts))
    return [left(text, widest) for text in texts]


def two_columns(rows: Sequence[tuple[str, str]], columns: int | None = None) -> str:
    """Names and what they are, aligned; folded where they are to be shown in so many columns."""
    if columns is not None:
        return hanging(rows, columns)
    names = left_column([name for name, _ in rows])
    return "\n".join(f"{name}  {text}".rstrip() for name, (_, text) in zip(names, rows, strict=True))


def described(entry: Entry) -> str:
    """One entry as a page of text."""
    paragraphs = [textwrap.indent("\n".join(fill(text, ROOM - 2)), "  ") for text in (entry.about, *entry.more) if text]
    parts = [entry.name + "\n" + "\n\n".join(paragraphs)]
    if entry.facts:
        parts.append("\n".join(labelled(f) for f in entry.facts))
    if entry.arguments:
        rows = [(f"  {a.name}", f"{a.meaning}\n{takes(a)}") for a in entry.arguments]
        parts.append(f"{say('Arguments')}\n{hanging(rows)}")
    if entry.example:
        parts.append(f"{say('As typed')}\n{textwrap.indent(entry.example, '  ')}")
    return "\n\n".join(parts)


def labelled(found: Fact) -> str:
    """A fact behind its label, its further lines set in."""
    rows = [row for text in found.text.split("\n") for row in fill(text, ROOM - 4)]
    return f"{found.label}\n" + textwrap.indent("\n".join(rows), "  ")


def takes(argument: Argument) -> str:
    """What an argument takes, and its default."""
    default = say("default {value}", value=argument.default) if argument.default else say("required")
    return str(say("{form}; {default}", form=argument.takes, default=default))


def hanging(rows: Sequence[tuple[str, str]], columns: int = ROOM) -> str:
    """Names with paragraphs beside them."""
    widest = max(width(name) for name, _ in rows)
    lines = []
    for name, text in rows:
        inner = [row for part in text.split("\n") for row in fill(part, max(columns - widest - 2, LEAST))]
        lines += [f"{left('' if n else name, widest)}  {row}".rstrip() for n, row in enumerate(inner)]
    return "\n".join(lines)


def sentence(docstring: str | None) -> str:
    """The first line of a docstring, in the language in use."""
    return localised((docstring or "").strip().partition("\n")[0])


def record_arguments(cls: type[msgspec.Struct], last: Sequence[str] = ()) -> tuple[Argument, ...]:
    """The arguments of a record that a spec is read into, those of `last` behind the others."""
    from hwsolve.spec.records import form_of, meanings

    defaults = {info.encode_name: info for info in msgspec.structs.fields(cls)}
    form, known = form_of(cls), meanings(cls)
    own = [key for key in form.fields if key not in last]
    return tuple(
        Argument(key, str(field.expected), default_of(cls, defaults[key], field), str(known.get(key, "")))
        for key in [*own, *(key for key in last if key in form.fields)]
        for field in (form.fields[key][1],)
    )


def default_of(cls: type[msgspec.Struct], info: Any, field: Any) -> str:
    """The default as it would be typed in a spec, "" where there is none; a bias is there unless it is left out."""
    if info.required:
        return ""
    if getattr(field, "allow_flag", False):
        return "true"
    value = info.default if info.default is not msgspec.NODEFAULT else info.default_factory()
    return as_yaml(value if (spread := getattr(cls, "for_axes", None)) is None else spread(value))


def as_yaml(value: Any) -> str:
    """A value as it would be typed in a spec."""
    from hwsolve.formula.tree import Formula

    if isinstance(value, Formula):
        from hwsolve.formula.notation import plain

        return plain(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list) and value:
        return "[" + ", ".join(as_yaml(item) for item in value) + "]"
    if isinstance(value, int) or (isinstance(value, str) and value):
        return str(value)
    return str(say("none"))


def as_json(data: Any) -> str:
    """Data as indented JSON."""
    import json

    return json.dumps(data, ensure_ascii=False, indent=2)


def call_error(message: Message, hint: Message | None) -> CallError:
    """A wrong call, with what may have been meant."""
    return CallError(message if hint is None else say("{message} {hint}", message=message, hint=hint))
