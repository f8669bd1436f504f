"""Sentences as data: an English template and its values, put into the reader's language when it is shown.

`say("The loss fell from {before} to {after}.", before=…, after=…)` makes a `Message`.  The template is a literal,
so that every sentence of the program can be found in its source.  Values are strings, numbers, messages or formulas.
`use("zh")` sets the language that `str(message)` is written in; `translate(message, "zh")` asks for one.  Texts that
stand elsewhere (first lines of docstrings, help, comments of starters) are found by `localised`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from gettext import NullTranslations

LANGUAGES = ("en", "zh")
DOMAIN = "hwsolve"
WIDE = "[\u3000-\u303f\u4e00-\u9fff\uff00-\uff60“”]"
GAP = f"(?<={WIDE}) (?={WIDE})"  # a translation parts its places by spaces; Chinese has none in between
current = "en"
Write = Callable[[Any], Any]


class Message(msgspec.Struct, frozen=True):
    """A template in English with `{name}` places, and what stands in them."""

    template: str
    values: dict[str, Any] = {}

    def __str__(self) -> str:
        return translate(self, current)


def say(template: str, **values: Any) -> Message:
    """A message that can be shown in any language there is a catalogue for."""
    return Message(template, values)


class Explained(Exception):
    """Something that cannot be done; `message` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message


def use(language: str) -> None:
    """Write messages in this language from now on; what has no catalogue is English."""
    global current
    current = language if language in LANGUAGES else "en"


def translate(message: Message | str, language: str, write: Write = lambda value: value) -> str:
    """The message in a language; text that is no message stays as it is.  `write` puts formulas into a notation."""
    if isinstance(message, str):
        return message
    template = message.template
    if language != "en" and template:
        template = catalogue(language).gettext(template)
    if not message.values:
        return template
    values = message.values.items()
    text = template.format(**{k: placed(v, language, write) for k, v in values})
    return text if language == "en" else re.sub(GAP, "", text)


def placed(value: Any, language: str, write: Write) -> Any:
    """A value as it stands in a message."""
    if type(value) is str:
        return visible(value)
    if type(value) is Message:
        return translate(value, language, write)
    written = write(value)
    return ", ".join(map(str, written)) if type(written) is tuple else written


def visible(text: str) -> str:
    """Text from outside in one row: what a terminal would obey, or not show, is written as `\\x1b` or `\\u202e`."""
    if text.isprintable():
        return text
    return "".join(char if shows(char) else repr(char)[1:-1] for char in text)


def shows(char: str) -> bool:
    """Whether a character is seen, or is a blank."""
    from unicodedata import category

    return char.isprintable() or category(char) == "Zs"


def localised(text: str) -> str:
    """A text that is no message, in the language in use where the catalogue has it."""
    return str(Message(text)) if current != "en" else text


@lru_cache
def catalogue(language: str) -> NullTranslations:
    """The translations into a language; where there are none, English stays."""
    from gettext import translation
    from pathlib import Path

    return translation(DOMAIN, Path(__file__).parent / "locale", [language], fallback=True)
