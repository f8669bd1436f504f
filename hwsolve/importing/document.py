"""A JSON document, and what is wrong with it: all mistakes are shown together, each with its place in the text."""

from __future__ import annotations

import json
from typing import Any

from hwsolve.errors import CallError
from hwsolve.importing.places import Way, place, places
from hwsolve.language import Message, say
from hwsolve.spec.report import MOST, ROOT, Error, Path, Report, SpecFailure

EXPECTED = {  # by what the reader of JSON says
    "Expecting value": say("A value is missing here."),
    "Expecting ',' delimiter": say("A comma or a closing bracket is missing here."),
    "Expecting ':' delimiter": say("A colon is missing here."),
    "Expecting property name enclosed in double quotes": say("A key in double quotes is missing here."),
    "Illegal trailing comma before end of object": say("There is a comma behind the last value."),
    "Illegal trailing comma before end of array": say("There is a comma behind the last value."),
    "Extra data": say("The document ends before this."),
    "Unterminated string starting at": say("This text has no end."),
    "Invalid control character at": say("A text holds a character that must be written with a backslash."),
}


class Document:
    """The data of a text, and the mistakes found in it so far."""

    def __init__(self, data: Any, source: str, text: str = "") -> None:
        self.data, self.source, self.text = data, source, text
        self.wrong: list[tuple[Any, str | int | None, Message, Message | None]] = []

    def add(self, holder: Any, key: str | int | None, message: Message, hint: Message | None = None) -> None:
        """Note a mistake at a key of an object or a place of a list; at the holder itself where it has no such key."""
        if len(self.wrong) < MOST:
            self.wrong.append((holder, key, message, hint))

    def finish(self) -> None:
        """Refuse a document with mistakes, naming all of them."""
        if self.wrong:
            raise self.failure()

    def failure(self) -> SpecFailure:
        """What is said of all mistakes together."""
        ways = ways_of(self.data)
        found: list[tuple[Way, Message, Message | None]] = []
        for holder, key, message, hint in self.wrong:
            way = ways.get(id(holder), ())
            there = key in holder if isinstance(holder, dict) else key is not None
            found.append(((*way, key) if there and key is not None else way, message, hint))
        at = places(self.text, [way for way, *_ in found])
        report = Report(self.source, self.text)
        report.errors = [Error(*at.get(way, (0, 0)), path_of(way), message, hint) for way, message, hint in found]
        return SpecFailure(report)


def ways_of(data: Any) -> dict[int, Way]:
    """The ways to all objects and lists of a document, by their identity."""
    found: dict[int, Way] = {}
    waiting: list[tuple[Any, Way]] = [(data, ())]
    while waiting:
        value, way = waiting.pop()
        if isinstance(value, dict | list) and id(value) not in found:
            found[id(value)] = way
            parts = value.items() if isinstance(value, dict) else enumerate(value)
            waiting += [(part, (*way, key)) for key, part in parts]
    return found


def path_of(way: Way) -> Path:
    """The same as errors of specs show it: places in lists count from 1."""
    path = ROOT
    for step in way:
        path = path / (step + 1 if isinstance(step, int) else step)
    return path


def loaded(data: bytes, source: str, known: Message) -> Document:
    """The document of a file, or where it is no JSON; `known` says what could be read."""
    try:
        text = data.decode(json.detect_encoding(data))
        return Document(json.loads(text), source, text)
    except RecursionError:
        raise CallError(say("{source} is nested too deeply.", source=source)) from None
    except json.JSONDecodeError as error:
        report = Report(source, error.doc)
        expected = EXPECTED.get(error.msg)
        said = say("This is no JSON. {why}", why=expected) if expected else say("This is no JSON.")
        report.errors.append(Error(*place(error.doc, error.pos), ROOT, said, known))
        raise SpecFailure(report) from None
    except ValueError:
        raise CallError(say("{place}: this is no JSON. {known}", place=source, known=known)) from None
