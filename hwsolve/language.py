"""Sentences as data: an English template and its values, put into the reader's language when it is shown.

`say("The loss fell from {before} to {after}.", before=…, after=…)` makes a `Message`.  The template is a literal,
so that every sentence of the program can be found in its source.  Values are strings, numbers, messages or formulas.
`use("zh")` sets the language that `str(message)` is written in; `translate(message, "zh")` asks for one.  Texts that
stand elsewhere (first lines of docstrings, help, comments of starters) are found by `localised`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from gettext import NullTranslations

LANGUAGES = ("en", "zh")
DOMAIN = "hwsolve"
WIDE = "[\u3000-\u303f\u4e00-\u9fff\uff00-\uff60“”]"
SIGNS = "[\u3000-\u303f\uff00-\uff0f\uff1a-\uff20“”]"  # which have room around them of their own
# a translation parts its places by spaces; Chinese has none in between, nor beside its signs
GAP = f"(?<={WIDE}) (?={WIDE})|(?<={SIGNS}) (?=\\S)|(?<=\\S) (?={SIGNS})"
# what is counted in sentences, behind its number
COUNTED = re.compile(
    r"(\b[Tt]here )?(are )?\{(\w+)\} ((?:more |other |output |input )?)(additions|arguments|axes|branches|bytes|cells|"
    r"channels|classes|columns|digits|dimensions|documents|elements|entries|epochs|errors|experts|features|gradients|groups|heads|"
    r"indices|inputs|layers|letters|lines|multiplications|multiply-adds|names|numbers|outputs|parts|places|points|"
    r"positions|problems|rows|samples|sizes|spaces|specs|steps|terms|units|updates|values|variables|windows)\b"
)
IRREGULAR = {"axes": "axis", "branches": "branch", "classes": "class", "entries": "entry", "indices": "index"}
CLAIMS = {"==", "≈", "<", ">", "<=", ">=", "!="}  # what stands at the top of a formula that says something
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


def listed(parts: Sequence[Message | str]) -> Message | str:
    """Words with commas between them, in the language of the reader."""
    if all(isinstance(part, str) for part in parts):
        return ", ".join(map(str, parts))
    first, *rest = parts
    return say("{first}, {rest}", first=first, rest=listed(rest)) if rest else first


class Explained(Exception):
    """Something that cannot be done; `message` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message


def use(language: str) -> None:
    """Write messages in this language from now on; what has no catalogue is English."""
    global current
    current = language if language in LANGUAGES else "en"


def translate(message: Message | str | dict[str, str], language: str, write: Write = lambda value: value) -> str:
    """The message in a language; text that is no message stays as it is.  `write` puts formulas into a notation.

    Of an author's text in several languages: that in this one, else that in English, else the first.
    """
    if isinstance(message, dict):
        return message.get(language) or message.get("en") or next(iter(message.values()), "")
    if isinstance(message, str):
        return message
    template = message.template
    if language != "en" and template:
        template = catalogue(language).gettext(template)
    if not message.values:
        return template
    if language == "en":
        template = numbered(template, message.values)
    values = message.values.items()
    text = template.format(**{k: placed(v, language, write) for k, v in values})
    return text if language == "en" else re.sub(GAP, "", text)


def numbered(template: str, values: dict[str, Any]) -> str:
    """A template of English with its nouns in the singular behind the number 1: `{n} channels` is 1 channel."""
    for name, many, one in plurals(template):
        if is_one(values.get(name)):
            template = template.replace(many, one, 1)
    return template


def is_one(value: Any) -> bool:
    """Whether a value is the number 1, as a number or as it is written."""
    if type(value) is str:
        return value == "1"
    return type(value) is not bool and getattr(value, "numerator", 0) == getattr(value, "denominator", 0) == 1


@cache
def plurals(template: str) -> tuple[tuple[str, str, str], ...]:
    """The numbers of a template with nouns behind them: the name of each, its words, and those in the singular."""
    found = []
    for number in COUNTED.finditer(template):
        before, verb, name, between, noun = number.groups(default="")
        one = IRREGULAR.get(noun, noun[:-1])
        found.append((name, number[0], f"{before}{'is ' if verb else ''}{{{name}}} {between}{one}"))
    return tuple(found)


def placed(value: Any, language: str, write: Write) -> Any:
    """A value as it stands in a message."""
    if type(value) is str:
        return visible(value)
    if type(value) is dict:
        return visible(translate(value, language))
    if type(value) is Message:
        return translate(value, language, write)
    if type(value) is tuple:
        between = ", " if language == "en" else "，" if any(map(claims, value)) else "、"
        return between.join([str(placed(part, language, write)) for part in value])
    return write(value)


def claims(part: Any) -> bool:
    """Whether what stands among others says something, `k = 2`; Chinese parts names by another comma."""
    return "=" in part if type(part) is str else getattr(part, "name", "") in CLAIMS


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
