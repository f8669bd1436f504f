"""The settings of one object of a JSON document, each asked for by name; what is wrong with them is kept."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from hwsolve.importing.document import Document
from hwsolve.language import Message, say
from hwsolve.spec.report import clip

MOST = 10**9  # larger sizes are mistakes


class Fields:
    """Reads settings; what is missing or wrong is noted in the document, and a value in its place lets reading go on.

    With `default` a setting may be left out or null; without one it must be there.
    """

    def __init__(self, document: Document, holder: dict[str, Any], name: Message | str = "") -> None:
        self.document, self.holder, self.name = document, holder, name

    def given(self, key: str) -> bool:
        """Whether a setting is there and not null."""
        return self.holder.get(key) is not None

    def missing(self, key: str, right: Message) -> None:
        """Note that a setting is not there; `right` says what it is."""
        name = self.name or self.document.source
        said = say("`{key}` is missing in {name}: it is {right}.", key=key, name=name, right=right)
        self.document.add(self.holder, key, said)

    def refuse(self, key: str, right: Message, place: Any = None, value: Any = None) -> None:
        """Note that a setting is not what it should be."""
        holder, at = (self.holder, key) if place is None else place
        got = clip(json.dumps(holder[at] if value is None else value, ensure_ascii=False, default=str))
        self.document.add(holder, at, say("`{key}` must be {right}, got {value}.", key=key, right=right, value=got))

    def size(self, key: str, default: int | None = None, least: int = 1, most: int = MOST) -> int:
        """A whole number."""
        right = say("a whole number from {least} to {most}", least=least, most=f"{most:,}")
        if not self.given(key):
            if default is None:
                self.missing(key, right)
            return least if default is None else default
        value = self.holder[key]
        if is_size(value, least, most):
            return int(value)
        self.refuse(key, right)
        return least

    def sizes(self, key: str, axes: int, needed: bool = False, least: int = 1) -> None:
        """A whole number for all axes, or one for each."""
        one = say("a whole number from {least} to {most}", least=least, most=f"{MOST:,}")
        right = say("{one}, or a list of {n}", one=one, n=axes) if axes > 1 else say("{one}, or a list of one", one=one)
        if not self.given(key):
            if needed:
                self.missing(key, right)
            return
        value = self.holder[key]
        each = value if isinstance(value, list) else [value]
        if not all(is_size(n, least, MOST) for n in each) or (isinstance(value, list) and len(value) != axes):
            self.refuse(key, right)

    def number(self, key: str, needed: bool = False, least: float | None = None, below: float | None = None) -> None:
        """A number."""
        right = say("a number")
        if least is not None:
            right = say("a number of at least {least}", least=least)
        if below is not None:
            right = say("a number of at least {least} and below {most}", least=least, most=below)
        if not self.given(key):
            if needed:
                self.missing(key, right)
            return
        value = self.holder[key]
        if not is_number(value) or (least is not None and value < least) or (below is not None and value >= below):
            self.refuse(key, right)

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self.holder.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.refuse(key, say("true or false"))
            return default
        return value

    def word(self, key: str, known: Iterable[str], default: str | None = None) -> str:
        """One of the known words."""
        words = list(known)
        right = say("one of {known}", known=", ".join(words))
        value = self.holder.get(key)
        if value is None:
            if default is None:
                self.missing(key, right)
            return default or words[0]
        if not isinstance(value, str) or value not in words:
            self.refuse(key, right)
            return default or words[0]
        return value

    def text(self, key: str, right: Message) -> str:
        """A text that must be there."""
        value = self.holder.get(key)
        if isinstance(value, str):
            return value
        if value is None:
            self.missing(key, right)
        else:
            self.refuse(key, right)
        return ""


def is_size(value: Any, least: int = 1, most: int = MOST) -> bool:
    """Whether a value is a whole number in a range."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def is_number(value: Any) -> bool:
    """Whether a value is a number that is finite."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")
